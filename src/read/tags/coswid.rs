//! CoSWID: concise tags of RFC 9393, in CBOR, in the container `uswid`, or spelt out as JSON.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::ZlibDecoder;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use serde::{Deserialize, Deserializer};

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

use super::super::agent::Text;
use super::super::json::broken;
use super::super::page::{Field, Page, Verified};
use super::super::{Carries, Input, Reader, Sink, Sniff, Verdict, text_of};
use super::{Kind, Tag, Tags};

/// The reader.
pub(in crate::read) struct CoSwid;

/// What the format is.
const PAGE: Page = Page {
    name: "coswid",
    title: "CoSWID: concise software identification tags of RFC 9393 (CBOR, uSWID container, JSON)",
    written_by: "`uswid --save FILE.coswid` or `.uswid`, firmware builds, attestation tools",
    carries: &[Carries::Hosts, Carries::Software],
    recognised_by: "CBOR maps with a tag id (0) and a software name (1), with or without the tag number 1398229316 or a \
                    signature around them; the container's mark `SBOM`; JSON with `tag-id` and `software-name`",
    fields: &[
        Field { named: "software-name (1), software-version (13)", becomes: "name, version" },
        Field { named: "entity (2): entity-name (31) with the role softwareCreator (2)", becomes: "publisher" },
        Field { named: "tag-id (0)", becomes: "key" },
        Field {
            named: "software-meta (5): edition (47), colloquial-version (45)",
            becomes: "put behind the name, as of SWID tags",
        },
        Field { named: "evidence (3): device-id (36), date (35)", becomes: "machine, day of the inventory" },
        Field {
            named: "corpus (8), patch (9), supplemental (11)",
            becomes: "such tags are no installation of their own and are left out",
        },
    ],
    quirks: &[
        "several tags may follow one another in one file; all are read",
        "uswid marks everything it writes as `corpus`: such a file says what an image holds, not what is installed",
        "a tag without a `device-id` is of the machine after which its folder is named, as a SWID tag is, or of none \
         that is known",
        "the container is opened plain or with zlib, up to 16 MiB; LZMA is not opened",
    ],
    verified: Verified::RealFile("files that uswid wrote (CBOR, container), and the examples of a library (JSON)"),
    example: r#"{"tag-id": "example-7zip-23.01", "tag-version": 0, "software-name": "7-Zip", "software-version": "23.01",
 "entity": [{"entity-name": "Igor Pavlov", "reg-id": "7-zip.org", "role": ["tagCreator", "softwareCreator"]}],
 "evidence": {"date": "2026-06-28T08:00:00Z", "device-id": "web-01"}}
"#,
    samples: &["coswid"],
};

/// The mark at the beginning of a container.
const CONTAINER: &[u8] = b"SBOM\xd6\xba\x2e\xac\xa3\xe6\x7a\x52\xaa\xee\x3b\xaf";

/// The CBOR tag number of CoSWID.
const COSWID_NUMBER: u64 = 1_398_229_316;

/// The CBOR tag number of a message with one signature.
const SIGNED_NUMBER: u64 = 18;

/// Most bytes that a container may hold.
const CONTAINER_BYTES: u64 = 16 * 1024 * 1024;

/// How deep lists of tags and signatures may lie in each other.
const DEEPEST: usize = 8;

impl Reader for CoSwid {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        if head.starts_with(CONTAINER) || begins_with_tag(head) {
            return Sniff::Sure;
        }
        if !matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Sniff::No;
        }
        let head = String::from_utf8_lossy(head);
        match head.contains("\"tag-id\"") && head.contains("\"software-name\"") {
            true => Sniff::Sure,
            false => Sniff::No,
        }
    }

    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Verdict {
        let tags = match input.bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => from_json(input),
            _ => from_cbor(input),
        };
        match tags {
            Ok(tags) => tags.emit(input, sink),
            Err(fault) => Verdict::Rejected(fault),
        }
    }
}

/// Whether the bytes begin as a tag does: a map with the id and the name among its first keys.
fn begins_with_tag(head: &[u8]) -> bool {
    // No text begins with such a byte.
    if !matches!(head.first(), Some(0xA1..=0xDB)) {
        return false;
    }
    let mut decoder = Decoder::new(head);
    while decoder.datatype().is_ok_and(|kind| kind == Type::Tag) {
        match decoder.tag() {
            Ok(number) if number.as_u64() == COSWID_NUMBER => return true,
            Ok(number) if number.as_u64() == SIGNED_NUMBER => return signs_tag(&mut decoder),
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    let Ok(length) = decoder.map() else { return false };
    let (mut id, mut name) = (false, false);
    for _ in 0..length.unwrap_or(16).min(16) {
        let Ok(key) = decoder.i64() else { return false };
        let Ok(kind) = decoder.datatype() else { break };
        id |= key == 0 && matches!(kind, Type::String | Type::Bytes);
        name |= key == 1 && kind == Type::String;
        if (id && name) || decoder.skip().is_err() {
            break;
        }
    }
    id && name
}

/// Whether what is signed is a tag; a signature within a signature is none.
fn signs_tag(decoder: &mut Decoder<'_>) -> bool {
    let header = decoder.array().and_then(|_| decoder.skip()).and_then(|()| decoder.skip());
    let content = header.and_then(|()| decoder.bytes()).ok();
    content.is_some_and(|content| match content.first() {
        Some(0xA1..=0xBF) => begins_with_tag(content),
        _ => content.starts_with(b"\xDASWID"),
    })
}

fn from_cbor(input: &Input<'_>) -> Result<Tags, Diagnostic> {
    let content = match input.bytes.starts_with(CONTAINER) {
        true => opened(input)?,
        false => Cow::Borrowed(input.bytes),
    };
    let mut decoder = Decoder::new(&content);
    let mut found = Found::default();
    while decoder.position() < content.len() {
        let at = decoder.position();
        found.item(&mut decoder, 0).map_err(|error| {
            let message = format!("the CBOR is broken behind byte {at}: {error}");
            let help = "nothing was taken from this file; write the tags again";
            Diagnostic::error(Code::BrokenFormat, input.path, message).at(Place::Whole).help(help)
        })?;
    }
    Ok(found.tags)
}

/// The content of a container: mark, version, length of this header and of the content, and how it is compressed.
fn opened<'a>(input: &Input<'a>) -> Result<Cow<'a, [u8]>, Diagnostic> {
    let fault = |code: Code, message: String| Diagnostic::error(code, input.path, message).at(Place::Whole);
    let cut = || fault(Code::BrokenFormat, "the container ends too early".into());
    let fixed = input.bytes.get(CONTAINER.len()..CONTAINER.len() + 7).ok_or_else(cut)?;
    let header = usize::from(u16::from_le_bytes([fixed[1], fixed[2]]));
    let length = u32::from_le_bytes([fixed[3], fixed[4], fixed[5], fixed[6]]) as usize;
    let content = input.bytes.get(header..header.saturating_add(length)).ok_or_else(cut)?;
    let compression = if fixed[0] >= 2 { *input.bytes.get(CONTAINER.len() + 7).ok_or_else(cut)? } else { 0 };
    match compression {
        0 => Ok(Cow::Borrowed(content)),
        1 => {
            let mut plain = Vec::new();
            let read = ZlibDecoder::new(content).take(CONTAINER_BYTES + 1).read_to_end(&mut plain);
            read.map_err(|error| fault(Code::BrokenFormat, format!("the container is damaged: {error}")))?;
            match plain.len() as u64 > CONTAINER_BYTES {
                true => Err(fault(Code::LimitReached, "the container holds more than 16 MiB".into())),
                false => Ok(Cow::Owned(plain)),
            }
        }
        other => Err(fault(
            Code::UnknownFormat,
            format!("the container is compressed in a way ({other}) that is not opened"),
        )),
    }
}

/// The tags found in CBOR.
#[derive(Default)]
struct Found {
    tags: Tags,
    count: usize,
}

impl Found {
    /// One item: a tag, a list of tags, or one that is signed.
    fn item(&mut self, decoder: &mut Decoder<'_>, depth: usize) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(Error::message("tags are nested too deep"));
        }
        match decoder.datatype()? {
            Type::Tag => {
                let number = decoder.tag()?.as_u64();
                if number == SIGNED_NUMBER { self.signed(decoder, depth + 1) } else { self.item(decoder, depth + 1) }
            }
            Type::Array | Type::ArrayIndef => {
                let length = decoder.array()?;
                items(decoder, length, |decoder| self.item(decoder, depth + 1))
            }
            Type::Map | Type::MapIndef => {
                self.count += 1;
                let mut tag = tag(decoder)?;
                tag.place = Some(Place::Within(format!("tag {}", self.count).into()));
                self.tags.add(tag);
                Ok(())
            }
            _ => Err(Error::message("something stands where a tag is meant")),
        }
    }

    /// A signed message: protected header, header, content, signature.
    fn signed(&mut self, decoder: &mut Decoder<'_>, depth: usize) -> Result<(), Error> {
        let length = decoder.array()?;
        let mut index = 0;
        items(decoder, length, |decoder| {
            index += 1;
            if index == 3 && decoder.datatype()? == Type::Bytes {
                let content = decoder.bytes()?;
                return self.item(&mut Decoder::new(content), depth + 1);
            }
            decoder.skip()
        })
    }
}

/// So many items, or those up to the mark that ends them.
fn items<'b>(
    decoder: &mut Decoder<'b>,
    length: Option<u64>,
    mut read: impl FnMut(&mut Decoder<'b>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut left = length;
    loop {
        match &mut left {
            Some(0) => return Ok(()),
            Some(left) => *left -= 1,
            None if decoder.datatype()? == Type::Break => return decoder.skip(),
            None => {}
        }
        read(decoder)?;
    }
}

/// The entries of a map with numbers for keys; those of other keys are passed over.
fn entries<'b>(
    decoder: &mut Decoder<'b>,
    mut read: impl FnMut(i64, &mut Decoder<'b>) -> Result<(), Error>,
) -> Result<(), Error> {
    let length = decoder.map()?;
    items(decoder, length, |decoder| match decoder.datatype()? {
        Type::String | Type::StringIndef | Type::Bytes => {
            decoder.skip()?;
            decoder.skip()
        }
        _ => {
            let key = decoder.i64()?;
            read(key, decoder)
        }
    })
}

/// One or several maps.
fn each<'b>(
    decoder: &mut Decoder<'b>,
    mut read: impl FnMut(&mut Decoder<'b>) -> Result<(), Error>,
) -> Result<(), Error> {
    match decoder.datatype()? {
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array()?;
            items(decoder, length, read)
        }
        Type::Map | Type::MapIndef => read(decoder),
        _ => decoder.skip(),
    }
}

fn tag(decoder: &mut Decoder<'_>) -> Result<Tag, Error> {
    let mut tag = Tag::default();
    entries(decoder, |key, decoder| {
        match key {
            0 => tag.id = text(decoder)?,
            1 => tag.name = text(decoder)?,
            2 => each(decoder, |decoder| entity(decoder, &mut tag))?,
            3 => each(decoder, |decoder| {
                entries(decoder, |key, decoder| {
                    match key {
                        35 => tag.dated = Some(text(decoder)?).filter(|text| !text.is_empty()),
                        36 => tag.device = Some(text(decoder)?).filter(|text| !text.trim().is_empty()),
                        _ => decoder.skip()?,
                    }
                    Ok(())
                })
            })?,
            5 => each(decoder, |decoder| {
                entries(decoder, |key, decoder| {
                    match key {
                        45 => tag.colloquial_version = text(decoder)?,
                        47 => tag.edition = text(decoder)?,
                        _ => decoder.skip()?,
                    }
                    Ok(())
                })
            })?,
            8 if flag(decoder)? => tag.kind = Kind::Corpus,
            9 if flag(decoder)? => tag.kind = Kind::Patch,
            11 if flag(decoder)? => tag.kind = Kind::Supplemental,
            8 | 9 | 11 => {}
            13 => tag.version = text(decoder)?,
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(tag)
}

/// Who made the software, where this is they.
fn entity(decoder: &mut Decoder<'_>, tag: &mut Tag) -> Result<(), Error> {
    let (mut name, mut creates) = (String::new(), false);
    entries(decoder, |key, decoder| {
        match (key, decoder.datatype()?) {
            (31, _) => name = text(decoder)?,
            (33, Type::Array | Type::ArrayIndef) => {
                let length = decoder.array()?;
                items(decoder, length, |decoder| {
                    creates |= text(decoder)? == "2";
                    Ok(())
                })?;
            }
            (33, _) => creates |= text(decoder)? == "2",
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    if creates && tag.creator.is_empty() {
        tag.creator = name;
    }
    Ok(())
}

fn flag(decoder: &mut Decoder<'_>) -> Result<bool, Error> {
    if decoder.datatype()? == Type::Bool { decoder.bool() } else { decoder.skip().map(|()| false) }
}

/// A text; a number as text, 16 bytes as a UUID; nothing for anything else.
fn text(decoder: &mut Decoder<'_>) -> Result<String, Error> {
    while decoder.datatype()? == Type::Tag {
        decoder.tag()?;
    }
    match decoder.datatype()? {
        Type::String => decoder.str().map(str::to_owned),
        Type::StringIndef => decoder.str_iter()?.collect::<Result<Vec<_>, _>>().map(|parts| parts.concat()),
        Type::Bytes => decoder.bytes().map(uuid),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map(|number| number.to_string()),
        _ => decoder.skip().map(|()| String::new()),
    }
}

/// Bytes in hexadecimal, in the groups of a UUID where they are as many.
fn uuid(bytes: &[u8]) -> String {
    let groups = bytes.len() == 16;
    let mut out = String::new();
    for (index, byte) in bytes.iter().take(64).enumerate() {
        if groups && matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out += &format!("{byte:02x}");
    }
    out
}

/// A text of its own, because a form of several shapes is looked at twice.
#[derive(Default)]
struct Said(String);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::<'de>::deserialize(deserializer).map(|text| Self(text.stated().unwrap_or_default().to_owned()))
    }
}

/// One tag or several, spelt out.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(Box<T>),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::Many(many) => many,
            Self::One(one) => vec![*one],
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Spelt {
    #[serde(default)]
    tag_id: Said,
    #[serde(default)]
    software_name: Said,
    #[serde(default)]
    software_version: Said,
    #[serde(default)]
    corpus: bool,
    #[serde(default)]
    patch: bool,
    #[serde(default)]
    supplemental: bool,
    entity: Option<OneOrMany<SpeltEntity>>,
    evidence: Option<SpeltEvidence>,
    software_meta: Option<OneOrMany<SpeltMeta>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct SpeltEntity {
    #[serde(default)]
    entity_name: Said,
    role: Option<OneOrMany<Said>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct SpeltEvidence {
    #[serde(default)]
    device_id: Said,
    #[serde(default)]
    date: Said,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct SpeltMeta {
    #[serde(default)]
    edition: Said,
    #[serde(default)]
    colloquial_version: Said,
}

fn from_json(input: &Input<'_>) -> Result<Tags, Diagnostic> {
    let text = text_of(input)?;
    let spelt: OneOrMany<Spelt> = serde_json::from_str(text).map_err(|error| {
        // Whether the text is broken or only of another shape is not said by the first fault.
        let whole = serde_json::from_str::<serde::de::IgnoredAny>(text).err().unwrap_or(error);
        broken(&whole, input.path)
    })?;
    let mut tags = Tags::default();
    for (index, spelt) in spelt.into_vec().into_iter().enumerate() {
        tags.add(spelt.tag(index));
    }
    Ok(tags)
}

impl Spelt {
    fn tag(self, index: usize) -> Tag {
        let stated = |text: Option<&Said>| text.map(|text| text.0.clone()).filter(|text| !text.is_empty());
        let entities = self.entity.map(OneOrMany::into_vec).unwrap_or_default();
        let creator = entities.into_iter().find(|entity| match &entity.role {
            Some(OneOrMany::Many(roles)) => roles.iter().any(is_creator),
            Some(OneOrMany::One(role)) => is_creator(role),
            None => false,
        });
        let meta = self.software_meta.map(OneOrMany::into_vec).unwrap_or_default().into_iter().next();
        Tag {
            name: self.software_name.0,
            version: self.software_version.0,
            creator: creator.map(|entity| entity.entity_name.0).unwrap_or_default(),
            id: self.tag_id.0,
            edition: meta.as_ref().map(|meta| meta.edition.0.clone()).unwrap_or_default(),
            colloquial_version: meta.map(|meta| meta.colloquial_version.0).unwrap_or_default(),
            kind: match (self.patch, self.supplemental, self.corpus) {
                (true, _, _) => Kind::Patch,
                (_, true, _) => Kind::Supplemental,
                (_, _, true) => Kind::Corpus,
                _ => Kind::Installed,
            },
            device: stated(self.evidence.as_ref().map(|evidence| &evidence.device_id)),
            dated: stated(self.evidence.as_ref().map(|evidence| &evidence.date)),
            place: Some(Place::Within(format!("tag {}", index + 1).into())),
        }
    }
}

fn is_creator(role: &Said) -> bool {
    role.0 == "2" || role.0.replace('-', "").eq_ignore_ascii_case("softwareCreator")
}

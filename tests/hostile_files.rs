//! A bad file never stops a scan: it stands in `sources` with the reason and the place in it. Bad settings and bad
//! rules do stop it, with every fault at once.

mod estates;

use std::io::Write as _;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::{PredicateBooleanExt as _, predicate};
use serde_json::Value;
use tempfile::TempDir;

fn trueup() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

/// An estate with one good file, so that there is a position.
fn estate() -> TempDir {
    let estate = estates::folder();
    estates::write(&estate.path().join("good.toml"), GOOD.as_bytes());
    estate
}

const GOOD: &str = "[[host]]\nname = \"pc\"\nprocessors = [4]\n\
                    installs = [{ product = \"visio\", edition = \"professional\", version = \"2019\" }]\n";

/// Scans; gives the rows of `sources`. Whatever lies there, the scan ends with 0 and the good file is read.
fn sources(estate: &Path) -> Vec<Value> {
    let output = trueup().args(["scan", "--format", "json"]).arg(estate).assert().code(0).get_output().stdout.clone();
    let document: Value = serde_json::from_slice(&output).expect("the answer is JSON");
    let files = &document["files"];
    let count = |name: &str| files[name].as_u64().expect("a count");
    let sum = count("read") + count("partly_read") + count("rejected") + count("ignored");
    assert_eq!(count("found"), sum, "{files}");
    let sources = document["sources"].as_array().expect("a list of sources").clone();
    assert_eq!(status(&sources, "good.toml"), "read");
    let mut rows = document["positions"].as_array().expect("rows of the position").iter();
    assert!(rows.any(|row| row["product"] == "visio" && row["required"] == 1), "the good file counts");
    sources
}

fn source<'a>(sources: &'a [Value], path: &str) -> &'a Value {
    let named = sources.iter().find(|source| source["path"] == path);
    named.unwrap_or_else(|| panic!("{path} is not among the sources: {sources:#?}"))
}

fn status<'a>(sources: &'a [Value], path: &str) -> &'a str {
    source(sources, path)["status"].as_str().expect("a status")
}

/// Scans an estate with one bad file; its status, and the reason given.
fn fate(name: &str, bytes: &[u8]) -> (String, String) {
    let estate = estate();
    estates::write(&estate.path().join(name), bytes);
    let sources = sources(estate.path());
    let reason = source(&sources, name)["reason"].as_str().unwrap_or_default().to_owned();
    (status(&sources, name).to_owned(), reason)
}

/// The file is rejected, or read in part, for a reason with these words in it.
fn bad(name: &str, bytes: &[u8], words: &[&str]) {
    let (status, reason) = fate(name, bytes);
    assert!(["rejected", "partly-read"].contains(&status.as_str()), "{name} is {status}: {reason}");
    for word in words {
        assert!(reason.to_lowercase().contains(word), "{name}: no {word:?} in the reason {reason:?}");
    }
}

fn sample(path: &str) -> Vec<u8> {
    std::fs::read(estates::repository("samples/formats").join(path)).expect("a sample can be read")
}

#[test]
fn truncated_json_says_where_it_ends() {
    let whole = sample("glpi-json/full.json");
    for end in [whole.len() / 4, whole.len() / 2, whole.len() - 3] {
        bad("cut.json", &whole[..end], &["line "]);
    }
}

#[test]
fn truncated_xml_says_where_it_ends() {
    let whole = sample("fusion-xml/plain.xml");
    for end in [whole.len() / 2, whole.len() - 12] {
        bad("cut.xml", &whole[..end], &["line "]);
    }
}

#[test]
fn truncated_compression_is_told_from_a_whole_file() {
    let whole = sample("fusion-xml/compressed.ocs");
    bad("cut.ocs", &whole[..whole.len() / 2], &[]);
}

#[test]
fn a_wrong_encoding_loses_no_record_silently() {
    // Declared as UTF-8 and written in Latin-1: a lone 0xE9 in a value.
    let text = String::from_utf8(sample("glpi-json/full.json")).expect("the sample is UTF-8");
    let mut bytes = text.into_bytes();
    let place = bytes.windows(6).position(|window| window == b"\"name\"").expect("a name stands in the sample") + 9;
    bytes.insert(place, 0xE9);
    let (status, reason) = fate("latin1.json", &bytes);
    assert!(status == "read" || !reason.is_empty(), "{status}: {reason}");

    // A mark for UTF-16 before an odd number of bytes.
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend(b"{\"action\":\"inventory\"}");
    let (status, reason) = fate("odd.json", &bytes);
    assert!(status != "read" && !reason.is_empty(), "{status}: {reason}");
}

#[test]
fn an_inventory_in_utf16_is_read() {
    let text = String::from_utf8(sample("glpi-json/full.json")).expect("the sample is UTF-8");
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let (status, reason) = fate("utf16.json", &bytes);
    assert_eq!((status.as_str(), reason.as_str()), ("read", ""));
}

#[test]
fn an_empty_file_and_one_that_is_no_inventory_are_named() {
    for (name, bytes) in [
        ("empty.json", &b""[..]),
        ("empty.csv", b""),
        ("blank.xml", b"   \n\n"),
        ("other.json", b"{\"temperature\": 21, \"rooms\": [1, 2, 3]}"),
        ("list.json", b"[1, 2, 3]"),
        ("other.xml", b"<?xml version=\"1.0\"?><recipe><flour/></recipe>"),
        ("other.csv", b"colour,taste\nred,sweet\n"),
        ("noise.json", b"\x00\x01\x02\x03\xfe\xff\x00\x80"),
        ("fake.xlsx", b"PK\x03\x04 this is no workbook"),
    ] {
        let (status, reason) = fate(name, bytes);
        assert!(
            ["rejected", "ignored"].contains(&status.as_str()) && !reason.is_empty(),
            "{name}: {status}, {reason:?}"
        );
    }
}

#[test]
fn depth_is_limited() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    let json = format!("{{\"action\":\"inventory\",\"content\":{{\"x\":{}}}}}", deep("[", "]"));
    bad("deep.json", json.as_bytes(), &[]);
    let objects =
        format!("{{\"action\":\"inventory\",\"content\":{}1{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    bad("objects.json", objects.as_bytes(), &[]);
    let xml = format!("<?xml version=\"1.0\"?><REQUEST><CONTENT>{}</CONTENT></REQUEST>", deep("<A>", "</A>"));
    bad("deep.xml", xml.as_bytes(), &[]);
    let toml = format!("{GOOD}x = {}\n", deep("[", "]"));
    bad("deep.toml", toml.as_bytes(), &[]);
}

#[test]
fn entities_are_never_expanded() {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE REQUEST [\n<!ENTITY a0 \"lol\">\n");
    for level in 1..10 {
        let inner = format!("&a{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY a{level} \"{inner}\">\n"));
    }
    text.push_str(
        "]>\n<REQUEST><CONTENT><HARDWARE><NAME>&a9;</NAME></HARDWARE></CONTENT><QUERY>INVENTORY</QUERY></REQUEST>",
    );
    bad("laughs.xml", text.as_bytes(), &["line "]);
    let outside = "<?xml version=\"1.0\"?><!DOCTYPE REQUEST [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
                   <REQUEST><CONTENT><HARDWARE><NAME>&x;</NAME></HARDWARE></CONTENT></REQUEST>";
    bad("outside.xml", outside.as_bytes(), &[]);
}

#[test]
fn what_unpacks_without_end_is_stopped() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"<?xml version=\"1.0\"?><REQUEST><CONTENT><HARDWARE><NAME>").expect("packed");
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        packed.write_all(&blanks).expect("packed");
    }
    let packed = packed.finish().expect("packed");
    bad("bomb.ocs", &packed, &[]);
}

#[test]
fn two_gigabytes_of_zeros_are_not_read() {
    let estate = estate();
    let file = std::fs::File::create(estate.path().join("zeros.json")).expect("a file can be made");
    if let Err(error) = file.set_len(2 << 30) {
        eprintln!("no file of 2 GiB was tried: {error}");
        return;
    }
    let sources = sources(estate.path());
    assert_eq!(status(&sources, "zeros.json"), "rejected");
    assert!(source(&sources, "zeros.json")["reason"].is_string());
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_folder_without_permission_is_named() {
        let estate = estate();
        let closed = estate.path().join("closed");
        estates::write(&closed.join("hidden.json"), b"{}");
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
        if std::fs::read_dir(&closed).is_ok() {
            eprintln!("no closed folder was tried: this user may read everything");
        } else {
            let sources = sources(estate.path());
            assert_eq!(status(&sources, "closed"), "rejected");
            assert!(
                source(&sources, "closed")["reason"].as_str().is_some_and(|reason| reason.contains("cannot be read"))
            );
        }
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).expect("opened again");
    }

    #[test]
    fn a_file_without_permission_is_named() {
        let estate = estate();
        let closed = estate.path().join("closed.json");
        estates::write(&closed, b"{}");
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
        if std::fs::read(&closed).is_ok() {
            eprintln!("no closed file was tried: this user may read everything");
            return;
        }
        assert_eq!(status(&sources(estate.path()), "closed.json"), "rejected");
    }

    #[test]
    fn links_are_named_and_not_followed() {
        let estate = estate();
        let elsewhere = estates::folder();
        estates::write(&elsewhere.path().join("secret.toml"), GOOD.as_bytes());
        for (target, link) in [
            (estate.path().to_owned(), "loop"),
            (estate.path().join("self"), "self"),
            (estate.path().join("nowhere"), "broken.json"),
            (elsewhere.path().to_owned(), "outside"),
        ] {
            symlink(target, estate.path().join(link)).expect("a link can be made");
        }
        let sources = sources(estate.path());
        for link in ["loop", "self", "broken.json", "outside"] {
            assert!(["rejected", "ignored"].contains(&status(&sources, link)), "{link}");
            assert!(source(&sources, link)["reason"].is_string(), "{link}");
        }
        assert_eq!(sources.len(), 5, "nothing behind a link is read: {sources:#?}");
    }

    #[test]
    fn a_named_pipe_is_not_opened() {
        let estate = estate();
        let pipe = estate.path().join("pipe.json");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("no named pipe was tried: mkfifo is missing");
            return;
        }
        let sources = sources(estate.path());
        assert_eq!(status(&sources, "pipe.json"), "rejected");
        assert!(source(&sources, "pipe.json")["reason"].as_str().is_some_and(|reason| reason.contains("pipe")));
    }

    #[test]
    fn names_that_are_no_text_are_shown_and_kept_apart() {
        let estate = estate();
        for name in [&b"caf\xe9.json"[..], b"caf\xe8.json", b"\xff\xfe", b"line\nbreak.json", b"\x1b[31mred.json"] {
            let file = estate.path().join(OsStr::from_bytes(name));
            if let Err(error) = std::fs::write(&file, b"{}") {
                eprintln!("{file:?} was not tried: {error}");
            }
        }
        let there = std::fs::read_dir(estate.path()).expect("a folder can be listed").count();
        let sources = sources(estate.path());
        let mut paths: Vec<&str> = sources.iter().filter_map(|source| source["path"].as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), there, "{paths:?}");

        // On the terminal no name moves the cursor or changes the colour.
        let output = trueup().args(["sources", "--all", "--estate"]).arg(estate.path()).assert().code(0);
        let text = String::from_utf8(output.get_output().stdout.clone()).expect("the table is text");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn all_of_them_together_stop_nothing() {
    let estate = estate();
    let full = sample("glpi-json/full.json");
    for number in 0..40 {
        let cut = full.len() * number / 40;
        estates::write(&estate.path().join(format!("cut-{number}.json")), &full[..cut]);
    }
    let sources = sources(estate.path());
    assert_eq!(sources.len(), 41);
    assert!(sources.iter().all(|source| source["status"] == "read" || source["reason"].is_string()), "{sources:#?}");
}

#[test]
fn every_fault_of_the_settings_is_shown_at_once() {
    let estate = estate();
    let settings =
        "currency = \"GBP\"\ncolour = \"red\"\nstale_after_days = \"ninety\"\n\n[[organisation]]\ntitle = \"Brent\"\n";
    estates::write(&estate.path().join("trueup.toml"), settings.as_bytes());
    trueup().arg("scan").arg(estate.path()).assert().code(2).stdout("").stderr(
        predicate::str::contains("trueup.toml:2")
            .and(predicate::str::contains("^^^^^^"))
            .and(predicate::str::contains("trueup.toml:3"))
            .and(predicate::str::contains("trueup.toml:5")),
    );
    assert!(!estate.path().join(".trueup").exists(), "nothing was scanned");
}

#[test]
fn settings_that_are_no_toml_are_shown_with_their_line() {
    let estate = estate();
    estates::write(&estate.path().join("trueup.toml"), b"currency = \"GBP\nas_of = \n");
    trueup()
        .arg("scan")
        .arg(estate.path())
        .assert()
        .code(2)
        .stdout("")
        .stderr(predicate::str::contains("trueup.toml:1").and(predicate::str::contains("^")));
    estates::write(&estate.path().join("trueup.toml"), b"currency = \"\xe9\"\n");
    trueup().arg("scan").arg(estate.path()).assert().code(2).stdout("").stderr(predicate::str::contains("trueup.toml"));
}

#[test]
fn every_fault_of_the_rules_is_shown_at_once() {
    let rules = estates::folder();
    let acme = "[product]\nid = \"acme\"\npublisher = \"Acme\"\nname = \"Acme\"\nkine = \"server\"\n\n\
                [[recognise]]\nid = \"acme/name\"\nname = '^Acme ('\n";
    estates::write(&rules.path().join("acme.toml"), acme.as_bytes());
    estates::write(&rules.path().join("bolt.toml"), b"[product]\nid = \"bolt\"\npublisher = 7\nname = \"Bolt\"\n");
    let estate = estate();
    trueup().arg("scan").arg(estate.path()).arg("--rules").arg(rules.path()).assert().code(2).stdout("").stderr(
        predicate::str::contains("acme.toml:5")
            .and(predicate::str::contains("^^^^"))
            .and(predicate::str::contains("acme.toml:9"))
            .and(predicate::str::contains("bolt.toml:3")),
    );
}

//! The form in which rows of the support register are stored: what many of them say stands there once.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{HostId, Key, Locator, SharedText, SupportRow, SupportStanding};

/// A row that names what holds of it by its index.
#[derive(Serialize, Deserialize)]
struct Row(HostId, u32, Option<Locator>);

/// Writes the rows with what holds of them apart.
pub(super) fn serialize<S: Serializer>(rows: &[SupportRow], serializer: S) -> Result<S::Ok, S::Error> {
    let mut standings: Vec<&SupportStanding> = Vec::new();
    let mut known: HashMap<*const SupportStanding, u32> = HashMap::new();
    let mut short = Vec::with_capacity(rows.len());
    for row in rows {
        let index = *known.entry(Arc::as_ptr(&row.standing)).or_insert_with(|| {
            standings.push(&row.standing);
            u32::try_from(standings.len() - 1).unwrap_or(u32::MAX)
        });
        short.push((row.host, index, &row.evidence));
    }
    let mut out = serializer.serialize_struct("SupportRows", 2)?;
    out.serialize_field("standings", &standings)?;
    out.serialize_field("rows", &short)?;
    out.end()
}

/// Reads them; a list is the form of older stores, in which each row says everything itself.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SupportRow>, D::Error> {
    deserializer.deserialize_any(RowsVisitor)
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Vec<SupportRow>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of the support register")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut standings: Vec<Arc<SupportStanding>> = Vec::new();
        let mut rows: Vec<Row> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "standings" => standings = map.next_value()?,
                "rows" => rows = map.next_value()?,
                _ => drop(map.next_value::<serde::de::IgnoredAny>()?),
            }
        }
        let row = |Row(host, index, evidence)| {
            let standing = standings.get(index as usize).cloned();
            let standing = standing.ok_or_else(|| serde::de::Error::custom(format!("there is no standing {index}")))?;
            Ok(SupportRow { host, standing, evidence })
        };
        rows.into_iter().map(row).collect()
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut rows = Vec::new();
        while let Some(old) = list.next_element::<OldRow>()? {
            rows.push(old.into());
        }
        Ok(rows)
    }
}

/// A row as stores held it that were written before rows shared anything.
#[derive(Deserialize)]
struct OldRow {
    key: Key,
    host: HostId,
    evidence: Option<Locator>,
    #[serde(flatten)]
    standing: SupportStanding,
}

impl From<OldRow> for SupportRow {
    fn from(old: OldRow) -> Self {
        let mut standing = old.standing;
        // Of the edition it said nothing but in its key: organisation, host, product, edition, version, metric.
        let edition = old.key.0.split('/').nth(3).filter(|edition| *edition != "-").unwrap_or_default();
        standing.edition = SharedText::from(edition);
        Self { host: old.host, standing: Arc::new(standing), evidence: old.evidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Place, SourceId, SupportStatus};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Register {
        #[serde(with = "super")]
        rows: Vec<SupportRow>,
    }

    fn standing() -> SupportStanding {
        SupportStanding {
            organisation: "brent".into(),
            product: "castle".into(),
            edition: "standard".into(),
            version: Some("2".into()),
            status: SupportStatus::Supported,
            until: None,
            date_source: None,
            verified: true,
            reason: "it stands".into(),
            accepted: None,
            rule: "castle/name".into(),
        }
    }

    #[test]
    fn what_rows_share_is_written_once_and_comes_back_shared() {
        let standing = Arc::new(standing());
        let evidence = Some(Locator { source: SourceId(3), place: Place::Line(7) });
        let row = |host| SupportRow { host: HostId(host), standing: standing.clone(), evidence: evidence.clone() };
        let register = Register { rows: vec![row(0), row(4)] };
        let written = serde_json::to_string(&register).expect("it is written");
        assert_eq!(written.matches("it stands").count(), 1);
        let read: Register = serde_json::from_str(&written).expect("it is read");
        assert_eq!(read, register);
        assert!(Arc::ptr_eq(&read.rows[0].standing, &read.rows[1].standing));
    }

    #[test]
    fn rows_of_an_older_store_are_read_with_the_edition_of_their_key() {
        let old = r#"{"rows":[{"key":"support:brent/a/castle/standard/2/-","organisation":"brent","host":5,
            "product":"castle","version":"2","status":"supported","until":null,"date_source":null,"verified":true,
            "reason":"it stands","accepted":null,"rule":"castle/name","evidence":null}]}"#;
        let read: Register = serde_json::from_str(old).expect("it is read");
        assert_eq!(read.rows, [SupportRow { host: HostId(5), standing: Arc::new(standing()), evidence: None }]);
        assert_eq!(read.rows[0].key("a").0, "support:brent/a/castle/standard/2/-");
    }

    #[test]
    fn a_row_of_what_is_not_there_is_an_error() {
        assert!(serde_json::from_str::<Register>(r#"{"rows":{"standings":[],"rows":[[0,0,null]]}}"#).is_err());
    }
}

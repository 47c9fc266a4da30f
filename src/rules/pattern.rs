//! Patterns of paths, names and values in which `*` stands for any letters.

/// Whether a text follows a pattern in which `*` stands for any letters, without case.
pub fn follows(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::follows;

    #[test]
    fn a_star_stands_for_any_letters() {
        assert!(follows("exports/cmdb*.csv", "exports/CMDB-2026-06.csv"));
        assert!(follows("*/servers.csv", "inventory/brent/servers.csv"));
        assert!(follows("Pivot*Dat*", "Pivot- Daten"));
        assert!(follows("Sheet1", "sheet1"));
        assert!(!follows("Sheet1", "Sheet12"));
        assert!(!follows("a*b", "ab c"));
        assert!(!follows("aba*ba", "aba"));
    }
}

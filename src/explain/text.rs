//! An explanation as text: numbered steps, set in by depth; long lists are cut, JSON never.

use super::{Explanation, Item, RuleNote};

/// Steps of one list that are printed.
const LONGEST: usize = 50;

/// Renders an explanation.
pub(super) fn render(explanation: &Explanation, colour: bool) -> String {
    let mut out = heading(&explanation.title, colour);
    out.push_str(&format!("{}\n", explanation.key));
    out.push_str(&format!("on {}, {} reading\n", explanation.as_of, explanation.reading));
    let figures: Vec<String> =
        explanation.figures.iter().map(|figure| format!("{} {}", figure.name, figure.value)).collect();
    if !figures.is_empty() {
        out.push_str(&format!("\n  {}\n", figures.join(", ")));
    }
    for section in &explanation.sections {
        out.push_str(&format!("\n{}", heading(&section.heading, colour)));
        list(&mut out, &section.items, "", 1, &explanation.key);
    }
    out
}

fn heading(text: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[1m{text}\u{1b}[0m\n") } else { format!("{text}\n") }
}

fn list(out: &mut String, items: &[Item], number: &str, depth: usize, key: &str) {
    let indent = depth * 2;
    for (index, item) in items.iter().take(LONGEST).enumerate() {
        let number = format!("{number}{}.", index + 1);
        let rule = item.rule.as_ref().map(rule).unwrap_or_default();
        out.push_str(&format!("{:indent$}{number} {}{rule}\n", "", item.text));
        let below = indent + number.chars().count() + 1;
        for place in item.places.iter().take(LONGEST) {
            out.push_str(&format!("{:below$}{place}\n", ""));
        }
        cut(out, item.places.len(), below, key);
        list(out, &item.items, &number, depth + 1, key);
    }
    cut(out, items.len(), indent, key);
}

fn cut(out: &mut String, length: usize, indent: usize, key: &str) {
    if length > LONGEST {
        let more = length - LONGEST;
        out.push_str(&format!("{:indent$}… and {more} more: trueup explain {key} --format json\n", ""));
    }
}

/// ` [ws-core: Product Terms, clause 3; not verified]`.
fn rule(rule: &RuleNote) -> String {
    let source = rule.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
    let verified = if rule.verified == Some(false) { "; not verified" } else { "" };
    format!(" [{}{source}{verified}]", rule.id)
}

//! An explanation as text: numbered steps, set in by depth, with the sources of their rules at the end; long lists are
//! cut, JSON never.

use std::collections::BTreeMap;

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
    out.push_str(&sources(explanation, colour));
    out
}

/// Every rule that is named in brackets, with the page or document it rests on.
fn sources(explanation: &Explanation, colour: bool) -> String {
    let mut rules = BTreeMap::new();
    for section in &explanation.sections {
        collect(&section.items, &mut rules);
    }
    if rules.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}", heading("Rules and their sources", colour));
    for (id, rule) in rules {
        let source = rule.source.as_deref().unwrap_or("no source is on file");
        let verified = if rule.verified == Some(false) { " (not verified against a public page yet)" } else { "" };
        out.push_str(&format!("  [{id}] {source}{verified}\n"));
    }
    out
}

fn collect<'a>(items: &'a [Item], rules: &mut BTreeMap<&'a str, &'a RuleNote>) {
    for item in items {
        if let Some(rule) = &item.rule {
            rules.insert(&rule.id, rule);
        }
        collect(&item.items, rules);
    }
}

fn heading(text: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[1m{text}\u{1b}[0m\n") } else { format!("{text}\n") }
}

fn list(out: &mut String, items: &[Item], number: &str, depth: usize, key: &str) {
    let indent = depth * 2;
    for (index, item) in items.iter().take(LONGEST).enumerate() {
        let number = format!("{number}{}.", index + 1);
        let rule = item.rule.as_ref().map(|rule| format!(" [{}]", rule.id)).unwrap_or_default();
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

//! An explanation as text: numbered steps, set in by depth; long lists are cut, JSON never.

use std::collections::BTreeMap;

use crate::diag::wrapped;

use super::{Explanation, Item, RuleNote};

/// Steps of one list that are printed.
const LONGEST: usize = 50;

/// Narrowest paragraph.
const NARROWEST: usize = 30;

/// Renders an explanation.
pub(super) fn render(explanation: &Explanation, width: usize, colour: bool, in_full: bool) -> String {
    let rules = BTreeMap::new();
    let mut page = Page { out: String::new(), width, colour, in_full, folded: false, key: &explanation.key, rules };
    page.heading(&explanation.title);
    page.out.push_str(&format!("{}\n", explanation.key));
    page.out.push_str(&format!("on {}, {} reading\n", explanation.as_of, explanation.reading));
    let figures: Vec<String> =
        explanation.figures.iter().map(|figure| format!("{} {}", figure.name, figure.value)).collect();
    if !figures.is_empty() {
        page.out.push('\n');
        page.paragraph(2, "", &figures.join(", "));
    }
    for section in &explanation.sections {
        page.out.push('\n');
        page.heading(&section.heading);
        page.list(&section.items, "", 1);
    }
    page.sources();
    if page.folded {
        page.out.push('\n');
        let text = format!("The arithmetic of what was not taken: trueup explain {} --all", page.key);
        page.paragraph(0, "", &text);
    }
    page.out
}

/// What is being written.
struct Page<'e> {
    out: String,
    width: usize,
    colour: bool,
    /// Whether nothing is left out.
    in_full: bool,
    /// Whether something was.
    folded: bool,
    key: &'e str,
    /// Every rule named so far.
    rules: BTreeMap<&'e str, &'e RuleNote>,
}

impl<'e> Page<'e> {
    fn heading(&mut self, text: &str) {
        let text = if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m\n") } else { format!("{text}\n") };
        self.out.push_str(&text);
    }

    /// A paragraph with a mark before its first line; the others are set in by as much.
    fn paragraph(&mut self, indent: usize, mark: &str, text: &str) {
        let hanging = indent + mark.chars().count();
        let lines = wrapped(text, self.width.saturating_sub(hanging).max(NARROWEST));
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => self.out.push_str(&format!("{:indent$}{mark}{line}\n", "")),
                _ => self.out.push_str(&format!("{:hanging$}{line}\n", "")),
            }
        }
    }

    fn list(&mut self, items: &'e [Item], number: &str, depth: usize) {
        let indent = depth * 2;
        for (index, item) in items.iter().take(self.longest()).enumerate() {
            let number = format!("{number}{}.", index + 1);
            let rule = item.rule.as_ref().map(|rule| self.rule(rule)).unwrap_or_default();
            self.paragraph(indent, &format!("{number} "), &format!("{}{rule}", item.text));
            let below = indent + number.chars().count() + 1;
            for place in item.places.iter().take(self.longest()) {
                self.out.push_str(&format!("{:below$}{place}\n", ""));
            }
            self.cut(item.places.len(), below);
            if item.folded && !self.in_full && !item.items.is_empty() {
                self.folded = true;
            } else {
                self.list(&item.items, &number, depth + 1);
            }
        }
        self.cut(items.len(), indent);
    }

    /// Steps of one list that are printed here.
    fn longest(&self) -> usize {
        if self.in_full { usize::MAX } else { LONGEST }
    }

    fn cut(&mut self, length: usize, indent: usize) {
        if length > self.longest() {
            let more = length - LONGEST;
            let key = self.key;
            self.out.push_str(&format!("{:indent$}… and {more} more: trueup explain {key} --all\n", ""));
        }
    }

    /// ` [ws-core]`, or ` [ws-core, not verified]`; its source is told at the end.
    fn rule(&mut self, rule: &'e RuleNote) -> String {
        self.rules.insert(&rule.id, rule);
        let verified = if rule.verified == Some(false) { ", not verified" } else { "" };
        format!(" [{}{verified}]", rule.id)
    }

    /// Every rule named above with its source and file.
    fn sources(&mut self) {
        let rules = std::mem::take(&mut self.rules);
        if rules.is_empty() {
            return;
        }
        self.out.push('\n');
        self.heading("Rules named above, and their sources");
        for rule in rules.values() {
            let source = rule.source.as_deref().unwrap_or("no rule file in force knows it");
            let file = rule.file.as_ref().map(|file| format!(" ({file})")).unwrap_or_default();
            let verified = if rule.verified == Some(false) { "; not verified against a public page yet" } else { "" };
            self.paragraph(2, "- ", &format!("{}: {source}{verified}{file}", rule.id));
        }
    }
}

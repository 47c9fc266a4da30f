//! Texts of names with values, a pair a line, in blocks with blank lines between them: `Name=Value` as wmic writes it,
//! `Name : Value` as PowerShell lists objects.

use crate::model::Place;

use super::beyond::Beyond;

/// How name and value are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parted {
    /// By an equals sign.
    Equals,
    /// By a colon with blanks around it; long values go on in the next line, indented.
    Colon,
}

/// Most pairs kept of one file; above it something other than an inventory is at work.
pub(super) const MOST_PAIRS: usize = 4_000_000;
/// Most pairs of one object; no class has a quarter of that.
const MOST_OF_ONE: usize = 512;
/// Longest name of a property.
const LONGEST_NAME: usize = 64;

/// What one block says: one object.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Names with values, in their order.
    pub pairs: Vec<(String, String)>,
    /// Line on which it begins.
    pub line: u32,
}

impl Block {
    /// What a property says; nothing where it says nothing. Names are compared without case.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty() && *value != "{}")
    }

    /// The first of several properties that says something.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }

    /// The same, as a string of its own.
    pub fn owned(&self, names: &[&str]) -> Option<String> {
        self.first(names).map(str::to_owned)
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    /// Whether it has such a property, whatever it says.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Whether it has all of these.
    pub fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }

    /// Whether it has one of these.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }
}

/// The name and value of a line.
pub(super) fn pair(line: &str, parted: Parted) -> Option<(&str, &str)> {
    let (name, value) = match parted {
        Parted::Equals => line.split_once('=')?,
        Parted::Colon => {
            let (name, value) =
                line.split_once(" :").filter(|(_, value)| value.is_empty() || value.starts_with(' '))?;
            (name.trim_end(), value)
        }
    };
    let is_name = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.starts_with(char::is_whitespace)
        && name.chars().all(|letter| letter.is_alphanumeric() || "_-. ()%".contains(letter))
        && (parted == Parted::Colon || !name.contains([' ', '.']));
    is_name.then(|| (name, value.trim()))
}

/// The blocks of a text, and the pairs that did not fit within the limit. A block ends at a blank line, and where a name
/// stands a second time: what is read has lost its blank lines at times. Where each line is followed by a blank one, as
/// in files whose line ends were doubled, blank lines say nothing.
pub(super) fn blocks(text: &str, parted: Parted) -> (Vec<Block>, Beyond) {
    let doubled = is_doubled(text, parted);
    let (mut blocks, mut current, mut kept, mut beyond) = (Vec::new(), Block::default(), 0_usize, Beyond::default());
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            if !doubled {
                end(&mut current, &mut blocks);
            }
            continue;
        }
        match pair(line, parted) {
            Some(_) if kept >= MOST_PAIRS => beyond.add(|| Place::Line(line_number(at))),
            Some((name, value)) => {
                if current.pairs.len() >= MOST_OF_ONE || current.has(name) {
                    end(&mut current, &mut blocks);
                }
                if current.pairs.is_empty() {
                    current.line = line_number(at);
                }
                kept += 1;
                current.pairs.push((name.to_owned(), value.to_owned()));
            }
            None if parted == Parted::Colon && line.starts_with(' ') => {
                if let Some((_, value)) = current.pairs.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            None => {}
        }
    }
    end(&mut current, &mut blocks);
    (blocks, beyond)
}

/// The number of a line, counted from one.
fn line_number(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

fn end(current: &mut Block, blocks: &mut Vec<Block>) {
    if !current.pairs.is_empty() {
        blocks.push(std::mem::take(current));
    }
}

/// Whether a blank line follows each pair, and one block would be a single pair each.
fn is_doubled(text: &str, parted: Parted) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).take(400).collect();
    let pairs = lines.iter().filter(|line| pair(line, parted).is_some()).count();
    let beside = lines.windows(2).filter(|two| two.iter().all(|line| pair(line, parted).is_some())).count();
    pairs > 3 && beside == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, parted: Parted) -> Vec<Vec<(String, String)>> {
        blocks(text, parted).0.into_iter().map(|block| block.pairs).collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn blank_lines_and_repeated_names_part_objects() {
        let text = "\r\r\n\r\r\nA=1\r\r\nB=x=y\r\r\n\r\r\nA=2\r\r\nB=\r\r\nA=3\r\r\n";
        let wanted = [owned(&[("A", "1"), ("B", "x=y")]), owned(&[("A", "2"), ("B", "")]), owned(&[("A", "3")])];
        assert_eq!(names(text, Parted::Equals), wanted);
        let doubled = "A=1\n\nB=2\n\nA=3\n\nB=4\n";
        assert_eq!(
            names(doubled, Parted::Equals),
            [owned(&[("A", "1"), ("B", "2")]), owned(&[("A", "3"), ("B", "4")])]
        );
    }

    #[test]
    fn long_values_go_on_in_the_next_line() {
        let text = "\nName    : A long\n          name: with colon\nVersion :\nUrl     : http://x\n\nName : B\n";
        let first = owned(&[("Name", "A long name: with colon"), ("Version", ""), ("Url", "http://x")]);
        assert_eq!(names(text, Parted::Colon), [first, owned(&[("Name", "B")])]);
    }
}

//! What wmic prints where nobody asks for a form: a line of properties, and below it a line an object, in columns as wide
//! as their widest value.

use crate::model::Place;

use super::beyond::Beyond;
use super::blocks::{Block, MOST_PAIRS};
use super::cim;

/// Most columns of a table; no class has a quarter of that.
const MOST_COLUMNS: usize = 512;

/// The objects of a text that holds such tables, and the pairs that did not fit within the limit; none where it holds no
/// table of a class that is used.
pub(super) fn objects(text: &str) -> (Vec<Block>, Beyond) {
    let (mut objects, mut beyond, mut kept) = (Vec::new(), Beyond::default(), 0_usize);
    let mut columns: Vec<(usize, &str)> = Vec::new();
    let mut begun = 0;
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line.trim_end(), u32::try_from(at + 1).unwrap_or(u32::MAX));
        if line.trim().is_empty() {
            continue;
        }
        if let Some(named) = headings(line) {
            name_class(&mut objects[begun..]);
            (columns, begun) = (named, objects.len());
            continue;
        }
        if columns.is_empty() {
            continue;
        }
        if kept + columns.len() > MOST_PAIRS {
            beyond.add(|| Place::Line(number));
            continue;
        }
        kept += columns.len();
        objects.push(Block { pairs: cells(line, &columns), line: number });
    }
    name_class(&mut objects[begun..]);
    (objects, beyond)
}

/// Names and versions alone are those of programs where there are several: firmware and systems have them too, one each.
fn name_class(of_one_table: &mut [Block]) {
    let is_list = of_one_table.first().is_some_and(|first| cim::class(first).is_none() && cim::may_be_programs(first));
    if is_list && of_one_table.len() > 1 {
        let class = || ("CreationClassName".to_owned(), "Win32_Product".to_owned());
        of_one_table.iter_mut().for_each(|block| block.pairs.push(class()));
    }
}

/// The properties of a line with the letter at which each column begins, where it is the first line of a table of a class
/// that is used.
fn headings(line: &str) -> Option<Vec<(usize, &str)>> {
    let is_property = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let mut columns = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let begins = line.len() - rest.len();
        let name = rest.split(' ').next().unwrap_or_default();
        if !is_property(name) || columns.len() >= MOST_COLUMNS {
            return None;
        }
        columns.push((begins, name));
        let behind = &rest[name.len()..];
        rest = behind.trim_start_matches(' ');
        if !rest.is_empty() && behind.len() - rest.len() < 2 {
            return None;
        }
    }
    let pairs = columns.iter().map(|(_, name)| ((*name).to_owned(), String::new())).collect();
    let object = Block { pairs, line: 0 };
    let is_used = columns.len() > 1 && (cim::class(&object).is_some() || cim::may_be_programs(&object));
    is_used.then_some(columns)
}

/// The values of a line, each from the letter at which its column begins to the next.
fn cells(line: &str, columns: &[(usize, &str)]) -> Vec<(String, String)> {
    let letters: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
    let at = |letter: usize| letters.get(letter).copied().unwrap_or(line.len());
    let ends = columns.iter().skip(1).map(|(begins, _)| *begins).chain([usize::MAX]);
    let pair = |(&(begins, name), end): (&(usize, &str), usize)| {
        (name.to_owned(), line[at(begins)..at(end)].trim().to_owned())
    };
    columns.iter().zip(ends).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<(String, String)>> {
        objects(text).0.into_iter().map(|block| block.pairs).collect()
    }

    #[test]
    fn columns_begin_under_the_letters_of_their_properties() {
        let text = "\r\nName            Vendor         Version  \r\r\nÄpfel & Birnen  Somebody Ltd.  1.0      \r\r\n7-Zip 23.01                    23.01    \r\r\n";
        let row = |values: [&str; 3]| -> Vec<(String, String)> {
            ["Name", "Vendor", "Version"]
                .iter()
                .zip(values)
                .map(|(name, value)| ((*name).into(), value.into()))
                .collect()
        };
        assert_eq!(read(text), [row(["Äpfel & Birnen", "Somebody Ltd.", "1.0"]), row(["7-Zip 23.01", "", "23.01"])]);
    }

    #[test]
    fn other_columns_are_no_table_of_an_inventory() {
        assert!(read("Handle  Pid\n1       2\n").is_empty());
        assert!(read("Name Version\n7-Zip 23.01\n").is_empty(), "one blank parts no columns");
        assert!(read("Name\n7-Zip\n").is_empty());
    }

    #[test]
    fn names_with_versions_are_programs_where_there_are_several() {
        let class = |text: &str| objects(text).0.iter().filter(|object| cim::class(object).is_some()).count();
        assert_eq!(class("Name   Version\n7-Zip  23.01\nGit    2.45\n"), 2);
        assert_eq!(class("Name             Version\nBIOS of a maker  1.0\n"), 0);
    }
}

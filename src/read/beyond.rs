//! What stands beyond a limit: counted, with the place of the first, and told. Nothing is dropped without a word.

use crate::diag::{Code, Diagnostic};
use crate::model::Place;

/// Things of one kind that are left out because a limit was reached.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    count: usize,
    first: Option<Place>,
}

impl Beyond {
    /// Counts one; its place is asked for only where it is the first.
    pub fn add(&mut self, place: impl FnOnce() -> Place) {
        self.count += 1;
        self.first.get_or_insert_with(place);
    }

    /// What to tell; nothing where the limit was not reached. `what` names the things in the plural.
    pub fn told(&self, what: &str, most: usize, path: &str) -> Option<Diagnostic> {
        let first = self.first.clone()?;
        let message = match self.count {
            1 => format!("more than {most} {what}: the one here is left out"),
            count => format!("more than {most} {what}: {count} are left out, from here on"),
        };
        let help = "export what it holds in parts, each into a file of its own";
        Some(Diagnostic::error(Code::LimitReached, path, message).at(first).help(help))
    }

    /// The same of texts that are kept up to a number of letters.
    pub fn cut_off(&self, most: usize, path: &str) -> Option<Diagnostic> {
        let first = self.first.clone()?;
        let message = match self.count {
            1 => format!("a text of more than {most} letters is cut off"),
            count => format!("{count} texts of more than {most} letters are cut off; here is the first"),
        };
        Some(Diagnostic::warning(Code::LimitReached, path, message).at(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told_with_its_number_and_first_place() {
        let mut beyond = Beyond::default();
        assert_eq!(beyond.told("rows", 10, "a.txt"), None);
        (7..10).for_each(|line| beyond.add(|| Place::Line(line)));
        let told = beyond.told("rows", 10, "a.txt").expect("three are left out");
        assert_eq!(told.to_string(), "a.txt: line 7: more than 10 rows: 3 are left out, from here on");
        assert_eq!(told.code, Code::LimitReached);
    }
}

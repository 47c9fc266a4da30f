//! What a licence bought on a day is good for: it is one of the version current then, whatever older version it is to serve.

use jiff::civil::Date;

use crate::model::{Acceptance, Line};

use super::Product;

impl Product {
    /// Acceptances of a line that a licence bought on a day comes under; none where nothing sold then serves it.
    pub fn accepted_if_bought<'l>(&self, line: &'l Line, day: Date) -> impl Iterator<Item = &'l Acceptance> {
        let today = self.current_release(day);
        let version = today.max(line.version).filter(|_| today.is_some());
        line.accepts
            .iter()
            .filter(move |accepted| version.is_none_or(|version| (accepted.from..=accepted.until).contains(&version)))
    }

    /// Whether a licence bought on a day serves a line with Software Assurance or a subscription only.
    pub fn relies_on_assurance_if_bought(&self, line: &Line, day: Date) -> bool {
        let mut accepted = self.accepted_if_bought(line, day).peekable();
        accepted.peek().is_some() && accepted.all(|accepted| accepted.needs_sa)
    }
}

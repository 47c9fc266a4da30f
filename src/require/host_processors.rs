//! Licences for so many processors of one server: `max(ceil(processors / n), ceil(operating systems / right))`.
//!
//! The first licences together cover all processors and carry the newest version; every further licence adds the right
//! for some more operating systems of its own version (WP-R1 to WP-R3). Keys: `processors_a_licence`,
//! `whole_server`, `least_licences`, `rights`.

use crate::model::{Answer, Line, Working, edition_name};

use super::host_sets::{Load, Sets};
use super::processor_count::number_of_processors;

impl Sets<'_> {
    /// Licences that cover the processors of the host, or those the terms assume of it. The least number a server takes is
    /// read two ways (D-24).
    fn base(&self) -> (u32, String) {
        let host = self.ground.estate.host(self.host);
        if self.terms.whole_server {
            return (1, format!("{}: one licence covers the server.", host.name));
        }
        let each = self.terms.processors_a_licence;
        let (count, counted) = number_of_processors(self.ground, self.product, self.terms, self.host);
        let base = count.div_ceil(each).max(1);
        let (strict, customer) = self.terms.least_licences;
        let least = if base.max(strict) == base.max(customer) {
            strict
        } else {
            match self.ground.asker.ask("D-24", &host.organisation, &self.product.family, &[self.host]) {
                Answer::Strict => strict,
                Answer::Customer => customer,
            }
        };
        let floor = if least > base { format!("; at least {least} a server") } else { String::new() };
        let licences = base.max(least);
        (licences, format!("{counted}: ceil({count} / {each}) = {base}{floor}: {licences} licences."))
    }

    /// Lines of processor licences for a load.
    pub fn processor_lines(&self, load: &Load, working: &mut Working) -> Vec<Line> {
        let (base, text) = self.base();
        working.by_rule_and_facts(&self.terms.id, text, self.ground.stated(self.host));
        let systems = load.versions.len();
        let share = self.right.guests.unwrap_or(1).max(1) as usize;
        let units = if self.right.unlimited { base as usize } else { (base as usize).max(systems.div_ceil(share)) };
        working.by_rule(
            &self.terms.id,
            if self.right.unlimited {
                format!("{} carries any number of operating systems: {units} licences.", edition_name(&self.right.edition))
            } else {
                format!(
                    "{systems} operating systems, {share} for each licence of {}: max({base}, ceil({systems} / {share})) = {units} licences.",
                    edition_name(&self.right.edition)
                )
            },
        );
        let mut lines: Vec<Line> = Vec::new();
        for number in 0..units {
            let version = if number < base as usize {
                load.newest()
            } else {
                load.versions.get(number * share).copied().flatten()
            };
            match lines.iter_mut().find(|line| line.version == version) {
                Some(line) => line.units += 1,
                None => lines.push(Line {
                    version,
                    hosts: [self.host].into(),
                    accepts: [self.terms.acceptance(false)].into(),
                    ..Line::new(&self.product.id, Some(&self.right.edition), self.terms.metric, 1)
                }),
            }
        }
        lines
    }
}

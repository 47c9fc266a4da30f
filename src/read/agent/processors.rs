//! Sockets and cores as the agents state them, which is not always what there is.

use crate::model;

use super::Processor;

/// More cores than any processor has; a larger number is a mistake of the agent.
const MOST_CORES: u32 = 1024;
/// More sockets than any machine has.
const MOST_SOCKETS: u32 = 256;

/// What the processor items of one machine come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Processors {
    /// One a socket; `None` where a socket's cores are not stated.
    pub sockets: Option<Vec<model::Processor>>,
    /// Hardware threads of a core.
    pub threads_per_core: Option<u32>,
    /// Threads in all.
    pub logical: Option<u32>,
    /// Model of the first.
    pub name: Option<String>,
    /// What is worth keeping for `explain`.
    pub remarks: Vec<(String, String)>,
    /// What cannot be right, with the position of its item.
    pub implausible: Vec<(u32, String)>,
}

/// Reads the items. One item is one socket, unless a single item says of how many it speaks.
pub fn processors(items: &[(Processor<'_>, u32)]) -> Processors {
    let mut result = Processors::default();
    let Some((first, _)) = items.first() else { return result };
    result.name = items.iter().find_map(|(item, _)| item.name.owned());
    let mut sockets: Vec<Option<model::Processor>> = items.iter().map(|item| cores(item, &mut result)).collect();
    match (sockets.as_slice(), first.sockets.number().filter(|count| *count > 0)) {
        ([only], Some(count)) if count <= MOST_SOCKETS => sockets = vec![*only; count as usize],
        ([_], Some(count)) => {
            result.implausible.push((items[0].1, format!("{count} processors; they are taken as not stated")));
            sockets = vec![None];
        }
        _ => {}
    }
    threads(items, sockets.len(), &mut result);
    let count = sockets.len();
    result.sockets = sockets.into_iter().collect();
    if result.sockets.is_none() {
        result.remarks.push(("sockets".into(), format!("{count}, the cores of which are not all stated")));
    }
    result
}

/// Cores of one item: the physical ones, and those switched on where they are fewer.
fn cores((item, position): &(Processor<'_>, u32), result: &mut Processors) -> Option<model::Processor> {
    let stated = |text: &super::Text<'_>| text.number().filter(|cores| *cores > 0);
    let (enabled, physical) = (stated(&item.enabled_cores), stated(&item.physical_cores));
    let cores = physical.or(enabled)?;
    if cores.max(enabled.unwrap_or(0)) > MOST_CORES {
        result.implausible.push((*position, format!("{cores} cores in one processor; taken as not stated")));
        return None;
    }
    match enabled {
        Some(enabled) if enabled < cores => Some(model::Processor { cores, enabled_cores: Some(enabled) }),
        Some(enabled) if enabled > cores => {
            let message = format!("{enabled} cores switched on out of {cores} there are; {enabled} are counted");
            result.implausible.push((*position, message));
            Some(model::Processor { cores: enabled, enabled_cores: None })
        }
        _ => Some(model::Processor { cores, enabled_cores: None }),
    }
}

/// Threads: unambiguous where a logical count is stated or where there are fewer than cores; else the number may be per
/// core or in all, and nothing is concluded from it.
fn threads(items: &[(Processor<'_>, u32)], sockets: usize, result: &mut Processors) {
    let (first, _) = &items[0];
    let Some(cores) = first.physical_cores.number().or_else(|| first.enabled_cores.number()) else { return };
    let logical: Option<Vec<u32>> = items.iter().map(|(item, _)| item.logical.number()).collect();
    if let Some(logical) = logical {
        if sockets == items.len() {
            result.logical = logical.iter().try_fold(0_u32, |sum, count| sum.checked_add(*count));
        }
        result.threads_per_core =
            (cores > 0 && logical[0] >= cores && logical[0] % cores == 0).then(|| logical[0] / cores);
        return;
    }
    match first.threads.number() {
        Some(threads) if threads > 0 && (threads < cores || (threads, cores) == (1, 1)) => {
            result.threads_per_core = Some(threads);
        }
        Some(threads) if threads > 0 => {
            let message = format!("{threads} with {cores} cores: of each core or in all, the agent does not say");
            result.remarks.push(("threads".into(), message));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Processor, Text};
    use super::processors;

    fn item(enabled: &'static str, physical: &'static str, threads: &'static str) -> (Processor<'static>, u32) {
        let text = |text: &'static str| Text(text.into());
        let item = Processor {
            enabled_cores: text(enabled),
            physical_cores: text(physical),
            threads: text(threads),
            ..Processor::default()
        };
        (item, 0)
    }

    #[test]
    fn cores_switched_off_are_kept_apart() {
        let result = processors(&[item("1", "4", "")]);
        let sockets = result.sockets.expect("cores are stated");
        assert_eq!((sockets[0].cores, sockets[0].enabled_cores), (4, Some(1)));
    }

    #[test]
    fn threads_below_the_cores_are_per_core() {
        assert_eq!(processors(&[item("18", "", "2")]).threads_per_core, Some(2));
        let ambiguous = processors(&[item("2", "", "4")]);
        assert_eq!(ambiguous.threads_per_core, None);
        assert_eq!(ambiguous.remarks.len(), 1);
    }

    #[test]
    fn a_socket_without_cores_leaves_all_unknown() {
        let result = processors(&[item("4", "", ""), item("", "", "")]);
        assert_eq!(result.sockets, None);
        assert!(result.remarks[0].1.starts_with('2'));
    }

    #[test]
    fn one_item_that_speaks_of_two_sockets_and_two_items_that_do() {
        let with_sockets = |sockets: &'static str| {
            let mut item = item("8", "", "");
            item.0.sockets = Text(sockets.into());
            item.0.logical = Text("16".into());
            item
        };
        let one = processors(&[with_sockets("2")]);
        assert_eq!(one.sockets.map(|sockets| sockets.len()), Some(2));
        assert_eq!((one.logical, one.threads_per_core), (None, Some(2)));
        let two = processors(&[with_sockets("2"), with_sockets("2")]);
        assert_eq!(two.sockets.map(|sockets| sockets.len()), Some(2));
        assert_eq!(two.logical, Some(32));
    }

    #[test]
    fn contradictions_are_named_and_nonsense_is_unknown() {
        let contradiction = processors(&[item("4", "2", "")]);
        assert_eq!(contradiction.sockets.map(|sockets| sockets[0].cores), Some(4));
        assert_eq!(contradiction.implausible.len(), 1);
        let mut many = item("8", "", "");
        many.0.sockets = Text("4000".into());
        let many = processors(&[many]);
        assert_eq!((many.sockets, many.implausible.len()), (None, 1), "nobody knows how many there are");
        let nonsense = processors(&[item("4000000000", "", "")]);
        assert_eq!((nonsense.sockets, nonsense.implausible.len()), (None, 1));
    }
}

//! The answers of one reading, given where the data ask.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashMap;

use super::{Answer, HostId, QuestionKey, Reading};

/// Gives the answers of one reading, and remembers which questions the data made it answer.
#[derive(Debug)]
pub struct Asker<'a> {
    reading: &'a Reading,
    answered: RefCell<Answered>,
}

impl<'a> Asker<'a> {
    /// An asker that has answered nothing yet.
    pub fn new(reading: &'a Reading) -> Self {
        Self { reading, answered: RefCell::default() }
    }

    /// The answer to one question. Ask only where the two answers lead to different figures.
    pub fn ask(&self, ambiguity: &str, organisation: &str, product: &str, hosts: &[HostId]) -> Answer {
        let mut answered = self.answered.borrow_mut();
        let entry = answered.entry(self.reading, [ambiguity, organisation, product]);
        entry.concerned.get_or_insert_default().add(hosts);
        entry.answer
    }

    /// The answer in force, without asking: for what is only listed, so that no figure of a position hangs on it.
    pub fn answer(&self, ambiguity: &str, organisation: &str, product: &str) -> Answer {
        self.answered.borrow_mut().entry(self.reading, [ambiguity, organisation, product]).answer
    }

    /// Questions answered so far, asked or not, each by its number, which counts from zero.
    pub fn answers(&self) -> usize {
        self.answered.borrow().entries.len()
    }

    /// The question with this number, and its answer.
    pub fn answered(&self, number: usize) -> Option<(QuestionKey, Answer)> {
        self.answered.borrow().entries.get(number).map(|entry| (entry.key.clone(), entry.answer))
    }

    /// What `look` finds. Numbers of the questions whose answers it heard are put into `heard`, each once.
    pub fn hearing<T>(&self, heard: &mut Vec<usize>, look: impl FnOnce() -> T) -> T {
        heard.clear();
        let before = self.answered.borrow_mut().listening.replace(std::mem::take(heard));
        debug_assert!(before.is_none(), "nothing that is listened to listens itself");
        let found = look();
        *heard = self.answered.borrow_mut().listening.take().unwrap_or_default();
        found
    }

    /// Whether the reading gives these answers.
    pub fn gives<'k>(&self, mut answers: impl Iterator<Item = &'k (QuestionKey, Answer)>) -> bool {
        answers.all(|(key, answer)| self.reading.answer(key) == *answer)
    }

    /// Every question asked, with the hosts it is about.
    pub fn asked(self) -> Vec<(QuestionKey, Vec<HostId>)> {
        let entries = self.answered.into_inner().entries.into_iter();
        let asked = entries.filter_map(|entry| Some((entry.key, entry.concerned?.in_order())));
        let mut asked: Vec<(QuestionKey, Vec<HostId>)> = asked.collect();
        asked.sort();
        asked
    }
}

/// Questions answered so far. A walk over an estate asks the same few again and again, machine by machine, so they are
/// found by their names without writing a key each time.
#[derive(Debug, Default)]
struct Answered {
    entries: Vec<Entry>,
    /// Numbers of the entries by a hash of their names.
    by_names: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
    /// Numbers of those heard, while somebody wants to know.
    listening: Option<Vec<usize>>,
    /// Number of the entry looked for last.
    last: usize,
}

#[derive(Debug)]
struct Entry {
    key: QuestionKey,
    answer: Answer,
    /// `None` where it was answered without being asked.
    concerned: Option<Hosts>,
}

impl Answered {
    /// The entry of a question, written where it is new: ambiguity, organisation and product family.
    fn entry(&mut self, reading: &Reading, names: [&str; 3]) -> &mut Entry {
        let Self { entries, by_names, hasher, listening, last } = self;
        let is_it = |number: &usize| {
            let key = entries.get(*number).map(|entry| &entry.key);
            key.is_some_and(|key| [&key.ambiguity, &key.organisation, &key.product] == names)
        };
        if !is_it(last) {
            let numbers = by_names.entry(hasher.hash_one(names)).or_default();
            *last = numbers.iter().copied().find(is_it).unwrap_or_else(|| {
                let [ambiguity, organisation, product] = names.map(str::to_owned);
                let key = QuestionKey { ambiguity, organisation, product };
                let answer = reading.answer(&key);
                entries.push(Entry { key, answer, concerned: None });
                numbers.push(entries.len() - 1);
                entries.len() - 1
            });
        }
        if let Some(heard) = listening.as_mut().filter(|heard| !heard.contains(last)) {
            heard.push(*last);
        }
        &mut entries[*last]
    }
}

/// Hosts a question is about, some of them more than once.
#[derive(Debug, Default)]
struct Hosts {
    all: Vec<HostId>,
    /// How many there were when each was there once.
    different: usize,
}

impl Hosts {
    fn add(&mut self, hosts: &[HostId]) {
        self.all.extend_from_slice(hosts);
        // Repetitions never take more room than as much again, so that the hosts of a large farm stay few.
        if self.all.len() > 2 * self.different + ROOM {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.all.sort_unstable();
        self.all.dedup();
        self.different = self.all.len();
    }

    fn in_order(mut self) -> Vec<HostId> {
        self.settle();
        self.all.shrink_to_fit();
        self.all
    }
}

/// Hosts that are kept without looking for repetitions.
const ROOM: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_once_and_in_order_however_often_they_ask() {
        let reading = Reading::all(Answer::Customer);
        let asker = Asker::new(&reading);
        for round in 0..1_000 {
            assert_eq!(asker.ask("D-1", "east", "a", &[HostId(round % 7), HostId(2)]), Answer::Customer);
        }
        let key = |organisation: &str, product: &str| QuestionKey {
            ambiguity: "D-1".into(),
            organisation: organisation.into(),
            product: product.into(),
        };
        let mut heard = Vec::new();
        asker.hearing(&mut heard, || asker.ask("D-1", "a", "east", &[]));
        assert_eq!(heard, [1]);
        assert!(asker.gives(asker.answered(1).iter()) && !asker.gives([(key("a", "east"), Answer::Strict)].iter()));
        asker.answer("D-2", "east", "a");
        let all: Vec<HostId> = (0..7).map(HostId).collect();
        assert_eq!(asker.asked(), [(key("a", "east"), Vec::new()), (key("east", "a"), all)]);
    }
}

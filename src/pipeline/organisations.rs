//! To which organisation a file or a machine belongs.

use std::collections::BTreeSet;

use crate::model::Organisation;
use crate::rules::{DEFAULT_ORGANISATION, Settings};

/// Folders whose children are named after organisations, by habit.
const HABITUAL: [&str; 3] = ["inventory", "entitlements", "prices"];

/// Finds organisations by folder and by the tags of agents.
pub(super) struct Folders<'a> {
    settings: &'a Settings,
}

impl<'a> Folders<'a> {
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// The organisation that `trueup.toml` knows by this name or alias.
    fn known(&self, name: &str) -> Option<String> {
        let same = |text: &str| text.eq_ignore_ascii_case(name);
        self.settings
            .organisation_aliases
            .iter()
            .find(|(alias, _)| same(alias))
            .map(|(_, organisation)| organisation.clone())
            .or_else(|| {
                let mut organisations = self.settings.organisations.iter();
                organisations.find(|one| same(&one.name) || same(&one.title)).map(|one| one.name.clone())
            })
    }

    /// The organisation of a file: the deepest folder above it that is known, else the folder below `inventory/` or
    /// `entitlements/`.
    pub fn organisation(&self, path: &str) -> Option<String> {
        let mut folders: Vec<&str> = path.split('/').collect();
        folders.pop();
        if let Some(known) = folders.iter().rev().find_map(|folder| self.known(folder)) {
            return Some(known);
        }
        match folders[..] {
            [habit, organisation, ..] if HABITUAL[..2].contains(&habit) => Some(organisation.to_owned()),
            _ => None,
        }
    }

    /// The organisation of a machine: by folder, else by the agent's tag, else the only one there is.
    pub fn of_machine(&self, by_folder: Option<&str>, tag: Option<&str>) -> String {
        by_folder
            .map(str::to_owned)
            .or_else(|| self.known(tag?))
            .or_else(|| match &self.settings.organisations[..] {
                [only] => Some(only.name.clone()),
                _ => None,
            })
            .unwrap_or_else(|| DEFAULT_ORGANISATION.to_owned())
    }

    /// The name that rows of a purchase record mean.
    pub fn of_row(&self, written: &str, by_folder: Option<&str>) -> String {
        if written.is_empty() {
            return self.of_machine(by_folder, None);
        }
        self.known(written).unwrap_or_else(|| written.to_owned())
    }
}

/// All organisations: those of the settings, and those that facts name beside them.
pub(super) fn all(settings: &Settings, declared: Vec<Organisation>, named: BTreeSet<String>) -> Vec<Organisation> {
    let mut organisations = settings.organisations.clone();
    for one in declared {
        if !organisations.iter().any(|known| known.name == one.name) {
            organisations.push(one);
        }
    }
    for name in named {
        if !organisations.iter().any(|known| known.name == name) {
            organisations.push(Organisation { title: name.clone(), name, ..Organisation::default() });
        }
    }
    organisations.sort_by(|a, b| a.name.cmp(&b.name));
    organisations
}

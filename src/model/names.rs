//! Names as people read them; keys and files keep the short ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Metric;

/// Titles of organisations and names of products, by their short names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Titles of organisations.
    pub organisations: BTreeMap<String, String>,
    /// Names of products.
    pub products: BTreeMap<String, String>,
}

impl Names {
    /// The organisation's title, else its short name.
    pub fn organisation<'a>(&'a self, name: &'a str) -> &'a str {
        self.organisations.get(name).map_or(name, String::as_str)
    }

    /// The product's name, else its id.
    pub fn product<'a>(&'a self, id: &'a str) -> &'a str {
        self.products.get(id).map_or(id, String::as_str)
    }

    /// `Windows Server Datacenter 2016`.
    pub fn licence(&self, product: &str, edition: Option<&str>, version: Option<&str>) -> String {
        licence_name(self.product(product), edition, version)
    }
}

/// What a buyer asks the price of: `Windows Server Standard by core`.
pub fn priced_name(product: &str, edition: Option<&str>, metric: Metric) -> String {
    format!("{} by {metric}", licence_name(product, edition, None))
}

/// A product's name with an edition and a version, as people say it: `Windows Server Datacenter 2016`.
pub fn licence_name(product: &str, edition: Option<&str>, version: Option<&str>) -> String {
    let edition = edition.filter(|edition| !edition.is_empty()).map(edition_name);
    [Some(product), edition.as_deref(), version].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// An edition as people say it: `professional-plus` as `Professional Plus`.
pub fn edition_name(kebab: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    kebab.split('-').map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_named_as_people_say_it() {
        let products = BTreeMap::from([("office".to_owned(), "Office".to_owned())]);
        let names = Names { products, ..Names::default() };
        assert_eq!(names.licence("office", Some("professional-plus"), Some("2021")), "Office Professional Plus 2021");
        assert_eq!(names.licence("acme", None, None), "acme");
    }
}

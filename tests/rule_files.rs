//! The rule files compiled into the binary are free of faults.

use trueup::diag;
use trueup::model::Place;
use trueup::rules::{Method, Rules};

#[test]
fn every_built_in_rule_file_is_free_of_faults() {
    if let Err(found) = Rules::built_in() {
        let shown: Vec<String> = found
            .faults
            .iter()
            .map(|fault| diag::render(fault, found.texts.get(&fault.path).map(String::as_str), false))
            .collect();
        panic!("{}", shown.join("\n"));
    }
}

/// Keys that the parsers of rule files ask for.
fn keys_asked_for(source: &str) -> Vec<String> {
    let asking = regex::Regex::new(
        r#"(?:\.(?:text|texts|number|numbers|boolean|date|decimal|table|tables|one_of|required_text|required|value)|with_ids)\(\s*"([a-z_]+)""#,
    )
    .expect("an expression");
    asking.captures_iter(source).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_key_of_a_rule_file_stands_in_their_manual() {
    let manual = include_str!("../rules/README.md");
    let parsers = [
        include_str!("../src/rules/product.rs"),
        include_str!("../src/rules/recognition.rs"),
        include_str!("../src/rules/terms/read.rs"),
        include_str!("../src/rules/ambiguity.rs"),
        include_str!("../src/rules/vehicle.rs"),
        include_str!("../src/rules/edition_limits.rs"),
    ];
    let words: Vec<&str> = manual.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).collect();
    let mut missing: Vec<String> = parsers.iter().flat_map(|source| keys_asked_for(source)).collect();
    missing.retain(|key| !words.contains(&key.as_str()));
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "keys without a word in rules/README.md: {missing:?}");
}

/// Faults of rule files, each as `path:line: message`.
fn faults(files: &[(&str, String)]) -> Vec<String> {
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let found = Rules::from_texts(texts).expect_err("faults are found");
    let told = |fault: &diag::Diagnostic| match fault.place {
        Some(Place::Line(line)) => format!("{}:{line}: {}", fault.path, fault.message),
        _ => format!("{}: {}", fault.path, fault.message),
    };
    found.faults.iter().map(told).collect()
}

fn product(id: &str, terms: &[&str]) -> String {
    let mut text = format!("[product]\nid = \"{id}\"\npublisher = \"Acme\"\nname = \"{id}\"\nkind = \"desktop\"\n");
    text.push_str("[[release]]\nversion = \"1\"\n");
    for terms in terms {
        text.push_str(&format!(
            "[[terms]]\nid = \"{terms}\"\nmethod = \"device\"\nmetric = \"device\"\nversions = {{ from = \"1\" }}\nsource = {{ title = \"A page\" }}\n"
        ));
    }
    text
}

#[test]
fn an_id_names_one_rule_of_one_file() {
    let twice = faults(&[("rules/castle.toml", product("castle", &["castle/device", "castle/device"]))]);
    assert_eq!(twice, ["rules/castle.toml:15: the id castle/device stands twice; first in line 8"]);
    let of_two =
        [("rules/castle.toml", product("castle", &["device"])), ("rules/tower.toml", product("tower", &["device"]))];
    assert_eq!(faults(&of_two), ["rules/tower.toml:8: the id device stands in rules/castle.toml already"]);
    let across_kinds = format!(
        "{}[[recognise]]\nid = \"castle/device\"\nname = \"^Castle$\"\n[[release]]\nversion = \"1\"\n",
        product("castle", &["castle/device"])
    );
    let found = faults(&[("rules/castle.toml", across_kinds)]);
    assert_eq!(
        found,
        [
            "rules/castle.toml:9: the id castle/device stands twice; first in line 14",
            "rules/castle.toml:18: the release 1 stands twice; first in line 6",
        ]
    );
}

#[test]
fn a_clause_stands_once_in_one_file_and_in_no_other() {
    let clause = "[[clause]]\nid = \"K-1\"\ntitle = \"A clause.\"\nsource = \"A page\"\n";
    let twice = faults(&[("rules/clauses.toml", clause.repeat(2))]);
    assert_eq!(twice, ["rules/clauses.toml:6: the clause K-1 stands twice; first in line 1"]);
    let in_two = [("own/clauses.toml", clause.to_owned()), ("rules/clauses.toml", clause.to_owned())];
    assert_eq!(faults(&in_two), ["rules/clauses.toml: the clause K-1 stands in another file already"]);
}

#[test]
fn every_vehicle_speaks_of_products_on_file() {
    let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
    assert!(rules.vehicles.values().any(|vehicle| vehicle.windows.is_some()), "some vehicle knows a yearly order");
    for vehicle in rules.vehicles.values() {
        for id in &vehicle.enterprise {
            let product = rules.products.get(id).unwrap_or_else(|| panic!("{}: no product {id}", vehicle.id));
            assert!(vehicle.publisher.as_ref().is_none_or(|name| *name == product.publisher), "{}: {id}", vehicle.id);
        }
        assert!(include_str!("../docs/settings.md").contains(&format!("`{}`", vehicle.id)), "{}", vehicle.id);
    }
}

#[test]
fn every_ambiguity_stands_in_the_page_of_questions() {
    let page = include_str!("../docs/questions.md");
    let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
    let missing: Vec<&String> = rules.ambiguities.keys().filter(|id| !page.contains(&format!("| {id} |"))).collect();
    assert!(missing.is_empty(), "ambiguities without a line in docs/questions.md: {missing:?}");
}

#[test]
fn whatever_the_code_asks_stands_in_the_ambiguities() {
    let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
    let asking = regex::Regex::new(r#""(D-[0-9]{2})""#).expect("an expression");
    let mut unknown = Vec::new();
    for folder in ["require", "entitle"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        let entries = walkdir::WalkDir::new(path).into_iter().map(|entry| entry.expect("an entry"));
        for file in entries.filter(|entry| entry.file_type().is_file()) {
            let text = std::fs::read_to_string(file.path()).expect("a source file");
            let asked = asking.captures_iter(&text).map(|found| found[1].to_owned());
            unknown.extend(asked.filter(|id| !rules.ambiguities.contains_key(id)));
        }
    }
    assert!(unknown.is_empty(), "asked, and not in rules/ambiguities.toml: {unknown:?}");
}

#[test]
fn terms_that_count_hardware_say_what_unknown_hardware_counts_as() {
    let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
    let mut silent = Vec::new();
    for terms in rules.products.values().flat_map(|product| &product.terms) {
        let unknown = match terms.method {
            Method::HostProcessors if terms.whole_server => continue,
            Method::HostServers if terms.cores_a_licence.is_none() => continue,
            Method::SocketPairs if !terms.clouds.is_empty() => continue,
            Method::HostProcessors | Method::GuestProcessors => terms.unknown_processors,
            Method::HostSets
            | Method::HostCores
            | Method::GuestCores
            | Method::HostServers
            | Method::ProcessorFactor
            | Method::OccupiedSockets
            | Method::ProcessorSlices
            | Method::SocketPairs
            | Method::CappedCores => terms.unknown_cores,
            _ => continue,
        };
        if unknown.0 == 0 || unknown.1 == 0 || unknown.0 < unknown.1 {
            silent.push(&terms.id);
        }
    }
    assert!(silent.is_empty(), "terms that would count unknown hardware as nothing: {silent:?}");
}

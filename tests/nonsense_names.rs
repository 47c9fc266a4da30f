//! No product name is in the code: with every product id replaced by nonsense, in rules and cases alike, every worked case
//! comes out as before.

use std::collections::BTreeMap;

use trueup::case_check;
use trueup::rules::{Rules, parse_cases};

/// Replaces every quoted product id by a made-up one.
fn disguised(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut out = text.to_owned();
    for (id, nonsense) in names {
        out = out.replace(&format!("\"{id}\""), &format!("\"{nonsense}\""));
    }
    out
}

#[test]
fn every_worked_case_comes_out_with_nonsense_for_product_ids() {
    let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
    // Words that are an edition, a kind or a feature too would change more than a product's name.
    let names: BTreeMap<String, String> =
        rules.products.keys().enumerate().map(|(number, id)| (id.clone(), format!("quux-{number}"))).collect();
    let texts = rules.texts.iter().map(|(path, text)| (path.clone(), disguised(text, &names))).collect();
    let disguised = Rules::from_texts(texts).unwrap_or_else(|found| panic!("{:?}", found.faults));
    assert!(disguised.products.keys().all(|id| id.starts_with("quux-")), "an id was left as it was");
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (path, text) in disguised.case_files() {
        let cases = parse_cases(path, text).unwrap_or_else(|faults| panic!("{faults:?}"));
        for case in &cases {
            checked += 1;
            let result = case_check::check(&disguised, case);
            if !result.ok {
                wrong.push(format!("{}: {}", result.id, result.why.join("; ")));
            }
        }
    }
    assert!(checked > 200, "only {checked} cases were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

//! The rule files compiled into the binary are free of faults.

use trueup::diag;
use trueup::rules::Rules;

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

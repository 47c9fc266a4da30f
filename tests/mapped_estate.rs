//! From a table that nobody knows to a position: the mapping is proposed, pasted, and its titles are told by the rules.

mod estates;

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn trueup() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

const BOUGHT: &str = "Item;Qty;PO number;Date\n\
    Visio Professional 2019;24;PO-1;2020-01-01\n\
    SQL Server 2022 Standard Core - 2 Core License Pack;4;PO-2;2024-01-01\n\
    Magic Tool;3;PO-3;2024-01-01\n\
    Visio Plan 2;7;PO-4;2024-01-01\n";

fn scan(estate: &Path) -> Value {
    let output =
        trueup().args(["scan", "--as-of", "2026-06-30", "--format", "json"]).arg(estate).output().expect("it runs");
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("the answer is JSON")
}

fn status(document: &Value, path: &str) -> String {
    let sources = document["sources"].as_array().expect("a list of sources");
    let source = sources.iter().find(|source| source["path"] == path).expect("the file is listed");
    format!("{} {}", source["status"].as_str().unwrap_or_default(), source["reader"].as_str().unwrap_or_default())
}

#[test]
fn a_proposal_that_is_pasted_reads_the_table_and_the_rules_tell_its_titles() {
    let estate = estates::folder();
    let table = estate.path().join("bought.csv");
    estates::write(&table, BOUGHT.as_bytes());
    assert_eq!(status(&scan(estate.path()), "bought.csv"), "rejected ", "nothing is mapped by itself");
    let proposal = trueup().args(["sources", "--suggest"]).arg(&table).assert().success().get_output().stdout.clone();
    assert_eq!(status(&scan(estate.path()), "bought.csv"), "rejected ", "a proposal changes nothing");
    estates::write(&estate.path().join("trueup.toml"), &proposal);
    let document = scan(estate.path());
    assert_eq!(status(&document, "bought.csv"), "read bought", "a mapping reads known files anew");
    let owned = |product: &str, metric: &str| {
        let rows = document["positions"].as_array().expect("rows").iter();
        let of_it = rows.filter(|row| row["product"] == product && row["metric"] == metric);
        of_it.map(|row| row["surplus"].as_u64().expect("a number")).sum::<u64>()
    };
    assert_eq!((owned("sql-server", "core"), owned("visio", "device")), (8, 24), "{document:#}");
    let findings = document["findings"].to_string();
    assert!(findings.contains("3 of \\\"Magic Tool\\\" were bought, and no rule tells what that is"), "{findings}");
    assert!(
        findings.contains("7 of \\\"Visio Plan 2\\\" are subscriptions, and the record does not state"),
        "{findings}"
    );
}

#[test]
fn people_and_their_subscriptions_are_named_as_the_rules_know_them() {
    let estate = estates::folder();
    let users = "Display name,Licenses,User principal name\n\
                 Jo,Visio Plan 2+SPE_E3,jo@example.org\nSam,c5928f49-12ba-48f7-ada3-0d743a3601d5+POWER_BI_STANDARD,sam@example.org\n";
    estates::write(&estate.path().join("users.csv"), users.as_bytes());
    let document = scan(estate.path());
    assert_eq!(status(&document, "users.csv"), "read m365-users");
    let findings = document["findings"].to_string();
    assert!(findings.contains("1 person has the subscription"), "{findings}");
    // They are known, and nobody bought them.
    assert!(findings.contains("Visio Plan 2 is assigned to 2 people, 0 are bought and in term"), "{findings}");
    assert!(findings.contains("Microsoft 365 E3 is assigned to 1 people, 0 are bought and in term"), "{findings}");
}

#[test]
fn a_file_that_is_no_table_has_no_proposal() {
    let estate = estates::folder();
    let file = estate.path().join("a.json");
    estates::write(&file, b"{}");
    trueup().args(["sources", "--suggest"]).arg(&file).assert().code(2);
}

/// Findings on a publisher's count, by title, where it counts so many SQL Server core licences.
fn publisher_counts(effective: u32) -> Vec<String> {
    let estate = estates::folder();
    let transactions = std::fs::read(estates::repository("samples/formats/ms-license-statement/transaction-data.csv"));
    estates::write(&estate.path().join("transactions.csv"), &transactions.expect("the sample can be read"));
    let summary = format!(
        "Product Pool,License Product Family,License Version,Effective Quantity,Unresolved Quantity,Active SA Quantity\n\
         Servers,SQL Server Standard Core,2019,10,0,16\n\
         Servers,SQL Server Standard Core,2022,{},0,16\n\
         Servers,SQL Server Enterprise Core,2022,8,0,16\n",
        effective - 10
    );
    estates::write(&estate.path().join("summary.csv"), summary.as_bytes());
    let report = scan(estate.path());
    let findings = report["findings"].as_array().expect("a list of findings").iter();
    let told =
        findings.filter(|finding| finding["key"].as_str().is_some_and(|key| key.starts_with("publisher-count:")));
    told.map(|finding| finding["text"].as_str().expect("a sentence").to_owned()).collect()
}

#[test]
fn a_publishers_own_count_is_compared_with_the_purchases_and_never_added() {
    assert!(
        publisher_counts(16).is_empty(),
        "versions are summed, assurance is no licence, a step-up counts for its target"
    );
    let told = publisher_counts(20);
    assert_eq!(
        told,
        [
            "The publisher's own count of SQL Server Standard Core is 20, and the purchases on record come to 16. Records are \
          missing, or the publisher counts what was bought elsewhere: ask for the orders behind it."
        ]
    );
    assert!(publisher_counts(12)[0].contains("have the proof of the others at hand"));
}

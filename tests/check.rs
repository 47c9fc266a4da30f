//! `trueup check` stands in a provisioning pipeline: its exit code says whether something may be built.

use std::path::Path;

use assert_cmd::Command;
use predicates::str::contains;

/// The sample, scanned into a store of its own.
fn store(folder: &Path) -> std::path::PathBuf {
    let store = folder.join("trueup.db");
    trueup(&store).arg("scan").arg("samples/councils").assert().success();
    store
}

fn trueup(store: &Path) -> Command {
    let mut command = Command::cargo_bin("trueup").expect("the program is built with its tests");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("--store").arg(store).args(["--estate", "samples/councils"]);
    command
}

#[test]
fn built_as_2016_and_licensed_for_2012_is_stopped() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let request = folder.path().join("request.toml");
    let text = "[[host]]\nname = \"new-app\"\norganisation = \"brent\"\non = \"bre-esx-03\"\nvcpus = 4\n\
                installs = [{ product = \"windows-server\", edition = \"standard\", version = \"2016\" }]\n";
    std::fs::write(&request, text).expect("the request is written");
    // Four guests stand there on two sets of sixteen cores; a fifth needs a third set.
    trueup(&store(folder.path()))
        .arg("check")
        .arg(&request)
        .assert()
        .code(1)
        .stdout(contains("not covered"))
        .stdout(contains("104 → 120"))
        .stdout(contains("£850.00"));
}

#[test]
fn a_guest_on_a_host_licensed_for_any_number_is_let_through() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    trueup(&store(folder.path()))
        .args(["check", "--product", "windows-server", "--edition", "standard", "--version", "2019"])
        .args(["--on", "bre-esx-01", "--vcpus", "4", "--for", "brent"])
        .assert()
        .success()
        .stdout(contains("BRE-PO-22-0231"));
}

#[test]
fn what_the_data_cannot_answer_is_neither_let_through_nor_stopped() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = store(folder.path());
    let mut unknown_product = trueup(&store);
    unknown_product.args(["check", "--product", "nonsense", "--processors", "4", "--for", "brent"]);
    unknown_product.assert().code(3).stderr(contains("no rule file describes"));
    let mut unknown_edition = trueup(&store);
    unknown_edition.args(["check", "--product", "sql-server", "--version", "2019", "--on", "bre-esx-03"]);
    unknown_edition.args(["--vcpus", "4", "--for", "brent"]).assert().code(3);
}

#[test]
fn a_request_with_faults_shows_them_all_and_answers_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let request = folder.path().join("request.toml");
    std::fs::write(&request, "[[host]]\nnam = \"x\"\nvcpus = \"four\"\n").expect("the request is written");
    trueup(&store(folder.path()))
        .arg("check")
        .arg(&request)
        .assert()
        .code(2)
        .stderr(contains("has no key `nam`"))
        .stderr(contains("`vcpus` must be a whole number"));
}

#[test]
fn a_price_that_is_wanted_is_named_as_a_buyer_would() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut check = trueup(&store(folder.path()));
    check.args(["check", "--product", "visio", "--edition", "standard", "--version", "2021", "--on", "bre-esx-03"]);
    check
        .args(["--vcpus", "4", "--for", "brent"])
        .assert()
        .code(1)
        .stdout(contains("brent: Visio Standard 2021"))
        .stdout(contains("Prices wanted: Visio Standard by device"));
}

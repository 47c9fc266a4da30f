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

/// A check of a guest on a host of one estate; what it prints.
fn checked(manifest: &str, arguments: &[&str], code: i32) -> String {
    let estate = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(estate.path().join("trueup.toml"), "as_of = 2026-06-30\n").expect("written");
    std::fs::write(estate.path().join("estate.toml"), manifest).expect("written");
    let run = |arguments: &[&str], code: i32| -> String {
        let mut command = Command::cargo_bin("trueup").expect("the program is built with its tests");
        let output = command.env_remove("COLUMNS").args(arguments).arg("--estate").arg(estate.path());
        String::from_utf8(output.assert().code(code).get_output().stdout.clone()).expect("UTF-8")
    };
    run(&["scan"], 0);
    run(&[&["check"], arguments].concat(), code)
}

#[test]
fn what_covers_a_request_is_named_with_what_is_left_of_it() {
    let owned = "[[host]]\nname = \"h\"\nprocessors = [8, 8]\n[[entitlement]]\nproduct = \"windows-server\"\n\
                 edition = \"standard\"\nversion = \"2022\"\nmetric = \"core\"\nquantity = 24\nbought = 2023-01-01\n\
                 reference = \"PO-7\"\n";
    let request =
        ["--product", "windows-server", "--edition", "standard", "--version", "2022", "--on", "h", "--vcpus", "4"];
    let page = checked(owned, &request, 0);
    let told = "16 core licences of Windows Server Standard 2022, PO-7 (estate.toml: line 4): 8 of it left over";
    assert!(page.contains(told), "{page}");
}

#[test]
fn the_marginal_cost_is_that_of_all_units_bought_together() {
    // Four cores are short already and are bought in a pack of eight, which holds the four of another version too.
    let short = "[[host]]\nname = \"old\"\nprocessors = [16]\n[[host]]\nname = \"old-vm\"\non = \"old\"\nvcpus = 4\n\
           installs = [{ product = \"sql-server\", edition = \"standard\", version = \"2012\" }]\n\
           [[host]]\nname = \"new\"\nprocessors = [16]\n\
           [[price]]\nproduct = \"sql-server\"\nedition = \"standard\"\nmetric = \"core\"\nunits = 8\namount = 1000\n";
    let request =
        ["--product", "sql-server", "--edition", "standard", "--version", "2014", "--on", "new", "--vcpus", "4"];
    let page = checked(short, &request, 1);
    assert!(page.contains("£0.00"), "{page}");
}

#[test]
fn what_buying_takes_beyond_the_missing_units_is_told() {
    let guests = "[[host]]\nname = \"h\"\nprocessors = [16]\n[[entitlement]]\nproduct = \"visio\"\nedition = \"standard\"\nversion = \"2019\"\n\
                  metric = \"device\"\nquantity = 1\nbought = 2020-01-01\n[[price]]\nproduct = \"sql-server\"\nedition = \"standard\"\nmetric = \"core\"\nunits = 2\namount = 3000\n\
                  [[price]]\nproduct = \"sql-server\"\nedition = \"standard\"\nmetric = \"core\"\nunits = 2\namount = 750\n\
                  kind = \"sa\"\nper = \"year\"\n";
    let request =
        ["--product", "sql-server", "--edition", "standard", "--version", "2022", "--on", "h", "--vcpus", "4"];
    let page = checked(guests, &request, 1);
    // 2 packs of 2 at 3,000, and 2 at 750 for a year of Software Assurance.
    assert!(page.contains("£6,000.00") && page.contains("comes to £7,500.00 in the first year"), "{page}");
}

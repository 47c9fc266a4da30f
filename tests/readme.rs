//! The README shows what the program prints, and names files that are there.

use std::path::Path;

use assert_cmd::Command;

const README: &str = include_str!("../README.md");

fn printed(arguments: &[&str], store: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.env_remove("TRUEUP_ESTATE").env_remove("COLUMNS").current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.args(arguments).arg("--store").arg(store).assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("UTF-8").replace(&format!(" --store {}", store.display()), "")
}

/// Lines of the blocks that show output: those that name no language and are no commands.
fn shown() -> Vec<&'static str> {
    let blocks = README.split("\n```").skip(1).step_by(2);
    let output = blocks.filter(|block| block.starts_with('\n') && block.contains("  ") && !block.contains("├──"));
    let commands = |line: &&str| !line.starts_with("$ ");
    let output = output.filter(|block| !block.contains("# your files") && !block.contains("put your files"));
    output.flat_map(str::lines).filter(commands).filter(|line| !line.trim().is_empty() && line.trim() != "…").collect()
}

#[test]
fn every_line_of_output_in_the_readme_is_printed_by_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("trueup.db");
    let key = "Windows Server Standard 2016";
    let all = [
        printed(&["scan", "samples/councils"], &store),
        printed(&["explain", key, "--estate", "samples/councils"], &store),
        printed(
            &["plan", "--organisation", "southwark", "--product", "windows-server", "--estate", "samples/councils"],
            &store,
        ),
    ]
    .join("\n");
    let mut check = Command::new(env!("CARGO_BIN_EXE_trueup"));
    check.current_dir(env!("CARGO_MANIFEST_DIR")).arg("--store").arg(&store).args([
        "check",
        "--estate",
        "samples/councils",
    ]);
    check.args(["--product", "windows-server", "--edition", "standard", "--version", "2016"]);
    let checked = check.args(["--on", "bre-esx-03", "--vcpus", "4", "--for", "brent"]).assert().code(1);
    let all = all + &String::from_utf8_lossy(&checked.get_output().stdout);
    let lines = shown();
    assert!(lines.len() > 50, "the README shows the output");
    let wrong: Vec<&str> = lines.into_iter().filter(|line| !all.lines().any(|printed| printed == *line)).collect();
    assert!(wrong.is_empty(), "the README shows what is printed no more: {wrong:#?}");
}

#[test]
fn every_file_the_readme_links_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    for link in links.filter(|link| !link.starts_with("https://")) {
        assert!(root.join(link).exists(), "{link}");
    }
}

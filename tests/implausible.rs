//! Hardware that cannot be right is a finding that says what hangs on it; so is hardware on which sources disagree.

mod estates;

use trueup::model::Finding;

fn findings(files: &[(&str, &str)], kind: &str) -> Vec<Finding> {
    let estate = estates::folder();
    for (name, text) in files {
        estates::write(&estate.path().join(name), text.as_bytes());
    }
    let outcome = estates::scan(&estates::options(estate.path()));
    outcome.findings.into_iter().filter(|finding| finding.key.0.starts_with(kind)).collect()
}

fn server(processors: &str) -> String {
    format!(
        "[[host]]\nname = \"big\"\nprocessors = {processors}\n\
         installs = [{{ product = \"windows-server\", edition = \"standard\", version = \"2022\" }}]\n"
    )
}

#[test]
fn as_many_processors_as_each_has_cores_is_one_number_written_twice() {
    let twice = format!("[{}]", ["160"; 160].join(", "));
    let found = findings(&[("a.toml", &server(&twice))], "implausible:");
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert!(finding.text.contains("160 processors of 160 cores each"), "{}", finding.text);
    assert!(finding.text.contains("On it rest: Windows Server (25600 units)"), "{}", finding.text);
    assert_eq!(finding.evidence.len(), 1, "the place of the figure");
    let small = findings(&[("a.toml", &server("[8, 8, 8, 8, 8, 8, 8, 8]"))], "implausible:");
    assert!(small.is_empty(), "eight processors of eight cores are sold: {small:?}");
}

#[test]
fn a_guest_with_more_processors_than_its_host_has_threads_is_told() {
    let guest = |vcpus: u32| format!("{}[[host]]\nname = \"guest\"\non = \"big\"\nvcpus = {vcpus}\n", server("[4, 4]"));
    let found = findings(&[("a.toml", &guest(17))], "implausible:");
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert!(finding.text.contains("17 virtual processors are more than the 16 threads of its host big"));
    assert!(findings(&[("a.toml", &guest(16))], "implausible:").is_empty());
}

#[test]
fn a_contradiction_between_sources_says_what_rests_on_it() {
    let table = |cores: u32| {
        format!(
            "Name,Operating System,Number of processors,Number of cores,Last inventory\n\
             big,Microsoft Windows Server 2022 Standard,2,{cores},2026-06-01\n"
        )
    };
    let settings = "[[mapping]]\nname = \"list\"\nholds = \"machines\"\nview = \"agent\"\nheadings = [\"Name\", \"Number of cores\"]\n\
                    [mapping.columns]\nname = \"Name\"\nos = \"Operating System\"\n\
                    processors = \"Number of processors\"\ncores = \"Number of cores\"\ncaptured = \"Last inventory\"\n";
    let (one, other) = (table(16), table(32));
    let files = [("one.csv", one.as_str()), ("other.csv", other.as_str()), ("trueup.toml", settings)];
    let found = findings(&files, "contradiction:");
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert!(finding.text.contains("On it rest: Windows Server (32 units)."), "{}", finding.text);
}

//! What recognition promises: labelled rows come out right, a host's records fold into its installations, nothing is lost.

use std::sync::LazyLock;

use trueup::model::{Fact, Installation, RecordClass, Role, SoftwareRecord};
use trueup::recognise::{HostSoftware, Matcher, Memory, Score, Seen, fold, read_labels, score};
use trueup::rules::Rules;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().expect("built-in rules are free of faults"));
static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&RULES).expect("the rules compile"));

fn measure(labels: &str) -> Score {
    score(&RULES, &MATCHER, &read_labels(labels).expect("a label file"))
}

/// Folds rows of name, version and key.
fn host(rows: &[(&str, &str, &str)]) -> HostSoftware {
    let records: Vec<SoftwareRecord<'_>> =
        rows.iter().map(|&(name, version, key)| SoftwareRecord { name, version, publisher: "", key }).collect();
    let answers: Vec<_> = records.iter().map(|record| MATCHER.recognise(record)).collect();
    let seen: Vec<Seen<'_, '_>> = records
        .iter()
        .zip(&answers)
        .map(|(record, answer)| Seen { record: *record, recognition: answer.as_ref() })
        .collect();
    let folded = fold(&seen, &|_| None);
    let counts = &folded.counts;
    let sum =
        counts.installations + counts.components + counts.not_licensable + counts.duplicates + counts.unrecognised;
    assert_eq!((counts.records, sum), (rows.len() as u64, rows.len() as u64), "every record is counted once");
    folded
}

/// Product, version, edition and number of instances.
fn shown(install: &Installation) -> (&str, &str, &str, u32) {
    (
        &install.product,
        install.version.value().map_or("?", String::as_str),
        install.edition.value().map_or("?", String::as_str),
        install.instances,
    )
}

#[test]
fn own_labels_come_out_right() {
    let found = measure(include_str!("data/recognition-labels.csv"));
    assert_eq!(found.errors, [], "{found:#?}");
    assert!(found.true_positive > 30);
}

/// Set `TRUEUP_LABELS` to the path of a larger label file to hold the rules against it.
#[test]
fn labels_kept_elsewhere_are_counted_right() {
    let Ok(path) = std::env::var("TRUEUP_LABELS") else { return };
    let found = measure(&std::fs::read_to_string(path).expect("the label file is there"));
    println!("{}", serde_json::to_string_pretty(&found).expect("a score is JSON"));
    assert_eq!((found.false_positive, found.false_negative, found.wrong_product), (0, 0, 0));
}

#[test]
fn one_engine_in_four_rows_is_one_installation() {
    let found = host(&[
        ("SQL Server 2016 Database Engine Services", "13.2.5026.0", "{A}"),
        ("SQL Server 2016 Database Engine Services", "13.2.5026.0", "{B}"),
        ("SQL Server 2016 Database Engine Services", "13.0.1601.5", "{A}"),
        ("SQL Server 2016 Database Engine Services", "13.2.5026.0", "{A}"),
        ("SQL Server 2016 Database Engine Shared", "13.2.5026.0", "{C}"),
        ("Microsoft SQL Server 2016 (64-bit)", "", ""),
    ]);
    assert_eq!(found.installations.iter().map(shown).collect::<Vec<_>>(), [("sql-server", "2016", "?", 1)]);
    assert_eq!((found.counts.installations, found.counts.duplicates, found.counts.components), (1, 3, 2));
    assert_eq!(found.unconfirmed, []);
    assert_eq!(found.installations[0].build_number.as_deref(), Some("13.2.5026.0"));
}

#[test]
fn named_instances_are_counted_and_editions_kept_apart() {
    let found = host(&[
        ("SQL Server 2014 Standard Edition Database Engine Services", "12.1.4100.1", ""),
        ("SQL Server 2014 Standard Edition Database Engine Services - PAY", "12.1.4100.1", ""),
        ("SQL Server 2014 Database Engine Services", "12.1.4100.1", "default, not rewritten"),
        ("SQL Server 2014 Express Edition Database Engine Services - TOY", "12.1.4100.1", ""),
    ]);
    assert_eq!(
        found.installations.iter().map(shown).collect::<Vec<_>>(),
        [("sql-server", "2014", "express", 1), ("sql-server", "2014", "standard", 2)]
    );
}

#[test]
fn an_instance_of_unknown_edition_stays_unknown() {
    let found = host(&[
        ("SQL Server 2014 Standard Edition Database Engine Services", "12.1.4100.1", ""),
        ("SQL Server 2014 Database Engine Services - OTHER", "12.1.4100.1", ""),
    ]);
    assert_eq!(
        found.installations.iter().map(shown).collect::<Vec<_>>(),
        [("sql-server", "2014", "?", 1), ("sql-server", "2014", "standard", 1)]
    );
    assert!(matches!(found.installations[0].edition, Fact::Unknown { .. }));
}

#[test]
fn a_parent_alone_asks_for_its_engine() {
    let found = host(&[
        ("Microsoft SQL Server 2012 (64-bit)", "64-", ""),
        ("Microsoft SQL Server 2012 (64-bit)", "", ""),
        ("SQL Server 2012 Management Studio", "11.0.2100.60", ""),
    ]);
    assert_eq!(found.installations, []);
    assert_eq!(found.unconfirmed.len(), 1);
    assert_eq!(found.unconfirmed[0].version.as_deref(), Some("2012"));
}

#[test]
fn services_are_covered_by_the_engine_beside_them_only() {
    let beside = host(&[
        ("SQL Server 2017 Database Engine Services", "14.0.1000.169", ""),
        ("SQL Server 2017 Integration Services", "14.0.1000.169", ""),
    ]);
    assert_eq!(beside.installations.len(), 1);
    assert_eq!(beside.classes, [RecordClass::Installation, RecordClass::Component]);
    let alone = host(&[("SQL Server 2017 Integration Services", "14.0.1000.169", "")]);
    assert_eq!(
        (alone.installations[0].role, alone.installations[0].component.as_deref()),
        (Role::Component, Some("ssis"))
    );
}

#[test]
fn languages_of_click_to_run_are_one_installation() {
    let found = host(&[
        ("Microsoft Visio - en-us", "16.0.17231.20194", "VisioPro2019Retail - en-us"),
        ("Microsoft Visio - de-de", "16.0.17231.20194", "VisioPro2019Retail - de-de"),
        ("Microsoft Visio - de-de", "16.0.17231.20194", ""),
        ("Microsoft Office LTSC Standard 2021 - en-us", "16.0.14332.20624", "Standard2021Volume - en-us"),
        ("Microsoft Office LTSC стандартный 2021 - ru-ru", "16.0.14332.20624", "Standard2021Volume - ru-ru"),
    ]);
    assert_eq!(
        found.installations.iter().map(shown).collect::<Vec<_>>(),
        [("office", "2021", "standard", 1), ("visio", "2019", "professional", 1)]
    );
    assert_eq!(found.counts.duplicates, 3);
    assert_eq!(found.installations[0].build.as_deref(), Some("volume"));
}

#[test]
fn a_name_and_a_build_that_disagree_are_reported() {
    let found = host(&[("Microsoft SQL Server 2005", "10.53.6000.34", "")]);
    assert_eq!(found.contradictions.len(), 1);
    assert_eq!(found.contradictions[0].built, "2008 R2");
    assert!(matches!(found.installations[0].version, Fact::Conflicting { .. }));
}

#[test]
fn the_order_of_records_changes_nothing() {
    let rows = [
        ("Microsoft Visio - en-us", "16.0.1", ""),
        ("Microsoft Visio Professional 2016 - en-us", "16.0.1", "VisioProXVolume - en-us"),
        ("SQL Server 2019 Database Engine Services - B", "15.0.2000.5", ""),
        ("SQL Server 2019 Database Engine Services - A", "15.0.2000.5", ""),
        ("Java 8 Update 251 (64-bit)", "8.0.2510.8", ""),
        ("An unknown programme", "1", ""),
    ];
    let mut turned = rows;
    turned.reverse();
    assert_eq!(host(&rows).installations, host(&turned).installations);
    assert_eq!(host(&rows).counts, host(&turned).counts);
}

#[test]
fn a_memory_answers_as_the_rules_do() {
    let mut memory = Memory::new(&MATCHER);
    let record = SoftwareRecord { name: "Microsoft Project Standard 2010", version: "", publisher: "", key: "" };
    let first = memory.recognise(record).cloned();
    assert_eq!(first, MATCHER.recognise(&record));
    assert_eq!(memory.recognise(record).cloned(), first);
}

#[test]
fn every_rule_that_never_counts_says_why() {
    for product in RULES.products.values() {
        for pattern in product.components.iter().chain(&product.not_licensable) {
            assert!(pattern.because.is_some(), "{} gives no reason", pattern.id);
        }
        let all = product.recognise.iter().chain(&product.components).chain(&product.not_licensable);
        for pattern in all {
            let prefix = format!("{}/", product.id);
            assert!(pattern.id.starts_with(&prefix), "{} should begin with {prefix}", pattern.id);
        }
    }
}

#[test]
fn editions_that_rules_name_are_editions_of_the_product() {
    for product in RULES.products.values().filter(|product| !product.editions.is_empty()) {
        for pattern in &product.recognise {
            let named = pattern.edition_names.iter().map(|(_, edition)| edition).chain(&pattern.edition);
            for edition in named {
                assert!(product.editions.contains(edition), "{} names the edition {edition}", pattern.id);
            }
        }
    }
}

#[test]
fn the_edition_of_an_instance_is_that_of_its_own_key_or_of_an_agents_list() {
    let found = host(&[
        ("Microsoft SQL Server Standard Edition (FINANCE)", "10.53.6000.34", ""),
        ("SQL Server 2008 R2 Database Engine Services", "10.53.6000.34", "{A}"),
        ("Microsoft SQL Server Enterprise Edition: Core-based Licensing (MSSQLSERVER)", "15.0.4322.2", ""),
        ("SQL Server 2019 Database Engine Services", "15.0.2000.5", "{B}"),
        ("SQL Server Enterprise Evaluation Edition", "12.0.4100.1", ""),
        ("Microsoft SQL Server (LEFTOVER)", "14.0", ""),
        ("SQL Server", "03.50", ""),
    ]);
    let wanted = [
        ("sql-server", "2008 R2", "standard", 1),
        ("sql-server", "2014", "evaluation", 1),
        ("sql-server", "2017", "?", 1),
        ("sql-server", "2019", "enterprise", 1),
    ];
    assert_eq!(found.installations.iter().map(shown).collect::<Vec<_>>(), wanted);
}

#[test]
fn an_engine_without_edition_beside_a_free_one_may_need_a_licence() {
    let found = host(&[
        ("Microsoft SQL Server Express Edition (TOY)", "12.0.4100.1", ""),
        ("SQL Server 2014 Database Engine Services", "12.1.4100.1", "{A}"),
    ]);
    let wanted = [("sql-server", "2014", "?", 1), ("sql-server", "2014", "express", 1)];
    assert_eq!(found.installations.iter().map(shown).collect::<Vec<_>>(), wanted);
}

#[test]
fn services_of_an_instance_are_components_with_their_edition() {
    let found = host(&[("Microsoft SQL Server Enterprise Edition Analysis Services (CUBES)", "13.2.5026.0", "")]);
    assert_eq!(found.installations.iter().map(shown).collect::<Vec<_>>(), [("sql-server", "2016", "enterprise", 1)]);
    assert_eq!(found.installations[0].component.as_deref(), Some("ssas"));
}

/// Product, version and edition of a caption.
fn system(caption: &str) -> Option<(&'static str, Option<String>, Option<String>)> {
    let found = MATCHER.operating_system(caption, "")?;
    Some((found.product.id.as_str(), found.version, found.edition))
}

#[test]
fn images_of_a_cloud_say_which_system_runs() {
    let known = [
        ("WindowsServer 2019-Datacenter", "windows-server", "2019", Some("datacenter")),
        ("WindowsServer 2012-R2-Datacenter", "windows-server", "2012 R2", Some("datacenter")),
        ("WindowsServer 2022-datacenter-smalldisk-g2", "windows-server", "2022", Some("datacenter")),
        ("WindowsServer 2022-datacenter-azure-edition", "windows-server", "2022", Some("datacenter-azure-edition")),
        (
            "windowsserver 2025-datacenter-azure-edition-core",
            "windows-server",
            "2025",
            Some("datacenter-azure-edition"),
        ),
        ("WindowsServer 2008-R2-SP1", "windows-server", "2008 R2", None),
        ("sql2019-ws2022 standard-gen2", "windows-server", "2022", None),
        ("sql2014sp3-ws2012r2 enterprise", "windows-server", "2012 R2", None),
        ("windows-11 win11-23h2-ent", "windows", "11 23H2", Some("enterprise")),
        ("Windows-10 win10-22h2-pro-g2", "windows", "10 22H2", Some("professional")),
        ("Windows Server 2019 Datacenter", "windows-server", "2019", Some("datacenter")),
    ];
    for (caption, product, version, edition) in known {
        let wanted = Some((product, Some(version.to_owned()), edition.map(str::to_owned)));
        assert_eq!(system(caption), wanted, "{caption}");
    }
    for caption in
        ["0001-com-ubuntu-server-jammy 22_04-lts-gen2", "WindowsServerSemiAnnual something", "sql2019-ubuntu2004 web"]
    {
        assert_ne!(system(caption).map(|(product, ..)| product), Some("windows-server"), "{caption}");
    }
}

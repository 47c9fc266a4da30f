//! What purchase records call a product is told by the rules: product, version, edition, metric, pack and kind.

use trueup::model::{Metric, PriceKind};
use trueup::recognise::{Titles, subscription_name};
use trueup::rules::Rules;

type Told<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Metric, u32, PriceKind);

#[test]
fn titles_of_price_lists_and_orders_are_told_apart() {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let titles = Titles::new(&rules).expect("the expressions compile");
    let licence = PriceKind::Licence;
    let cases: &[(&str, Told<'_>)] = &[
        (
            "SQL Server 2022 Standard Core - 2 Core License Pack",
            ("sql-server", Some("2022"), Some("standard"), Metric::Core, 2, licence),
        ),
        ("SQL Server Enterprise Core", ("sql-server", None, Some("enterprise"), Metric::Core, 1, licence)),
        ("SQL Server 2019 Standard", ("sql-server", Some("2019"), Some("standard"), Metric::Server, 1, licence)),
        ("SQL Server 2022 - 1 User CAL", ("sql-server-cal", Some("2022"), None, Metric::User, 1, licence)),
        (
            "SQLSvrStdCore ALNG LicSAPk MVL 2Lic CoreLic",
            ("sql-server", None, Some("standard"), Metric::Core, 2, PriceKind::LicenceAndSa),
        ),
        (
            "SQLSvrEntCore 2019 ALNG SASU MVL 2Lic CoreLic",
            ("sql-server", Some("2019"), Some("enterprise"), Metric::Core, 2, PriceKind::StepUp),
        ),
        (
            "WinSvrSTDCore 2022 SNGL OLV 16Lic CoreLic",
            ("windows-server", Some("2022"), Some("standard"), Metric::Core, 16, licence),
        ),
        (
            "WinSvrDCCore ALNG SA MVL 2Lic CoreLic",
            ("windows-server", None, Some("datacenter"), Metric::Core, 2, PriceKind::Sa),
        ),
        (
            "Windows Server 2022 Standard - 16 Core License Pack",
            ("windows-server", Some("2022"), Some("standard"), Metric::Core, 16, licence),
        ),
        (
            "Windows Server 2012 R2 Datacenter",
            ("windows-server", Some("2012 R2"), Some("datacenter"), Metric::ProcessorPair, 1, licence),
        ),
        ("Windows Server 2022 - 1 Device CAL", ("windows-server-cal", Some("2022"), None, Metric::Device, 1, licence)),
        (
            "Windows Server 2022 Remote Desktop Services - 1 User CAL",
            ("rds-cal", Some("2022"), None, Metric::User, 1, licence),
        ),
        ("Visio LTSC Professional 2021", ("visio", Some("2021"), Some("professional"), Metric::Device, 1, licence)),
        ("VisioStd 2019 SNGL OLV Lic", ("visio", Some("2019"), Some("standard"), Metric::Device, 1, licence)),
        (
            "Office LTSC Professional Plus 2021",
            ("office", Some("2021"), Some("professional-plus"), Metric::Device, 1, licence),
        ),
        ("Planner and Project Plan 3", ("project-plan-3", None, None, Metric::User, 1, PriceKind::Subscription)),
        (
            "Microsoft 365 Apps for enterprise",
            ("microsoft-365-apps", None, Some("enterprise"), Metric::User, 1, PriceKind::Subscription),
        ),
    ];
    for (title, expected) in cases {
        let sold = titles.recognise(title).unwrap_or_else(|| panic!("{title}: no rule knows it"));
        let told = (
            sold.product.id.as_str(),
            sold.version.as_deref(),
            sold.edition.as_deref(),
            sold.rule.metric,
            sold.units,
            sold.kind,
        );
        assert_eq!(told, *expected, "{title}");
    }
}

#[test]
fn what_only_looks_like_a_product_is_not_told() {
    let rules = Rules::built_in().expect("built-in rules are free of faults");
    let titles = Titles::new(&rules).expect("the expressions compile");
    for title in [
        "SQL Server",
        "SQL Server Training Course",
        "SQL Server 2022 Standard Core - 0 Core License Pack",
        "Windows Server Standard",
        "Visio Viewer 2016",
        "Microsoft 365 E3 Extra Features",
        "Support for Windows Server 2022 Standard - 16 Core License Pack",
        "",
    ] {
        assert_eq!(titles.recognise(title).map(|sold| sold.rule.id.as_str()), None, "{title}");
    }
}

#[test]
fn a_directory_names_subscriptions_by_id() {
    assert_eq!(subscription_name("PROJECTPROFESSIONAL"), "Planner and Project Plan 3");
    assert_eq!(subscription_name("53818B1B-4A27-454B-8896-0DBA576410E6"), "Planner and Project Plan 3");
    assert_eq!(subscription_name(" Something of ours "), "Something of ours");
}

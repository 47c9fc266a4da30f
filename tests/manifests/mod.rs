//! Small estates as manifests, for tests of several promises.

#![allow(dead_code, reason = "each test file uses a part of it")]

use trueup::model::Estate;
use trueup::rules::parse_manifest;

/// The estate that a manifest states.
pub fn estate(manifest: &str) -> Estate {
    let manifest = parse_manifest("manifest.toml", manifest, None, "org").unwrap_or_else(|faults| panic!("{faults:?}"));
    assert!(manifest.unresolved.is_empty(), "{:?}", manifest.unresolved);
    Estate::of_manifest(manifest)
}

/// SQL Server Standard at £2,900 for two cores.
pub const LICENCES: &str = r#"
[[price]]
product = "sql-server"
edition = "standard"
metric = "core"
units = 2
amount = 2900
"#;

/// A year of Software Assurance on them at £725.
pub const ASSURANCE: &str = r#"
[[price]]
product = "sql-server"
edition = "standard"
metric = "core"
units = 2
amount = 725
per = "year"
kind = "sa"
"#;

/// A guest of four cores with SQL Server 2019, and no licence. A licence bought in 2026 is one of 2025, which a guest may use
/// with Software Assurance only.
pub const UNLICENSED_GUEST: &str = r#"
[[host]]
name = "a"
processors = [16]
hypervisor = "esxi"
[[host]]
name = "vm"
on = "a"
vcpus = 4
installs = [{ product = "sql-server", edition = "standard", version = "2019" }]
"#;

/// A guest with SQL Server of a version that may run on either of two hosts, and four licences of that version, which are
/// good for one of them: they do not follow the guest. Such licences are not sold any more.
pub fn roaming_guest(version: &str, owned: u32) -> String {
    format!(
        r#"
[[host]]
name = "a{version}"
cluster = "c{version}"
processors = [16]
hypervisor = "esxi"
[[host]]
name = "b{version}"
cluster = "c{version}"
processors = [16]
hypervisor = "esxi"
[[host]]
name = "vm{version}"
on = "a{version}"
may_run_on = ["a{version}", "b{version}"]
vcpus = 4
installs = [{{ product = "sql-server", edition = "standard", version = "{version}" }}]
[[entitlement]]
product = "sql-server"
edition = "standard"
version = "{version}"
metric = "core"
quantity = {owned}
bought = 2018-03-01
"#
    )
}

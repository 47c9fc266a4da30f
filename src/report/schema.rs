//! The published shape of trueup's JSON, as JSON Schema 2020-12. A test holds real output to it.

/// The shape of reports: `scan`, `position`, `support` and `sources` with `--format json`.
pub const REPORT: &str = include_str!("schema/report.json");

/// The shape of `explain` with `--format json`.
pub const EXPLANATION: &str = include_str!("schema/explanation.json");

/// The shape of `plan` with `--format json`.
pub const PLAN: &str = include_str!("schema/plan.json");

//! `trueup rules test`: worked cases, one line each and a total.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::stop::Stop;
use crate::cli::{End, Format, Global};
use crate::pipeline::{self, CaseResult};

/// Run worked cases; without FILE the built-in ones
///
/// Ends with exit code 1 where any case fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup rules test
  trueup rules test my.cases.toml --rules my-rules
  trueup rules test --format json")]
pub(in crate::cli) struct Arguments {
    /// Files of worked cases
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    passed: usize,
    failed: usize,
    cases: Vec<Case<'a>>,
}

#[derive(Debug, Serialize)]
struct Case<'a> {
    id: &'a str,
    ok: bool,
    why: String,
}

pub(in crate::cli) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let form = global.form_without_csv("rules test")?;
    let rules = pipeline::load_rules(global.rules.as_deref())?;
    let results = pipeline::test_cases(&rules, &arguments.files)?;
    if results.is_empty() {
        return Err(Stop::usage("no worked case was found", "name a file with [[case]] tables"));
    }
    let document = document(&results);
    global.write(&match form {
        Format::Json => super::as_json(&document)?,
        _ => text(&document),
    })?;
    Ok(if document.failed > 0 { End::Found } else { End::Done })
}

fn document(results: &[CaseResult]) -> Document<'_> {
    let passed = results.iter().filter(|result| result.ok).count();
    let case = |result: &'_ CaseResult| result.why.join("; ");
    Document {
        passed,
        failed: results.len() - passed,
        cases: results.iter().map(|result| Case { id: &result.id, ok: result.ok, why: case(result) }).collect(),
    }
}

fn text(document: &Document<'_>) -> String {
    let mut out = String::new();
    for case in &document.cases {
        out.push_str(&match case.ok {
            true => format!("ok      {}\n", case.id),
            false => format!("FAILED  {}: {}\n", case.id, case.why),
        });
    }
    out.push_str(&format!("{} passed, {} failed\n", document.passed, document.failed));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_case_and_a_total() {
        let result = |id: &str, why: &[&str]| CaseResult {
            id: id.into(),
            ok: why.is_empty(),
            why: why.iter().map(|why| (*why).to_owned()).collect(),
        };
        let results = [result("WS-01", &[]), result("WS-02", &["required 32, not 48", "shortfall 0, not 16"])];
        let document = document(&results);
        assert_eq!(
            text(&document),
            "ok      WS-01\nFAILED  WS-02: required 32, not 48; shortfall 0, not 16\n1 passed, 1 failed\n"
        );
    }
}

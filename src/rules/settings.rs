//! `trueup.toml`: organisations, date, readings, acceptances, extended support and agreements. Every table is optional.

mod agreement;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic};
use crate::model::{Agreement, Answer, Metric, Organisation};

use super::Rules;
use super::document::{Document, Fields};
use super::manifest::{metric, organisation};
use super::mapping::{TableSettings, table_settings};

/// A risk somebody accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskAcceptance {
    /// Organisation.
    pub organisation: String,
    /// Kind of finding: `"unsupported"` or `"stale"`.
    pub kind: String,
    /// Product id.
    pub product: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Host by name.
    pub host: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day on which it holds.
    pub review_by: Date,
    /// Line in `trueup.toml`.
    pub line: u32,
}

/// Extended support that was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedSupport {
    /// Organisation.
    pub organisation: String,
    /// Product id.
    pub product: String,
    /// Version.
    pub version: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Hosts by name; empty: every host of the organisation.
    pub hosts: Vec<String>,
    /// Units bought.
    pub units: Option<u32>,
    /// Metric of those units.
    pub metric: Option<Metric>,
    /// Order or agreement.
    pub reference: Option<String>,
    /// Line in `trueup.toml`.
    pub line: u32,
}

/// An answer to a question, fixed with evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedAnswer {
    /// Ambiguity, such as `D-01`.
    pub question: String,
    /// Organisation; `None`: all.
    pub organisation: Option<String>,
    /// Product family; `None`: all.
    pub product: Option<String>,
    /// The answer.
    pub answer: Answer,
    /// What proves it.
    pub evidence: String,
    /// Who approved it.
    pub approver: String,
    /// Last day on which it holds.
    pub review_by: Date,
    /// Line in `trueup.toml`.
    pub line: u32,
}

/// Everything `trueup.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Day of the position; the clock's where neither this nor `--as-of` gives one.
    pub as_of: Option<Date>,
    /// Currency of the report.
    pub currency: String,
    /// Days after which an inventory counts as stale.
    pub stale_after_days: u32,
    /// Months ahead within which an end of support is announced.
    pub support_horizon_months: u32,
    /// Days ahead within which the order of an agreement is announced.
    pub order_horizon_days: u32,
    /// Organisations.
    pub organisations: Vec<Organisation>,
    /// Folder names or agent tags that mean an organisation: (text, organisation).
    pub organisation_aliases: Vec<(String, String)>,
    /// Accepted risks.
    pub acceptances: Vec<RiskAcceptance>,
    /// Extended support.
    pub extended_support: Vec<ExtendedSupport>,
    /// Fixed answers.
    pub answers: Vec<FixedAnswer>,
    /// Agreements under which licences are bought, in the order of the file.
    pub agreements: Vec<Agreement>,
    /// How tables are read.
    pub tables: TableSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            as_of: None,
            currency: "GBP".into(),
            stale_after_days: 90,
            support_horizon_months: 12,
            order_horizon_days: 90,
            organisations: Vec::new(),
            organisation_aliases: Vec::new(),
            acceptances: Vec::new(),
            extended_support: Vec::new(),
            answers: Vec::new(),
            agreements: Vec::new(),
            tables: TableSettings::default(),
        }
    }
}

/// Reads `trueup.toml` without holding the names in it against any rules.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_settings(path: &str, text: &str) -> Result<Settings, Vec<Diagnostic>> {
    settings(path, text, None)
}

/// Reads `trueup.toml` under these rules: the vehicles, publishers and products of its agreements must be known to them.
///
/// # Errors
/// As [`parse_settings`], and names that no rule file bears.
pub fn parse_settings_under(rules: &Rules, path: &str, text: &str) -> Result<Settings, Vec<Diagnostic>> {
    settings(path, text, Some(rules))
}

fn settings(path: &str, text: &str, rules: Option<&Rules>) -> Result<Settings, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "trueup.toml", table.get_ref(), 0..0);
    let default = Settings::default();
    let organisations = organisations(&fields);
    let settings = Settings {
        as_of: fields.date("as_of"),
        currency: fields.text("currency").unwrap_or(default.currency),
        stale_after_days: fields.number("stale_after_days").unwrap_or(default.stale_after_days),
        support_horizon_months: fields.number("support_horizon_months").unwrap_or(default.support_horizon_months),
        order_horizon_days: fields.number("order_horizon_days").unwrap_or(default.order_horizon_days),
        organisations,
        organisation_aliases: fields.table("organisation_aliases").map(|table| table.text_pairs()).unwrap_or_default(),
        acceptances: fields.tables("acceptance").into_iter().filter_map(acceptance).collect(),
        extended_support: fields.tables("extended_support").into_iter().filter_map(extended_support).collect(),
        answers: answers(&fields, rules),
        agreements: agreement::agreements(&fields, rules),
        tables: table_settings(&fields),
    };
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(settings) } else { Err(faults) }
}

/// Organisations; each name may stand once.
fn organisations(fields: &Fields<'_, '_>) -> Vec<Organisation> {
    let mut organisations: Vec<Organisation> = Vec::new();
    for table in fields.tables("organisation") {
        let span = table.span.clone();
        let read = organisation(table);
        if organisations.iter().any(|known| known.name == read.name) {
            fields.document.fault(Code::DuplicateName, span, format!("the organisation {} stands twice", read.name));
        }
        organisations.push(read);
    }
    organisations
}

fn acceptance(fields: Fields<'_, '_>) -> Option<RiskAcceptance> {
    fields.required("review_by");
    fields.required("kind");
    let review_by = fields.date("review_by");
    let acceptance = RiskAcceptance {
        organisation: fields.required_text("organisation"),
        kind: fields
            .one_of("kind", &[("unsupported", "unsupported"), ("stale", "stale")])
            .unwrap_or_default()
            .to_owned(),
        product: fields.text("product"),
        version: fields.text("version"),
        host: fields.text("host"),
        reason: fields.required_text("reason"),
        owner: fields.required_text("owner"),
        review_by: review_by.unwrap_or(Date::MIN),
        line: fields.line(),
    };
    if acceptance.kind == "stale" {
        for key in ["product", "version"] {
            if fields.value(key).is_some() {
                let message = format!("`{key}` means nothing here: `stale` is about whole machines");
                fields.fault_at(key, Code::WrongValue, message);
            }
        }
    }
    fields.finish();
    review_by.map(|_| acceptance)
}

fn extended_support(fields: Fields<'_, '_>) -> Option<ExtendedSupport> {
    fields.required("from");
    fields.required("until");
    let (from, until) = (fields.date("from"), fields.date("until"));
    let support = ExtendedSupport {
        organisation: fields.required_text("organisation"),
        product: fields.required_text("product"),
        version: fields.required_text("version"),
        from: from.unwrap_or(Date::MIN),
        until: until.unwrap_or(Date::MIN),
        hosts: fields.texts("hosts"),
        units: fields.number("units"),
        metric: metric(&fields, "metric"),
        reference: fields.text("reference"),
        line: fields.line(),
    };
    fields.finish();
    from.and(until).map(|_| support)
}

/// Answers; one question of one organisation and product may be answered once, so that none overrules another unseen.
fn answers(fields: &Fields<'_, '_>, rules: Option<&Rules>) -> Vec<FixedAnswer> {
    let mut answers: Vec<FixedAnswer> = Vec::new();
    for table in fields.tables("answer") {
        let span = table.span.clone();
        let Some(read) = answer(table, rules) else { continue };
        let about =
            |answer: &FixedAnswer| (answer.question.clone(), answer.organisation.clone(), answer.product.clone());
        if answers.iter().any(|known| about(known) == about(&read)) {
            fields.document.fault(Code::DuplicateName, span, format!("{} is answered twice here", read.question));
        }
        answers.push(read);
    }
    answers
}

fn answer(fields: Fields<'_, '_>, rules: Option<&Rules>) -> Option<FixedAnswer> {
    fields.required("review_by");
    fields.required("answer");
    let review_by = fields.date("review_by");
    let given = fields.one_of("answer", &[(Answer::Strict, "strict"), (Answer::Customer, "customer")]);
    let answer = FixedAnswer {
        question: fields.required_text("question"),
        organisation: fields.text("organisation"),
        product: fields.text("product"),
        answer: given.unwrap_or_default(),
        evidence: fields.required_text("evidence"),
        approver: fields.required_text("approver"),
        review_by: review_by.unwrap_or(Date::MIN),
        line: fields.line(),
    };
    if let Some(rules) = rules {
        known_names(&fields, &answer, rules);
    }
    fields.finish();
    review_by.and(given).map(|_| answer)
}

/// An answer must be about a question and a product that the rules know.
fn known_names(fields: &Fields<'_, '_>, answer: &FixedAnswer, rules: &Rules) {
    if !answer.question.is_empty() && !rules.ambiguities.contains_key(&answer.question) {
        let known: Vec<&str> = rules.ambiguities.keys().map(String::as_str).collect();
        let message = format!("no question has the id {}; known are {}", answer.question, known.join(", "));
        fields.fault_at("question", Code::UnknownName, message);
    }
    if let Some(product) = answer.product.as_ref().filter(|product| !rules.products.contains_key(*product)) {
        fields.fault_at("product", Code::UnknownName, format!("no rule file describes the product {product}"));
    }
}

//! TOML → validated types: rules, manifest, cases and settings. Every fault of a file is found in one pass and shown
//! with file, line and caret.

mod ambiguity;
mod bought;
mod cases;
mod clause;
mod document;
mod edition_limits;
mod foundation;
mod manifest;
mod mapping;
mod pattern;
mod product;
mod recognition;
mod release_names;
mod rule_file;
mod sales;
mod settings;
mod shop;
mod stated_source;
mod suites;
mod terms;
mod unique;
mod vehicle;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

pub use ambiguity::Ambiguity;
pub use cases::{Case, Expectation, ExpectedAlternative, ExpectedCheapest, RowMatch, parse_cases};
pub use clause::Clause;
pub use edition_limits::{FreeUse, UsableCores};
pub use foundation::{Foundation, attach_rule, availability_rule, free_use_rule, suite_rule};
pub use manifest::{
    CHANNELS, DEFAULT_ORGANISATION, PRICE_KINDS, PRICE_PERIODS, PURCHASE_KINDS, channel_name, looks_like_manifest,
    parse_manifest,
};
pub use mapping::{
    Column, DateOrder, DecimalMark, FactName, Form, Holds, MappedFormat, Mapping, Per, RowFilter, TableSettings,
    parse_mapped_format,
};
pub use pattern::follows;
pub use product::{EarlierEnd, EditionAssumption, Product, Release, RuleSource, SupportPhase, parse_product};
pub use recognition::{Pattern, PatternField, VersionFrom};
pub use sales::SoldAs;
pub use settings::{ExtendedSupport, FixedAnswer, RiskAcceptance, Settings, parse_settings, parse_settings_under};
pub use shop::{Bought, Irreplaceable, Reconciled, Shop, Short, ShortVersion, Unmet};
pub use stated_source::{StatedSource, StatedSources};
pub use terms::{CoreFactor, Grant, METHODS, Method, Passive, Right, Suite, Terms, Weight};
pub use vehicle::Vehicle;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic};
use crate::model::OrderMinimums;

use rule_file::RuleFile;
use unique::{add_named, shared_ids};

mod built_in {
    include!(concat!(env!("OUT_DIR"), "/rule_files.rs"));
}

/// All rules in force.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Products by id.
    pub products: BTreeMap<String, Product>,
    /// Names of products by id.
    pub names: BTreeMap<String, String>,
    /// Ambiguities by id.
    pub ambiguities: BTreeMap<String, Ambiguity>,
    /// Clauses that hold for every product, by id.
    pub clauses: BTreeMap<String, Clause>,
    /// Kinds of agreement by id.
    pub vehicles: BTreeMap<String, Vehicle>,
    /// Serial numbers and UUIDs that identify nothing, in lower case.
    pub junk_identifiers: Vec<String>,
    /// Figures that hold for every product.
    pub conventions: Conventions,
    /// Rules without a table of their own, by the names that workings use.
    pub foundations: BTreeMap<String, Foundation>,
    /// Names of all rules that are not verified.
    pub unverified: BTreeSet<String>,
    /// Texts of all files by path, for messages.
    pub texts: BTreeMap<String, String>,
    /// BLAKE3 over all files, in hexadecimal.
    pub hash: String,
}

/// Faults of rule files together with the texts they point into.
#[derive(Debug, Clone, Default)]
pub struct RuleFaults {
    /// The faults.
    pub faults: Vec<Diagnostic>,
    /// Texts of the files by path.
    pub texts: BTreeMap<String, String>,
}

impl Rules {
    /// The fewest units of one order, of every product that has such a minimum on a day.
    pub fn order_minimums(&self, day: Date) -> OrderMinimums {
        let minimums = self.products.values().flat_map(|product| {
            let in_force = product.order_minimums.iter().filter(move |minimum| minimum.is_in_force(day));
            in_force.map(|minimum| ((product.id.clone(), minimum.metric), minimum.units))
        });
        minimums.collect()
    }

    /// The rules compiled into the binary.
    ///
    /// # Errors
    /// Every fault of a built-in file; a test keeps them free of faults.
    pub fn built_in() -> Result<Self, RuleFaults> {
        Self::from_texts(
            built_in::FILES.iter().map(|(path, text)| (format!("rules/{path}"), (*text).to_owned())).collect(),
        )
    }

    /// The built-in rules, with the files of a folder added; a file overrides the built-in one of the same product.
    ///
    /// # Errors
    /// Every fault of every file, and folders or files that cannot be read.
    pub fn with_folder(folder: &Path) -> Result<Self, RuleFaults> {
        let mut texts: BTreeMap<String, String> =
            built_in::FILES.iter().map(|(path, text)| (format!("rules/{path}"), (*text).to_owned())).collect();
        let mut faults = Vec::new();
        let mut added = BTreeMap::new();
        for entry in walkdir::WalkDir::new(folder).follow_links(false).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.path().extension().is_some_and(|extension| extension == "toml") => {
                    let path = entry.path().display().to_string();
                    match std::fs::read_to_string(entry.path()) {
                        Ok(text) => drop(added.insert(path, text)),
                        Err(error) => faults.push(Diagnostic::error(Code::Unreadable, path, error.to_string())),
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    faults.push(Diagnostic::error(Code::Unreadable, folder.display().to_string(), error.to_string()))
                }
            }
        }
        if !faults.is_empty() {
            return Err(RuleFaults { faults, texts });
        }
        remove_overridden(&mut texts, &added);
        texts.extend(added);
        Self::from_texts(texts)
    }

    /// Rules from texts by path. Files named `*.cases.toml`, or below a folder `cases`, hold worked cases and are left out.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn from_texts(texts: BTreeMap<String, String>) -> Result<Self, RuleFaults> {
        let mut rules = Self::default();
        let mut faults = Vec::new();
        let mut hasher = blake3::Hasher::new();
        let rule_files: Vec<(&String, &String)> = texts.iter().filter(|(path, _)| !is_cases(path)).collect();
        for (_, text) in &rule_files {
            hasher.update(text.as_bytes());
        }
        // To see whether an expression compiles takes longer than all the rest of a file.
        let read: Vec<Result<RuleFile, Vec<Diagnostic>>> =
            rule_files.par_iter().map(|(path, text)| RuleFile::read(path, text)).collect();
        for ((path, _), file) in rule_files.iter().zip(read) {
            if let Err(found) = file.and_then(|file| rules.add(path, file)) {
                faults.extend(found);
            }
        }
        faults.extend(shared_ids(rules.products.values()));
        rules.hash = hasher.finalize().to_hex().to_string();
        if faults.is_empty() {
            rules.foundations = foundation::foundations(&rules);
            rules.unverified = foundation::unverified(&rules);
            rules.texts = texts;
            Ok(rules)
        } else {
            Err(RuleFaults { faults, texts })
        }
    }

    fn add(&mut self, path: &str, file: RuleFile) -> Result<(), Vec<Diagnostic>> {
        match file {
            RuleFile::Ambiguities(all) => {
                let named = all.into_iter().map(|one| (one.id.clone(), one));
                return add_named(path, "ambiguity", named, &mut self.ambiguities);
            }
            RuleFile::Clauses(all) => {
                let named = all.into_iter().map(|one| (one.id.clone(), one));
                return add_named(path, "clause", named, &mut self.clauses);
            }
            RuleFile::Vehicles(all) => {
                let named = all.into_iter().map(|one| (one.id.clone(), one));
                return add_named(path, "vehicle", named, &mut self.vehicles);
            }
            RuleFile::Identifiers(texts) => self.junk_identifiers.extend(texts),
            RuleFile::Conventions(_) if self.conventions != Conventions::default() => {
                let message = "another file states the conventions already";
                return Err(vec![Diagnostic::error(Code::DuplicateName, path, message)]);
            }
            RuleFile::Conventions(conventions) => self.conventions = conventions,
            RuleFile::Product(product) => {
                if let Some(earlier) = self.products.get(&product.id) {
                    let message = format!("the product {} stands in {} already", product.id, earlier.path);
                    return Err(vec![Diagnostic::error(Code::DuplicateName, path, message)]);
                }
                self.names.insert(product.id.clone(), product.name.clone());
                self.products.insert(product.id.clone(), *product);
            }
        }
        Ok(())
    }

    /// The product with this id, or with this name or label, compared without case, blanks and hyphens.
    pub fn product(&self, name: &str) -> Option<&Product> {
        self.products.get(name).or_else(|| {
            let wanted = letters(name);
            self.products.values().find(|product| {
                letters(&product.id) == wanted
                    || letters(&product.name) == wanted
                    || product.labels.iter().any(|label| letters(label) == wanted)
            })
        })
    }

    /// Texts of the worked cases among the rule files, by path.
    pub fn case_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().filter(|(path, _)| is_cases(path)).map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Figures that hold for every product (`rules/conventions.toml`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conventions {
    /// Days that must lie between two assignments of a licence.
    pub reassignment_days: u32,
    /// Days during which a licence moved to the publisher's cloud may still be used where it was.
    pub cloud_overlap_days: u32,
    /// Days after the end of Software Assurance that the customer claims for moving guests that relied on it.
    pub sa_grace_days: u32,
    /// Days between an end of Software Assurance and a new version within which evidence of the day is wanted.
    pub evidence_margin_days: u32,
    /// Channels whose licences need a certificate or invoice of their own.
    pub own_proof: Vec<String>,
    /// What an auditor adds to the price list.
    pub audit: AuditRule,
    /// What Software Assurance costs a year where no price is at hand, by kind of product.
    pub assurance_rates: Vec<AssuranceRate>,
}

/// The premium of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditRule {
    /// Share, in hundredths, from which a shortage is material.
    pub threshold_percent: u32,
    /// Premium on the price then, in hundredths.
    pub premium_percent: u32,
    /// Where they come from.
    pub source: RuleSource,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// The usual price of Software Assurance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssuranceRate {
    /// Kinds of product.
    pub kinds: Vec<String>,
    /// Hundredths of the licence's price, a year.
    pub percent: u32,
    /// Where it comes from.
    pub source: RuleSource,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

impl Conventions {
    /// The usual price of Software Assurance for a kind of product.
    pub fn assurance_rate(&self, kind: &str) -> Option<&AssuranceRate> {
        self.assurance_rates.iter().find(|rate| rate.kinds.iter().any(|known| known == kind))
    }
}

fn parse_conventions(path: &str, text: &str) -> Result<Conventions, Vec<Diagnostic>> {
    let document = document::Document::new(path, text);
    let table = document.parse();
    let fields = document::Fields::new(&document, "the file of conventions", table.get_ref(), 0..0);
    let figure = |key: &'static str| {
        fields.required(key);
        let Some(table) = fields.table(key) else { return 0 };
        table.required("days");
        let days = table.number("days").unwrap_or(0);
        let _ = (terms::source(&table), table.boolean("verified"));
        table.finish();
        days
    };
    fields.required("audit");
    let own_proof = || {
        fields.required("own_proof");
        let Some(table) = fields.table("own_proof") else { return Vec::new() };
        let channels = table.texts("channels");
        let (_, _) = (terms::source(&table), table.boolean("verified"));
        table.finish();
        channels
    };
    let conventions = Conventions {
        reassignment_days: figure("reassignment"),
        cloud_overlap_days: figure("cloud_overlap"),
        sa_grace_days: figure("sa_grace"),
        evidence_margin_days: figure("evidence_margin"),
        own_proof: own_proof(),
        audit: fields.table("audit").map(audit).unwrap_or_default(),
        assurance_rates: fields.tables("assurance_rate").into_iter().map(assurance_rate).collect(),
    };
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(conventions) } else { Err(faults) }
}

fn audit(fields: document::Fields<'_, '_>) -> AuditRule {
    for key in ["threshold_percent", "premium_percent"] {
        fields.required(key);
    }
    let rule = AuditRule {
        threshold_percent: fields.number("threshold_percent").unwrap_or(0),
        premium_percent: fields.number("premium_percent").unwrap_or(0),
        source: terms::source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    rule
}

fn assurance_rate(fields: document::Fields<'_, '_>) -> AssuranceRate {
    for key in ["kinds", "percent"] {
        fields.required(key);
    }
    let rate = AssuranceRate {
        kinds: fields.texts("kinds"),
        percent: fields.number("percent").unwrap_or(0),
        source: terms::source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    rate
}

/// Drops the built-in files whose product an added file describes, and the built-in conventions where a file replaces them.
fn remove_overridden(texts: &mut BTreeMap<String, String>, added: &BTreeMap<String, String>) {
    let id = |path: &str, text: &str| parse_product(path, text).ok().map(|product| product.id);
    let overridden: Vec<String> = added.iter().filter_map(|(path, text)| id(path, text)).collect();
    let conventions = added.keys().any(|path| path.ends_with("conventions.toml"));
    texts.retain(|path, text| {
        is_cases(path)
            || !(conventions && path.ends_with("conventions.toml")
                || id(path, text).is_some_and(|product| overridden.contains(&product)))
    });
}

fn is_cases(path: &str) -> bool {
    path.ends_with(".cases.toml") || path.contains("/cases/")
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn parse_identifiers(path: &str, text: &str) -> Result<Vec<String>, Vec<Diagnostic>> {
    let document = document::Document::new(path, text);
    let table = document.parse();
    let fields = document::Fields::new(&document, "the file of identifiers", table.get_ref(), 0..0);
    let junk = fields.texts("junk").into_iter().map(|junk| junk.to_lowercase()).collect();
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(junk) } else { Err(faults) }
}

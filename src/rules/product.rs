//! A product's file: identity, releases with their lifecycle, recognition and terms.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::diag::Diagnostic;
use crate::model::Metric;

use super::document::{Document, Fields};
use super::edition_limits::{FreeUse, UsableCores, free_use, usable_cores};
use super::recognition::{Pattern, pattern};
use super::release_names::{ReleaseNames, is_same};
use super::sales::{SoldAs, sold_as};
use super::terms::{
    Grant, OrderMinimum, Passive, Suite, Terms, Weight, grant, order_minimum, passive, suite, terms, weight,
};
use super::unique::Unique;

/// Where a fact of a rule file comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSource {
    /// Page or document.
    pub title: String,
    /// Clause, page or rule id.
    pub clause: Option<String>,
    /// Day it was read.
    pub read: Option<Date>,
}

impl std::fmt::Display for RuleSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)?;
        if let Some(clause) = &self.clause {
            write!(f, ", {clause}")?;
        }
        Ok(())
    }
}

/// A span of support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportPhase {
    /// `"mainstream"`, `"extended"` (both free of charge) or `"paid-extended"`.
    pub phase: String,
    /// Last day.
    pub until: Date,
    /// Where the date comes from.
    pub source: String,
    /// Whether it was verified.
    pub verified: bool,
    /// Editions it holds for; empty: all.
    pub editions: Vec<String>,
    /// A remark.
    pub note: Option<String>,
}

/// Builds of a release whose support ended before that of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierEnd {
    /// First build that is not concerned.
    pub build: String,
    /// Last day of support of the builds below it.
    pub until: Date,
    /// Where the date comes from.
    pub source: String,
    /// Builds are installers' numbers: the second part carries the service pack and is left out of the comparison, and
    /// as they stay behind later patches, the end is a warning only.
    pub ignore_minor: bool,
    /// Whether the date was verified.
    pub verified: bool,
}

/// One version of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Version as people write it.
    pub version: String,
    /// Version that the licence knows it by, where support knows finer ones.
    pub licence_version: String,
    /// First price-list date.
    pub priced: Option<Date>,
    /// First download date for volume customers.
    pub downloadable: Option<Date>,
    /// Whether those dates are verified.
    pub available_verified: bool,
    /// Where they come from.
    pub available_source: Option<String>,
    /// Support phases in order.
    pub support: Vec<SupportPhase>,
    /// Builds below one that ended earlier.
    pub unsupported_before_build: Option<EarlierEnd>,
    /// Build prefixes.
    pub builds: Vec<String>,
    /// It has no end of its own.
    pub rolling: bool,
}

impl Release {
    /// First day it was made available to volume customers: the earlier of the two dates.
    pub fn available(&self) -> Option<Date> {
        match (self.priced, self.downloadable) {
            (Some(priced), Some(downloadable)) => Some(priced.min(downloadable)),
            (priced, downloadable) => priced.or(downloadable),
        }
    }
}

/// Days within which Software Assurance may be added to licences of a channel after their purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachDays {
    /// Channel.
    pub channel: String,
    /// Days.
    pub days: u32,
    /// Whether that was seen in a public page.
    pub verified: bool,
}

/// What the engine assumes of an installation whose edition nobody states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionAssumption {
    /// Worst plausible edition.
    pub strict: String,
    /// Lowest consistent edition.
    pub customer: String,
}

/// Everything known of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Id in kebab-case.
    pub id: String,
    /// Publisher.
    pub publisher: String,
    /// Name as the publisher writes it.
    pub name: String,
    /// `"operating-system"`, `"server"`, `"desktop"`, `"subscription"`, `"cal"`, `"suite"` or `"free"`.
    pub kind: String,
    /// Products that are reconciled together; the id where none is given.
    pub family: String,
    /// Other names.
    pub labels: Vec<String>,
    /// Editions, least capable first.
    pub editions: Vec<String>,
    /// Editions that need no licence, or only for some use: see `free_use`.
    pub free_editions: Vec<String>,
    /// Free editions whose freedom is limited.
    pub free_use: Vec<FreeUse>,
    /// Cores an edition can use, whatever the machine has.
    pub usable_cores: Vec<UsableCores>,
    /// For each edition, the lower ones its licence may be used for.
    pub covers: Vec<(String, Vec<String>)>,
    /// Channels whose licences may not run prior versions.
    pub no_downgrade: Vec<String>,
    /// Days within which Software Assurance may be added after the purchase, by channel; 0 where not named.
    pub attach_days: Vec<AttachDays>,
    /// Features in use that need an edition: (feature, edition).
    pub feature_editions: Vec<(String, String)>,
    /// Features in use that are work of their own: a host with one of them does more than run guests.
    pub workload_features: Vec<String>,
    /// Features that a host needs to run its guests and to look after them.
    pub hosting_features: Vec<String>,
    /// Components that need an edition: (component, edition).
    pub component_editions: Vec<(String, String)>,
    /// Components that are free.
    pub free_components: Vec<String>,
    /// Assumption for unknown editions.
    pub unknown_edition: Option<EditionAssumption>,
    /// People who hold it may use any machine kept for tests and development.
    pub covers_tests: bool,
    /// It is counted by the operating systems it manages, not by its installations.
    pub counts_managed: bool,
    /// Products that make a machine it manages a client system.
    pub client_systems: Vec<String>,
    /// Products whose installation on the same host covers this one.
    pub covered_by: Vec<String>,
    /// Editions that come with a physical device: never counted there.
    pub with_device: Vec<String>,
    /// Edition of a licence whose record states none, where there is one licence for all editions.
    pub one_licence: Option<String>,
    /// Features that need licences of their own when in use.
    pub priced_features: Vec<String>,
    /// Why no position is computed for it, where none is.
    pub untracked: Option<String>,
    /// Releases in the order of their appearance.
    pub releases: Vec<Release>,
    /// The same by the names of their versions.
    pub(super) release_names: ReleaseNames,
    /// Recognition.
    pub recognise: Vec<Pattern>,
    /// What purchase records and price lists call it.
    pub sold_as: Vec<SoldAs>,
    /// Components.
    pub components: Vec<Pattern>,
    /// Free look-alikes.
    pub not_licensable: Vec<Pattern>,
    /// Terms.
    pub terms: Vec<Terms>,
    /// Copies that stand by.
    pub passive: Vec<Passive>,
    /// Conversion grants.
    pub grants: Vec<Grant>,
    /// Parts, where this is a suite.
    pub suite: Vec<Suite>,
    /// Relative prices, for allocation where no price is at hand.
    pub weights: Vec<Weight>,
    /// The fewest units of one order.
    pub order_minimums: Vec<OrderMinimum>,
    /// Path of the file.
    pub path: String,
    /// Line on which `[product]` stands.
    pub line: u32,
}

impl Product {
    /// Index of the release with this version, compared without case and blanks. Releases that the licence does not
    /// tell apart share the index of the first of them.
    pub fn release(&self, version: &str) -> Option<usize> {
        self.release_names.release(version)
    }

    /// Index of the first release that the licence does not tell apart from this one.
    pub fn licence_index(&self, release: usize) -> usize {
        self.release_names.in_licences(release)
    }

    /// Index of the newest release available on a day, comparable with [`Product::release`].
    pub fn current_release(&self, day: Date) -> Option<usize> {
        let newest = self.releases.iter().rposition(|release| release.available().is_some_and(|date| date <= day))?;
        Some(self.licence_index(newest))
    }

    /// Releases an installation of this version may be: the one of this name, else all that the licence knows by it.
    pub fn releases_named(&self, version: &str) -> Vec<&Release> {
        match self.releases.iter().find(|release| is_same(&release.version, version)) {
            Some(release) => vec![release],
            None => self.releases.iter().filter(|release| is_same(&release.licence_version, version)).collect(),
        }
    }

    /// Licence version of the release with this index.
    pub fn version_name(&self, index: usize) -> &str {
        self.releases.get(index).map_or("", |release| &release.licence_version)
    }

    /// Rank of an edition, the least capable 0.
    pub fn edition_rank(&self, edition: &str) -> Option<usize> {
        self.editions.iter().position(|known| known == edition)
    }

    /// Whether a licence of `owned` may be used for `installed`.
    pub fn edition_serves(&self, owned: &str, installed: &str) -> bool {
        owned == installed
            || installed.is_empty()
            || self.covers.iter().any(|(edition, lower)| edition == owned && lower.iter().any(|name| name == installed))
    }

    /// Whether a licence of `owned` under these terms may be used for `installed`.
    pub fn edition_serves_under(&self, terms: &Terms, owned: &str, installed: &str) -> bool {
        match &terms.covers {
            None => self.edition_serves(owned, installed),
            Some(covers) => {
                owned == installed
                    || covers
                        .iter()
                        .any(|(edition, lower)| edition == owned && lower.iter().any(|name| name == installed))
            }
        }
    }

    /// Days within which Software Assurance may be added to a licence of a channel.
    pub fn attach_days(&self, channel: &str) -> u32 {
        self.attach_days.iter().find(|attach| attach.channel == channel).map_or(0, |attach| attach.days)
    }
}

/// Reads one product's file.
///
/// # Errors
/// Every fault of the file, with line and caret.
pub fn parse_product(path: &str, text: &str) -> Result<Product, Vec<Diagnostic>> {
    let document = Document::new(path, text);
    let table = document.parse();
    let fields = Fields::new(&document, "the product's file", table.get_ref(), 0..0);
    fields.required("product");
    let header = fields.table("product");
    let mut product = match header {
        Some(header) => self::header(header, path),
        None => Product::empty(path),
    };
    let mut ids = Unique::default();
    let mut with_ids = |key: &'static str| {
        let tables = fields.tables(key);
        ids.check(&tables, "id", "id");
        tables
    };
    let releases = fields.tables("release");
    Unique::default().check(&releases, "version", "release");
    product.releases = releases.into_iter().map(release).collect();
    product.release_names = ReleaseNames::new(&product.releases);
    product.recognise = with_ids("recognise").into_iter().map(pattern).collect();
    product.sold_as = with_ids("sold_as").into_iter().map(sold_as).collect();
    product.components = with_ids("component").into_iter().map(pattern).collect();
    product.not_licensable = with_ids("not_licensable").into_iter().map(pattern).collect();
    product.grants = with_ids("grant").into_iter().map(grant).collect();
    product.suite = fields.tables("suite").into_iter().map(suite).collect();
    product.weights = fields.tables("weight").into_iter().map(weight).collect();
    product.order_minimums = with_ids("order_minimum").into_iter().map(order_minimum).collect();
    product.free_use = fields.tables("free_use").into_iter().map(free_use).collect();
    let tables_of_usable_cores = fields.tables("usable_cores");
    for table in tables_of_usable_cores {
        let parsed = usable_cores(table, &product);
        product.usable_cores.push(parsed);
    }
    let passive_tables = with_ids("passive");
    for table in passive_tables {
        let parsed = passive(table, &product);
        product.passive.push(parsed);
    }
    let term_tables = with_ids("terms");
    for table in term_tables {
        let parsed = terms(table, &product);
        product.terms.push(parsed);
    }
    fields.finish();
    let faults = document.into_faults();
    if faults.is_empty() { Ok(product) } else { Err(faults) }
}

impl Product {
    fn empty(path: &str) -> Self {
        Self {
            id: String::new(),
            publisher: String::new(),
            name: String::new(),
            kind: String::new(),
            family: String::new(),
            labels: Vec::new(),
            editions: Vec::new(),
            free_editions: Vec::new(),
            free_use: Vec::new(),
            usable_cores: Vec::new(),
            covers: Vec::new(),
            no_downgrade: Vec::new(),
            attach_days: Vec::new(),
            feature_editions: Vec::new(),
            workload_features: Vec::new(),
            hosting_features: Vec::new(),
            component_editions: Vec::new(),
            free_components: Vec::new(),
            unknown_edition: None,
            covers_tests: false,
            counts_managed: false,
            client_systems: Vec::new(),
            covered_by: Vec::new(),
            with_device: Vec::new(),
            one_licence: None,
            priced_features: Vec::new(),
            untracked: None,
            releases: Vec::new(),
            release_names: ReleaseNames::default(),
            recognise: Vec::new(),
            sold_as: Vec::new(),
            components: Vec::new(),
            not_licensable: Vec::new(),
            terms: Vec::new(),
            passive: Vec::new(),
            grants: Vec::new(),
            suite: Vec::new(),
            weights: Vec::new(),
            order_minimums: Vec::new(),
            path: path.to_owned(),
            line: 0,
        }
    }
}

const KINDS: [(&str, &str); 8] = [
    ("operating-system", "operating-system"),
    ("server", "server"),
    ("desktop", "desktop"),
    ("subscription", "subscription"),
    ("cal", "cal"),
    ("suite", "suite"),
    ("hypervisor", "hypervisor"),
    ("free", "free"),
];

fn header(fields: Fields<'_, '_>, path: &str) -> Product {
    fields.required("kind");
    let id = fields.required_text("id");
    let product = Product {
        publisher: fields.required_text("publisher"),
        name: fields.required_text("name"),
        kind: fields.one_of("kind", &KINDS).unwrap_or_default().to_owned(),
        family: fields.text("family").unwrap_or_else(|| id.clone()),
        id,
        labels: fields.texts("labels"),
        editions: fields.texts("editions"),
        free_editions: fields.texts("free_editions"),
        covers: name_lists(fields.table("covers")),
        no_downgrade: fields.texts("no_downgrade"),
        attach_days: fields
            .tables("attach_days")
            .into_iter()
            .map(|table| {
                let attach = AttachDays {
                    channel: table.required_text("channel"),
                    days: table.number("days").unwrap_or(0),
                    verified: table.boolean("verified").unwrap_or(true),
                };
                table.finish();
                attach
            })
            .collect(),
        feature_editions: fields.table("feature_editions").map(|table| table.text_pairs()).unwrap_or_default(),
        workload_features: fields.texts("workload_features"),
        hosting_features: fields.texts("hosting_features"),
        component_editions: fields.table("component_editions").map(|table| table.text_pairs()).unwrap_or_default(),
        free_components: fields.texts("free_components"),
        unknown_edition: fields.table("unknown_edition").map(|table| {
            let assumption =
                EditionAssumption { strict: table.required_text("strict"), customer: table.required_text("customer") };
            table.finish();
            assumption
        }),
        covers_tests: fields.boolean("covers_tests").unwrap_or(false),
        counts_managed: fields.boolean("counts_managed").unwrap_or(false),
        client_systems: fields.texts("client_systems"),
        covered_by: fields.texts("covered_by"),
        with_device: fields.texts("with_device"),
        one_licence: fields.text("one_licence"),
        priced_features: fields.texts("priced_features"),
        untracked: fields.text("untracked"),
        line: fields.line(),
        ..Product::empty(path)
    };
    fields.finish();
    product
}

/// A table of lists of names: `datacenter = ["standard"]`.
fn name_lists(fields: Option<Fields<'_, '_>>) -> Vec<(String, Vec<String>)> {
    let Some(fields) = fields else {
        return Vec::new();
    };
    fields.text_lists()
}

fn release(fields: Fields<'_, '_>) -> Release {
    let version = fields.required_text("version");
    let available = fields.table("available");
    let (mut priced, mut downloadable, mut verified, mut source) = (None, None, true, None);
    if let Some(table) = available {
        priced = table.date("priced");
        downloadable = table.date("downloadable");
        verified = table.boolean("verified").unwrap_or(true);
        source = table.text("source");
        table.finish();
    }
    let release = Release {
        licence_version: fields.text("licence_version").unwrap_or_else(|| version.clone()),
        version,
        priced,
        downloadable,
        available_verified: verified,
        available_source: source,
        support: fields.tables("support").into_iter().filter_map(support_phase).collect(),
        unsupported_before_build: fields.table("unsupported_before_build").and_then(earlier_end),
        builds: fields.texts("builds"),
        rolling: fields.boolean("rolling").unwrap_or(false),
    };
    fields.finish();
    release
}

fn earlier_end(fields: Fields<'_, '_>) -> Option<EarlierEnd> {
    fields.required("until");
    let until = fields.date("until");
    let end = EarlierEnd {
        build: fields.required_text("build"),
        until: until.unwrap_or(Date::MIN),
        source: fields.required_text("source"),
        ignore_minor: fields.boolean("ignore_minor").unwrap_or(false),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    until.map(|_| end)
}

fn support_phase(fields: Fields<'_, '_>) -> Option<SupportPhase> {
    fields.required("phase");
    fields.required("until");
    fields.required("source");
    let phases = [("mainstream", "mainstream"), ("extended", "extended"), ("paid-extended", "paid-extended")];
    let phase = fields.one_of("phase", &phases).unwrap_or_default().to_owned();
    let until = fields.date("until");
    let phase = SupportPhase {
        phase,
        until: until?,
        source: fields.text("source").unwrap_or_default(),
        verified: fields.boolean("verified").unwrap_or(true),
        editions: fields.texts("editions"),
        note: fields.text("note"),
    };
    fields.finish();
    Some(phase)
}

/// Price weight of a unit, where the file gives one.
impl Product {
    /// Relative price of one unit of a metric and edition; `None` where the file gives none.
    pub fn weight(&self, edition: Option<&str>, metric: Metric) -> Option<Decimal> {
        self.weights
            .iter()
            .find(|weight| weight.metric == metric && weight.edition.as_deref() == edition)
            .or_else(|| self.weights.iter().find(|weight| weight.metric == metric && weight.edition.is_none()))
            .map(|weight| weight.price)
    }
}

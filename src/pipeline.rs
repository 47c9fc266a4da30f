//! The story: discover → read → recognise → store → assess → report.
//!
//! [`scan`] reads an estate into the store and assesses it; [`latest`] takes the last scan out of the store, and
//! assesses it anew where another day is asked for. Nothing else reads the clock but a scan's own timestamp, and
//! "today" where nobody gives a day.

mod collect;
mod declared;
mod gather;
mod installed;
mod neighbours;
mod organisations;
mod planning;
mod price_gaps;
mod publisher_counts;
mod resolve;
mod sold;
mod unnamed;
mod unused;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::assess;
use crate::case_check;
pub use crate::case_check::CaseResult;
use crate::diag::{Code, Diagnostic};
use crate::discover::{self, Found, Opening, TextEncoding, Walk};
use crate::model::{Estate, Finding, History, Outcome, Place};
use crate::plan;
pub use crate::plan::{Answered, Change, Gate};
use crate::read::{self, Input, Readers};
pub use crate::read::{Carries, Page, Verified, pages};
use crate::recognise::{self, Matcher};
pub use crate::recognise::{LabelFault, Score};
use crate::rules::{self, RuleFaults, Rules, Settings};
use crate::store::{Frozen, Store, StoreError, StoredFile};
pub use planning::{PlanOptions, plan};

use organisations::Folders;

/// What a scan, or a look at the last one, is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// The estate's folder.
    pub estate: PathBuf,
    /// Where the store is; `None`: `.trueup/trueup.db` in the estate.
    pub store: Option<PathBuf>,
    /// Folder of further rules.
    pub rules: Option<PathBuf>,
    /// Day; `None`: as `trueup.toml` says, else today.
    pub as_of: Option<Date>,
    /// Encoding of text files that show none; `None`: detected.
    pub encoding: Option<String>,
}

impl ScanOptions {
    /// Where the store is.
    pub fn store_path(&self) -> PathBuf {
        self.store.clone().unwrap_or_else(|| self.estate.join(".trueup").join("trueup.db"))
    }
}

/// Why a command could not run, with the texts its diagnostics point into, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Texts by path.
    pub texts: BTreeMap<String, String>,
}

impl Failure {
    /// A failure without a text.
    fn from_diagnostic(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], texts: BTreeMap::new() }
    }
}

impl From<RuleFaults> for Failure {
    fn from(found: RuleFaults) -> Self {
        Self { diagnostics: found.faults, texts: found.texts }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::from_diagnostic(Diagnostic::error(Code::Unreadable, "", error.to_string()))
    }
}

/// Who wants to know how far a scan is.
pub trait Progress: Sync {
    /// So many more files were found.
    fn found(&self, files: u64);
    /// So many more files are done.
    fn done(&self, files: u64);
}

/// Reads an estate, keeps what it found, and assesses it.
///
/// # Errors
/// Wrong settings or rules, and an estate or store that cannot be used.
pub fn scan(options: &ScanOptions, progress: &dyn Progress) -> Result<Outcome, Failure> {
    scan_and(options, progress, |_| ()).map(|(outcome, ())| outcome)
}

/// [`scan`], with what is made of the outcome while the store writes it. Show that to nobody where this fails: the
/// scan is not kept then.
///
/// # Errors
/// As [`scan`].
pub fn scan_and<T: Send>(
    options: &ScanOptions,
    progress: &dyn Progress,
    meanwhile: impl FnOnce(&Outcome) -> T + Send,
) -> Result<(Outcome, T), Failure> {
    let (rules, walk) = rayon::join(|| load_rules(options.rules.as_deref()), || discover::walk(&options.estate));
    scan_walked(&rules?, walk, options, progress, meanwhile)
}

/// [`scan`] under rules that are loaded already; those of the options are left aside.
///
/// # Errors
/// Wrong settings, and an estate or store that cannot be used.
pub fn scan_with(rules: &Rules, options: &ScanOptions, progress: &dyn Progress) -> Result<Outcome, Failure> {
    scan_walked(rules, discover::walk(&options.estate), options, progress, |_| ()).map(|(outcome, ())| outcome)
}

/// A scan of the files that a walk found.
fn scan_walked<T: Send>(
    rules: &Rules,
    walk: Result<Walk, Diagnostic>,
    options: &ScanOptions,
    progress: &dyn Progress,
    meanwhile: impl FnOnce(&Outcome) -> T + Send,
) -> Result<(Outcome, T), Failure> {
    let (settings, settings_text) = load_settings(rules, &options.estate)?;
    let as_of = day(options, &settings);
    let walk = walk.map_err(Failure::from_diagnostic)?;
    let mut store = Store::open(&options.store_path())?;
    let opening = opening(options)?;
    let readers = Readers::new(&settings.tables).of_encoding(opening.encoding.map(TextEncoding::name));
    let known = store.known_files(&|name, version| readers.is_current(name, version))?;
    let started_at = jiff::Timestamp::now().to_string();
    let mut writer = store.begin_scan(&started_at, &arguments(options))?;
    let folders = Folders::new(&settings);
    let means = gather::Means {
        readers: &readers,
        tables: &settings.tables,
        known: &known,
        folders: &folders,
        opening: &opening,
        titles: writer.known_titles(),
    };
    let compiled = || (matcher(rules), sold_as(rules));
    let mut made = None;
    let files = rayon::in_place_scope(|scope| {
        scope.spawn(|_| made = Some(compiled()));
        gather::gather(walk, &means, &mut writer, progress)
    })?;
    let (matcher, sold_as) = made.unwrap_or_else(compiled);
    let (matcher, sold_as) = (matcher?, sold_as?);
    let resolved = resolve::resolve(
        &resolve::Ground {
            rules,
            settings: &settings,
            matcher: &matcher,
            sold_as: &sold_as,
            titles: writer.titles(),
            list: &|list| writer.list(list),
        },
        files,
    )?;
    let history = writer.history()?;
    // What is not needed any more is large where the estate is, and takes a while to give back.
    let assessed = || assessed(rules, &settings, resolved, as_of, &history);
    let (outcome, ()) = rayon::join(assessed, || drop((matcher, sold_as, known)));
    let outcome = outcome?;
    let frozen =
        Frozen { outcome: &outcome, settings: &settings_text, prices: &outcome.prices, purchases: &outcome.purchases };
    let mut done = None;
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| done = Some(meanwhile(frozen.outcome)));
        writer.commit(&frozen)
    })?;
    // A scope ends when all that was begun in it has ended.
    let done = done.expect("what was begun beside the commit has ended");
    Ok((outcome, done))
}

/// The last scan, assessed anew where another day is asked for.
///
/// # Errors
/// As [`scan`], and a store without a scan.
pub fn latest(options: &ScanOptions) -> Result<Outcome, Failure> {
    let store = Store::open_existing(&options.store_path())?;
    let outcome = store.outcome(None)?;
    if options.as_of.is_none_or(|as_of| as_of == outcome.as_of) && options.rules.is_none() {
        return Ok(outcome);
    }
    let as_of = options.as_of.unwrap_or(outcome.as_of);
    with_last_scan(options, &store, |ground| {
        let resolved = resolve::resolve(ground, store.files(None)?)?;
        assessed(ground.rules, ground.settings, resolved, as_of, &store.history()?)
    })
}

/// Paths of the first files of the last scan, at most so many: enough to see which estate a store is of.
///
/// # Errors
/// A store that cannot be read.
pub fn first_paths(options: &ScanOptions, most: u32) -> Result<Vec<String>, Failure> {
    Ok(Store::open_existing(&options.store_path())?.first_paths(most)?)
}

/// Hands over what the files of the last scan are resolved with: the rules of today and the settings of that scan.
fn with_last_scan<T>(
    options: &ScanOptions,
    store: &Store,
    then: impl FnOnce(&resolve::Ground<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let rules = load_rules(options.rules.as_deref())?;
    let settings = parse_settings(&rules, "trueup.toml", &store.inputs(None)?.settings)?;
    then(&resolve::Ground {
        rules: &rules,
        settings: &settings,
        matcher: &matcher(&rules)?,
        sold_as: &sold_as(&rules)?,
        titles: &store.titles()?,
        list: &|list| store.list(list),
    })
}

/// Whether what a request describes would be licensed today: the last scan without it beside the last scan with it.
///
/// # Errors
/// As [`latest`], and a request that cannot be read; every fault of it with line and caret.
pub fn check(options: &ScanOptions, request: &Request) -> Result<Gate, Failure> {
    let store = Store::open_existing(&options.store_path())?;
    let as_of = options.as_of.unwrap_or(store.outcome(None)?.as_of);
    with_last_scan(options, &store, |ground| checked(ground, store.files(None)?, as_of, request))
}

/// The estate without a request beside the estate with it.
fn checked(
    ground: &resolve::Ground<'_>,
    files: Vec<StoredFile>,
    as_of: Date,
    request: &Request,
) -> Result<Gate, Failure> {
    let organisation = Folders::new(ground.settings).of_machine(request.organisation.as_deref(), None);
    let manifest = rules::parse_manifest(&request.path, &request.text, None, &organisation).map_err(|diagnostics| {
        Failure { diagnostics, texts: BTreeMap::from([(request.path.clone(), request.text.clone())]) }
    })?;
    let requested: Vec<String> = manifest.hosts.iter().map(|host| host.name.clone()).collect();
    let resolved = resolve::resolve(ground, files)?;
    let mut estate = resolved.estate;
    let assess = |estate: &Estate| assess::outcome(estate, ground.rules, ground.settings, as_of, &resolved.records);
    let before = assess(&estate);
    let unresolved = declared::add_request(&mut estate, manifest);
    if let Some(finding) = unresolved.first() {
        return Err(Failure::from_diagnostic(Diagnostic::error(Code::UnknownName, &request.path, &finding.text)));
    }
    estate.sort_hosts();
    estate.place_containers();
    Ok(plan::gate(&before, &assess(&estate), &requested))
}

/// What somebody wants to deploy: the tables of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Name of the file, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Organisation of hosts that name none.
    pub organisation: Option<String>,
}

/// What is resolved, assessed with the history of earlier scans.
fn assessed(
    rules: &Rules,
    settings: &Settings,
    resolved: resolve::Resolved,
    as_of: Date,
    history: &History,
) -> Result<Outcome, Failure> {
    answers_of_known_organisations(settings, &resolved.estate)?;
    let (estate, records) = (&resolved.estate, &resolved.records);
    let mut outcome = assess::outcome_since(estate, rules, settings, as_of, records, history);
    outcome.diagnostics.splice(0..0, resolved.diagnostics);
    let contradictions = resolved.contradictions.into_iter();
    let told: Vec<Finding> = contradictions
        .map(|contradiction| assess::with_what_hangs(estate, rules, &outcome.strict, contradiction))
        .collect();
    outcome.findings.extend(told);
    outcome.findings.extend(resolved.findings);
    outcome.findings.sort();
    outcome.findings.dedup();
    // What is resolved of a large estate takes a while to give back, and nobody need wait for it.
    rayon::spawn(move || drop(resolved.estate));
    Ok(outcome)
}

/// Mappings proposed for the tables of a file. Nothing is changed.
///
/// # Errors
/// A file that cannot be read, or that is no table.
pub fn suggest_mapping(file: &Path) -> Result<String, Failure> {
    let path = file.display().to_string();
    let found = Found { path: path.clone(), absolute: file.to_owned(), size: 0, modified: 0 };
    let mut buffer = Vec::new();
    let loaded = discover::load(&found, &Opening::default(), &mut buffer).map_err(Failure::from_diagnostic)?;
    read::suggest(&Input::new(&path, &loaded.bytes)).map_err(Failure::from_diagnostic)
}

/// An answer for an organisation that no record and no setting knows would be without effect, unseen.
fn answers_of_known_organisations(settings: &Settings, estate: &Estate) -> Result<(), Failure> {
    let known: Vec<&str> = estate.organisations.iter().map(|organisation| organisation.name.as_str()).collect();
    let unknown = settings.answers.iter().filter_map(|answer| {
        let name = answer.organisation.as_deref().filter(|name| !known.contains(name))?;
        let message = format!("the answer to {} names {name}, and there is no such organisation", answer.question);
        let fault = Diagnostic::error(Code::UnknownName, "trueup.toml", message);
        Some(fault.at(Place::Line(answer.line)).help(format!("known organisations: {}", known.join(", "))))
    });
    let diagnostics: Vec<Diagnostic> = unknown.collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(Failure { diagnostics, texts: BTreeMap::new() }) }
}

/// The built-in rules, with those of a folder.
///
/// # Errors
/// Every fault of every rule file.
pub fn load_rules(folder: Option<&Path>) -> Result<Rules, Failure> {
    Ok(match folder {
        None => Rules::built_in()?,
        Some(folder) => Rules::with_folder(folder)?,
    })
}

/// How files are opened.
fn opening(options: &ScanOptions) -> Result<Opening, Failure> {
    let Some(label) = options.encoding.as_deref() else { return Ok(Opening::default()) };
    match TextEncoding::named(label) {
        Some(encoding) => Ok(Opening { encoding: Some(encoding), ..Opening::default() }),
        None => {
            let message = format!("there is no encoding named `{label}`");
            let help = "name one as web pages do: windows-1252, windows-1250, iso-8859-2, ibm866, shift_jis, …";
            Err(Failure::from_diagnostic(Diagnostic::error(Code::UnknownName, "", message).help(help)))
        }
    }
}

fn matcher(rules: &Rules) -> Result<Matcher<'_>, Failure> {
    Matcher::new(rules)
        .map_err(|error| Failure::from_diagnostic(Diagnostic::error(Code::WrongExpression, "rules", error.to_string())))
}

fn sold_as(rules: &Rules) -> Result<recognise::Titles<'_>, Failure> {
    recognise::Titles::new(rules)
        .map_err(|error| Failure::from_diagnostic(Diagnostic::error(Code::WrongExpression, "rules", error.to_string())))
}

/// Settings and their text; both empty where the estate has no `trueup.toml`.
fn load_settings(rules: &Rules, estate: &Path) -> Result<(Settings, String), Failure> {
    let path = estate.join("trueup.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((parse_settings(rules, &path.display().to_string(), &text)?, text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((Settings::default(), String::new())),
        Err(error) => {
            let message = format!("it cannot be read: {error}");
            Err(Failure::from_diagnostic(Diagnostic::error(Code::Unreadable, path.display().to_string(), message)))
        }
    }
}

fn parse_settings(rules: &Rules, path: &str, text: &str) -> Result<Settings, Failure> {
    rules::parse_settings_under(rules, path, text)
        .map_err(|diagnostics| Failure { diagnostics, texts: BTreeMap::from([(path.to_owned(), text.to_owned())]) })
}

/// The day of the position: asked for, pinned in the settings, or today.
fn day(options: &ScanOptions, settings: &Settings) -> Date {
    options.as_of.or(settings.as_of).unwrap_or_else(|| jiff::Zoned::now().date())
}

/// What the scan was asked for, for the list of scans.
fn arguments(options: &ScanOptions) -> Vec<String> {
    let mut arguments = vec!["scan".to_owned()];
    arguments.extend(options.as_of.map(|as_of| format!("--as-of={as_of}")));
    arguments.extend(options.encoding.as_ref().map(|label| format!("--encoding={label}")));
    arguments
}

/// Runs worked cases; without files the built-in ones.
///
/// # Errors
/// Files that cannot be read or are wrong.
pub fn test_cases(rules: &Rules, files: &[PathBuf]) -> Result<Vec<CaseResult>, Failure> {
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut failure = Failure::default();
    for file in files {
        let path = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push((path, text)),
            Err(error) => {
                let message = format!("it cannot be read: {error}");
                failure.diagnostics.push(Diagnostic::error(Code::Unreadable, path, message));
            }
        }
    }
    if files.is_empty() {
        texts.extend(rules.case_files().map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
    let mut results = Vec::new();
    for (path, text) in texts {
        match rules::parse_cases(&path, &text) {
            Ok(cases) => results.extend(cases.iter().map(|case| case_check::check(rules, case))),
            Err(faults) => {
                failure.diagnostics.extend(faults);
                failure.texts.insert(path, text);
            }
        }
    }
    if failure.diagnostics.is_empty() { Ok(results) } else { Err(failure) }
}

/// Judges recognition by a labelled list.
///
/// # Errors
/// A file that cannot be read or lacks its columns.
pub fn score(rules: &Rules, file: &Path) -> Result<Score, Failure> {
    let path = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("it cannot be read: {error}");
        Failure::from_diagnostic(Diagnostic::error(Code::Unreadable, path.clone(), message))
    })?;
    let rows = recognise::read_labels(&text)
        .map_err(|error| Failure::from_diagnostic(Diagnostic::error(Code::BrokenFormat, path, error.to_string())))?;
    Ok(recognise::score(rules, &matcher(rules)?, &rows))
}

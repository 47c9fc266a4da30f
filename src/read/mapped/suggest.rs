//! A mapping proposed for a table that nobody knows, to be checked and pasted. Headings that are known words decide;
//! what only the values hint at stands in comments. Nothing here is ever applied by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::rules::Holds;

use super::super::habit::Habit;
use super::super::table::{Row, Table, heading};
use super::super::value;
use super::{HEADINGS_WITHIN, known};

/// Rows whose values are looked at.
const LOOKED_AT: usize = 200;

/// Facts by what a table holds and by heading.
type Words = BTreeMap<Holds, BTreeMap<String, &'static str>>;

/// The words of `suggest.toml` and the headings of the known exports.
fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        let mut words = Words::new();
        let table: BTreeMap<String, BTreeMap<String, Vec<String>>> =
            toml::from_str(include_str!("suggest.toml")).unwrap_or_default();
        for (holds, name) in Holds::ALL {
            let facts = table.get(name).into_iter().flatten();
            for (fact, headings) in facts {
                let Some(fact) = holds.facts().find(|known| known.name == fact) else { continue };
                let of_it = words.entry(holds).or_default();
                of_it.extend(headings.iter().map(|written| (heading(written), fact.name)));
            }
        }
        for mapping in known().iter().flat_map(|reader| reader.mappings) {
            let of_it = words.entry(mapping.holds).or_default();
            for column in &mapping.columns {
                for name in &column.headings {
                    of_it.entry(heading(name)).or_insert(column.fact);
                }
            }
        }
        words
    });
    &WORDS
}

/// One column of the table.
struct Seen {
    name: String,
    values: Vec<String>,
    habit: Habit,
}

/// A mapping for a table, ready to paste; nothing where it has no headings.
pub(in crate::read) fn suggest(table: &mut dyn Table, path: &str, sheet: Option<&str>) -> Option<String> {
    let rows: Vec<Row> = table.first(LOOKED_AT + HEADINGS_WITHIN).into_iter().filter_map(Result::ok).collect();
    let filled = |row: &Row| row.cells.iter().filter(|cell| !cell.is_empty()).count();
    let most = rows.iter().take(HEADINGS_WITHIN).map(filled).max()?;
    let at = rows.iter().position(|row| filled(row) * 10 >= most * 9 && filled(row) > 1)?;
    let columns = columns(&rows, at);
    Some(written(&columns, path, sheet))
}

fn columns(rows: &[Row], at: usize) -> Vec<Seen> {
    let mut columns: Vec<Seen> = rows[at]
        .cells
        .iter()
        .map(|name| Seen { name: name.clone(), values: Vec::new(), habit: Habit::default() })
        .collect();
    for row in &rows[at + 1..] {
        for (column, cell) in columns.iter_mut().zip(&row.cells).filter(|(_, cell)| !cell.is_empty()) {
            column.habit.look(cell);
            column.values.push(cell.clone());
        }
    }
    columns.retain(|column| !column.name.is_empty());
    columns
}

/// What the table seems to hold: the kind of which most headings are words, among those whose needs are met first.
fn kind(columns: &[Seen]) -> (Holds, usize) {
    let facts = |holds: Holds| -> BTreeSet<&str> {
        let of_it = words().get(&holds);
        columns.iter().filter_map(|column| of_it?.get(&heading(&column.name)).copied()).collect()
    };
    let order = [Holds::Software, Holds::Purchases, Holds::Users, Holds::Prices, Holds::Machines];
    let judged = order.into_iter().enumerate().map(|(place, holds)| {
        let mut facts = facts(holds);
        if holds == Holds::Software {
            facts.extend(self::facts_of_machine(columns));
        }
        let met = holds.needs().iter().filter(|any| any.iter().any(|fact| facts.contains(fact))).count();
        let all = met == holds.needs().len();
        (all, facts.len() + met, std::cmp::Reverse(place), holds)
    });
    judged.max().map_or((Holds::Machines, 0), |(_, count, _, holds)| (holds, count))
}

fn facts_of_machine(columns: &[Seen]) -> BTreeSet<&'static str> {
    let of_it = words().get(&Holds::Machines);
    columns.iter().filter_map(|column| of_it?.get(&heading(&column.name)).copied()).collect()
}

/// The fact that a heading is a word for.
fn fact_of(holds: Holds, name: &str) -> Option<&'static str> {
    let look = |holds| words().get(&holds).and_then(|of_it| of_it.get(&heading(name)).copied());
    look(holds).or_else(|| if holds == Holds::Software { look(Holds::Machines) } else { None })
}

fn written(columns: &[Seen], path: &str, sheet: Option<&str>) -> String {
    let (holds, _) = kind(columns);
    let mut taken: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    let mut left: Vec<&Seen> = Vec::new();
    for column in columns {
        match fact_of(holds, &column.name) {
            Some(fact) => taken.entry(fact).or_default().push(column),
            None => left.push(column),
        }
    }
    let mut text = String::from(
        "# A proposal: check every line, then put it into trueup.toml. Nothing was changed.\n[[mapping]]\n",
    );
    let stem = path.rsplit(['/', '\\']).next().unwrap_or(path).split('.').next().unwrap_or("table");
    line(&mut text, &format!("name = {}", quoted(stem)));
    line(&mut text, &format!("holds = \"{}\"", holds.name()));
    let telling: Vec<String> = taken.values().take(4).map(|columns| quoted(&columns[0].name)).collect();
    line(&mut text, &format!("headings = [{}]", telling.join(", ")));
    if let Some(sheet) = sheet {
        line(&mut text, &format!("sheets = [{}]", quoted(sheet)));
    }
    doubts(&mut text, holds, &taken);
    line(&mut text, "\n[mapping.columns]");
    for (fact, columns) in &taken {
        line(&mut text, &entry(fact, columns));
    }
    if !left.is_empty() {
        line(&mut text, "\n# Columns that no word tells. Those that matter can be mapped to a fact by hand:");
        for column in left {
            line(&mut text, &format!("#   {}{}", quoted(&column.name), hint(column)));
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn entry(fact: &str, columns: &[&Seen]) -> String {
    let first = columns[0];
    let per = (fact == "cores").then(|| {
        let each = ["per", "p/s", "each"].iter().any(|word| first.name.to_lowercase().contains(word));
        if each { "processor" } else { "machine" }
    });
    let mut entry = match per {
        Some(per) => {
            format!("{fact} = {{ heading = {}, per = \"{per}\" }}  # unsure: cores of what?", quoted(&first.name))
        }
        None => format!("{fact} = {}", quoted(&first.name)),
    };
    if columns.len() > 1 {
        let others: Vec<String> = columns[1..].iter().map(|column| quoted(&column.name)).collect();
        entry += &format!("  # unsure: also {}", others.join(", "));
    }
    entry
}

/// What must be settled before the mapping works.
fn doubts(text: &mut String, holds: Holds, taken: &BTreeMap<&str, Vec<&Seen>>) {
    for any in holds.needs().iter().filter(|any| !any.iter().any(|fact| taken.contains_key(*fact))) {
        line(
            text,
            &format!(
                "# missing: a mapping of {} needs `{}`, and no heading is a word for it",
                holds.name(),
                any.join("` or `")
            ),
        );
    }
    if holds == Holds::Purchases && !taken.contains_key("metric") {
        line(
            text,
            "# unsure: what does a unit count? The rules tell it from the title, or write fixed = { metric = \"device\" }",
        );
    }
    let columns = || taken.values().flatten();
    let days = |column: &&&Seen| {
        column.habit.order(None).is_none() && column.values.iter().any(|text| value::day_and_month(text).is_some())
    };
    if let Some(column) = columns().find(days) {
        line(
            text,
            &format!(
                "# unsure: does the day come first in {}? Write date_order = \"day-first\" or \"month-first\"",
                quoted(&column.name)
            ),
        );
    }
    let marks = |column: &&&Seen| {
        let ambiguous = |text: &String| value::shape(value::without_currency(text).0) == value::Shape::Ambiguous;
        column.habit.mark(None).is_none() && column.values.iter().any(ambiguous)
    };
    if let Some(column) = columns().find(marks) {
        line(
            text,
            &format!(
                "# unsure: is the comma in {} the decimal mark? Write decimal = \",\" or decimal = \".\"",
                quoted(&column.name)
            ),
        );
    }
}

/// Whether a value looks like something.
type Looks<'a> = &'a dyn Fn(&str) -> bool;

/// What the values of a column look like.
fn hint(column: &Seen) -> String {
    let all = column.values.len();
    let share = |looks: Looks<'_>| column.values.iter().filter(|value| looks(value)).count();
    let shapes: [(&str, Looks<'_>); 5] = [
        ("GUIDs", &|text| text.trim_matches(['{', '}']).len() == 36 && text.matches('-').count() == 4),
        ("network addresses", &|text| text.parse::<std::net::IpAddr>().is_ok()),
        ("days", &|text| value::date(text, None).map_or_else(|wrong| wrong.ambiguous, |_| text.len() > 5)),
        ("whole numbers", &|text| text.parse::<u64>().is_ok()),
        ("names of machines", &host_like),
    ];
    let found = shapes
        .into_iter()
        .map(|(name, looks)| (share(looks), name))
        .find(|(count, _)| all > 0 && count * 10 >= all * 8);
    match found {
        Some((count, name)) => format!(" – {count} of {all} values look like {name}"),
        None => String::new(),
    }
}

/// Whether a text may be the name of a machine: no blanks, letters and digits with hyphens and dots.
fn host_like(text: &str) -> bool {
    let letters = text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_'));
    letters
        && text.len() > 3
        && text.contains(|letter: char| letter.is_ascii_digit() || letter == '-')
        && text.parse::<f64>().is_err()
}

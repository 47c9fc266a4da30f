//! `trueup formats show`: the page of one format.

use clap::Args;

use crate::cli::stop::Stop;
use crate::cli::{End, Format, Global};
use crate::pipeline::{self, Page, Verified};
use crate::report::terminal::Canvas;

/// Show the page of a format: what writes it, what is read, what is odd about it, and an example
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trueup formats show glpi-json
  trueup formats show mapping")]
pub(in crate::cli) struct Arguments {
    /// Name of the format, as `trueup formats list` and `trueup sources --all` show it
    #[arg(value_name = "NAME")]
    name: String,
}

pub(in crate::cli) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let form = global.form_without_csv("formats show")?;
    let pages = pipeline::pages();
    let Some(page) = pages.iter().find(|page| page.name.eq_ignore_ascii_case(&arguments.name)) else {
        let known: Vec<&str> = pages.iter().map(|page| page.name).collect();
        return Err(Stop::usage(
            format!("there is no format {}", arguments.name),
            format!("known formats: {}", known.join(", ")),
        ));
    };
    global.write(&match form {
        Format::Json => super::super::rules::as_json(page)?,
        _ => text(page, &global.canvas()),
    })?;
    Ok(End::Done)
}

fn text(page: &Page, canvas: &Canvas) -> String {
    let carries: Vec<&str> = page.carries.iter().map(|fact| super::said(*fact)).collect();
    let mut text = canvas.heading(&format!("{}: {}", page.name, page.title));
    for (name, value) in [
        ("written by", page.written_by),
        ("carries", &carries.join(", ")),
        ("recognised by", page.recognised_by),
        ("tried on", &tried_on(page)),
        (
            "samples",
            &page.samples.iter().map(|folder| format!("samples/formats/{folder}")).collect::<Vec<_>>().join(", "),
        ),
    ] {
        text += &canvas.prose(2, &format!("{name}: {value}"));
    }
    text += "\n  What is read\n";
    for field in page.fields {
        text += &canvas.item(4, "• ", &format!("{} – {}", field.named, field.becomes));
    }
    text += "\n  What is odd about it\n";
    for quirk in page.quirks {
        text += &canvas.item(4, "• ", quirk);
    }
    if !page.example.is_empty() {
        text += "\n  Example\n";
        for line in page.example.trim_matches('\n').lines() {
            text += &format!("    {line}\n");
        }
    }
    text
}

fn tried_on(page: &Page) -> String {
    match page.verified {
        Verified::RealFile(which) => format!("real files: {which}"),
        Verified::Unverified(rests_on) => format!("made-up files only, so unverified; it rests on {rests_on}"),
        Verified::Own => "the layout is trueup's own".into(),
    }
}

//! Where the result goes: standard output, or a file that is written aside and then renamed.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::report::terminal::Canvas;

use super::stop::Stop;
use super::{Format, Global};

/// Whether the user has nothing against colour.
pub(super) fn colour_wanted() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_colour && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The width that `COLUMNS` names, where it makes sense.
fn columns() -> Option<u16> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| (40..=1000).contains(columns))
}

impl Global {
    /// The form asked for: as typed, else by the ending of the file, else a table.
    pub fn form(&self) -> Format {
        let ending = self.output.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
        self.format.unwrap_or(match ending {
            Some("json") => Format::Json,
            Some("csv") => Format::Csv,
            _ => Format::Table,
        })
    }

    /// The form asked for, of a command that has no CSV.
    pub fn form_without_csv(&self, command: &str) -> Result<Format, Stop> {
        match self.form() {
            Format::Csv => Err(Stop::usage(
                format!("{command} has no CSV form"),
                "use --format table or json; position, agreements, support and sources have CSV",
            )),
            form => Ok(form),
        }
    }

    /// What text is drawn on: the terminal as wide as it is, anything else 120 columns wide without
    /// colour; `COLUMNS` goes before both.
    pub fn canvas(&self) -> Canvas {
        if self.output.is_some() {
            return Canvas::PIPE;
        }
        if !std::io::stdout().is_terminal() {
            return Canvas { width: columns().unwrap_or(Canvas::PIPE.width), ..Canvas::PIPE };
        }
        let width = columns().or_else(|| comfy_table::Table::new().width()).unwrap_or(Canvas::PIPE.width);
        Canvas { width, colour: colour_wanted() }
    }

    /// Writes the result to standard output or to the file asked for.
    pub fn write(&self, text: &str) -> Result<(), Stop> {
        let text = &obeying_nobody(text, self.canvas().colour);
        match &self.output {
            Some(path) => {
                write_file(path, text).map_err(|error| Stop::output(path, error))?;
                self.say(&format!("written to {}", path.display()));
                Ok(())
            }
            None => {
                let mut out = std::io::stdout().lock();
                let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
                written.map_err(|error| Stop::output(Path::new("standard output"), error))
            }
        }
    }
}

/// The text without control characters but for line ends, tabs and our own colours: what an inventory says must not
/// command the terminal.
fn obeying_nobody(text: &str, colour_wanted: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let colour = rest.strip_prefix("\u{1b}[").filter(|_| colour_wanted).and_then(|code| {
            let end = code.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            code[end..].starts_with('m').then_some(end + 3)
        });
        let taken = colour.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
        out.push_str(if colour.is_some() { &rest[..taken] } else { "\u{fffd}" });
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// Writes aside and renames, so that nobody ever sees half a file.
fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    let aside = aside(path);
    let written = std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, path));
    if written.is_err() {
        // The first error is the one to tell; the file aside may not even exist.
        let _ = std::fs::remove_file(&aside);
    }
    written
}

/// A name beside the file that nothing else uses: `elp.json.1234.part`.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_inventory_says_does_not_command_the_terminal() {
        assert_eq!(obeying_nobody("a\u{1b}[2Jb\nc\u{7}", true), "a\u{fffd}[2Jb\nc\u{fffd}");
        assert_eq!(obeying_nobody("\u{1b}[31mred", false), "\u{fffd}[31mred");
        assert_eq!(obeying_nobody("\u{1b}[1;31mred\u{1b}[0m", true), "\u{1b}[1;31mred\u{1b}[0m");
    }
}

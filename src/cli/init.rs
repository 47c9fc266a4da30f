//! `trueup init`: an empty estate with a commented `trueup.toml` and a page in each folder. Nothing is overwritten.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::stop::Stop;
use super::{End, Global};

/// Start an estate: a commented trueup.toml and the folders inventory, entitlements and prices
///
/// Files that exist are left as they are.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trueup init my-estate && trueup scan my-estate")]
pub(super) struct Arguments {
    /// Folder of the estate; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Every file of an empty estate.
const FILES: [(&str, &str); 4] = [
    ("trueup.toml", include_str!("init/trueup.toml")),
    ("inventory/README.md", include_str!("init/inventory.md")),
    ("entitlements/README.md", include_str!("init/entitlements.md")),
    ("prices/README.md", include_str!("init/prices.md")),
];

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<End, Stop> {
    let mut said = String::new();
    for (name, text) in FILES {
        let path = arguments.folder.join(name);
        let made = create(&path, text).map_err(|error| Stop::output(&path, error))?;
        said.push_str(&format!("{} {}\n", if made { "made" } else { "kept" }, path.display()));
    }
    global.write(&said)?;
    global.say(&format!("next: put files into the folders, then trueup scan {}", arguments.folder.display()));
    Ok(End::Done)
}

/// Writes a file that does not exist yet; says whether it did.
fn create(path: &Path, text: &str) -> std::io::Result<bool> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::FILES;
    use crate::rules::{Rules, parse_settings, parse_settings_under};

    #[test]
    fn the_settings_are_right_as_they_are_and_with_every_example_in_force() {
        let (name, text) = FILES[0];
        assert_eq!(parse_settings(name, text).map(|settings| settings.organisations.len()), Ok(0));
        let in_force: String =
            text.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
        let rules = Rules::built_in().unwrap_or_else(|found| panic!("{:?}", found.faults));
        let settings = parse_settings_under(&rules, name, &in_force);
        assert_eq!(settings.map(|settings| (settings.organisations.len(), settings.agreements.len())), Ok((2, 1)));
    }
}

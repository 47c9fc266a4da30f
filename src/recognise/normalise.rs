//! Names and keys as the rules see them: without marks, with single blanks, and without the Click-to-Run language.

/// A name ready for matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name without trade marks and needless blanks.
    pub text: String,
    /// The Click-to-Run language that was taken off, in lower case: `en-us`. One product in several languages is one
    /// installation.
    pub language: Option<String>,
}

/// Text that was stored in UTF-8 and read as Windows-1252, with what it was.
const MOJIBAKE: [(&str, &str); 5] = [("Â®", "®"), ("â„¢", "™"), ("Â\u{a0}", " "), ("â€“", "–"), ("â€™", "'")];

/// A product's name ready for matching. A suffix ` - en-us.proof` stays: it tells a proofing language from an installation.
pub fn name(raw: &str) -> Name {
    let mended = mend(raw);
    let mut text = plain(mended.as_deref().unwrap_or(raw));
    let language = split_language(&text).map(|(product, language)| (product.len(), language.to_ascii_lowercase()));
    let language = language.map(|(length, language)| {
        text.truncate(length);
        language
    });
    Name { text, language }
}

/// An uninstall key ready for matching: the last part of a path, a release id out of an uninstall command, and neither
/// blanks nor a Click-to-Run language around it.
pub fn key(raw: &str) -> &str {
    let raw = raw.trim();
    if let Some(id) = removed_product(raw) {
        return id;
    }
    let last = raw.rsplit('\\').next().unwrap_or(raw).trim();
    split_language(last).map_or(last, |(product, _)| product)
}

/// Undoes text that was decoded wrongly; `None` where nothing is to be undone.
fn mend(raw: &str) -> Option<String> {
    if !raw.contains(['Â', 'â']) {
        return None;
    }
    let mut text = raw.to_owned();
    for (wrong, right) in MOJIBAKE {
        if text.contains(wrong) {
            text = text.replace(wrong, right);
        }
    }
    Some(text)
}

/// Drops trade marks, makes every run of blanks one, and trims.
fn plain(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = mark(rest) {
            rest = &rest[length..];
            continue;
        }
        if c.is_whitespace() {
            if !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
        } else if !matches!(c, '\u{200b}' | '\u{feff}' | '\u{200e}' | '\u{200f}') {
            text.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    text.truncate(text.trim_end().len());
    text
}

/// Length of a trade mark at the start of a text.
fn mark(text: &str) -> Option<usize> {
    for sign in ["®", "™", "©"] {
        if text.starts_with(sign) {
            return Some(sign.len());
        }
    }
    if !text.starts_with('(') {
        return None;
    }
    ["(R)", "(TM)"].iter().find_map(|sign| {
        let head = text.get(..sign.len())?;
        head.eq_ignore_ascii_case(sign).then_some(sign.len())
    })
}

/// Splits `Microsoft Visio - en-us` into the product and the language.
fn split_language(text: &str) -> Option<(&str, &str)> {
    let (product, language) = text.rsplit_once(" - ")?;
    let language = language.trim();
    is_language(language).then_some((product.trim_end(), language))
}

/// Whether a text is a language tag with a region: `en-us`, `sr-latn-rs`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let letters = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(language), Some(region), None, None) => letters(language, &[2, 3]) && letters(region, &[2]),
        (Some(language), Some(script), Some(region), None) => {
            letters(language, &[2, 3]) && letters(script, &[4]) && letters(region, &[2])
        }
        _ => false,
    }
}

/// The release id in a Click-to-Run uninstall command: `… productstoremove=VisioProRetail.16_en-us_x-none …`.
fn removed_product(command: &str) -> Option<&str> {
    const OPTION: &str = "productstoremove=";
    if !command.contains('=') {
        return None;
    }
    let start = command.to_ascii_lowercase().find(OPTION)? + OPTION.len();
    let rest = &command[start..];
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    (length > 0).then(|| &rest[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> String {
        name(raw).text
    }

    #[test]
    fn marks_go_however_they_are_written() {
        assert_eq!(
            text("Microsoft(R) Windows(R) Server 2003, Standard Edition"),
            "Microsoft Windows Server 2003, Standard Edition"
        );
        assert_eq!(text("MicrosoftÂ® Windows ServerÂ® 2008 Standard"), "Microsoft Windows Server 2008 Standard");
        assert_eq!(text("Java(TM) SE Development Kit 11.0.8"), "Java SE Development Kit 11.0.8");
    }

    #[test]
    fn runs_of_blanks_become_one() {
        assert_eq!(text(" Management Objects  (x64)\u{a0} "), "Management Objects (x64)");
        assert_eq!(text("®"), "");
    }

    #[test]
    fn the_language_is_taken_off_and_kept() {
        let visio = name("Microsoft Visio - de-DE");
        assert_eq!((visio.text.as_str(), visio.language.as_deref()), ("Microsoft Visio", Some("de-de")));
        assert_eq!(name("Microsoft 365 - sr-latn-rs").language.as_deref(), Some("sr-latn-rs"));
        assert_eq!(name("Microsoft SQL Server Management Studio - 18.6").language, None);
        assert_eq!(
            text("Microsoft Office Proofing Tools 2013 - English"),
            "Microsoft Office Proofing Tools 2013 - English"
        );
    }

    #[test]
    fn a_proofing_language_keeps_its_suffix() {
        assert_eq!(
            text("Microsoft Visio LTSC Professional 2024 - en-us.proof"),
            "Microsoft Visio LTSC Professional 2024 - en-us.proof"
        );
    }

    #[test]
    fn keys_are_found_in_paths_and_commands() {
        assert_eq!(key(r"ARP\Machine\X64\O365ProPlusRetail - en-us"), "O365ProPlusRetail");
        assert_eq!(
            key("setup.exe ProductsToRemove=Standard2021Volume.16_fr-fr_x-none culture=fr-fr"),
            "Standard2021Volume"
        );
        assert_eq!(key("{90140000-0011-0000-0000-0000000FF1CE}"), "{90140000-0011-0000-0000-0000000FF1CE}");
        assert_eq!(key("VisioPro2024Volume - en-us.proof"), "VisioPro2024Volume - en-us.proof");
    }
}

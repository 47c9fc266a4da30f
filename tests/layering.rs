//! The house stays as it was drawn: a star, not a chain (`DESIGN.md`, section 4).
//!
//! Every path that begins with `crate`, `self`, `super` or the library's name is resolved, in imports and in the middle
//! of code, grouped or not, and held against the table of who may know whom. What stands under `#[cfg(test)]` is left
//! out: a test may look into other rooms.

mod source;

use std::collections::BTreeSet;

use source::{Source, Token};

/// What every module may know.
const FOUNDATION: [&str; 3] = ["model", "diag", "rules"];

/// Stages know the foundation and themselves.
const STAGES: [&str; 10] =
    ["discover", "read", "recognise", "store", "require", "entitle", "allocate", "support", "plan", "report"];

/// The stages that reconcile; only `assess` calls them.
const RECONCILING: [&str; 4] = ["require", "entitle", "allocate", "support"];

/// What the modules of one room may import beside themselves.
fn allowed(room: &str) -> BTreeSet<&'static str> {
    let mut allowed: BTreeSet<&str> = FOUNDATION.into();
    match room {
        "model" => allowed = ["diag"].into(),
        "diag" => allowed = ["model"].into(),
        "rules" => allowed = ["model", "diag"].into(),
        "pipeline" => {
            allowed.extend(STAGES.iter().filter(|stage| !RECONCILING.contains(stage)));
            allowed.extend(["assess", "case_check"]);
        }
        "assess" => allowed.extend(RECONCILING),
        "case_check" => allowed.extend(["assess"]),
        "cli" => allowed.extend(["pipeline", "report", "explain"]),
        "main" => allowed.extend(["cli"]),
        _ => {}
    }
    allowed
}

/// A path in a file: its parts after `crate`, and the line it stands on.
struct Import {
    parts: Vec<String>,
    line: usize,
}

/// Every path of a file that begins at the crate's root, with `self` and `super` resolved.
fn imports(file: &Source) -> Vec<Import> {
    let mut found = Vec::new();
    let mut module = file.module.clone();
    let mut depths: Vec<usize> = Vec::new();
    let mut depth = 0;
    let tokens = &file.tokens;
    let word = |index: usize| tokens.get(index).and_then(Token::word);
    let sign = |index: usize| tokens.get(index).and_then(Token::sign);
    for index in 0..tokens.len() {
        match sign(index) {
            Some('{') => depth += 1,
            Some('}') => {
                depth -= 1;
                if depths.last() == Some(&depth) {
                    depths.pop();
                    module.pop();
                }
            }
            _ => {}
        }
        let Some(name) = word(index) else { continue };
        if name == "mod" && sign(index + 2) == Some('{') {
            module.extend(word(index + 1).map(str::to_owned));
            depths.push(depth);
        }
        let continued = index > 1 && sign(index - 1) == Some(':') && sign(index - 2) == Some(':');
        let begins = ["crate", "trueup", "self", "super"].contains(&name) && !continued;
        if begins && sign(index + 1) == Some(':') {
            let mut base = Vec::new();
            if ["self", "super"].contains(&name) {
                base.clone_from(&module);
            }
            if name == "super" {
                base.pop();
            }
            follow(tokens, index + 1, &base, &mut found);
        }
    }
    found
}

/// Follows a path or a group from the token after a part; gives where it ends.
fn follow(tokens: &[Token], mut at: usize, base: &[String], found: &mut Vec<Import>) -> usize {
    let mut parts = base.to_vec();
    let line = tokens[at].line;
    while tokens.get(at).and_then(Token::sign) == Some(':') && tokens.get(at + 1).and_then(Token::sign) == Some(':') {
        at += 2;
        if let Some(word) = tokens.get(at).and_then(Token::word) {
            match word {
                "super" => drop(parts.pop()),
                "self" => {}
                word => parts.push(word.to_owned()),
            }
            at += 1;
        } else if tokens.get(at).and_then(Token::sign) == Some('{') {
            at += 1;
            loop {
                match tokens.get(at) {
                    None => return at,
                    Some(token) if token.sign() == Some('}') => return at + 1,
                    Some(token) => match token.word() {
                        Some(word) => {
                            if word == "as" {
                                at += 2;
                                continue;
                            }
                            let mut inner = parts.clone();
                            if word != "self" {
                                inner.push(word.to_owned());
                            }
                            at = follow(tokens, at + 1, &inner, found);
                        }
                        None => at += 1,
                    },
                }
            }
        } else {
            break;
        }
    }
    found.push(Import { parts, line });
    at
}

#[test]
fn every_room_imports_only_what_it_may_know() {
    let mut wrong = Vec::new();
    for file in source::all() {
        let room = file.module.first().map_or("lib", String::as_str);
        if room == "lib" {
            continue;
        }
        let allowed = allowed(room);
        for import in imports(&file) {
            let target = import.parts.first().map_or("", String::as_str);
            if target != room && !allowed.contains(target) {
                wrong.push(format!("{}:{}: {room} imports {}", file.path, import.line, import.parts.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    let wrong: Vec<String> = source::all()
        .iter()
        .filter(|file| file.module.first().is_none_or(|room| room != "store"))
        .filter(|file| file.tokens.iter().any(|token| token.word() == Some("rusqlite")))
        .map(|file| file.path.clone())
        .collect();
    assert!(wrong.is_empty(), "rusqlite is named in {wrong:?}");
}

#[test]
fn every_room_is_in_the_plan() {
    let planned: BTreeSet<&str> = FOUNDATION
        .into_iter()
        .chain(STAGES)
        .chain(["main", "cli", "pipeline", "assess", "case_check", "explain"])
        .collect();
    let unplanned: BTreeSet<String> = source::all()
        .iter()
        .filter_map(|file| file.module.first().cloned())
        .filter(|room| !planned.contains(room.as_str()))
        .collect();
    assert!(unplanned.is_empty(), "no place in the table of this test: {unplanned:?}");
}

/// Products are data: a name of one in the code would be a rule that nobody can read or override.
#[test]
fn no_product_is_named_in_the_code() {
    let rules = trueup::rules::Rules::built_in().expect("built-in rules are free of faults");
    let mut wrong = Vec::new();
    for file in source::all() {
        for token in &file.tokens {
            if let Some(text) = token.text()
                && rules.products.contains_key(text)
            {
                wrong.push(format!("{}:{}: {text:?}", file.path, token.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let code = "use crate::{model::{self, Key}, read::Sink as S};
        mod inner { use super::super::super::store; fn f() { crate::plan::buy(\"crate::report\"); } }
        // crate::cli
        #[cfg(test)] mod tests { use crate::pipeline; }
        fn g(scan: crate::pipeline::Scan) { self::h(); super::discover::walk(); other::crate::x() }";
    let file = Source::new("src/support/end.rs", code);
    let found: Vec<String> = imports(&file).iter().map(|import| import.parts.join("::")).collect();
    let expected = [
        "model",
        "model::Key",
        "read::Sink",
        "store",
        "plan::buy",
        "pipeline::Scan",
        "support::end::h",
        "support::discover::walk",
    ];
    assert_eq!(found, expected);
}

//! The source as it is written: its modules, and which of them need which others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module by its path from the root of the source, such as `app`, `panes`, `space`.
pub type Module = Vec<String>;

/// The code of a file, comments and tests left out.
pub fn code_of(text: &str) -> String {
    without_comments(text.split("#[cfg(test)]\nmod ").next().unwrap_or_default())
}

fn without_comments(text: &str) -> String {
    // a `#[doc = …]` is a comment too
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("#[doc"));
    let lines: Vec<&str> = lines.map(|line| line.split("//").next().unwrap_or_default()).collect();
    // a file does not need those that may see a name of it
    lines.join("\n").replace("pub(in super::super)", "pub")
}

/// The code of every module of a room.
pub fn modules(room: &str) -> BTreeMap<Module, String> {
    fn gather(folder: &Path, module: &[String], into: &mut BTreeMap<Module, String>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the source").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let mut module = module.to_vec();
            if path.is_dir() {
                module.push(name);
                gather(&path, &module, into);
            } else if let Some(stem) = name.strip_suffix(".rs") {
                if stem != "mod" {
                    module.push(stem.to_owned());
                }
                let text = std::fs::read_to_string(&path).expect("readable");
                into.insert(module, code_of(&text));
            }
        }
    }
    let mut all = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    gather(&source.join(room), &[room.to_owned()], &mut all);
    // a room may be a file with a folder beside it
    if let Ok(text) = std::fs::read_to_string(source.join(room).with_extension("rs")) {
        all.insert(vec![room.to_owned()], code_of(&text));
    }
    all
}

/// The paths that a `use` names, its braces spread out.
fn spread(prefix: &str, tree: &str, into: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((base, rest)) = tree.split_once('{') else {
        let name = tree.split_whitespace().next().unwrap_or_default();
        into.push(format!("{prefix}{name}"));
        return;
    };
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut from) = (0, 0);
    let prefix = format!("{prefix}{base}");
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[from..at].trim().is_empty() {
                    spread(&prefix, &inner[from..at], into);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// What each module hands on of others, by name: a room's `mod.rs` is a list, and whoever takes a name from it needs
/// the file that the name comes from, not the list.
type HandedOn = BTreeMap<(Module, String), String>;

/// The trees of a module's `use` lines, those that hand on apart.
fn uses(code: &str) -> (Vec<String>, Vec<String>) {
    let (mut own, mut on) = (Vec::new(), Vec::new());
    for (at, _) in code.match_indices("use ") {
        let before = &code[..at];
        let begins = before.chars().next_back().is_none_or(char::is_whitespace);
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        if let (true, Some((tree, _))) = (begins, code[at + 4..].split_once(';')) {
            spread("", tree, if line.starts_with("pub") { &mut on } else { &mut own });
        }
    }
    (own, on)
}

fn handed_on(all: &BTreeMap<Module, String>) -> HandedOn {
    let mut handed = HandedOn::new();
    for (module, code) in all {
        // a name alone is a crate's, handed on whole
        let (own, on) = uses(code);
        // what a module takes for itself the modules beneath it can take from it
        for path in own.into_iter().chain(on).filter(|path| path.contains("::")) {
            let name = path.rsplit("::").next().unwrap_or_default().to_owned();
            handed.insert((module.clone(), name), path);
        }
    }
    handed
}

/// The module that a path leads to, as it is written in `here`.
fn target(here: &Module, path: &str, all: &BTreeMap<Module, String>, handed: &HandedOn) -> Option<Module> {
    let mut at = here.clone();
    let mut parts = path.split("::").map(str::trim).peekable();
    match parts.peek().copied() {
        Some("crate") => {
            parts.next();
            at.clear();
        }
        Some("self") => _ = parts.next(),
        _ => {}
    }
    while parts.next_if_eq(&"super").is_some() {
        at.pop();
    }
    for part in parts {
        let deeper = [at.clone(), vec![part.to_owned()]].concat();
        if all.contains_key(&deeper) || !all.contains_key(&at) {
            at = deeper;
        } else if let Some(path) = handed.get(&(at.clone(), part.to_owned())) {
            return target(&at, path, all, handed).filter(|found| found != here);
        } else {
            break;
        }
    }
    while !at.is_empty() && !all.contains_key(&at) {
        at.pop();
    }
    (!at.is_empty() && at != *here).then_some(at)
}

/// The paths that a file's code names, those apart that it hands on.
fn paths(code: &str) -> Vec<String> {
    let mut paths = uses(code).0;
    let code: String = code.split_inclusive(';').filter(|part| !is_use(part)).collect();
    let of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !of_path(c)).map(|word| word.trim_matches(':'));
    paths.extend(words.filter(|word| word.contains("::")).map(str::to_owned));
    paths
}

/// The names behind `crate::` in all that a file says but for comments: rooms mostly.
pub fn rooms_named(text: &str) -> BTreeSet<String> {
    let code = without_comments(text);
    let named = paths(&code).into_iter().chain(uses(&code).1);
    let below = named.filter_map(|path| path.strip_prefix("crate::").map(str::to_owned));
    below.map(|path| path.split("::").next().unwrap_or_default().to_owned()).collect()
}

/// The modules that each module of a room needs.
pub fn needs(all: &BTreeMap<Module, String>) -> BTreeMap<&Module, BTreeSet<Module>> {
    let handed = handed_on(all);
    let of = |(here, code): (&Module, &String)| -> BTreeSet<Module> {
        let paths = paths(code);
        // a name alone is a crate, unless it is a module beneath this one
        let within = |path: &String| {
            let first = path.split("::").next().unwrap_or_default();
            let below = [here.clone(), vec![first.to_owned()]].concat();
            matches!(first, "crate" | "super" | "self") || all.contains_key(&below)
        };
        paths.iter().filter(|path| within(path)).filter_map(|path| target(here, path, all, &handed)).collect()
    };
    all.iter().map(|module| (module.0, of(module))).collect()
}

fn is_use(part: &str) -> bool {
    let part = part.trim_start();
    let part = part.strip_prefix("pub(crate)").or(part.strip_prefix("pub(super)")).unwrap_or(part);
    part.trim_start().trim_start_matches("pub").trim_start().starts_with("use ")
}

//! No two files of a room need each other: whoever reads a file needs to know only what lies beneath it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The rooms that are held to it.
const ROOMS: &[&str] = &[
    "app",
    "dataset",
    "export",
    "model",
    "diffusion",
    "search",
    "sizing",
    "report",
    "nn",
    "tensor",
    "engine",
    "cli",
    "spice",
    "fuzzing",
];

/// A module by its path from the root of the source, such as `app`, `panes`, `space`.
type Module = Vec<String>;

/// The code of every module of a room, comments and tests left out.
fn modules(room: &str) -> BTreeMap<Module, String> {
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
                let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
                // a `#[doc = …]` is a comment too
                let lines: Vec<&str> = code
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("#[doc"))
                    .map(|line| line.split("//").next().unwrap_or_default())
                    .collect();
                into.insert(module, lines.join("\n"));
            }
        }
    }
    let mut all = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    gather(&folder, &[room.to_owned()], &mut all);
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
        for path in uses(code).1.into_iter().filter(|path| path.contains("::")) {
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

/// The modules that each module of a room needs.
fn needs(all: &BTreeMap<Module, String>) -> BTreeMap<&Module, BTreeSet<Module>> {
    let handed = handed_on(all);
    let of = |(here, code): (&Module, &String)| -> BTreeSet<Module> {
        let mut paths = uses(code).0;
        let code: String = code.split_inclusive(';').filter(|part| !is_use(part)).collect();
        for root in ["crate::", "super::"] {
            for (at, _) in code.match_indices(root) {
                let rest = &code[at..];
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
                paths.push(rest[..end.unwrap_or(rest.len())].trim_end_matches(':').to_owned());
            }
        }
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

#[test]
fn no_two_files_of_a_room_need_each_other() {
    let mut circles = String::new();
    for &room in ROOMS {
        let all = modules(room);
        let mut needs = needs(&all);
        assert!(needs.values().any(|needed| !needed.is_empty()), "src/{room}: nothing was understood");
        // what needs nothing is taken away until nothing is left, or only circles and what needs them
        while let Some(free) = needs.iter().find(|(_, needed)| needed.is_empty()).map(|(module, _)| *module) {
            needs.remove(free);
            needs.values_mut().for_each(|needed| _ = needed.remove(free));
        }
        let left: Vec<String> = needs
            .iter()
            .map(|(module, needed)| {
                let needed: Vec<String> = needed.iter().map(|other| other.join("::")).collect();
                format!("{} needs {}", module.join("::"), needed.join(", "))
            })
            .collect();
        if !left.is_empty() {
            circles += &format!("files of src/{room} need each other:\n{}\n", left.join("\n"));
        }
    }
    assert!(circles.is_empty(), "{circles}");
}

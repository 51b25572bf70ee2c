//! No two files of a room need each other: whoever reads a file needs to know only what lies beneath it.

use super::source::{Module, code_of, modules, needs};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folders of the source.
fn rooms() -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = std::fs::read_dir(source).expect("the source").flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut rooms: Vec<String> = names.collect();
    rooms.sort();
    rooms
}

/// Of the modules of a room those that need each other, and those that need these.
fn circles(all: &BTreeMap<Module, String>) -> Vec<String> {
    let mut needs = needs(all);
    assert!(needs.values().any(|needed| !needed.is_empty()), "nothing was understood of {:?}", all.keys());
    // what needs nothing is taken away until nothing is left, or only circles and what needs them
    while let Some(free) = needs.iter().find(|(_, needed)| needed.is_empty()).map(|(module, _)| *module) {
        needs.remove(free);
        needs.values_mut().for_each(|needed| _ = needed.remove(free));
    }
    let in_words = |(module, needed): (&&Module, &BTreeSet<Module>)| {
        let needed: Vec<String> = needed.iter().map(|other| other.join("::")).collect();
        format!("{} needs {}", module.join("::"), needed.join(", "))
    };
    needs.iter().map(in_words).collect()
}

#[test]
fn no_two_files_of_a_room_need_each_other() {
    let rooms = rooms();
    assert!(rooms.len() > 10, "these rooms were found: {rooms:?}");
    let mut wrong = String::new();
    for room in rooms {
        let found = circles(&modules(&room));
        if !found.is_empty() {
            wrong += &format!("files of src/{room} need each other:\n{}\n", found.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let room = |files: [(&[&str], &str); 3]| {
        let module = |path: &[&str]| path.iter().map(|&part| part.to_owned()).collect();
        files.map(|(path, code)| (module(path), code_of(code))).into_iter().collect()
    };
    let ways = [
        ("mod a;\nmod b;\npub use b::B;", "use super::b::B;", "use super::a::A;"),
        ("mod a;\nmod b;\npub use b::B;", "use super::{B, Other};", "fn b() -> crate::room::a::A {}"),
        ("mod a;\nmod b;\nuse a::A;", "use super::b;\nfn a() { b::of(1) }", "use super::A;"),
        ("mod a;\nmod b;\nfn all() { a::of(1) }\nstruct Room;", "use super::Room;", "use super::a::A;"),
    ];
    for (list, a, b) in ways {
        let all = room([(&["room"], list), (&["room", "a"], a), (&["room", "b"], b)]);
        assert!(!circles(&all).is_empty(), "not found: {list:?}, {a:?}, {b:?}");
    }
    let sound = room([
        (&["room"], "mod a;\nmod b;\npub use a::A;\npub use b::B;"),
        (&["room", "a"], "//! See [`super::B`].\n#[doc = \"super::b::B\"]\nuse std::fmt;"),
        (&["room", "b"], "use super::A; // not super::B\n#[cfg(test)]\nmod tests { use super::super::b; }"),
    ]);
    assert!(circles(&sound).is_empty(), "{:?}", circles(&sound));
}

//! ARCHITECTURE.md says which room of the source may know which; this holds the source to it.

use std::path::{Path, PathBuf};

/// A room, and the rooms that it may know.
const ROOMS: [(&str, &[&str]); 18] = [
    ("choice", &[]),
    ("bundle", &["circuit"]),
    ("circuit", &["files"]),
    ("files", &[]),
    ("dataset", &["circuit", "files"]),
    ("spice", &["circuit", "files"]),
    ("export", &["circuit", "files", "choice"]),
    ("tensor", &[]),
    ("nn", &["tensor"]),
    ("diffusion", &["nn", "tensor", "choice"]),
    ("model", &["nn", "tensor"]),
    ("search", &["spice", "circuit", "choice"]),
    ("sizing", &["model", "diffusion", "dataset", "spice", "nn", "tensor", "circuit", "choice"]),
    (
        "engine",
        &[
            "search",
            "sizing",
            "model",
            "diffusion",
            "dataset",
            "spice",
            "nn",
            "tensor",
            "circuit",
            "export",
            "files",
            "choice",
        ],
    ),
    ("report", &["engine", "circuit", "dataset", "files", "choice"]),
    ("cli", &["report", "engine", "circuit", "dataset", "export", "files", "choice"]),
    ("app", &["report", "engine", "circuit", "dataset", "export", "files"]),
    (
        "fuzzing",
        &["app", "engine", "sizing", "model", "diffusion", "dataset", "spice", "nn", "tensor", "circuit"],
    ),
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// The rooms that a file names as `crate::ROOM`, comments left out.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let room: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !room.is_empty() {
                found.push((number + 1, room));
            }
        }
    }
    found
}

#[test]
fn every_room_knows_only_those_that_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).expect("it is in there");
        let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
        let room = first.trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("src/{} belongs to no room: add it to ARCHITECTURE.md and here", relative.display());
        };
        let text = std::fs::read_to_string(&file).expect("readable");
        for (line, other) in named(&text) {
            let is_room = ROOMS.iter().any(|(name, _)| *name == other);
            if is_room && other != room && !may.contains(&other.as_str()) {
                wrong.push(format!("src/{}:{line}: {room} may not know {other}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_readable() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines: a file has one subject and at most 500", file.display());
        assert!(text.starts_with("//!"), "{} does not say on top what it promises", file.display());
    }
}

//! ARCHITECTURE.md says in a table which room of the source knows which; this holds the source to that table.

use super::source::{Module, modules, needs, rooms_named};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the table says: a room, or a part of one such as `app/state`, and whom it knows.
type Table = BTreeMap<String, BTreeSet<String>>;

/// What each room, and each part of one that has a row, names of the others.
type Named = BTreeMap<String, BTreeMap<String, String>>;

/// The files of the source that belong to no room.
const ROOMLESS: [&str; 2] = ["lib", "main"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table beneath the heading "Rooms" of a text.
fn table(text: &str) -> Result<Table, String> {
    let section =
        text.split("\n## ").find(|section| section.starts_with("Rooms")).ok_or("no section on rooms")?;
    let mut lines = section.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let head = lines.next().map(cells).unwrap_or_default();
    if head != ["room", "what it is for", "knows"] {
        return Err(format!("the table's head is {head:?}"));
    }
    let mut table = Table::new();
    for line in lines.skip(1) {
        let [room, about, knows] = &cells(line)[..] else {
            return Err(format!("not three cells: {line}"));
        };
        let name = room.strip_prefix('`').and_then(|r| r.strip_suffix('`'));
        let name = name.filter(|name| !name.contains('`')).ok_or(format!("not one name: {room}"))?;
        let knows: BTreeSet<String> = match knows.as_str() {
            "nobody" => BTreeSet::new(),
            names => names.split(',').map(|name| name.trim().to_owned()).collect(),
        };
        if about.is_empty() || table.insert(name.to_owned(), knows).is_some() {
            return Err(format!("{name} stands there twice or without a word on what it is for"));
        }
    }
    let unknown = |name: &&String| !table.contains_key(*name);
    match table.values().flatten().find(unknown) {
        Some(name) => {
            Err(format!("`{name}` in the third column is no room of the first: names and commas, or nobody"))
        }
        None => Ok(table),
    }
}

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

/// The rooms that the source has, each with the rooms that it names.
fn rooms() -> Named {
    let source = root().join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    let mut found = Named::new();
    for file in files {
        let relative = file.strip_prefix(&source).expect("it is in there");
        let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
        let room = first.trim_end_matches(".rs");
        if ROOMLESS.contains(&room) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("readable");
        let named = found.entry(room.to_owned()).or_default();
        for other in rooms_named(&text).into_iter().filter(|other| other != room) {
            named.insert(other, relative.display().to_string());
        }
    }
    let names: BTreeSet<String> = found.keys().cloned().collect();
    // what a file names of the crate may be a macro too
    found.values_mut().for_each(|named| named.retain(|other, _| names.contains(other)));
    found
}

/// The parts of rooms that have a row, each with the other parts that it needs.
fn parts(table: &Table) -> Named {
    let rows: Vec<&String> = table.keys().filter(|name| name.contains('/')).collect();
    let part = |module: &Module| -> Option<String> {
        let path = module.join("/");
        let within = |row: &&&String| path == row.as_str() || path.starts_with(&format!("{row}/"));
        rows.iter().filter(within).max_by_key(|row| row.len()).map(|row| (*row).clone())
    };
    let rooms: BTreeSet<&str> = rows.iter().filter_map(|row| row.split('/').next()).collect();
    let mut found = Named::new();
    for room in rooms {
        let all = modules(room);
        for (module, needed) in needs(&all) {
            let Some(own) = part(module) else { continue };
            let named = found.entry(own.clone()).or_default();
            for other in needed.iter().filter_map(&part).filter(|other| *other != own) {
                named.insert(other, module.join("/"));
            }
        }
    }
    found
}

/// Where the source is not as the table says.
fn differences(table: &Table, source: &Named) -> Vec<String> {
    let mut wrong = Vec::new();
    for (room, named) in source {
        let Some(knows) = table.get(room) else {
            wrong.push(format!("src/{room} has no row"));
            continue;
        };
        let strange = named.iter().filter(|(other, _)| !knows.contains(*other));
        wrong.extend(strange.map(|(other, file)| format!("{room} does not know {other}, but {file} does")));
        let idle = knows.iter().filter(|other| !named.contains_key(*other));
        wrong.extend(idle.map(|other| format!("{room} knows {other}, but no file of it does")));
    }
    let gone = table.keys().filter(|room| !source.contains_key(*room));
    wrong.extend(gone.map(|room| format!("there is no src/{room}")));
    wrong
}

#[test]
fn every_room_knows_those_that_the_architecture_says() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is there");
    let table = table(&text).unwrap_or_else(|problem| panic!("ARCHITECTURE.md: {problem}"));
    let mut source = rooms();
    source.extend(parts(&table));
    let wrong = differences(&table, &source);
    assert!(wrong.is_empty(), "ARCHITECTURE.md and the source differ:\n{}", wrong.join("\n"));
}

#[test]
fn a_table_that_says_something_else_is_noticed() {
    let head = "# A\n\n## Rooms\n| room | what it is for | knows |\n|---|---|---|\n";
    let of = |rows: &str| table(&format!("{head}{rows}\n## B\n| `c` | no room | nobody |\n"));
    let good =
        of("| `a` | first | nobody |\n| `b` | second | a |\n| `b/part` | third | nobody |\n").expect("sound");
    let source = |b: &[&str]| -> Named {
        let named = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), "a file".to_owned())).collect();
        [("a", &[][..]), ("b", b), ("b/part", &[])]
            .map(|(room, names)| (room.to_owned(), named(names)))
            .into()
    };
    assert_eq!(differences(&good, &source(&["a"])), [""; 0]);
    assert_eq!(differences(&good, &source(&[])), ["b knows a, but no file of it does"]);
    assert_eq!(differences(&good, &source(&["a", "x"])), ["b does not know x, but a file does"]);
    let more: Named = source(&["a"]).into_iter().chain([("d".to_owned(), BTreeMap::new())]).collect();
    assert_eq!(differences(&good, &more), ["src/d has no row"]);
    let less: Named = source(&["a"]).into_iter().filter(|(room, _)| room != "b/part").collect();
    assert_eq!(differences(&good, &less), ["there is no src/b/part"]);
    let bad = ["| `a` | first | all above |\n", "| `a`, `b` | two | nobody |\n", "| `a` | nobody |\n"];
    for rows in bad.into_iter().chain(["| `a` | x | nobody |\n| `a` | y | nobody |\n"]) {
        assert!(of(rows).is_err(), "{rows}");
    }
    assert!(table("# A\n\n## Rooms\nNone.\n").is_err() && table("").is_err());
    // and the source is read
    assert!(rooms().len() > 10 && rooms().values().filter(|named| !named.is_empty()).count() > 10);
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

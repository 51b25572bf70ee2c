//! Altered files at every door that a stranger's bytes come in by: some thousands a door, the same in every run. None
//! panics, none hangs, and what is let in holds to its promises. `cargo bench --bench mutants` gives more.

use sizewright::fuzzing::{DOORS, drive, enter};
use std::time::{Duration, Instant};

/// `SIZEWRIGHT_MUTANTS` gives another number.
fn altered(door: &str, usual: u64) {
    let count = std::env::var("SIZEWRIGHT_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let driven = drive(door, 0, count);
    println!(
        "{door}: {} of {} let in, {:.1} s, slowest {:?}",
        driven.let_in, count, driven.seconds, driven.slowest
    );
    assert_eq!(driven.broken, 0, "{door}: {:#?}", driven.findings);
    assert!(driven.let_in > 0 && driven.let_in < count, "{door}: {} of {count} let in", driven.let_in);
    // a machine that does much else is slow as well: what hangs is slower by far
    assert!(driven.slowest.1 < Duration::from_secs(10), "{door}: slowest {:?}", driven.slowest);
}

#[test]
fn every_door_is_driven_here() {
    let here = ["circuit", "csv", "model", "session", "specification", "deck", "protocol", "drawing"];
    assert_eq!(DOORS.map(|(door, _)| door), here);
}

#[test]
fn altered_circuits_are_refused_or_sound() {
    altered("circuit", 4000);
}

#[test]
fn altered_rows_are_refused_or_legal() {
    altered("csv", 2000);
}

#[test]
fn altered_models_are_refused_or_drawn_from() {
    altered("model", 2000);
}

#[test]
fn altered_sessions_are_refused_or_restored() {
    altered("session", 2000);
}

#[test]
fn altered_targets_and_ranges_are_refused_or_mean_what_they_say() {
    altered("specification", 8000);
}

#[test]
fn altered_testbenches_are_refused_or_flattened() {
    altered("deck", 2000);
}

#[test]
fn whatever_a_worker_says_is_no_false_measurement() {
    altered("protocol", 8000);
}

#[test]
fn altered_drawings_are_refused_or_drawn() {
    altered("drawing", 400);
}

/// What was made to hurt: each comes back soon.
#[test]
fn what_was_made_to_hurt_is_refused_soon() {
    let mut hurts: Vec<(&str, String, Vec<u8>)> = Vec::new();
    let mut add = |door, name: &str, bytes: Vec<u8>| hurts.push((door, name.to_owned(), bytes));
    // a kilobyte that stands for 10^9 elements
    let mut nested = String::from(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g id="a0"><path d="M0 0h1"/></g>"#,
    );
    for level in 1..10 {
        let uses = format!(r##"<use href="#a{}"/>"##, level - 1).repeat(10);
        nested += &format!(r#"<g id="a{level}">{uses}</g>"#);
    }
    add("drawing", "nested uses", (nested + "</svg>").into_bytes());
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    let groups = deep("<g>", "</g>", 100_000);
    let svg = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{groups}</svg>"#);
    add("drawing", "deep groups", svg.into_bytes());
    add(
        "drawing",
        "a vast canvas",
        br#"<svg xmlns="http://www.w3.org/2000/svg" width="1e30" height="1e-30"/>"#.to_vec(),
    );
    for door in ["circuit", "session"] {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("Some(", ")")] {
            add(door, open, deep(open, close, 100_000).into_bytes());
        }
        add(door, "an open comment", b"/*".repeat(100_000));
    }
    let wide = "[".repeat(100_000);
    add("protocol", "deep JSON", wide.into_bytes());
    add(
        "protocol",
        "many numbers",
        ("\u{1}measured ".to_owned() + &"1 ".repeat(1 << 20) + "\t\n").into_bytes(),
    );
    let circle = "* t\n.include testbench.cir\n.include testbench.cir\n.include sizing.param\n";
    add("deck", "a circle", circle.as_bytes().to_vec());
    add("csv", "no end of a line", b"VDD,".repeat(1 << 20));
    let mut model = u64::MAX.to_le_bytes().to_vec();
    model.extend(b"{}");
    add("model", "a header without end", model);
    add("specification", "a long name", [b"x".repeat(1 << 20), b"<=1".to_vec()].concat());
    for (door, name, bytes) in hurts {
        let began = Instant::now();
        enter(door, &bytes);
        assert!(began.elapsed() < Duration::from_secs(5), "{door}: {name} takes {:?}", began.elapsed());
    }
}

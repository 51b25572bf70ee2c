//! Files of strangers: absurd, endless, or reaching for what is none of their business. Each is refused in
//! words, quickly, and with the bound.

use crate::support::{ota1, run, stderr, stdout};
use sizewright::circuit::{Circuit, CircuitError, datasets_folder};
use std::path::Path;
use std::time::{Duration, Instant};

const SECRET: &str = "root:x:0:0:the-secret";

/// OTA1's folder, copied, with `from` in its `circuit.ron` replaced by `to`.
fn copied(folder: &Path, from: &str, to: &str) -> String {
    std::fs::create_dir_all(folder).expect("writable");
    let source = datasets_folder().join("ota1");
    let text = std::fs::read_to_string(source.join("circuit.ron")).expect("bundled");
    assert!(text.contains(from), "`{from}` is in circuit.ron");
    std::fs::write(folder.join("circuit.ron"), text.replacen(from, to, 1)).expect("writable");
    std::fs::copy(source.join("testbench.cir"), folder.join("testbench.cir")).expect("writable");
    folder.display().to_string()
}

/// Runs what must be refused, at once and briefly; what is said.
fn refused(arguments: &[&str]) -> String {
    let began = Instant::now();
    let output = run(arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(began.elapsed() < Duration::from_secs(20), "{arguments:?} took {:?}", began.elapsed());
    assert!(said.len() < 2000 && !said.contains('\u{1b}'), "{arguments:?}: {} bytes", said.len());
    assert!(!said.contains("the-secret") && !stdout(&output).contains("the-secret"), "{said}");
    said
}

#[test]
fn absurd_numbers_are_refused_with_their_bound() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = copied(place.path(), "grid: 0.005", "grid: 1e-320");
    let said = refused(&["simulate", &folder, "--random", "1"]);
    assert!(said.contains("parameters[0] (VDD).grid") && said.contains("1e-30"), "{said}");
    let said = refused(&["simulate", "ota1", "--random", "1000000000000"]);
    assert!(said.contains("--random 1000000000000: at most 1000000"), "{said}");
    // in a unit of its own it overflows nothing
    let said = refused(&["simulate", "ota1", "--random", "18446744073709551615"]);
    assert!(said.contains("at most 1000000"), "{said}");
}

#[test]
fn files_without_end_are_refused_unread() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let sparse = place.path().join("sparse");
    std::fs::File::create(&sparse)
        .and_then(|file| file.set_len(40 << 30))
        .expect("sparse files are possible");
    let sparse = sparse.display().to_string();
    let out = place.path().join("out.model").display().to_string();
    for arguments in [
        &["dataset", "check", "ota1", &sparse][..],
        &["train", "ota1", "--data", &sparse, "--out", &out],
        &["simulate", "ota1", "--sizing", &sparse],
        &["export", "ota1", "--sizing", &sparse, "--format", "json"],
        &["size", "ota1", "--model", &sparse],
        &["dataset", "check", "ota1", "/dev/zero"],
        &["simulate", "ota1", "--sizing", "/dev/zero"],
        &["size", "ota1", "--model", "/dev/zero"],
    ] {
        let said = refused(arguments);
        assert!(said.contains("larger than") || said.contains("not a plain file"), "{arguments:?}: {said}");
    }
    let folder = copied(&place.path().join("huge"), "format", "format");
    let ron = Path::new(&folder).join("circuit.ron");
    std::fs::File::options().write(true).open(ron).and_then(|file| file.set_len(40 << 30)).expect("sparse");
    let said = refused(&["simulate", &folder, "--random", "1"]);
    assert!(said.contains("larger than 1 MiB"), "{said}");
}

#[test]
fn a_row_without_end_is_refused_and_never_held_or_echoed() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let head = std::fs::read_to_string(&ota1().dataset).expect("bundled");
    let head: String = head.lines().take(12).map(|line| format!("{line}\n")).collect();
    for (name, unit) in [("fields", "1,"), ("digits", "9"), ("quotes", "\"\n"), ("lines", "\n\"\",\n\"")] {
        let file = place.path().join(name).display().to_string();
        let quote = if name == "lines" { "\"" } else { "" };
        std::fs::write(&file, format!("{head}{quote}{}", unit.repeat((64 << 20) / unit.len())))
            .expect("writable");
        let output = run(&["dataset", "check", "ota1", &file]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.len() < 2000, "{name}: {} bytes", said.len());
        assert!(stdout(&output).len() < 20_000, "{name}");
        if name != "quotes" && name != "lines" {
            assert!(said.contains("a line is longer than 1 MiB"), "{name}: {said}");
        }
    }
    let file = place.path().join("binary.csv").display().to_string();
    std::fs::write(&file, [b"\x1b[2J\0\x07".repeat(1000), b"\n".to_vec()].concat()).expect("writable");
    refused(&["dataset", "check", "ota1", &file]);
    let json = place.path().join("a.json").display().to_string();
    for text in [
        format!("{{\"{}\": 1}}", "x".repeat(1 << 20)),
        format!("{{\"VDD\": \"{}\\u001b[2J\"}}", "x".repeat(1 << 20)),
        format!("{{\"circuit\": \"{}\"}}", "x".repeat(1 << 20)),
        "[".repeat(1 << 20),
    ] {
        std::fs::write(&json, text).expect("writable");
        refused(&["simulate", "ota1", "--sizing", &json]);
    }
}

#[test]
fn opening_a_folder_reads_nothing_outside_it_unasked() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let secret = place.path().join("secret.csv");
    std::fs::write(&secret, format!("{SECRET}\n")).expect("writable");
    let secret = secret.display().to_string();
    let out = place.path().join("out.model").display().to_string();
    let as_dataset = |named: &str| format!("dataset: \"{named}\"");
    for (name, named) in [("absolute", secret.as_str()), ("above", "../secret.csv")] {
        let folder = copied(&place.path().join(name), "dataset: \"samples.csv\"", &as_dataset(named));
        for arguments in [&["dataset", "check", &folder][..], &["train", &folder, "--out", &out]] {
            let said = refused(arguments);
            assert!(said.contains("outside the circuit's folder") && said.contains("--trust"), "{said}");
        }
        let circuit = Circuit::load(Path::new(&folder)).expect("the rest is sound");
        let outside: Vec<_> = circuit.outside.iter().map(|o| (o.field, o.named.as_str())).collect();
        // the copy's drawing is no longer beside it
        assert_eq!(outside, [("dataset", named), ("schematic", "../../assets/schematics/ota1.svg")]);
        assert!(circuit.schematic.is_none());
        // one that is trusted is read, and what is wrong with its rows is said
        let trusted = Circuit::load_trusted(Path::new(&folder)).expect("trusted");
        assert!(trusted.outside.is_empty());
        assert!(sizewright::dataset::read(&trusted, &trusted.dataset).is_err());
        let said = stderr(&run(&["--trust", "dataset", "check", &folder]));
        assert!(!said.contains("outside") && said.contains("secret.csv"), "{said}");
        // rows that the user names are asked for
        let said = stderr(&run(&[
            "dataset",
            "check",
            &folder,
            &datasets_folder().join("ota1/samples.csv").display().to_string(),
        ]));
        assert!(said.is_empty(), "{said}");
    }
    for named in ["../secret.csv", secret.as_str()] {
        let to = format!("testbench: \"{named}\"");
        let folder = copied(&place.path().join("bench"), "testbench: \"testbench.cir\"", &to);
        let said = refused(&["simulate", &folder, "--random", "1"]);
        assert!(
            said.contains("testbench: `") && said.contains("outside") && said.contains("--trust"),
            "{said}"
        );
        let error = Circuit::load(Path::new(&folder)).expect_err("outside");
        assert!(matches!(error, CircuitError::Outside { .. }), "{error}");
        assert!(Circuit::load_trusted(Path::new(&folder)).is_ok());
    }
    // one that is nowhere is not told from one that is somewhere
    let to = "testbench: \"/nowhere/at/all.cir\"";
    let folder = copied(&place.path().join("bench"), "testbench: \"testbench.cir\"", to);
    assert!(refused(&["simulate", &folder, "--random", "1"]).contains("outside"));
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_outside_is_not_followed() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let secret = place.path().join("secret.csv");
    std::fs::write(&secret, format!("{SECRET}\n")).expect("writable");
    let link = |name: &str| std::os::unix::fs::symlink(&secret, name).expect("links can be made");
    let folder = copied(&place.path().join("rows"), "format", "format");
    link(&format!("{folder}/samples.csv"));
    assert!(refused(&["dataset", "check", &folder]).contains("outside the circuit's folder"));
    std::fs::remove_file(format!("{folder}/testbench.cir")).expect("there");
    link(&format!("{folder}/testbench.cir"));
    assert!(
        refused(&["simulate", &folder, "--random", "1"]).contains("testbench: `testbench.cir` lies outside")
    );
    let folder = copied(&place.path().join("ron"), "format", "format");
    std::fs::remove_file(format!("{folder}/circuit.ron")).expect("there");
    link(&format!("{folder}/circuit.ron"));
    assert!(refused(&["simulate", &folder, "--random", "1"]).contains("outside the circuit's folder"));
}

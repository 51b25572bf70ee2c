//! A deck that would do more than simulate: refused with its lines shown, run with `--trust`, remembered
//! by its content, and asked about again after any change.

use crate::support::{altered_ota1, program, stderr, stdout};
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program with a memory of allowed decks of the test's own.
fn run(memory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).env("SIZEWRIGHT_TRUSTED", memory.join("trusted.ron"));
    command.output().expect("the program starts")
}

/// A deck that leaves a file where `folder` is, if it runs.
fn starts_a_program(folder: &Path) -> (String, std::path::PathBuf) {
    let made = folder.join("made");
    let to = format!("\nshell touch {}\nquit 0", made.display());
    let circuit = altered_ota1(folder, "\nquit 0", &to);
    (circuit.folder.display().to_string(), made)
}

#[test]
fn an_untrusted_deck_is_shown_and_not_run_until_the_user_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = folder.path().join("memory");
    let (circuit, made) = starts_a_program(folder.path());
    let simulate = ["simulate", circuit.as_str(), "--random", "2"];
    let refused = run(&memory, &simulate);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    let message = stderr(&refused);
    let bench = Path::new(&circuit).join("testbench.cir");
    let text = std::fs::read_to_string(&bench).expect("readable");
    let line = text.lines().position(|l| l.starts_with("shell")).expect("there") + 1;
    assert!(message.contains(&format!("testbench.cir:{line}: shell touch ")), "{message}");
    assert!(message.contains("--trust"), "{message}");
    assert!(!made.exists());
    // with the user's word it runs, and then without asking
    let trusted = run(&memory, &[&simulate[..], &["--trust"]].concat());
    assert_eq!(trusted.status.code(), Some(0), "{}", stderr(&trusted));
    assert!(stdout(&trusted).contains("2 of 2 measured"), "{}", stdout(&trusted));
    assert!(made.exists());
    let again = run(&memory, &simulate);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    // another memory knows nothing of it
    assert_eq!(run(folder.path(), &simulate).status.code(), Some(2));
    // an edit of the deck or of what it includes is another deck
    for (file, from, to) in [
        (bench, "set numdgt=9", "set numdgt=10"),
        (folder.path().join("models/generic65.lib"), "paramchk=1", "paramchk=0"),
    ] {
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(text.contains(from));
        std::fs::write(&file, text.replace(from, to)).expect("writable");
        assert_eq!(run(&memory, &simulate).status.code(), Some(2), "{}", file.display());
        std::fs::write(&file, text).expect("writable");
        assert_eq!(run(&memory, &simulate).status.code(), Some(0), "{}", file.display());
    }
}

#[test]
fn every_subcommand_that_simulates_asks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (circuit, made) = starts_a_program(folder.path());
    let out = folder.path().join("rows.csv").display().to_string();
    let report = folder.path().join("report").display().to_string();
    for arguments in [
        vec!["simulate", &circuit, "--random", "1"],
        vec!["search", &circuit, "--spec", "gain>=20dB"],
        vec!["size", &circuit, "--spec", "gain>=20dB"],
        vec!["sample", &circuit, "--spec", "gain>=20dB", "--simulate"],
        vec!["dataset", "generate", &circuit, "--rows", "4", "--out", &out],
        vec!["report", "table2", "--circuits", &circuit, "--out", &report],
        vec!["bench", "simulate", &circuit],
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("--trust"), "{arguments:?}: {}", stderr(&output));
    }
    assert!(!made.exists());
}

#[test]
fn tricks_do_not_slip_through() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = folder.path().join("made");
    let touch = format!("touch {}", made.display());
    for deed in [
        format!("SHELL {touch}"),
        format!("\\shell {touch}"),
        format!("alias harmless shell\nharmless {touch}"),
        format!("set x = shell\n$x {touch}"),
        format!("echo `{touch}`"),
        format!("shell\n+ {touch}"),
        format!("if 1\n  shell {touch}\nend"),
        format!("echo a > {}", made.display()),
        format!("echo a \\\\\n> {}", made.display()),
        format!("set gt = \">\"\necho a $gt {}", made.display()),
        format!("wrdata {} v(op)", made.display()),
        "source script.sp".to_owned(),
    ] {
        let circuit = altered_ota1(folder.path(), "\nquit 0", &format!("\n{deed}\nquit 0"));
        let script = circuit.folder.join("script.sp");
        std::fs::write(script, format!("*ng_script\nshell {touch}\n")).expect("writable");
        let name = circuit.folder.display().to_string();
        let output = run(folder.path(), &["simulate", &name, "--random", "1"]);
        assert_eq!(output.status.code(), Some(2), "{deed}: {}", stderr(&output));
        assert!(!made.exists(), "{deed}");
    }
    // a library that only ngspice would find
    let evil = folder.path().join("evil.lib");
    std::fs::write(&evil, format!("* x\n.lib ;tt\n.control\nshell {touch}\n.endc\n.endl\n"))
        .expect("writable");
    for operands in [";tt", "\";tt\"", ";tt more"] {
        let to = format!("\n.lib {} {operands}\n.options", evil.display());
        let circuit = altered_ota1(folder.path(), "\n.options", &to);
        let output =
            run(folder.path(), &["simulate", &circuit.folder.display().to_string(), "--random", "1"]);
        assert_eq!(output.status.code(), Some(2), "{operands}: {}", stderr(&output));
        assert!(!made.exists(), "{operands}");
    }
    // a folder whose name is a command
    let back = folder.path().join("`touch made`");
    std::fs::create_dir(&back).expect("writable");
    let circuit = altered_ota1(&back, "set numdgt=9", "set numdgt=9");
    let output = run(folder.path(), &["simulate", &circuit.folder.display().to_string(), "--random", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!made.exists());
    // what ngspice would take for commands, our worker does not hand it
    for (from, to) in [
        ("* OTA1: single", format!("*ng_script\nshell {touch}\n* OTA1: single")),
        ("* groups: 1", format!("*# shell {touch}\n* groups: 1")),
    ] {
        let circuit = altered_ota1(folder.path(), from, &to);
        let _ = run(folder.path(), &["simulate", &circuit.folder.display().to_string(), "--random", "1"]);
        assert!(!made.exists(), "{to}");
    }
    // `.controls` opens a control block too
    let circuit = altered_ota1(folder.path(), "\n.control\n", &format!("\n.controls\nshell {touch}\n"));
    let output = run(folder.path(), &["simulate", &circuit.folder.display().to_string(), "--random", "1"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(!made.exists());
}

#[test]
fn a_parameter_without_effect_is_pointed_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "l={L4} nf={NF4}", "l=1u nf={NF4}");
    let output = run(folder.path(), &["simulate", &circuit.folder.display().to_string(), "--random", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("uses the parameter L4: it changes no metric").count(), 1);
    let sound = run(folder.path(), &["simulate", "ota1", "--random", "2"]);
    assert!(!stderr(&sound).contains("uses the parameter"), "{}", stderr(&sound));
}

//! What the README and the guide show works: every command in its code blocks is run where that is quick, and read by
//! the program's own parser where it takes long.

use crate::support::{ota1, program, stderr};
use sizewright::engine::demo_model;
use std::path::Path;
use std::process::Command;

/// The commands of a text's code blocks, continued lines joined.
fn commands(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let mut found = Vec::new();
    let mut inside = false;
    let mut line_so_far = String::new();
    for line in text.expect("there is such a text").lines() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(start) = line.trim_end().strip_suffix('\\') {
            line_so_far += start;
            continue;
        }
        let command = std::mem::take(&mut line_so_far) + line;
        if command.starts_with("sizewright") {
            let bare = command.split("  #").next().unwrap_or_default();
            found.push(bare.trim().to_owned());
        }
    }
    found
}

/// Words as a shell splits them, as far as the README needs it.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("one at least").push(c),
        }
    }
    words.into_iter().filter(|w| !w.is_empty()).skip(1).collect()
}

#[test]
fn the_commands_in_the_readme_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    crate::own_circuit::write_shown(folder.path());
    let has_model = demo_model(&ota1()).is_some();
    let (readme, guide) = (commands("README.md"), commands("docs/guide.md"));
    assert!(readme.len() >= 8 && guide.len() >= 4, "they show how it is used: {readme:?} {guide:?}");
    for command in readme.into_iter().chain(guide) {
        let mut arguments = words(&command);
        let first = arguments.first().cloned().unwrap_or_default();
        let needs_the_model = matches!(first.as_str(), "size" | "sample" | "export" | "simulate" | "review");
        // what is of a circuit of one's own needs its rows and its model, but for making and checking it
        let own = first != "circuit" && arguments.iter().any(|w| w.starts_with("my-"));
        let trains_or_opens = own
            || matches!(first.as_str(), "" | "train" | "bench")
            || arguments.iter().any(|w| w == "generate" || w.ends_with("my.model"));
        if first.is_empty() {
            continue;
        }
        if trains_or_opens || (needs_the_model && !has_model) {
            // long, or nothing to draw from: only read
            arguments.push("--help".to_owned());
        }
        let output = Command::new(program()).args(&arguments).current_dir(folder.path()).output();
        let output = output.expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
    }
}

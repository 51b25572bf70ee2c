//! A deck that would do more than simulate, in the window: its lines are shown, and nothing of it is run until the
//! user has allowed it.

use crate::support::altered_ota1;
use crate::window::{Window, click, drawn_as, errors, quiet_of, undrawn, usual, wait};
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, Command};
use sizewright::circuit::Circuit;
use std::path::Path;

/// A copy of OTA1 whose deck makes a file beside the circuit.
fn suspect(folder: &Path) -> Circuit {
    let mark = folder.join("mark").display().to_string();
    altered_ota1(folder, ".control\n", &format!(".control\nshell touch {mark}\n"))
}

fn config(circuit: &Circuit) -> AppConfig {
    quiet_of(&circuit.folder, &circuit.folder.with_file_name("allowed.ron"))
}

fn window(config: AppConfig) -> Window {
    undrawn(config)
}

/// Opens the question; a window is there once it has its size.
fn ask(window: &mut Window) {
    click(window, "Read and allow…");
    window.run_steps(4);
}

#[test]
fn a_deck_that_does_more_than_simulate_runs_once_it_is_allowed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = suspect(folder.path());
    let mut window = window(config(&circuit));
    wait(&mut window, "the deck is looked at", |app| app.bench().expect("open").word.is_missing());
    window.get_by_label_contains("One line of this circuit's deck would do more than simulate");
    let ctx = window.ctx.clone();
    window.state_mut().forms_mut().search.max_simulations = 24;
    window.state_mut().run(Command::Search, &ctx);
    window.run_steps(3);
    assert!(window.state().bench().expect("open").search.is_none());
    window.get_by_label_contains("testbench.cir:");
    window.get_by_label_contains("shell touch");
    window.get_by_label("starts a program");
    click(&mut window, "Not now");
    assert_eq!(window.query_all_by_label("Allow this folder").count(), 0);
    assert!(!folder.path().join("mark").exists());

    ask(&mut window);
    click(&mut window, "Allow this folder");
    wait(&mut window, "the word is kept", |app| app.bench().expect("open").word.allowed);
    assert_eq!(window.query_all_by_label("Allow this folder").count(), 0);
    assert!(!folder.path().join("mark").exists(), "allowed, not yet asked for");
    window.state_mut().run(Command::Search, &ctx);
    wait(&mut window, "ngspice has run", |app| app.bench().expect("open").found.is_some());
    assert!(folder.path().join("mark").exists());
    // the copy has no rows
    assert!(errors(&window).is_empty(), "{:?}", errors(&window));
}

#[test]
fn a_deck_that_changed_after_it_was_shown_is_not_allowed_unseen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = suspect(folder.path());
    let mut window = window(config(&circuit));
    wait(&mut window, "the deck is looked at", |app| app.bench().expect("open").word.is_missing());
    ask(&mut window);
    let deck = std::fs::read_to_string(&circuit.testbenches[0].deck).expect("a deck");
    std::fs::write(&circuit.testbenches[0].deck, deck.replace("shell touch", "shell touch again"))
        .expect("writable");
    click(&mut window, "Allow this folder");
    wait(&mut window, "it is looked at again", |app| {
        app.bench().expect("open").word.findings[0].text.contains("again")
    });
    assert!(window.state().bench().expect("open").word.is_missing());
    window.get_by_label_contains("shell touch again");
    click(&mut window, "Allow this folder");
    wait(&mut window, "the word is kept", |app| app.bench().expect("open").word.allowed);
}

#[test]
fn rows_outside_the_folder_are_named_and_read_once_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let rows = sizewright::circuit::datasets_folder().join("ota1/samples.csv");
    std::fs::copy(rows, folder.path().join("rows.csv")).expect("bundled");
    let file = circuit.folder.join("circuit.ron");
    let text = std::fs::read_to_string(&file).expect("a circuit");
    let elsewhere = text.replace("dataset: \"samples.csv\"", "dataset: \"../rows.csv\"");
    assert_ne!(text, elsewhere);
    std::fs::write(&file, elsewhere).expect("writable");
    let mut window = window(config(&circuit));
    let count = |app: &App| app.bench().map_or(0, |bench| bench.rows());
    assert_eq!(count(window.state()), 0);
    window.get_by_label("Rows outside its folder, not read: ../rows.csv");
    click(&mut window, "Read what lies outside");
    wait(&mut window, "they are read", move |app| count(app) > 0);
    assert_eq!(count(window.state()), 2024);
    assert_eq!(window.query_all_by_label_contains("outside its folder").count(), 0);
}

#[test]
fn a_harmless_deck_asks_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let mut window = window(config(&circuit));
    window.run_steps(20);
    assert!(window.state().bench().expect("open").word.findings.is_empty());
    assert_eq!(window.query_all_by_label("Read and allow…").count(), 0);
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn the_question_in_pictures() {
    let out =
        std::path::PathBuf::from(std::env::var_os("GALLERY").unwrap_or_else(|| "target/gallery".into()));
    std::fs::create_dir_all(&out).expect("writable");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = suspect(folder.path());
    let Some(mut window) = drawn_as(AppConfig { ngspice: usual().ngspice, ..config(&circuit) }) else {
        return;
    };
    wait(&mut window, "the deck is looked at", |app| app.bench().expect("open").word.is_missing());
    for name in ["deck-notice", "deck-question"] {
        window.run_steps(6);
        window.render().expect("a graphics adapter").save(out.join(format!("{name}.png"))).expect("writable");
        if name == "deck-notice" {
            click(&mut window, "Read and allow…");
        }
    }
}

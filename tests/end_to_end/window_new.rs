//! A circuit made of decks in the window: what is proposed, what the user makes of it, the folder, the open circuit.

use crate::own_circuit::write_shown;
use crate::window::{Window, click, drawn_as, errors, quiet_of, undrawn, usual, wait};
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, Command, WindowId};
use sizewright::circuit::{Circuit, Sense};
use std::path::Path;

fn config(folder: &Path) -> AppConfig {
    AppConfig { circuit: "ota1".to_owned(), ..quiet_of(folder, &folder.join("allowed.ron")) }
}

fn window(folder: &Path) -> Window {
    undrawn(config(folder))
}

/// Reads these decks of a folder, to be written to `amp` in it.
fn read(window: &mut Window, folder: &Path, decks: &[&str]) {
    let ctx = window.ctx.clone();
    window.state_mut().run(Command::NewCircuit, &ctx);
    let form = &mut window.state_mut().forms_mut().draft;
    let paths: Vec<String> = decks.iter().map(|deck| folder.join(deck).display().to_string()).collect();
    form.decks = paths.join("\n");
    form.folder = folder.join("amp").display().to_string();
    form.asked = "metric width=w1,unit=m\ncorner hot,temperature=125".to_owned();
    window.run_steps(4);
    click(window, "Read decks");
    wait(window, "they are read", |app| app.forms().draft.doing.is_none());
    window.run_steps(4);
}

fn measured(app: &App) -> bool {
    app.forms().draft.proposal.as_ref().is_some_and(|p| p.measured)
}

#[test]
fn decks_become_a_circuit_as_the_user_has_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_shown(folder.path());
    let mut window = window(folder.path());
    read(&mut window, folder.path(), &["open-loop.cir", "supply.cir"]);
    wait(&mut window, "they are measured", measured);
    let proposal = window.state().forms().draft.proposal.as_ref().expect("measured");
    assert!(proposal.draft.metrics.iter().all(|m| m.own.is_some()));
    let before = (proposal.parameters.len(), proposal.metrics.len());
    click(&mut window, "Size w7");
    click(&mut window, "Take psrr");
    let proposal = window.state_mut().forms_mut().draft.proposal.as_mut().expect("measured");
    let w1 = proposal.draft.parameters.iter().position(|d| d.parameter.name == "w1").expect("proposed");
    proposal.parameters[w1].low = "3um".to_owned();
    proposal.metrics[0].title = "My own".to_owned();
    proposal.metrics[0].sense = Sense::AtMost;
    let first = proposal.draft.metrics[0].name.clone();
    // what is no quantity is said, and nothing is written
    proposal.parameters[w1].high = "wide".to_owned();
    click(&mut window, "Make circuit");
    assert!(errors(&window).iter().any(|e| e.starts_with("w1: ")), "{:?}", errors(&window));
    assert!(!folder.path().join("amp").exists());
    let proposal = window.state_mut().forms_mut().draft.proposal.as_mut().expect("measured");
    proposal.parameters[w1].high = "90um".to_owned();
    window.run_steps(2);
    click(&mut window, "Make circuit");
    wait(&mut window, "it is open", |app| app.bench().expect("open").open.circuit.name == "amp");
    assert!(!window.state().environment().is_open(WindowId::NEW_CIRCUIT));
    let circuit = Circuit::load(&folder.path().join("amp")).expect("a circuit");
    assert_eq!((circuit.parameters.len(), circuit.metrics.len()), (before.0 - 1, before.1 - 1));
    let parameter = circuit.parameters.iter().find(|p| p.name == "w1").expect("sized");
    assert!((parameter.low - 3e-6).abs() < 1e-12 && (parameter.high - 90e-6).abs() < 1e-12);
    let metric = circuit.metrics.iter().find(|m| m.name == first).expect("taken");
    assert_eq!((metric.title.as_str(), metric.sense), ("My own", Sense::AtMost));
    assert!(!circuit.parameters.iter().any(|p| p.name == "w7"));
    assert_eq!(circuit.corners.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["hot"]);
    assert!(circuit.metrics.iter().any(|m| m.name == "width"));
    // that it has no rows is no error, and a button leads on
    let before = errors(&window).len();
    assert!(errors(&window).iter().all(|e| !e.contains("rows")), "{:?}", errors(&window));
    assert!(window.state().messages().iter().any(|m| m.text.contains("amp has no rows yet")), "{before}");
    window.run_steps(2);
    click(&mut window, "Make rows…");
    window.run_steps(2);
    assert!(window.state().environment().is_open(WindowId::ROWS));
    assert!(!window.state().messages().iter().any(|m| m.text.contains("has no rows yet")));
}

#[test]
fn reading_again_keeps_what_was_made_of_the_proposal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_shown(folder.path());
    let mut window = window(folder.path());
    read(&mut window, folder.path(), &["open-loop.cir", "supply.cir"]);
    wait(&mut window, "they are measured", measured);
    click(&mut window, "Size w7");
    click(&mut window, "Take psrr");
    let proposal = window.state_mut().forms_mut().draft.proposal.as_mut().expect("measured");
    proposal.metrics[0].title = "My own".to_owned();
    let first = proposal.draft.metrics[0].name.clone();
    window.state_mut().forms_mut().draft.asked = "parameter w1=4u..40u,grid=10n".to_owned();
    window.run_steps(4);
    click(&mut window, "Read decks");
    wait(&mut window, "they are read again", |app| app.forms().draft.doing.is_none());
    wait(&mut window, "they are measured again", measured);
    let proposal = window.state().forms().draft.proposal.as_ref().expect("measured");
    let line = |name: &str| {
        let mut all = proposal.draft.parameters.iter().zip(&proposal.parameters);
        all.find(|(drafted, _)| drafted.parameter.name == name).expect("proposed").1
    };
    assert!(!line("w7").sized && line("w1").sized);
    // what is asked for anew holds
    assert_eq!((line("w1").low.as_str(), line("w1").high.as_str()), ("4 µm", "40 µm"));
    let metric = |name: &str| {
        let mut all = proposal.draft.metrics.iter().zip(&proposal.metrics);
        all.find(|(drafted, _)| drafted.name == name).expect("proposed").1
    };
    assert!(!metric("psrr").taken && metric(&first).taken);
    assert_eq!(metric(&first).title, "My own");
    // a folder with something in it is said before anything is made
    window.run_steps(10);
    assert!(window.get_by_label("Make circuit").rect().max.y < 900.0, "it is in sight");
    window.state_mut().forms_mut().draft.folder = folder.path().display().to_string();
    window.run_steps(4);
    window.get_by_label_contains("There is something in this folder already");
    click(&mut window, "Make circuit");
    window.run_steps(2);
    assert!(window.state().forms().draft.doing.is_none() && errors(&window).is_empty());
}

#[test]
fn decks_that_do_more_than_simulate_run_once_they_are_allowed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_shown(folder.path());
    let (deck, mark) = (folder.path().join("supply.cir"), folder.path().join("mark"));
    let text = std::fs::read_to_string(&deck).expect("written");
    let shell = format!(".control\nshell touch {}\n", mark.display());
    std::fs::write(&deck, text.replace(".control\n", &shell)).expect("writable");
    let mut window = window(folder.path());
    read(&mut window, folder.path(), &["supply.cir"]);
    window.get_by_label_contains("These decks would do more than simulate");
    window.get_by_label_contains("shell touch");
    assert_eq!(window.query_all_by_label("Make circuit").count(), 0);
    assert!(!mark.exists() && !measured(window.state()));
    click(&mut window, "Allow these decks");
    wait(&mut window, "they are measured, or it is said why not", |app| {
        measured(app) || app.forms().draft.doing.is_none()
    });
    assert!(measured(window.state()), "{:?}", errors(&window));
    assert!(mark.exists());
    // the table takes the place of the question: the window grows to it
    window.run_steps(8);
    click(&mut window, "Make circuit");
    wait(&mut window, "it is open", |app| app.bench().expect("open").open.circuit.name == "amp");
    wait(&mut window, "the word holds for the folder", |app| app.bench().expect("open").word.allowed);
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn a_new_circuit_in_pictures() {
    let out = crate::window::gallery();
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_shown(folder.path());
    let Some(mut window) = drawn_as(AppConfig { ngspice: usual().ngspice, ..config(folder.path()) }) else {
        return;
    };
    read(&mut window, folder.path(), &["open-loop.cir", "step.cir", "supply.cir"]);
    wait(&mut window, "they are measured", measured);
    window.run_steps(6);
    window.render().expect("a graphics adapter").save(out.join("new-circuit.png")).expect("writable");
}

//! The shell of the window: layout, session, files dropped on it, palette, queue, log, names for every control.

use crate::window::{Window, click, errors, trained, wait, window};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, Command, PANES, PaneId, PresetChoice, SessionFile, SortKey};
use sizewright::circuit::Region;
use sizewright::engine::{Preset, SimulatorConfig};
use std::sync::Arc;

/// Presses at `from`, moves and lets go at `to`.
pub fn drag(window: &mut Window, from: egui::Pos2, to: egui::Pos2) {
    window.hover_at(from);
    window.run_steps(1);
    window.drag_at(from);
    window.run_steps(1);
    for part in [0.2, 0.6, 1.0, 1.0] {
        window.hover_at(from.lerp(to, part));
        window.run_steps(1);
    }
    window.drop_at(to);
    window.run_steps(3);
}

#[test]
fn a_tab_is_dragged_beside_another_and_the_layout_is_reset() {
    let mut window = trained();
    let shown = |window: &Window| {
        let layout = window.state().layout();
        PANES.iter().map(|pane| pane.id.clone()).filter(|pane| layout.shows(pane)).collect::<Vec<_>>()
    };
    let first = [PaneId::SCATTER, PaneId::TABLE, PaneId::DETAIL];
    assert_eq!(shown(&window), first);
    // the 3-D view to the lower edge of the scatter view: both are in sight
    let tab = window.get_by_role_and_label(Role::Button, "3-D").rect();
    let table = window.get_by_role_and_label(Role::Button, "Table").rect();
    let low = tab.bottom() + 0.75 * (table.top() - tab.bottom());
    drag(&mut window, tab.center(), egui::pos2(tab.center().x + 300.0, low));
    assert_eq!(shown(&window), [PaneId::SCATTER, PaneId::SPACE, PaneId::TABLE, PaneId::DETAIL]);
    window.get_by_label_contains("needs a graphics device");

    // Ctrl+2 brings the losses forward, Ctrl+1 the designs as they were laid
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.run_steps(3);
    assert_eq!(shown(&window), [PaneId::TRAINING]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    window.run_steps(3);
    assert_eq!(shown(&window), [PaneId::SCATTER, PaneId::SPACE, PaneId::TABLE, PaneId::DETAIL]);
    for (key, pane) in
        [(Key::Num3, PaneId::CIRCUIT), (Key::Num4, PaneId::SEARCH), (Key::Num1, PaneId::SCATTER)]
    {
        window.key_press_modifiers(Modifiers::COMMAND, key);
        window.run_steps(3);
        assert!(window.state().layout().shows(&pane), "{pane:?}");
    }

    click(&mut window, "View");
    click(&mut window, "Reset layout");
    window.run_steps(2);
    assert_eq!(shown(&window), first);
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_wish_brings_its_tab_forward_wherever_it_lies() {
    let mut window = window();
    click(&mut window, "Circuit");
    assert!(window.state().layout().shows(&PaneId::CIRCUIT));
    window.state_mut().show(&PaneId::SEARCH);
    window.run_steps(2);
    assert!(
        window.state().layout().shows(&PaneId::SEARCH) && !window.state().layout().shows(&PaneId::CIRCUIT)
    );
    // the view that was chosen last comes with the designs
    window.state_mut().show(&PaneId::PARALLEL);
    window.run_steps(2);
    window.state_mut().show(&PaneId::SEARCH);
    window.run_steps(2);
    assert!(window.state().layout().shows(&PaneId::SEARCH));
    window.get_by_role_and_label(Role::Button, "Designs").click();
    window.run_steps(2);
    assert!(window.state().layout().shows(&PaneId::PARALLEL));
}

fn config() -> AppConfig {
    AppConfig {
        circuit: "ota1".to_owned(),
        simulator: SimulatorConfig { worker: crate::support::program(), jobs: 1, ..Default::default() },
        ngspice: Arc::new(|| Ok("ngspice-test".to_owned())),
        demo_model: false,
        measure: false,
    }
}

/// A window that keeps its session in `path`.
fn session_window(path: &std::path::Path) -> Window {
    session_window_as(config(), path)
}

fn session_window_as(config: AppConfig, path: &std::path::Path) -> Window {
    let file = SessionFile::open(path.to_owned());
    let mut window = Harness::builder()
        .with_size(egui::vec2(1440.0, 900.0))
        .with_max_steps(12)
        .build_eframe(|cc| App::with_session(cc, config, Some(file)).expect("threads are to be had"));
    wait(&mut window, "the circuit is read", |app| {
        app.bench().is_some() && app.environment().opening.is_none()
    });
    window
}

fn wait_for_text(window: &mut Window, path: &std::path::Path, text: &str) {
    let path = path.to_owned();
    wait(window, text, |_| std::fs::read_to_string(&path).is_ok_and(|file| file.contains(text)));
}

#[test]
fn a_session_is_found_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("config/session.ron");
    let model = folder.path().join("mine.model");
    let mut window = session_window(&path);
    assert_eq!(errors(&window), Vec::<String>::new());
    crate::window::tiny(&mut window);
    click(&mut window, "Start");
    wait(&mut window, "designs are drawn", |app| app.bench().expect("open").designs.is_some());
    window.state_mut().forms_mut().model_path = model.display().to_string();
    click(&mut window, "Model file");
    window.run_steps(4);
    click(&mut window, "Save to path");
    wait(&mut window, "the model is written", |app| app.bench().expect("open").saved.is_some());
    let circuit = Arc::clone(&window.state().bench().expect("open").open.circuit);
    let mut region = Region::default();
    region.hold(&circuit, 2, circuit.parameters[2].low, circuit.parameters[2].low).expect("legal");
    let bench = window.state_mut().bench_mut().expect("open");
    bench.targets.bounds[0].value = 33e-9;
    bench.targets.bounds.remove(2);
    bench.region = region.clone();
    let targets = bench.targets.clone();
    let user = window.state_mut().forms_mut();
    user.sample.steps = 17;
    user.sample.live = false;
    user.search.max_simulations = 321;
    user.look.cloud = false;
    user.compare.targets = 3;
    window.state_mut().show(&PaneId::PARALLEL);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    window.run_steps(2);
    click(&mut window, "View");
    click(&mut window, "Light theme");
    wait_for_text(&mut window, &path, "mine.model");
    wait_for_text(&mut window, &path, "Light");
    drop(window);

    let mut window = session_window(&path);
    wait(&mut window, "the model is read again", |app| app.bench().expect("open").model.is_some());
    let bench = window.state().bench().expect("open");
    assert_eq!((&bench.targets, &bench.region), (&targets, &region));
    let user = window.state().forms();
    assert_eq!(user.compare.targets, 3);
    assert!(!user.look.cloud);
    assert!(window.state().layout().shows(&PaneId::SEARCH));
    assert_eq!((user.sample.steps, user.sample.live, user.search.max_simulations), (17, false, 321));
    assert_eq!(user.train.recipe.epochs, 1, "the recipe edited by hand");
    assert_eq!(window.ctx.options(|o| o.theme_preference), egui::ThemePreference::Light);
    assert_eq!(window.state().bench().expect("open").model.as_ref().expect("read").name, "mine.model");
    // another circuit has targets of its own, and the first finds its own again
    window.state_mut().open("ota2");
    let is = |name: &'static str| move |app: &App| app.bench().is_some_and(|b| b.open.circuit.name == name);
    wait(&mut window, "OTA2 is read", is("ota2"));
    assert_ne!(window.state().bench().expect("open").targets, targets);
    assert!(window.state().bench().expect("open").region.is_whole(), "what is held is of a circuit");
    click(&mut window, "File");
    click(&mut window, "Recent circuits");
    window.run_steps(4);
    let ota1 = window.query_all_by_label("ota1").last().expect("it was open");
    ota1.click();
    window.run_steps(2);
    wait(&mut window, "OTA1 is read", is("ota1"));
    assert_eq!(window.state().bench().expect("open").targets, targets);
    assert_eq!(window.state().bench().expect("open").region, region);
    // what is on screen on leaving is kept as well
    window.state_mut().forms_mut().best = 7;
    eframe::App::on_exit(window.state_mut());
    drop(window);
    assert_eq!(session_window(&path).state().forms().best, 7);
    // the session, the lock of the window that keeps it, and the model as it was before it was saved
    assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("readable").count(), 3);
}

#[test]
fn a_model_that_was_not_saved_is_found_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("session.ron");
    let mut window = session_window(&path);
    crate::window::tiny(&mut window);
    click(&mut window, "Start");
    wait(&mut window, "designs are drawn", |app| app.bench().expect("open").designs.is_some());
    wait_for_text(&mut window, &path, "unsaved/ota1-");
    let bench = window.state().bench().expect("open");
    assert!(bench.saved.is_none());
    let seed = bench.model.as_ref().expect("trained").model.seed;
    drop(window);

    let mut window = session_window(&path);
    wait(&mut window, "the model is read again", |app| app.bench().expect("open").model.is_some());
    let state = window.state();
    let hand = state.bench().expect("open").model.as_ref().expect("read");
    assert_eq!((hand.name.as_str(), hand.model.seed), ("trained before, not saved", seed));
    // where it is saved is for the user to say, and it is no file of the user's
    assert_eq!(state.forms().model_path, "");
    assert!(state.environment().recent.models.is_empty());
    assert_eq!(errors(&window), Vec::<String>::new());
}

#[test]
fn a_preset_is_one_still_in_the_next_session() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("session.ron");
    let mut window = session_window(&path);
    let form = window.state().forms().train.clone();
    assert_eq!(form.preset, PresetChoice::Preset(Preset::Quick));
    eframe::App::on_exit(window.state_mut());
    drop(window);
    assert_eq!(session_window(&path).state().forms().train, form);
}

#[test]
fn a_broken_session_is_kept_aside_and_a_lost_circuit_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("session.ron");
    std::fs::write(&path, "not a session").expect("writable");
    let window = session_window(&path);
    let said = errors(&window);
    assert!(said.len() == 1 && said[0].contains("session.ron.broken"), "{said:?}");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("session.ron.broken")).expect("kept"),
        "not a session"
    );
    drop(window);

    let gone = "(version: 1, parts: {\"circuit\": Some(\"no/such/circuit\")})";
    std::fs::write(&path, gone).expect("writable");
    let window = session_window(&path);
    assert!(errors(&window)[0].contains("no/such/circuit"), "{:?}", errors(&window));
    assert_eq!(window.state().bench().expect("the usual one").open.circuit.name, "ota1");
}

#[test]
fn a_session_that_is_no_text_is_kept_aside_and_not_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("session.ron");
    let latin = b"(version: 1, parts: {\"circuit\": Some(\"Verst\xe4rker\")})";
    std::fs::write(&path, latin).expect("writable");
    let mut window = session_window(&path);
    let said = errors(&window);
    assert!(
        said.len() == 1 && said[0].contains("UTF-8") && said[0].contains("session.ron.broken"),
        "{said:?}"
    );
    wait_for_text(&mut window, &path, "ota1");
    assert_eq!(std::fs::read(folder.path().join("session.ron.broken")).expect("kept"), latin);
}

#[test]
fn a_session_with_a_model_that_is_none_starts_and_forgets_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("session.ron");
    let model = folder.path().join("broken.model");
    std::fs::write(&model, b"\xff\xff\xff\xff\xff\xff\xff\x7fno model").expect("writable");
    let circuits = format!("{{\"ota1\": (model: Some({:?}))}}", model.display().to_string());
    let session = format!("(version: 1, parts: {{\"circuit\": Some(\"ota1\"), \"circuits\": {circuits}}})");
    std::fs::write(&path, session).expect("writable");
    let config = || AppConfig { demo_model: true, ..config() };
    let mut window = session_window_as(config(), &path);
    wait(&mut window, "it is said", |app| app.messages().iter().any(|m| m.text.contains("broken.model")));
    wait(&mut window, "the bundled one is taken", |app| app.bench().expect("open").model.is_some());
    assert_eq!(window.state().bench().expect("open").model.as_ref().expect("taken").name, "ota1.grown.model");
    assert_eq!(errors(&window).len(), 1, "{:?}", errors(&window));
    eframe::App::on_exit(window.state_mut());
    drop(window);
    assert!(!std::fs::read_to_string(&path).expect("kept").contains("broken.model"));
    let mut window = session_window_as(config(), &path);
    wait(&mut window, "the bundled one again", |app| app.bench().expect("open").model.is_some());
    assert_eq!(errors(&window), Vec::<String>::new());
}

/// A file as a desktop drops it.
#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

fn hover(window: &mut Window, path: &std::path::Path) {
    let file = egui::HoveredFile { path: Some(path.to_owned()), ..Default::default() };
    window.input_mut().hovered_files = vec![file];
    window.run_steps(2);
}

fn drop_file(window: &mut Window, path: &std::path::Path) {
    window.input_mut().hovered_files.clear();
    window.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
    window.run_steps(2);
}

#[test]
fn files_dropped_on_the_window_are_opened_or_refused() {
    let mut window = window();
    let ota1 = sizewright::circuit::datasets_folder().join("ota1");
    let folder = tempfile::tempdir().expect("a temporary folder");
    // rows: fewer of them, for the circuit that is open
    let text = std::fs::read_to_string(ota1.join("samples.csv")).expect("bundled");
    let head: Vec<&str> = text.lines().collect();
    let few = folder.path().join("few.csv");
    std::fs::write(&few, head[..head.len() - 500].join("\n")).expect("writable");
    let before = window.state().bench().expect("open").rows();
    hover(&mut window, &few);
    window.get_by_label("Take few.csv as the rows of OTA1 · five-transistor OTA");
    drop_file(&mut window, &few);
    assert_eq!(window.query_all_by_label_contains("Take few.csv").count(), 0);
    wait(&mut window, "the rows are read", |app| app.bench().expect("open").rows() != before);
    assert_eq!(window.state().bench().expect("open").rows(), before - 500);

    let notes = folder.path().join("notes.txt");
    std::fs::write(&notes, "no circuit").expect("writable");
    hover(&mut window, &notes);
    drop_file(&mut window, &notes);
    let said = errors(&window);
    assert!(said[0].contains("notes.txt") && said[0].contains(".model"), "{said:?}");

    let ota2 = sizewright::circuit::datasets_folder().join("ota2");
    hover(&mut window, &ota2);
    window.get_by_label("Open the circuit in ota2");
    drop_file(&mut window, &ota2.join("circuit.ron"));
    wait(&mut window, "OTA2 is read", |app| app.bench().is_some_and(|b| b.open.circuit.name == "ota2"));
    let session = folder.path().join("session.ron");
    std::fs::write(&session, "(version: 1, parts: {\"circuit\": Some(\"ota3\"), \"best\": Some(3)})")
        .expect("writable");
    hover(&mut window, &session);
    window.get_by_label("Go on with the session session.ron");
    drop_file(&mut window, &session);
    wait(&mut window, "OTA3 is read", |app| app.bench().is_some_and(|b| b.open.circuit.name == "ota3"));
    assert_eq!(window.state().forms().best, 3);
}

#[test]
fn the_command_palette_finds_runs_and_explains() {
    let mut window = window();
    let press = |window: &mut Window, key| {
        window.key_press(key);
        window.run_steps(2);
    };
    let open = |window: &mut Window, letters: &str| {
        window.key_press_modifiers(Modifiers::COMMAND, Key::P);
        window.run_steps(3);
        window.get_by_label("Search commands").type_text(letters);
        window.run_steps(3);
    };
    open(&mut window, "search");
    // the tab first, then what begins a search
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::ArrowUp);
    press(&mut window, Key::Enter);
    assert!(window.state().layout().shows(&PaneId::SEARCH));
    assert_eq!(window.query_all_by_label("Search commands").count(), 0);
    // what cannot be done says why, and stays
    open(&mut window, "save mod");
    window.get_by_label("Save model… Train or load a model first");
    press(&mut window, Key::Enter);
    window.get_by_label("Search commands");
    press(&mut window, Key::Escape);
    assert_eq!(window.query_all_by_label("Search commands").count(), 0);
    // larger and back, by keys
    window.key_press_modifiers(Modifiers::COMMAND, Key::Plus);
    window.run_steps(2);
    assert_eq!(window.ctx.zoom_factor(), 1.1);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    window.run_steps(2);
    assert_eq!(window.ctx.zoom_factor(), 1.0);
}

#[test]
fn targets_are_saved_under_a_name_chosen_renamed_and_deleted() {
    let mut window = window();
    let type_name = |window: &mut Window, name: &str| {
        click(window, "Save…");
        window.run_steps(3);
        let field = window.get_by_label("Name of the targets");
        field.focus();
        window.run_steps(2);
        window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.run_steps(1);
        window.get_by_label("Name of the targets").type_text(name);
        window.run_steps(3);
    };
    let choose = |window: &mut Window, name: &str| {
        click(window, "Named specifications of this circuit");
        window.run_steps(3);
        window.query_all_by_label(name).last().expect("it is offered").click();
        window.run_steps(3);
    };
    let bundled = window.state().bench().expect("open").targets.clone();
    window.state_mut().bench_mut().expect("open").targets.bounds[0].value = 40e-9;
    window.run_steps(2);
    let mine = window.state().bench().expect("open").targets.clone();
    // the file's own name is not to be had
    type_name(&mut window, "Table II");
    window.get_by_label_contains("The circuit's file has this name");
    window.key_press(Key::Escape);
    window.run_steps(2);
    type_name(&mut window, "low noise");
    click(&mut window, "Save targets");
    choose(&mut window, "Table II");
    assert_eq!(window.state().bench().expect("open").targets, bundled);
    choose(&mut window, "low noise");
    assert_eq!(window.state().bench().expect("open").targets, mine);
    type_name(&mut window, "quiet");
    click(&mut window, "Rename");
    choose(&mut window, "Table II");
    choose(&mut window, "quiet");
    assert_eq!(window.state().bench().expect("open").targets, mine);
    click(&mut window, "Save…");
    window.run_steps(3);
    click(&mut window, "Delete");
    click(&mut window, "Named specifications of this circuit");
    window.run_steps(3);
    assert_eq!(window.query_all_by_label("quiet").count(), 0);
    assert_eq!(window.state().bench().expect("open").targets, mine, "the targets stay");
}

#[test]
fn escape_closes_the_window_on_top() {
    let mut window = crate::window::window();
    let open = |window: &mut Window, command| {
        let ctx = window.ctx.clone();
        window.state_mut().run(command, &ctx);
        window.run_steps(3);
    };
    let shown = |window: &Window| {
        ["Filter", "Keyboard shortcuts"].map(|label| window.query_all_by_label(label).count() > 0)
    };
    for (first, second) in [(Command::Log, Command::Shortcuts), (Command::Shortcuts, Command::Log)] {
        open(&mut window, first);
        open(&mut window, second);
        assert_eq!(shown(&window), [true, true]);
        window.key_press(egui::Key::Escape);
        window.run_steps(3);
        assert_eq!(shown(&window), [second != Command::Log, second != Command::Shortcuts]);
        window.key_press(egui::Key::Escape);
        window.run_steps(3);
        assert_eq!(shown(&window), [false, false]);
    }
    // the palette has the key for itself
    open(&mut window, Command::Log);
    open(&mut window, Command::Palette);
    window.key_press(egui::Key::Escape);
    window.run_steps(3);
    assert_eq!(shown(&window), [true, false]);
    assert_eq!(window.query_all_by_label("Search commands").count(), 0);
}

#[test]
fn the_selection_goes_through_the_table_by_keys() {
    let mut window = trained();
    // by power, so that the table's order is not that of delivery
    window.state_mut().forms_mut().look.sort = SortKey::Metric(0);
    let order = window.state().order();
    assert_eq!(order.len(), 6);
    window.state_mut().bench_mut().expect("open").selected = Some(order[0]);
    for place in [1, 2, 3, 4, 5, 0] {
        window.key_press_modifiers(Modifiers::COMMAND, Key::ArrowDown);
        window.run_steps(2);
        assert_eq!(window.state().bench().expect("open").selected, Some(order[place]));
    }
    window.key_press_modifiers(Modifiers::COMMAND, Key::ArrowUp);
    window.run_steps(2);
    assert_eq!(window.state().bench().expect("open").selected, Some(order[5]));
    window.get_by_label(&format!("Design {}", order[5] + 1));
}

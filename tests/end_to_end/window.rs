//! The window, driven as a user drives it: the real application without a GPU.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, PaneId, PresetChoice, Severity};
use sizewright::circuit::datasets_folder;
use sizewright::engine::{
    Allowed, Architecture, DeviceChoice, SimulatorConfig, Strategy, Transformer, ngspice_version,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub type Window = Harness<'static, App>;

/// Generous: the machine may be busy with other work.
const DEADLINE: Duration = Duration::from_secs(240);

pub fn window_with(ngspice: Result<String, String>) -> Window {
    open(ngspice, false)
}

pub fn open(ngspice: Result<String, String>, demo_model: bool) -> Window {
    let config = AppConfig {
        circuit: "ota1".to_owned(),
        simulator: SimulatorConfig { worker: crate::support::program(), jobs: 2, ..Default::default() },
        ngspice: Arc::new(move || ngspice.clone()),
        demo_model,
        measure: false,
    };
    undrawn(config)
}

/// A window of a circuit's folder.
pub fn opened(folder: &Path) -> Window {
    undrawn(AppConfig { circuit: folder.display().to_string(), ..quiet() })
}

/// A window as it is configured, its circuit read.
pub fn undrawn(config: AppConfig) -> Window {
    let mut window = Harness::builder()
        .with_size(egui::vec2(1440.0, 900.0))
        .with_max_steps(12)
        .build_eframe(|cc| App::new(cc, config).expect("threads are to be had"));
    wait(&mut window, "the circuit is read", |app| app.bench().is_some());
    window
}

/// An ngspice that is there but not asked for its version, one job, and no bundled model.
pub fn quiet() -> AppConfig {
    AppConfig {
        simulator: SimulatorConfig { worker: crate::support::program(), jobs: 1, ..Default::default() },
        ngspice: Arc::new(|| Ok("ngspice-test".to_owned())),
        demo_model: false,
        measure: false,
        ..AppConfig::default()
    }
}

/// As [`quiet`], of a circuit's folder; the user's word on decks is kept in the second file.
pub fn quiet_of(circuit: &Path, allowed: &Path) -> AppConfig {
    let quiet = quiet();
    let simulator = SimulatorConfig { allowed: Allowed::at(allowed), ..quiet.simulator.clone() };
    AppConfig { circuit: circuit.display().to_string(), simulator, ..quiet }
}

pub fn window() -> Window {
    window_with(Ok("ngspice-test".to_owned()))
}

/// A window that is drawn, by whatever graphics adapter there is; none where there is none.
pub fn drawn() -> Option<Window> {
    drawn_as(AppConfig { ngspice: Arc::new(|| Ok("ngspice-test".to_owned())), demo_model: false, ..usual() })
}

/// What the program itself starts with, but that nothing is measured unasked.
pub fn usual() -> AppConfig {
    let simulator = SimulatorConfig { worker: crate::support::program(), jobs: 1, ..Default::default() };
    let same = simulator.clone();
    let ngspice = Arc::new(move || ngspice_version(&same).map_err(|e| e.to_string()));
    AppConfig { simulator, ngspice, measure: false, ..AppConfig::default() }
}

/// See [`drawn`].
pub fn drawn_as(config: AppConfig) -> Option<Window> {
    if sizewright::tensor::gpu::adapters().is_empty() {
        println!("skipped: this machine has no graphics adapter, not even a software one");
        return None;
    }
    let mut window = Harness::builder()
        .with_size(egui::vec2(1440.0, 900.0))
        .with_max_steps(12)
        .wgpu()
        .build_eframe(|cc| App::new(cc, config).expect("threads are to be had"));
    wait(&mut window, "OTA1 is read", |app| app.bench().is_some());
    Some(window)
}

/// Reads OTA1's bundled model.
pub fn load_model(window: &mut Window) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/ota1.model");
    window.state_mut().forms_mut().model_path = model.display().to_string();
    click(window, "Model file");
    window.run_steps(4);
    click(window, "Load from path");
    wait(window, "the model is read", |app| app.bench().expect("open").model.is_some());
}

/// Steps the window until `done`, as a real one is stepped by what it waits for.
pub fn wait(window: &mut Window, what: &str, done: impl Fn(&App) -> bool) {
    let began = Instant::now();
    while !done(window.state()) {
        assert!(began.elapsed() < DEADLINE, "waited in vain: {what}; {:?}", window.state().messages());
        std::thread::sleep(Duration::from_millis(10));
        window.step();
    }
    window.run_steps(2);
}

pub fn click(window: &mut Window, label: &str) {
    window.get_by_label(label).click();
    window.run_steps(2);
}

pub fn errors(window: &Window) -> Vec<String> {
    let messages = window.state().messages().iter();
    messages.filter(|m| m.severity == Severity::Error).map(|m| m.text.clone()).collect()
}

/// Seconds rather than minutes.
pub fn tiny(window: &mut Window) {
    let user = window.state_mut().forms_mut();
    user.train.preset = PresetChoice::Custom;
    user.train.device = DeviceChoice::Cpu;
    let recipe = &mut user.train.recipe;
    (recipe.epochs, recipe.copies) = (1, 1);
    let shape = Transformer { blocks: 1, width: 16, heads: 2, expansion: 4, dropout: 0.0 };
    recipe.architecture = Architecture::DmTransformer(shape);
    (user.sample.count, user.sample.times) = (6, 2);
}

pub fn trained() -> Window {
    let mut window = window();
    tiny(&mut window);
    click(&mut window, "Start");
    assert!(window.state().bench().expect("open").training.is_some(), "{:?}", window.state().messages());
    wait(&mut window, "the training ends", |app| app.bench().expect("open").training.is_none());
    assert!(window.state().bench().expect("open").model.is_some(), "{:?}", window.state().messages());
    wait(&mut window, "designs are drawn", |app| app.bench().expect("open").designs.is_some());
    window
}

#[test]
fn from_a_circuit_to_an_exported_verified_sizing() {
    let mut window = trained();
    let learning = &window.state().bench().expect("open").learning;
    assert_eq!(learning.training.len(), learning.steps as usize);
    assert!(window.query_all_by_label_contains("Not simulated yet. Predicted to meet").count() > 0);

    // another seed, other designs
    let first = window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates.clone();
    assert_eq!(first.len(), 6);
    click(&mut window, "New");
    wait(&mut window, "designs are drawn anew", |app| {
        app.bench().expect("open").sampling.is_none()
            && app.bench().expect("open").designs.as_ref().is_some_and(|d| d.seed == 2)
    });
    let designs = window.state().bench().expect("open").designs.as_ref().expect("drawn");
    assert_ne!(designs.candidates, first);
    let design = designs.candidates[2].clone();

    // a prediction is exported as one
    // in the order of their numbers
    click(&mut window, "#");
    let column = window.get_by_label_contains("# ▲").rect().left();
    let threes = window.query_all_by_label("3");
    let third = threes.into_iter().find(|n| (n.rect().left() - column).abs() < 20.0);
    third.expect("a row a design").click();
    window.run_steps(2);
    assert_eq!(window.state().bench().expect("open").selected, Some(2));
    window.get_by_label("Design 3");
    click(&mut window, "Export design…");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("design.scs");
    let user = window.state_mut().forms_mut();
    user.format = sizewright::export::Format::Spectre;
    user.export_path = path.display().to_string();
    window.run_steps(2);
    click(&mut window, "Save to file");
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.contains("simulator lang=spectre") && text.contains("predicted by a model, not simulated"));
    assert!(text.contains("power <= 27 nW") && text.contains("seed: 2"), "{text}");

    // then it is measured, and exported as measured
    click(&mut window, "Simulate");
    wait(&mut window, "ngspice answers", |app| {
        app.bench().expect("open").simulation.is_some() && !app.bench().expect("open").simulating()
    });
    let measured =
        window.state().bench().expect("open").designs.as_ref().expect("drawn").candidates[2].clone();
    assert_eq!(measured.sizing, design.sizing);
    let outcome = measured.simulated.expect("asked");
    let user = window.state_mut().forms_mut();
    user.format = sizewright::export::Format::Ngspice;
    user.export_path = folder.path().join("design.param").display().to_string();
    window.run_steps(2);
    click(&mut window, "Save to file");
    let text = std::fs::read_to_string(folder.path().join("design.param")).expect("written");
    let w1 = design.sizing.0[2];
    let line = text.lines().find_map(|l| l.strip_prefix(".param W1=")).expect("a line a parameter");
    assert_eq!(line.parse::<f64>().expect("a number"), w1);
    if outcome.is_ok() {
        // by the worker that measured, whatever was found when the window opened
        assert!(text.contains("measured by SPICE (ngspice-") && !text.contains("ngspice-test"), "{text}");
        let said = window.query_all_by_label_contains("of 1 simulated are feasible in ngspice");
        assert!(said.count() > 0);
    }
    assert_eq!(errors(&window), Vec::<String>::new());
    // how far the predictions may be trusted is said
    click(&mut window, "Training");
    assert_eq!(window.query_all_by_label_contains("error on held-out rows: power ±").count(), 1);
}

#[test]
fn the_bundled_model_is_ready_and_most_of_what_it_delivers_is_feasible() {
    let mut window = open(Ok("ngspice-test".to_owned()), true);
    wait(&mut window, "the bundled model draws", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|designs| !designs.draft)
    });
    click(&mut window, "All");
    wait(&mut window, "ngspice answers", |app| {
        app.bench().expect("open").simulation.is_some() && !app.bench().expect("open").simulating()
    });
    let designs = window.state().bench().expect("open").designs.as_ref().expect("drawn");
    let feasible = |c: &&sizewright::engine::Candidate| c.feasible(&designs.specification) == Some(true);
    let count = designs.candidates.iter().filter(feasible).count();
    assert!(designs.candidates.len() == 100 && count >= 80, "{count} of {}", designs.candidates.len());
    let said = format!("{count} of 100 simulated are feasible in ngspice");
    assert!(window.query_all_by_label_contains(&said).count() > 0);
}

#[test]
fn a_model_is_saved_loaded_and_a_broken_one_refused() {
    let mut window = trained();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("tiny.model");
    click(&mut window, "Model file");
    window.run_steps(4);
    window.state_mut().forms_mut().model_path = path.display().to_string();
    click(&mut window, "Save to path");
    wait(&mut window, "the model is written", |app| app.bench().expect("open").saved.is_some());
    let model = Arc::clone(&window.state().bench().expect("open").model.as_ref().expect("trained").model);

    let bytes = std::fs::read(&path).expect("written");
    let broken = folder.path().join("broken.model");
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).expect("writable");
    window.state_mut().forms_mut().model_path = broken.display().to_string();
    click(&mut window, "Load from path");
    wait(&mut window, "the broken model is refused", |app| {
        app.messages().iter().any(|m| m.severity == Severity::Error)
    });
    assert!(errors(&window)[0].contains("broken.model is not a whole model file"), "{:?}", errors(&window));
    let kept = &window.state().bench().expect("open").model.as_ref().expect("the model stays").model;
    assert!(Arc::ptr_eq(kept, &model));
    assert!(window.state().bench().expect("open").designs.is_some());

    window.state_mut().forms_mut().model_path = path.display().to_string();
    click(&mut window, "Load from path");
    wait(&mut window, "the model is read", |app| {
        app.bench().expect("open").model.as_ref().is_some_and(|m| !Arc::ptr_eq(&m.model, &model))
    });
    assert_eq!(*window.state().bench().expect("open").model.as_ref().expect("read").model, *model);
}

#[test]
fn a_broken_circuit_is_named_and_nothing_is_lost() {
    let mut window = window();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ota1 = datasets_folder().join("ota1");
    let text = std::fs::read_to_string(ota1.join("circuit.ron")).expect("OTA1 is bundled");
    std::fs::write(folder.path().join("circuit.ron"), text.replacen("low: 0.4,", "low: 0.9,", 1))
        .expect("writable");
    std::fs::copy(ota1.join("testbench.cir"), folder.path().join("testbench.cir")).expect("writable");
    let targets = window.state().bench().expect("open").targets.clone();
    window.state_mut().open(folder.path().display().to_string());
    wait(&mut window, "the circuit is refused", |app| !app.messages().is_empty());
    assert!(errors(&window)[0].contains("parameters[0] (VDD).high"), "{:?}", errors(&window));
    assert_eq!(window.state().bench().expect("OTA1 stays").open.circuit.name, "ota1");
    assert_eq!(window.state().bench().expect("open").targets, targets);
    window.run_steps(30); // an error stays
    click(&mut window, "Dismiss");
    assert!(window.state().messages().is_empty());

    window.state_mut().open(Path::new("no/such/folder").display().to_string());
    wait(&mut window, "the folder is refused", |app| !app.messages().is_empty());
    assert!(errors(&window)[0].contains("no/such/folder"), "{:?}", errors(&window));
}

#[test]
fn targets_count_rows_warn_and_are_undone() {
    let mut window = window();
    window.get_by_label("no row meets all of them");
    let before = window.state().bench().expect("open").targets.clone();
    window.state_mut().bench_mut().expect("open").targets.bounds[0].value = 1e-12;
    window.run_steps(3);
    window.get_by_label_contains("Outside the data");
    let nearest = window.state().bench().expect("open").open.range(0).0;
    window.get_by_label_contains("Use ").click();
    window.run_steps(3);
    assert_eq!(window.state().bench().expect("open").targets.bounds[0].value, nearest);
    click(&mut window, "Undo");
    click(&mut window, "Undo");
    assert_eq!(window.state().bench().expect("open").targets, before);
    click(&mut window, "Redo");
    assert_eq!(window.state().bench().expect("open").targets.bounds[0].value, 1e-12);
}

#[test]
fn without_ngspice_the_rest_works() {
    let mut window = window_with(Err("ngspice is not installed: install it with `apt-get`".to_owned()));
    wait(&mut window, "ngspice is looked for", |app| !app.messages().is_empty());
    assert!(errors(&window)[0].contains("apt-get"));
    window.get_by_label("ngspice is missing");
    for (name, pane) in
        [("Circuit", PaneId::CIRCUIT), ("Training", PaneId::TRAINING), ("Designs", PaneId::SCATTER)]
    {
        window.get_by_role_and_label(egui::accesskit::Role::Button, name).click();
        window.run_steps(2);
        assert!(window.state().layout().shows(&pane), "{pane:?}");
    }
}

#[test]
fn training_is_paused_resumed_and_stopped() {
    let mut window = window();
    tiny(&mut window);
    window.state_mut().forms_mut().train.recipe.epochs = 5000;
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.run_steps(2);
    wait(&mut window, "steps are taken", |app| {
        app.bench().expect("open").training.as_ref().is_some_and(|t| t.step > 5)
    });
    click(&mut window, "Pause");
    wait(&mut window, "it waits", |app| {
        app.bench().expect("open").training.as_ref().is_some_and(|t| t.paused)
    });
    click(&mut window, "Resume");
    wait(&mut window, "it goes on", |app| {
        app.bench().expect("open").training.as_ref().is_some_and(|t| !t.paused)
    });
    click(&mut window, "Stop");
    wait(&mut window, "it ends", |app| app.bench().expect("open").training.is_none());
    let model = &window.state().bench().expect("open").model.as_ref().expect("what was learnt is kept").model;
    assert!(model.learning.training.len() > 5 && model.optimiser.is_some());
    window.get_by_label("Continue");
}

#[test]
fn a_search_shows_its_convergence_and_its_design_as_measured() {
    let mut window = window();
    window.get_by_role_and_label(egui::accesskit::Role::Button, "Search").click();
    window.run_steps(2);
    let user = window.state_mut().forms_mut();
    user.search.strategy = Strategy::CmaEs;
    user.search.max_simulations = 5000;
    click(&mut window, "Start search");
    assert!(window.state().layout().shows(&PaneId::SEARCH));
    wait(&mut window, "the search ends", |app| app.bench().expect("open").search.is_none());
    let found = Arc::clone(window.state().bench().expect("open").found.as_ref().expect("found"));
    let (first, _) = found.first_feasible.expect("a feasible design");
    assert_eq!(window.state().bench().expect("open").searching.history, found.history);
    window.get_by_label(&format!("{} simulations", found.simulations));
    assert!(window.query_all_by_label_contains(&format!("the first after {first}")).count() > 0);
    // without a model there was nothing to lose: it is the design now, and measured
    assert!(window.state().layout().shows(&PaneId::SEARCH), "the plot stays in sight");
    let designs = window.state().bench().expect("open").designs.as_ref().expect("shown");
    assert_eq!(designs.candidates[0].sizing, found.best.sizing);
    assert_eq!(designs.candidates[0].measured(), Some(found.best.simulated.performance()));
    click(&mut window, "Show as designs");
    window.get_by_label("Design 1");
    assert!(window.query_all_by_label("1 of 1 simulated are feasible in ngspice").count() > 0);
    click(&mut window, "Export design…");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("found.param");
    window.state_mut().forms_mut().export_path = path.display().to_string();
    window.run_steps(2);
    click(&mut window, "Save to file");
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.contains("search by cma-es, no model"), "{text}");
}

#[test]
fn a_search_is_stopped_and_keeps_what_it_found() {
    let mut window = window();
    window.get_by_role_and_label(egui::accesskit::Role::Button, "Search").click();
    window.run_steps(2);
    let user = window.state_mut().forms_mut();
    (user.search.strategy, user.search.stop_at_first) = (Strategy::Evolution, false);
    user.search.max_simulations = 1_000_000;
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::F);
    window.run_steps(2);
    wait(&mut window, "designs are simulated", |app| app.bench().expect("open").searching.simulations > 0);
    click(&mut window, "Stop search");
    wait(&mut window, "it ends", |app| app.bench().expect("open").search.is_none());
    let found = window.state().bench().expect("open").found.as_ref().expect("kept");
    assert!(
        found.simulations < 1_000_000
            && found.simulations >= window.state().bench().expect("open").searching.history[0].simulations
    );
    window.get_by_label("Start search");
}

/// Where pictures for people to look at go.
pub fn gallery() -> std::path::PathBuf {
    let out = std::env::var_os("GALLERY").unwrap_or_else(|| "target/gallery".into());
    std::fs::create_dir_all(&out).expect("writable");
    out.into()
}

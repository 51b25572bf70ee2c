//! Pictures of the window: of every pane in every state, theme and size, to be looked at, and those of README and guide.
//! `GALLERY=FOLDER cargo test --test end_to_end gallery::every -- --ignored` writes the former, `gallery::of_the_guide` the
//! latter. They assert only that no state shows an error.

use crate::window::{Window, click, drawn_as, errors, load_model, usual, wait};
use crate::window_views::settled;
use egui::{Key, ThemePreference, vec2};
use egui_kittest::kittest::Queryable;
use sizewright::app::{AppConfig, Command, PaneId, SchematicPane};
use sizewright::circuit::Sense;
use std::path::PathBuf;

/// Writes pictures of the states that it is led through.
struct Gallery {
    folder: PathBuf,
    window: Window,
}

impl Gallery {
    fn picture(&mut self, name: &str) {
        self.window.hover_at(egui::pos2(700.0, 4.0));
        self.window.run_steps(6);
        settled(&mut self.window);
        let image = self.window.render().expect("a graphics adapter");
        image.save(self.folder.join(format!("{name}.png"))).expect("writable");
    }

    fn scaled(&mut self, pixels_per_point: f32, size: egui::Vec2) {
        self.window.set_pixels_per_point(pixels_per_point);
        self.window.run_steps(3);
        self.window.set_size(size);
        self.window.run_steps(3);
    }

    fn command(&mut self, command: Command) {
        let ctx = self.window.ctx.clone();
        self.window.state_mut().run(command, &ctx);
        self.window.run_steps(3);
    }

    fn tabs(&mut self, name: &str) {
        for (pane, what) in [
            (PaneId::SCATTER, "designs"),
            (PaneId::TRAINING, "training"),
            (PaneId::SEARCH, "search"),
            (PaneId::COMPARE, "compare"),
            (PaneId::CIRCUIT, "circuit"),
        ] {
            self.window.state_mut().show(&pane);
            self.picture(&format!("{name}-{what}"));
        }
        self.window.state_mut().show(&PaneId::SCATTER);
    }

    fn views(&mut self, name: &str) {
        for (pane, what) in [
            (PaneId::SCATTER, "scatter"),
            (PaneId::SPACE, "space"),
            (PaneId::PARALLEL, "parallel"),
            (PaneId::CURVES, "curves"),
            (PaneId::SCHEMATIC, "schematic"),
        ] {
            self.window.state_mut().show(&pane);
            self.looked_into();
            self.picture(&format!("{name}-{what}"));
        }
        self.window.state_mut().show(&PaneId::SCATTER);
    }

    fn below(&mut self, name: &str) {
        for (pane, what) in [
            (PaneId::KEPT, "kept"),
            (PaneId::RUNS, "runs"),
            (PaneId::DEVICES, "devices"),
            (PaneId::CORNERS, "corners"),
            (PaneId::SENSITIVITY, "sensitivity"),
        ] {
            self.window.state_mut().show(&pane);
            self.looked_into();
            self.picture(&format!("{name}-{what}"));
        }
        self.window.state_mut().show(&PaneId::TABLE);
    }

    /// Waits until ngspice has said what the panes that are shown ask of the selected design.
    fn looked_into(&mut self) {
        self.window.run_steps(3);
        wait(&mut self.window, "looks", |app| !app.bench().expect("open").looks.waits());
        let drawn =
            |app: &sizewright::app::App| app.pane::<SchematicPane>().is_some_and(SchematicPane::settled);
        wait(&mut self.window, "the schematic", drawn);
    }

    /// Two designs are kept, one is turned, what sensitivities need is measured.
    fn at_the_bench(&mut self) {
        self.window.state_mut().forms_mut().best = 100;
        if self.window.state().bench().expect("open").tally().simulated < 100 {
            self.command(Command::SimulateBest);
            self.measured();
        }
        for design in [3, 8] {
            self.window.state_mut().bench_mut().expect("open").selected = Some(design);
            self.window.run_steps(2);
            self.command(Command::KeepDesign);
        }
        self.window.state_mut().bench_mut().expect("open").selected = Some(3);
        self.window.state_mut().show(&PaneId::SENSITIVITY);
        self.window.run_steps(3);
        click(&mut self.window, "Simulate its neighbours");
        self.measured();
        self.window.state_mut().show(&PaneId::DETAIL);
        self.window.run_steps(2);
        self.window.get_by_label("W1 on its range").focus();
        self.window.run_steps(2);
        for _ in 0..3 {
            self.window.key_press_modifiers(egui::Modifiers::SHIFT, Key::ArrowRight);
            self.window.run_steps(3);
        }
        wait(&mut self.window, "ngspice answers", |app| {
            app.bench().expect("open").tuning().is_some_and(|t| t.next().is_none() && !t.waits())
        });
    }

    fn measured(&mut self) {
        self.window.run_steps(3);
        wait(&mut self.window, "ngspice", |app| !app.bench().expect("open").simulating());
    }
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn every_pane_in_every_state() {
    let folder = PathBuf::from(std::env::var_os("GALLERY").unwrap_or_else(|| "target/gallery".into()));
    std::fs::create_dir_all(&folder).expect("writable");
    let Some(window) = drawn_as(AppConfig { demo_model: false, ..usual() }) else {
        return;
    };
    let mut gallery = Gallery { folder, window };
    // a newcomer without a model
    gallery.tabs("0-empty");
    gallery.views("0-empty");
    // with one
    load_model(&mut gallery.window);
    wait(&mut gallery.window, "designs", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| !d.draft)
    });
    gallery.picture("1-drawn");
    gallery.window.state_mut().bench_mut().expect("open").selected = Some(3);
    gallery.command(Command::SimulateBest);
    gallery.picture("2-simulating");
    wait(&mut gallery.window, "ngspice", |app| !app.bench().expect("open").simulating());
    gallery.window.state_mut().forms_mut().search.stop_at_first = false;
    gallery.window.state_mut().forms_mut().search.max_simulations = 400;
    gallery.command(Command::Search);
    wait(&mut gallery.window, "some generations", |app| {
        app.bench().expect("open").searching.simulations > 60
    });
    gallery.picture("2-searching");
    wait(&mut gallery.window, "the search", |app| app.bench().expect("open").search.is_none());
    gallery.at_the_bench();
    for (size, what) in [(vec2(1440.0, 900.0), "large"), (vec2(1100.0, 700.0), "small")] {
        for (theme, shade) in [(ThemePreference::Dark, "dark"), (ThemePreference::Light, "light")] {
            gallery.window.ctx.set_theme(theme);
            gallery.window.set_size(size);
            gallery.window.run_steps(4);
            gallery.tabs(&format!("3-{what}-{shade}"));
            gallery.views(&format!("3-{what}-{shade}"));
            gallery.below(&format!("3-{what}-{shade}"));
        }
    }
    gallery.scaled(1.5, vec2(960.0, 600.0));
    gallery.tabs("3-smallest");
    gallery.views("3-smallest");
    // 2560×1440 pixels
    gallery.scaled(1.5, vec2(1706.0, 960.0));
    gallery.tabs("3-dense");
    gallery.views("3-dense");
    gallery.below("3-dense");
    gallery.scaled(1.0, vec2(1440.0, 900.0));
    gallery.window.ctx.set_theme(ThemePreference::Dark);
    for (command, what) in [
        (Command::Export, "export"),
        (Command::Palette, "palette"),
        (Command::Log, "log"),
        (Command::Shortcuts, "shortcuts"),
    ] {
        gallery.command(command);
        gallery.picture(&format!("4-{what}"));
        gallery.window.key_press(Key::Escape);
        gallery.window.run_steps(3);
    }
    click(&mut gallery.window, "Jobs");
    gallery.picture("4-jobs");
    gallery.window.key_press(Key::Escape);
    gallery.window.state_mut().forms_mut().look.near = true;
    gallery.views("4-close-up");
    gallery.window.state_mut().forms_mut().look.near = false;
    // a target that nobody reaches
    let targets = &mut gallery.window.state_mut().bench_mut().expect("open").targets;
    assert_eq!(targets.bounds[0].sense, Sense::AtMost);
    targets.bounds[0].value /= 20.0;
    gallery.window.run_steps(30);
    wait(&mut gallery.window, "designs", |app| app.bench().expect("open").sampling.is_none());
    gallery.picture("5-out-of-reach");
    gallery.window.state_mut().forms_mut().circuit_path = "/nowhere".to_owned();
    gallery.window.state_mut().open("/nowhere".to_owned());
    gallery.window.run_steps(20);
    gallery.picture("5-error");
    assert_eq!(errors(&gallery.window).len(), 1);
    click(&mut gallery.window, "Dismiss");
    // held parameters
    gallery.window.state_mut().show(&PaneId::CIRCUIT);
    gallery.window.run_steps(3);
    click(&mut gallery.window, "Fix W1");
    click(&mut gallery.window, "Fix VDD");
    gallery.picture("6-held");
    // a training under way, a simulation waiting for another
    gallery.window.state_mut().show(&PaneId::TRAINING);
    gallery.command(Command::Train);
    wait(&mut gallery.window, "some steps", |app| app.bench().expect("open").learning.training.len() > 20);
    gallery.picture("6-training");
    gallery.command(Command::Train);
    gallery.picture("6-question");
    click(&mut gallery.window, "Queue");
    gallery.window.get_by_label_contains("Jobs:").click();
    gallery.window.run_steps(2);
    gallery.picture("6-jobs");
    gallery.command(Command::StopTraining);
}

#[test]
#[ignore = "writes the pictures of README and guide anew"]
fn of_the_guide() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
    let Some(window) = drawn_as(usual()) else {
        return;
    };
    let mut gallery = Gallery { folder, window };
    wait(&mut gallery.window, "designs", |app| {
        app.bench().expect("open").designs.as_ref().is_some_and(|d| !d.draft)
    });
    gallery.window.state_mut().forms_mut().best = 100;
    gallery.command(Command::SimulateBest);
    wait(&mut gallery.window, "ngspice", |app| !app.bench().expect("open").simulating());
    gallery.picture("window-look");
    for (pane, name) in [(PaneId::TRAINING, "window-train"), (PaneId::CIRCUIT, "window-circuit")] {
        gallery.window.state_mut().show(&pane);
        gallery.picture(name);
    }
    gallery.window.state_mut().show(&PaneId::SCATTER);
    for (pane, name) in [(PaneId::SPACE, "window-3d"), (PaneId::PARALLEL, "window-parallel")] {
        gallery.window.state_mut().show(&pane);
        gallery.picture(name);
    }
    gallery.at_the_bench();
    gallery.window.state_mut().show(&PaneId::SCATTER);
    gallery.picture("window-tuning");
    for (pane, name) in [(PaneId::CURVES, "window-curves"), (PaneId::SCHEMATIC, "window-schematic")] {
        gallery.window.state_mut().show(&pane);
        gallery.looked_into();
        gallery.picture(name);
    }
    gallery.window.state_mut().show(&PaneId::SCATTER);
    gallery.window.ctx.set_theme(ThemePreference::Light);
    gallery.window.state_mut().show(&PaneId::KEPT);
    gallery.picture("window-kept");
    gallery.window.state_mut().show(&PaneId::TABLE);
    gallery.picture("window-close-up");
    gallery.command(Command::Export);
    gallery.picture("window-export");
    assert_eq!(errors(&gallery.window), Vec::<String>::new());
}

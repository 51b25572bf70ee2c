//! The doors by which a stranger's bytes come in, each as one function for a fuzzer: it takes any bytes through the
//! program's own code, must come back soon, and panics where what it let in breaks a promise. `fuzz/` gives them to
//! libFuzzer; `drive` alters real files by a fixed seed, which needs nothing installed.
//!
//! Not for use: it is public for tests, benches and `fuzz/` alone.

mod drive;
mod mutate;
mod seeds;

pub use drive::{Driven, drive};
pub use mutate::mutant;
pub use seeds::seeds;

use crate::app::schematic::drawing::{Drawing, Inks};
use crate::app::session::Session;
use crate::app::state::kept;
use crate::app::{Layout, PANES, PaneId};
use crate::circuit::{
    Circuit, Identity, Performance, Region, Scale, Sizing, Specification, Unit, format_quantity,
    parse_quantity,
};
use crate::diffusion::Watch;
use crate::sizing::{self, DrawSettings, TrainedModel};
use crate::tensor::cpu::Cpu;
use crate::{dataset, engine, spice};
use egui::Color32;
use std::cell::RefCell;
use std::path::Path;
use std::sync::OnceLock;

/// A door: bytes in, whether they were let in out. It panics where a promise is broken.
pub type Door = fn(&[u8]) -> bool;

/// Every door by its name, which is also the name of its target in `fuzz/`.
pub const DOORS: [(&str, Door); 8] = [
    ("circuit", circuit),
    ("csv", csv),
    ("model", model),
    ("session", session),
    ("specification", specification),
    ("deck", deck),
    ("protocol", protocol),
    ("drawing", drawing),
];

/// Gives `bytes` to a door by its name; whether they were let in.
///
/// # Panics
/// There is no such door, or a promise is broken.
pub fn enter(door: &str, bytes: &[u8]) -> bool {
    let found = DOORS.iter().find(|(name, _)| *name == door);
    let (_, enter) = found.unwrap_or_else(|| panic!("there is no door `{door}`"));
    enter(bytes)
}

/// Characters of an error: a line that a person reads, not the file that it complains of.
const LONGEST_ERROR: usize = 4000;

/// The circuit whose files are altered.
fn ota1() -> &'static Circuit {
    static OTA1: OnceLock<Circuit> = OnceLock::new();
    OTA1.get_or_init(|| Circuit::open("ota1").expect("OTA1 is bundled"))
}

fn cpu() -> &'static Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    CPU.get_or_init(|| Cpu::new(1).expect("threads start"))
}

/// What is refused is refused in words that fit a line; always `false`.
fn refused(error: impl std::fmt::Display) -> bool {
    let said = error.to_string();
    assert!(!said.is_empty(), "an error says nothing");
    let length = said.chars().count();
    assert!(
        length <= LONGEST_ERROR,
        "an error of {length} characters: {}…",
        &said[..said.floor_char_boundary(200)]
    );
    false
}

/// Where all parameters lie at one part of their ranges, snapped.
fn at(circuit: &Circuit, part: f64) -> Sizing {
    Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(part))).collect())
}

/// `circuit.ron`: what loads holds to its own rules.
fn circuit(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let circuit = match Circuit::parse(&ota1().folder, &text, false) {
        Ok(circuit) => circuit,
        Err(e) => return refused(e),
    };
    for part in [0.0, 0.5, 1.0] {
        let sizing = at(&circuit, part);
        if let Err(e) = sizing.check(&circuit) {
            panic!("a snapped sizing is not legal: {e}");
        }
        for (p, &value) in circuit.parameters.iter().zip(&sizing.0) {
            assert_eq!(p.snap(value), value, "{}: snapping twice moves on", p.name);
            let place = p.to_unit_interval(value);
            assert!((-1e-3..=1.001).contains(&place), "{}: {value:e} lies at {place}", p.name);
        }
    }
    for (i, p) in circuit.parameters.iter().enumerate() {
        let mut region = Region::default();
        region.hold(&circuit, i, p.low, p.high).expect("its own range");
        assert!(region.is_whole(), "{}: its own range is no restriction", p.name);
    }
    for m in &circuit.metrics {
        let (low, high) = (m.scaled(m.legal.0), m.scaled(m.legal.1));
        assert!(low.is_finite() && low < high && high.is_finite(), "{}: {low} … {high}", m.name);
    }
    for named in &circuit.specifications {
        stated(&circuit, &named.specification);
    }
    assert!(!Identity::of(&circuit).text().is_empty());
    true
}

/// A specification that was let in can be said and read again.
fn stated(circuit: &Circuit, specification: &Specification) {
    assert!(!specification.bounds.is_empty());
    let said = specification.describe(circuit);
    let texts: Vec<String> = said.split(", ").map(|bound| bound.replace(' ', "")).collect();
    for bound in &specification.bounds {
        let metric = &circuit.metrics[bound.metric];
        assert!(metric.scaled(bound.value).is_finite(), "{said}");
    }
    // the words have six digits and no exponent: where they say the value, they say it to that
    let usual = |v: f64| v == 0.0 || (1e-15..1e15).contains(&v.abs());
    if specification.bounds.iter().all(|b| usual(b.value)) {
        match Specification::parse(circuit, &texts) {
            Ok(again) => {
                for (a, b) in specification.bounds.iter().zip(&again.bounds) {
                    let near = (a.value - b.value).abs() <= 1e-4 * a.value.abs();
                    assert!(a.metric == b.metric && near, "{said} is read as {}", again.describe(circuit));
                }
            }
            Err(e) => panic!("`{said}` is not read again: {e}"),
        }
    }
    let legal = Performance(circuit.metrics.iter().map(|m| m.legal.1).collect());
    assert_eq!(specification.margins(circuit, &legal).len(), specification.bounds.len());
    let nothing = Performance(vec![f64::NAN; circuit.metrics.len()]);
    assert!(!specification.met_by(&nothing), "{said}: not a number meets it");
}

/// `samples.csv`: every row that is kept is legal, and all of them are read back as they were.
fn csv(bytes: &[u8]) -> bool {
    let circuit = ota1();
    let path = Path::new("rows.csv");
    let loaded = match dataset::read_from(circuit, bytes, path) {
        Ok(loaded) => loaded,
        Err(e) => return refused(e),
    };
    for error in &loaded.refused {
        refused(error);
    }
    for row in &loaded.dataset.rows {
        if let Err(e) = row.sizing.check(circuit) {
            panic!("a row's sizing is not legal: {e}");
        }
        assert_eq!(row.performance.0.len(), circuit.metrics.len());
        assert!(row.performance.0.iter().all(|v| v.is_finite()), "{row:?}");
        assert_eq!(row.performance.illegal(circuit), None);
    }
    let text = dataset::to_csv(circuit, &loaded.dataset);
    let again = dataset::read_from(circuit, text.as_bytes(), path).expect("what is written is read");
    assert!(again.refused.is_empty() && again.dataset.rows == loaded.dataset.rows, "{text}");
    assert_eq!(again.dataset.hash(), loaded.dataset.hash());
    !loaded.dataset.rows.is_empty()
}

/// A model file: what loads has finite weights, can be drawn from and gives legal sizings. What it predicts may be
/// nonsense, as weights of 10^38 predict nothing else, and then ranks no sizing away.
fn model(bytes: &[u8]) -> bool {
    let circuit = ota1();
    let model: TrainedModel = match engine::parse_model(circuit, bytes, Path::new("a.model")) {
        Ok(model) => model,
        Err(e) => return refused(e),
    };
    assert!(model.learning.seconds.is_finite() && model.learning.performance_seconds.is_finite());
    let arrays = model.performance.members.iter().chain([&model.weights]);
    for array in arrays {
        assert!(array.iter().all(|w| w.is_finite()), "a weight is no finite number");
    }
    let mut settings = DrawSettings::of(&model);
    settings.sampling.steps = settings.sampling.steps.min(2);
    let drawing = sizing::Draw {
        circuit,
        model: &model,
        specification: &circuit.specifications[0].specification,
        region: &Region::default(),
        settings,
        seed: 1,
        tried: true,
        told: None,
        watch: &Watch::default(),
    };
    let drawn = sizing::draw(cpu(), &drawing, 2);
    let drawn = drawn.expect("the CPU does not fail");
    assert_eq!(drawn.len(), 2);
    for candidate in &drawn {
        if let Err(e) = candidate.sizing.check(circuit) {
            panic!("a drawn sizing is not legal: {e}");
        }
        assert!(candidate.predicted.is_some(), "the performance model predicts");
    }
    let ranked = sizing::rank(circuit, &model.performance, drawing.specification, drawn, 2);
    assert!(!ranked.is_empty() && ranked.len() <= 2);
    true
}

/// The session: what is read is written and read again, and fits the open circuit and the window.
fn session(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let session = match Session::read(&text) {
        Ok((session, _)) => session,
        Err(e) => return refused(e),
    };
    let circuit = ota1();
    for of in session.circuits.values() {
        if let Some(found) = of.targets.as_ref().and_then(|values| kept::specification_of(circuit, values)) {
            assert!(found.bounds.iter().all(|b| circuit.metrics[b.metric].scaled(b.value).is_finite()));
        }
        let region = kept::region_of(circuit, &of.ranges);
        let within = region.applied(circuit);
        let inside = at(&within, 0.5);
        assert!(inside.check(circuit).is_ok() && region.contains(circuit, &inside), "{:?}", of.ranges);
    }
    let written = session.text().expect("what was read can be written");
    let (_, lost) = Session::read(&written).expect("what is written is a session");
    assert!(lost.is_empty(), "{lost:?} of what is written is not read");
    if let Some(tree) = session.layout {
        laid_out(Layout::restored(tree));
    }
    true
}

/// A layout that is restored has each pane once and can be laid out.
fn laid_out(layout: Layout) {
    struct Nothing;
    impl egui_tiles::Behavior<PaneId> for Nothing {
        fn pane_ui(
            &mut self,
            _: &mut egui::Ui,
            _: egui_tiles::TileId,
            _: &mut PaneId,
        ) -> egui_tiles::UiResponse {
            egui_tiles::UiResponse::None
        }

        fn tab_title_for_pane(&mut self, pane: &PaneId) -> egui::WidgetText {
            format!("{pane:?}").into()
        }
    }
    for listed in PANES {
        let pane = &listed.id;
        let here = |tile: &&egui_tiles::Tile<_>| matches!(tile, egui_tiles::Tile::Pane(p) if p == pane);
        assert_eq!(layout.tree().tiles.tiles().filter(here).count(), 1, "{pane:?}");
    }
    thread_local!(static CONTEXT: RefCell<Option<egui::Context>> = const { RefCell::new(None) });
    CONTEXT.with_borrow_mut(|kept| {
        // taken out: one that a panic has passed through is of no more use
        let context = kept.take().unwrap_or_default();
        let mut tree = layout.tree().clone();
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0));
        let input = egui::RawInput { screen_rect: Some(screen), ..egui::RawInput::default() };
        let mut output = context.run_ui(input, |ui| tree.ui(&mut Nothing, ui));
        // nobody paints it
        output.textures_delta.clear();
        *kept = Some(context);
    });
}

/// Targets, ranges and quantities as they are typed, one a line.
fn specification(bytes: &[u8]) -> bool {
    let circuit = ota1();
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().take(32).collect();
    let mut some = false;
    for &line in &lines {
        match Specification::parse(circuit, &[line]) {
            Ok(specification) => {
                some = true;
                stated(circuit, &specification);
            }
            Err(e) => {
                refused(e);
            }
        }
        for (fixed, ranges) in [(&[line][..], &[][..]), (&[], &[line])] {
            match Region::parse(circuit, fixed, ranges) {
                Ok(region) => {
                    some = some || !fixed.is_empty() || !ranges.is_empty();
                    let within = region.applied(circuit);
                    for part in [0.0, 0.5, 1.0] {
                        let sizing = at(&within, part);
                        assert!(sizing.check(circuit).is_ok() && region.contains(circuit, &sizing), "{line}");
                    }
                }
                Err(e) => {
                    refused(e);
                }
            }
        }
        for unit in [Unit::One, Unit::Watt, Unit::Decibel, Unit::Metre] {
            match parse_quantity(line, unit) {
                Ok(quantity) => {
                    assert!(quantity.value.is_finite(), "`{line}` is {}", quantity.value);
                    assert!(!format_quantity(quantity.value, unit, 6).is_empty());
                }
                Err(e) => {
                    refused(e);
                }
            }
        }
    }
    match Specification::parse(circuit, &lines) {
        Ok(specification) => stated(circuit, &specification),
        Err(e) => {
            refused(e);
        }
    }
    some
}

/// A testbench: what is flattened holds the sizing and needs no `.include`.
fn deck(bytes: &[u8]) -> bool {
    thread_local!(static SCRATCH: RefCell<Option<(tempfile::TempDir, Circuit)>> = const { RefCell::new(None) });
    SCRATCH.with_borrow_mut(|scratch| {
        let (_, circuit) = scratch.get_or_insert_with(|| {
            // in memory where there is such a place: it is written over and over
            let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
            let folder = folder.expect("a temporary folder");
            let place = folder.path().join("ota1");
            let cards = folder.path().join("models");
            for made in [&place, &cards] {
                std::fs::create_dir(made).expect("writable");
            }
            let library = ota1().folder.join("../models/generic65.lib");
            std::fs::copy(library, cards.join("generic65.lib")).expect("writable");
            let mut circuit = Circuit { folder: place, ..ota1().clone() };
            circuit.testbenches[0].deck = circuit.folder.join("testbench.cir");
            (folder, circuit)
        });
        std::fs::write(&circuit.testbenches[0].deck, bytes).expect("writable");
        let text = match spice::testbench_text(circuit) {
            Ok(text) => text,
            Err(e) => return refused(e),
        };
        assert_eq!(spice::testbench_text(circuit).ok(), Some(text), "read twice, it is another");
        let found = spice::findings(circuit).expect("it was read before");
        assert!(found.iter().all(|finding| finding.line > 0 && !finding.why.is_empty()));
        let unused = spice::unused_parameters(circuit).expect("it was read before");
        assert!(unused.len() <= circuit.parameters.len());
        assert!(spice::is_alterable(circuit).is_ok(), "it was read before");
        let sizing = at(circuit, 0.5);
        let deck = spice::deck(circuit, 0, &sizing).expect("it was read before");
        for p in &circuit.parameters {
            assert!(deck.contains(&format!(".param {}=", p.name)), "{} has no place", p.name);
        }
        assert!(deck.contains("\n.control\n") && deck.ends_with(".endc\n.end\n"), "{deck}");
        true
    })
}

/// What parent and worker say to each other: whatever a worker says, a measurement that is made of it is sound.
fn protocol(bytes: &[u8]) -> bool {
    static EAR: OnceLock<spice::Ear> = OnceLock::new();
    let circuit = ota1();
    let outcomes = EAR.get_or_init(|| spice::Ear::of(circuit).expect("a bundled testbench")).hear(bytes);
    let mut understood = !outcomes.is_empty();
    for outcome in outcomes {
        match outcome {
            Ok(simulated) => {
                let performance = simulated.performance();
                assert_eq!(performance.0.len(), circuit.metrics.len());
                for (m, &v) in circuit.metrics.iter().zip(&performance.0) {
                    let sound = v.is_finite() && (m.scale == Scale::Linear || v > 0.0);
                    assert!(sound && m.scaled(v).is_finite(), "{} = {v}", m.name);
                }
            }
            Err(failure) => {
                refused(failure);
            }
        }
    }
    for line in String::from_utf8_lossy(bytes).lines().take(64) {
        let (setup, design) = spice::asked(line);
        understood = understood || setup || design.is_some_and(|values| !values.is_empty());
    }
    understood
}

/// A schematic: what is read has a size and can be drawn.
fn drawing(bytes: &[u8]) -> bool {
    let inks = Inks { ink: Color32::BLACK, faint: Color32::GRAY, lit: Color32::RED };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let drawing = match Drawing::new(text, ota1()) {
        Ok(drawing) => drawing,
        Err(e) => return refused(e),
    };
    let size = drawing.size();
    assert!(size.x > 0.0 && size.y > 0.0 && size.is_finite(), "{size:?}");
    let _ = drawing.group_at(egui::vec2(0.5, 0.5));
    // small: what is wrong is wrong at any size
    match drawing.picture(32, inks, Some(0)) {
        Ok(picture) => {
            assert_eq!(picture.pixels.len(), picture.size[0] * picture.size[1]);
            true
        }
        Err(e) => refused(e),
    }
}

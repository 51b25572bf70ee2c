//! Real files of small size, one list a door: what the driver alters, and what a fuzzer starts from.

use super::mutate::settled;
use super::ota1;
use crate::app::session::{Session, WindowSize};
use crate::app::state::kept::{KeptCircuit, KeptDesign, NamedSet, Recent, Values};
use crate::circuit::{Identity, bundled_circuits, datasets_folder};
use crate::dataset;
use crate::engine;
use crate::model::Perceptron;
use crate::nn::{Network, OptimiserState};
use crate::sizing::{
    Architecture, Diffusion, Jitter, Learning, PerformanceModel, Preset, Process, Recipe, Regression, System,
    TrainedModel, TrainingData, Transformer,
};
use crate::spice;
use crate::tensor::cpu::Cpu;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows of a dataset that stand for it.
const ROWS: usize = 50;

/// The door's seeds.
///
/// # Panics
/// There is no such door, or a bundled file is missing.
pub fn seeds(door: &str) -> Vec<Vec<u8>> {
    let datasets = datasets_folder();
    let bundled = |name: &str| -> Vec<Vec<u8>> {
        let files = bundled_circuits().into_iter().map(|circuit| datasets.join(circuit).join(name));
        let found: Vec<Vec<u8>> = files.filter_map(|file| std::fs::read(file).ok()).collect();
        assert!(!found.is_empty(), "no bundled circuit has a {name}");
        found
    };
    match door {
        "circuit" => {
            // the door has one deck for all
            let one =
                bundled_circuits().into_iter().filter(|c| datasets.join(c).join("testbench.cir").is_file());
            let files = one.map(|circuit| datasets.join(circuit).join("circuit.ron"));
            let mut all: Vec<Vec<u8>> = files.filter_map(|file| std::fs::read(file).ok()).collect();
            all.push(SECOND_FORMAT.as_bytes().to_vec());
            all
        }
        // short ones are read oftener, long ones have more to alter
        "csv" => vec![rows(ROWS).into_bytes(), rows(5).into_bytes(), rows(2).into_bytes()],
        "model" => models(),
        "session" => vec![session().into_bytes()],
        "specification" => TYPED.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "deck" => {
            let mut all = bundled("testbench.cir");
            all.push(AS_FOUND.as_bytes().to_vec());
            all
        }
        "protocol" => {
            let spoken = spice::Ear::of(ota1()).expect("a bundled testbench").spoken();
            spoken.into_iter().map(String::into_bytes).collect()
        }
        "drawing" => drawings(&datasets),
        _ => panic!("there is no door `{door}`"),
    }
}

const TYPED: [&str; 4] = [
    "power<=27nW\nirn<=5.2uV\ngain>=30dB\nbw>=1.55kHz\n",
    "power ≤ 2.7e-8\nbw≥1.5e3 Hz\nirn<=5.2 µV",
    "W1=2u\nL1=0.2u..1um\nVDD = 0.402..0.5V\nNF2=4",
    "gain >= -0\nVB=150m..0.55\nL4=2e-7..5e-6\n10mm\n4",
];

/// All that the second format of `circuit.ron` adds.
const SECOND_FORMAT: &str = r#"Circuit(
    format: 2, name: "two", title: "Two",
    testbenches: [(name: "open", deck: "testbench.cir"), (name: "step", deck: "./testbench.cir")],
    parameters: [
        (name: "w1", unit: "m", low: 1e-6, high: 1e-4, grid: 1e-8, scale: Log, deck_unit: "um"),
        (name: "l1", unit: "m", low: 0.2e-6, high: 2e-6, grid: 1e-8, scale: Log, deck_unit: "um"),
        (name: "m1", unit: "", low: 1, high: 20, grid: 1, scale: Linear),
    ],
    ties: [("w4", "2*w1"), ("l5", "max(l1, 0.5)"), ("vsup", "1.8")],
    metrics: [
        (name: "gain", title: "Gain", unit: "dB", scale: Linear, sense: ">=", legal: (-200, 300), from: "gain_db(v(out)/v(in))"),
        (name: "ugf", title: "UGF", unit: "Hz", scale: Log, sense: ">=", legal: (1, 1e12), from: "ugf(v(out))"),
        (name: "slew", title: "Slew", unit: "V/s", scale: Log, sense: ">=", legal: (1, 1e12), testbench: "step", from: "slew_rate(tran: v(out, ref))"),
        (name: "fom", title: "Merit", unit: "V/V", scale: Linear, sense: ">=", legal: (-1e9, 1e9), from: "2*ugf/(w1*l1*m1) - at(ac: vdb(out), 1k) + peak"),
    ],
    validity: [(vector: "on", above: 0, otherwise: "off", testbench: "step", from: "settling(v(out), 0.01, 1n)")],
    corners: [(name: "slow", sections: [("tt", "ss")], temperature: 125, set: [("vsup", "0.9*vsup")], replace: [("%corner", "ss")])],
    specifications: [("mine", ["gain>=60dB", "slew>=1MV/s"])],
)"#;

/// A deck as a designer has it, on OTA1's parameters.
const AS_FOUND: &str = "* as found\n.param VDD=0.6 VB=0.3 W1=2u L1=1u NF1=4\n+ W2=2u L2=1u NF2=4\n\
    .param W3=2u L3=1u NF3=4 W4=2u L4=1u NF4=4 CL=1p\n.include ../models/generic65.lib\n\
    VDD vdd 0 {VDD}\nVIN in 0 dc {VB} ac 1\nM1 out in 0 0 n65 w={W1*NF1} l={L1} nf={NF1}\nR1 vdd out 1meg\nC1 out 0 {CL}\n\
    .op\n.ac dec 10 1 1meg\n.meas ac peak max vdb(out)\n.temp 27\n.end\n";

fn rows(count: usize) -> String {
    let text = std::fs::read_to_string(&ota1().dataset).expect("OTA1's rows are bundled");
    let comments = text.lines().take_while(|line| line.starts_with('#')).count();
    text.lines().take(comments + 1 + count).map(|line| format!("{line}\n")).collect()
}

/// A model of each system as it is written, whole in form though it has learnt nothing: the weights are those
/// that a training starts from, the sizes as small as may be.
fn models() -> Vec<Vec<u8>> {
    let circuit = ota1();
    let rows =
        dataset::read_from(circuit, rows(ROWS).as_bytes(), Path::new("rows.csv")).expect("sound").dataset;
    let shape = Transformer { blocks: 1, width: 8, heads: 2, expansion: 2, dropout: 0.0 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.model");
    let of = |(system, architecture, process): (System, Architecture, Process)| {
        let recipe = Recipe { architecture, process, ..Preset::Quick.recipe(system, rows.rows.len()) };
        let data = TrainingData::new(circuit, &rows, &recipe, 1).expect("enough rows");
        let settings = crate::model::PerceptronSettings {
            inputs: circuit.parameters.len(),
            hidden: vec![4],
            outputs: circuit.metrics.len(),
            activation: crate::model::Activation::Silu,
        };
        let member = |seed| {
            let network = Perceptron::new(settings.clone());
            OptimiserState::start(Network::<Cpu>::layout(&network), seed).weights
        };
        let mut model = TrainedModel {
            circuit: circuit.name.clone(),
            identity: Identity::of(circuit),
            testbench: None,
            dataset_hash: rows.hash(),
            recipe,
            seed: 1,
            device: "CPU".to_owned(),
            coordinates: data.coordinates.clone(),
            conditions: data.conditions.clone(),
            weights: Vec::new(),
            best: None,
            performance: PerformanceModel {
                members: (0..2).map(member).collect(),
                held_out_error: vec![0.1; circuit.metrics.len()],
                held_out_rows: 4,
                settings,
            },
            learning: Learning {
                training: vec![1.0, 0.5],
                validation: vec![(2, 0.6)],
                steps: 2,
                steps_an_epoch: 2,
                seconds: 0.1,
                performance_seconds: 0.05,
            },
            optimiser: None,
        };
        let (length, _) = model.arena_lengths();
        let state = OptimiserState {
            step: 2,
            weights: (0..length).map(|i| ((i * 37 % 101) as f32 - 50.0) / 500.0).collect(),
            ema: Vec::new(),
            first: vec![0.0; length],
            second: vec![0.0; length],
        };
        let state = OptimiserState { ema: state.weights.clone(), ..state };
        model.weights = state.weights.clone();
        // one of them can be resumed, and was better before
        if system == System::DmMlp {
            model.best = Some(state.second.clone());
            model.optimiser = Some(OptimiserState { ema: state.first.clone(), ..state });
        }
        engine::save(&model, &path).expect("writable");
        settled(&std::fs::read(&path).expect("written")).expect("a model file")
    };
    let systems = [
        (
            System::DmTransformer,
            Architecture::DmTransformer(shape),
            Process::Diffusion(Diffusion::velocity(20)),
        ),
        (
            System::DmMlp,
            Architecture::DmMlp { widths: vec![8, 8], time_width: 4 },
            Process::Diffusion(Diffusion::noise(20)),
        ),
        (
            System::Ann,
            Architecture::Perceptron { widths: vec![8] },
            Process::Regression(Regression { jitter: Jitter::Deviations(0.0, 0.5) }),
        ),
    ];
    systems.into_iter().map(of).collect()
}

/// A session in which every part is there.
fn session() -> String {
    let of = KeptCircuit {
        targets: Some(Values::from([("power".to_owned(), 27e-9), ("gain".to_owned(), 30.0)])),
        ranges: BTreeMap::from([("W1".to_owned(), (1e-6, 2e-6)), ("NF2".to_owned(), (4.0, 4.0))]),
        sets: vec![NamedSet {
            name: "mine \"a\"".to_owned(),
            values: Values::from([("bw".to_owned(), 1500.0)]),
        }],
        designs: vec![KeptDesign {
            name: "Design 1".to_owned(),
            note: "less \"power\"".to_owned(),
            starred: true,
            parameters: Values::from([("W1".to_owned(), 2e-6)]),
        }],
        model: Some(PathBuf::from("a folder/x.model")),
    };
    let session = Session {
        circuit: Some("ota1".to_owned()),
        circuits: BTreeMap::from([("ota1".to_owned(), of.clone()), ("/a/folder".to_owned(), of)]),
        train: Some(Default::default()),
        sample: Some(Default::default()),
        search: Some(Default::default()),
        compare: Some(Default::default()),
        look: Some(Default::default()),
        layout: Some(crate::app::Layout::default().tree().clone()),
        theme: Some(egui::ThemePreference::Light),
        zoom: Some(1.2),
        best: Some(3),
        window: Some(WindowSize { width: 1200.0, height: 700.0, maximised: true }),
        recent: Recent { circuits: vec!["ota1".to_owned()], models: vec![PathBuf::from("x.model")] },
        ..Session::default()
    };
    session.text().expect("it has a text")
}

/// The bundled schematics, and a small one with what they leave out.
fn drawings(datasets: &Path) -> Vec<Vec<u8>> {
    let folder = datasets.join("../assets/schematics");
    let names = bundled_circuits();
    let drawn = names.iter().filter_map(|name| std::fs::read(folder.join(format!("{name}.svg"))).ok());
    let mut all: Vec<Vec<u8>> = drawn.collect();
    assert!(!all.is_empty(), "no bundled circuit has a drawing");
    // reading one takes milliseconds, so most mutants are of the small one
    all.extend(std::iter::repeat_n(SMALL.as_bytes().to_vec(), 8));
    all
}

const SMALL: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30" width="40" height="30">
<defs><g id="a"><path d="M0 0h4v4z" stroke="#1b1f24" fill="none" stroke-dasharray="1 2"/></g>
<linearGradient id="l"><stop offset="0" stop-color="#5b6470"/><stop offset="1"/></linearGradient>
<clipPath id="c"><rect width="9" height="9"/></clipPath><mask id="m"><use href="#a"/></mask>
<marker id="k"><path d="M0 0l1 1"/></marker></defs>
<g id="M1" data-group="input pair" transform="translate(3 4) rotate(20)"><use href="#a" x="2"/></g>
<g id="M7" clip-path="url(#c)"><rect width="8" height="5" rx="1" fill="url(#l)"/><text x="1" y="9">M7 −</text></g>
<polyline points="1,2 3,4 5,6" mask="url(#m)" marker-end="url(#k)" stroke="#1b1f24"/></svg>"##;

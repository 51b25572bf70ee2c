//! Thousands of model files, each broken a little, from a fixed seed: whatever a file says, reading it ends
//! in words or in a model that draws legal sizings.

use super::*;
use crate::circuit::Region;
use crate::dataset;
use crate::diffusion::{SampleSettings, Watch};
use crate::sizing::{
    Architecture, Control, Diffusion, Draw, DrawSettings, Jitter, Preset, Process, Regression, Start, System,
    TrainingData, Transformer, draw, train,
};
use crate::tensor::cpu::Cpu;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Of each system.
const MUTANTS: usize = 1000;

/// What is put in a number's place.
const NUMBERS: [&str; 24] = [
    "NaN",
    "inf",
    "-inf",
    "0",
    "-0.0",
    "1",
    "-1",
    "2",
    "3",
    "15",
    "1.5",
    "0.5",
    "-0.5",
    "1e-320",
    "1e-30",
    "1e30",
    "1e308",
    "-1e308",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "1e19",
];
const WEIGHTS: [f32; 8] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e30, -1e30, 1e-40, 1e5];

fn circuit() -> Circuit {
    Circuit::open("ota1").expect("OTA1 is bundled")
}

fn velocity() -> Process {
    Process::Diffusion(Diffusion::velocity(20))
}

/// A model of few steps.
fn small(circuit: &Circuit, architecture: Architecture, process: Process) -> TrainedModel {
    let mut dataset = dataset::read(circuit, &circuit.dataset).expect("bundled").dataset;
    dataset.rows.truncate(60);
    let recipe = Recipe {
        architecture,
        process,
        copies: 2,
        batch: 54,
        epochs: 2,
        sampling_steps: 4,
        ..Preset::Quick.recipe(System::DmTransformer, 1)
    };
    let data = TrainingData::new(circuit, &dataset, &recipe, 1).expect("enough rows");
    let backend = Cpu::new(1).expect("a thread");
    let mut go_on = |_: crate::sizing::TrainingEvent| Control::Continue;
    train(&backend, circuit, &dataset.hash(), &data, &recipe, 1, Start::Fresh, &mut go_on).expect("a CPU")
}

/// The header's text and the arrays of a file.
fn parts(bytes: &[u8]) -> (String, Vec<(String, Vec<f32>)>) {
    let (_, metadata) = SafeTensors::read_metadata(bytes).expect("sound");
    let text = metadata.metadata().as_ref().expect("there")[KEY].clone();
    let tensors = SafeTensors::deserialize(bytes).expect("sound");
    let array = |name: &str| bytemuck::pod_collect_to_vec(tensors.tensor(name).expect("there").data());
    let members = (0..3).map(|i| format!("performance.{i}"));
    let others = ["weights", "first", "second", RUNNING, BEST].map(str::to_owned);
    let names = ["averaged", "loss"].map(str::to_owned).into_iter().chain(members).chain(others);
    let there = names.filter(|name| tensors.tensor(name).is_ok());
    (text, there.map(|name| (name.clone(), array(&name))).collect())
}

fn whole(text: &str, arrays: &[(String, Vec<f32>)]) -> Vec<u8> {
    let arrays: Vec<(String, &[f32])> = arrays.iter().map(|(name, data)| (name.clone(), &data[..])).collect();
    joined(text.to_owned(), &arrays).expect("any header and arrays can be written")
}

/// Where numbers stand in a text.
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let is_part = |c: u8| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'e');
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = (at..bytes.len()).find(|&i| !is_part(bytes[i])).unwrap_or(bytes.len());
        let begins = at == 0 || matches!(bytes[at - 1], b':' | b',' | b'[' | b'(');
        if begins && end > at && bytes[at..end].iter().any(u8::is_ascii_digit) {
            found.push(at..end);
        }
        at = end + 1;
    }
    found
}

fn mutate(text: &mut String, arrays: &mut Vec<(String, Vec<f32>)>, rng: &mut ChaCha8Rng) {
    let place = numbers(text).choose(rng).expect("a header has numbers").clone();
    match rng.random_range(0..10) {
        0..=3 => text.replace_range(place, NUMBERS.choose(rng).expect("there are some")),
        4 => {
            // one number of a list too few
            let end = if text.as_bytes().get(place.end) == Some(&b',') { place.end + 1 } else { place.end };
            text.replace_range(place.start..end, "");
        }
        5 => {
            let number = format!("{},", &text[place.clone()]);
            text.insert_str(place.start, &number);
        }
        6 => {
            let (at, length) = (rng.random_range(0..text.len()), rng.random_range(1..40));
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, "");
            }
        }
        7 => {
            let at = rng.random_range(0..text.len());
            if text.is_char_boundary(at) {
                text.insert(at, char::from(rng.random_range(32..127_u8)));
            }
        }
        8 => {
            let (_, data) = arrays.choose_mut(rng);
            let at = rng.random_range(0..data.len().max(1));
            if let Some(value) = data.get_mut(at) {
                *value = *WEIGHTS.choose(rng).expect("there are some");
            }
        }
        _ => {
            let (_, data) = arrays.choose_mut(rng);
            let length = rng.random_range(0..data.len() + 2);
            data.resize(length, 0.5);
        }
    }
}

/// A slice's own `choose_mut` is in a trait whose name is that of another here.
trait ChooseMut<T> {
    fn choose_mut(&mut self, rng: &mut ChaCha8Rng) -> &mut T;
}

impl<T> ChooseMut<T> for Vec<T> {
    fn choose_mut(&mut self, rng: &mut ChaCha8Rng) -> &mut T {
        let at = rng.random_range(0..self.len());
        &mut self[at]
    }
}

/// Draws a few sizings; panics where one is not legal.
fn try_out(circuit: &Circuit, model: &TrainedModel, backend: &Cpu) {
    let own = DrawSettings::of(model);
    let settings =
        DrawSettings { sampling: SampleSettings { steps: own.sampling.steps.min(3), ..own.sampling }, ..own };
    let specification = &circuit.specifications[0].specification;
    let region = Region::parse(circuit, &["W1=2u"], &["L3=1u..2u"]).expect("sound");
    for region in [Region::default(), region] {
        let (region, watch) = (&region, &Watch::default());
        let drawing =
            Draw { circuit, model, specification, region, settings, seed: 1, tried: true, told: None, watch };
        let drawn = draw(backend, &drawing, 3).expect("a CPU");
        for candidate in drawn {
            assert_eq!(candidate.sizing.check(circuit), Ok(()));
            let predicted = candidate.predicted.expect("a draw is predicted");
            assert!(predicted.performance.0.iter().all(|v| !v.is_nan()), "{predicted:?}");
        }
    }
}

#[test]
fn no_broken_model_file_panics_or_draws_what_is_no_sizing() {
    let circuit = circuit();
    let backend = Cpu::new(1).expect("a thread");
    let transformer = Transformer { blocks: 1, width: 8, heads: 2, expansion: 2, dropout: 0.1 };
    let systems = [
        (Architecture::DmTransformer(transformer), velocity()),
        (
            Architecture::DmMlp { widths: vec![16, 12], time_width: 8 },
            Process::Diffusion(Diffusion::noise(20)),
        ),
        (
            Architecture::Perceptron { widths: vec![12] },
            Process::Regression(Regression { jitter: Jitter::Deviations(0.0, 0.5) }),
        ),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let path = Path::new("mutant.model");
    for (architecture, process) in systems {
        let mut model = small(&circuit, architecture, process);
        // as one that was better before
        let state = model.optimiser.as_mut().expect("it can be resumed");
        (state.ema, model.best) = (state.weights.clone(), Some(model.weights.clone()));
        let header = header_of(&model);
        let (text, arrays) = parts(&bytes(&model, &header).expect("sound"));
        let same = read(&circuit, &whole(&text, &arrays), path).expect("nothing is broken");
        assert_eq!(same, model);
        try_out(&circuit, &same, &backend);
        let mut loaded = 0;
        let mut failed = Vec::new();
        for mutant in 0..MUTANTS {
            let (mut text, mut arrays) = (text.clone(), arrays.clone());
            for _ in 0..rng.random_range(1..3) {
                mutate(&mut text, &mut arrays, &mut rng);
            }
            let bytes = whole(&text, &arrays);
            let tried = catch_unwind(AssertUnwindSafe(|| match read(&circuit, &bytes, path) {
                Ok(model) => {
                    try_out(&circuit, &model, &backend);
                    true
                }
                Err(e) => {
                    assert!(e.to_string().len() < 1500, "it echoes too much: {e}");
                    false
                }
            }));
            match tried {
                Ok(was_loaded) => loaded += usize::from(was_loaded),
                Err(_) => failed.push((mutant, text)),
            }
        }
        assert!(failed.is_empty(), "{} of {MUTANTS}, the first: {:?}", failed.len(), failed.first());
        // some mutants change what does not matter; if all or none did, nothing would have been tested
        assert!((MUTANTS / 50..MUTANTS * 3 / 4).contains(&loaded), "{loaded} of {MUTANTS} were loaded");
    }
}

/// The header's text of the small model with `from` replaced by `to`, read.
fn altered(
    circuit: &Circuit,
    model: &TrainedModel,
    changes: &[(&str, &str)],
) -> Result<TrainedModel, String> {
    let (mut text, arrays) = parts(&bytes(model, &header_of(model)).expect("sound"));
    for (from, to) in changes {
        let at = text.find(from).unwrap_or_else(|| panic!("`{from}` is in {text}"));
        // up to the comma, or the list's end
        let rest = &text[at + from.len()..];
        let end = if rest.starts_with('[') { rest.find(']').map(|i| i + 1) } else { rest.find([',', ')']) };
        let end = at + from.len() + end.expect("something follows");
        text.replace_range(at + from.len()..end, to);
    }
    read(circuit, &whole(&text, &arrays), Path::new("a.model")).map_err(|e| e.to_string())
}

#[test]
fn each_number_that_cannot_be_is_refused_in_words() {
    let circuit = circuit();
    let transformer = Transformer { blocks: 1, width: 8, heads: 2, expansion: 2, dropout: 0.0 };
    let model = small(&circuit, Architecture::DmTransformer(transformer), velocity());
    for (field, value, expected) in [
        ("deviation:", "[1,2,3]", "its coordinates have 14 means and 3 deviations for 14 parameters"),
        ("plain_mean:", "[1]", "1 plain means"),
        ("open:", "[]", "0 open values for 4 metrics"),
        ("open:", "[NaN,0,0,0]", "open value NaN of power cannot come from legal rows"),
        ("held_out_error:", "[0.1,0.1,0.1]", "held-out errors are not one a metric"),
        ("held_out_error:", "[0.1,0.1,0.1,-1]", "held-out errors"),
        ("members:", "0", "has 0 networks: 1 to 64 can be"),
        ("members:", "18446744073709551615", "networks: 1 to 64 can be"),
        ("hidden:", "[18446744073709551615,128]", "of 1 to 16384 channels"),
        ("blocks:", "18446744073709551615", "blocks = 18446744073709551615: at most 64 can be"),
        ("expansion:", "1000000", "expansion = 1000000: at most 64"),
        ("timesteps:", "1000000000000", "timesteps = 1000000000000: at most 100000"),
        ("batch:", "0", "batch must be at least 1"),
        ("learning_rate:", "NaN", "the learning rate must be greater than 0"),
        ("guidance:", "inf", "guidance and tightening"),
        ("loosening:", "Deviations(-1", "the loosening must lie in 0"),
        ("validation:", "[(1,NaN)]", "its validation loss NaN at step 1 cannot be"),
        ("validation:", "[(4294967295,0.5)]", "at step 4294967295 cannot be"),
        ("steps_an_epoch:", "0", "0 an epoch"),
        ("seconds:", "-1", "seconds of training cannot be"),
        ("inputs:", "3", "maps 3 numbers to 4, the circuit's 14 to 4"),
    ] {
        let message = altered(&circuit, &model, &[(field, value)]).expect_err(field);
        assert!(message.contains(expected), "{field}{value}: {message}");
        assert!(message.contains("a.model is not a whole model file"), "{message}");
    }
}

/// A header with the recipe as it was written when systems stood for a network, a process and a loss.
fn in_systems(text: &str) -> String {
    let mut text = text.replacen("condition_dropout:", "timesteps:20,condition_dropout:", 1);
    for (from, to) in [("process:", "coordinates:"), (",performance:(ensemble:", ",seed:")] {
        let at = text.find(from).expect("there");
        let end = at + text[at..].find(to).expect("it follows");
        text.replace_range(at..end, "");
    }
    text.replacen(",seed:", "),seed:", 1)
}

#[test]
fn a_file_of_the_last_format_is_read() {
    let circuit = circuit();
    let transformer = Transformer { blocks: 1, width: 8, heads: 2, expansion: 2, dropout: 0.0 };
    let model = small(&circuit, Architecture::DmTransformer(transformer), velocity());
    let (text, arrays) = parts(&bytes(&model, &header_of(&model)).expect("sound"));
    let text = in_systems(&text).replacen("format:4", "format:3", 1);
    assert!(text.contains("sampling_steps:4),seed:1") && !text.contains("process:"), "{text}");
    let old = read(&circuit, &whole(&text, &arrays), Path::new("old.model")).expect("it is read");
    assert_eq!(old, model);
    let newer = whole(&text.replacen("format:3", "format:5", 1), &arrays);
    let refused = read(&circuit, &newer, Path::new("new.model")).expect_err("of the future").to_string();
    assert!(refused.contains("has format 5, this program reads 2 to 4"), "{refused}");
}

#[test]
fn a_file_of_the_first_edition_is_read_and_says_nothing_of_its_testbench() {
    let circuit = circuit();
    // as it stands in the files of the first edition
    let hash = "312c381f0579575b9058162ad3b4efdec188ec26f197001958e37f47d7ec97d3";
    let transformer = Transformer { blocks: 1, width: 8, heads: 2, expansion: 2, dropout: 0.0 };
    let model = small(&circuit, Architecture::DmTransformer(transformer), velocity());
    assert_eq!(model.testbench, crate::engine::testbench_hash(&circuit).ok());
    let first = |hash: &str| {
        let (text, arrays) = parts(&bytes(&model, &header_of(&model)).expect("sound"));
        let at = text.find("identity:").expect("there");
        let end = text.find("dataset_hash:").expect("there");
        let text = format!("{}circuit_hash:\"{hash}\",{}", &text[..at], &text[end..]);
        whole(&in_systems(&text).replacen("format:4", "format:2", 1), &arrays)
    };
    let old = read(&circuit, &first(hash), Path::new("old.model")).expect("it is read");
    assert_eq!(old, TrainedModel { testbench: None, ..model.clone() });
    assert_eq!(crate::engine::doubt(&circuit, &old), Some(crate::engine::Doubt::UnknownTestbench));
    assert_eq!(crate::engine::doubt(&circuit, &model), None);
    let other = read(&circuit, &first(&"0".repeat(64)), Path::new("old.model")).expect_err("another");
    assert!(matches!(other, CheckpointError::Changed { .. }) && other.to_string().contains("first edition"));
}

#[test]
fn what_differs_is_named_and_what_does_not_matter_is_not_asked() {
    let circuit = circuit();
    let transformer = Transformer { blocks: 1, width: 8, heads: 2, expansion: 2, dropout: 0.0 };
    let model = small(&circuit, Architecture::DmTransformer(transformer), velocity());
    let file = bytes(&model, &header_of(&model)).expect("sound");
    let read = |circuit: &Circuit| read(circuit, &file, Path::new("a.model"));
    let mut reworded = circuit.clone();
    reworded.about = "in other words".into();
    reworded.parameters[3].about = "in other words".into();
    reworded.groups[0].name = "in other words".into();
    reworded.metrics[0].title = "in other words".into();
    assert_eq!(read(&reworded).expect("it fits"), model);
    // a copy under another name has the same testbench, another circuit has not
    let renamed = Circuit { name: "mine".into(), ..circuit.clone() };
    assert_eq!(read(&renamed).expect("it fits").circuit, "mine");
    let mut other = renamed;
    other.testbenches[0].deck = circuit.folder.join("../ota2/testbench.cir");
    let error = read(&other).expect_err("another circuit");
    assert!(matches!(error, CheckpointError::Circuit { .. }) && error.to_string().contains("testbench"));
    // under its own name it may be a start
    let edited = Circuit { testbenches: other.testbenches.clone(), ..circuit.clone() };
    let start = read(&edited).expect("a start");
    assert_eq!(crate::engine::doubt(&edited, &start), Some(crate::engine::Doubt::OtherTestbench));
    let mut changed = circuit.clone();
    changed.parameters[2].high = 20e-6;
    changed.metrics[0].legal.1 = 1e-6;
    let message = read(&changed).expect_err("changed").to_string();
    let expected =
        ["parameter W1 is [m] 1e-6 to 2e-5", "not [m] 1e-6 to 1e-5", "metric power", "sizewright train"];
    assert!(expected.iter().all(|part| message.contains(part)), "{message}");
}

//! The engine end to end on a tiny recipe: train, pause, stop, resume, save, load, sample.

use super::{CheckpointError, DeviceChoice, Engine, Event, Job, Ranking, SampleJob, TrainJob, load, save};
use crate::circuit::{Circuit, Region};
use crate::dataset::{self, Dataset};
use crate::diffusion::{SampleSettings, Solver};
use crate::sizing::{Architecture, DrawSettings, Preset, Recipe, System, TrainedModel, Transformer};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

fn circuit() -> Arc<Circuit> {
    Arc::new(Circuit::open("ota1").expect("OTA1 is bundled"))
}

fn rows(circuit: &Circuit) -> Arc<Dataset> {
    let mut dataset = dataset::read(circuit, &circuit.dataset).expect("OTA1's rows are sound").dataset;
    dataset.rows.truncate(120);
    Arc::new(dataset)
}

fn recipe(epochs: usize) -> Recipe {
    let shape = Transformer { blocks: 1, width: 16, heads: 4, expansion: 4, dropout: 0.0 };
    let architecture = Architecture::DmTransformer(shape);
    Recipe { architecture, copies: 2, batch: 40, epochs, ..Preset::Quick.recipe(System::DmTransformer, 1) }
}

fn job(epochs: usize) -> TrainJob {
    let circuit = circuit();
    TrainJob {
        dataset: rows(&circuit),
        circuit,
        recipe: recipe(epochs),
        seed: 3,
        device: DeviceChoice::Cpu,
        resume: None,
        beside: None,
        checkpoint: None,
    }
}

/// The next event that `pick` takes.
fn wait<T>(engine: &Engine, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    loop {
        let event = engine.events().recv_timeout(Duration::from_secs(120)).expect("the engine answers");
        if let Event::Failed { message, .. } = &event {
            let message = message.clone();
            return pick(event).unwrap_or_else(|| panic!("failed: {message}"));
        }
        if let Some(found) = pick(event) {
            return found;
        }
    }
}

fn trained(engine: &Engine) -> (Arc<TrainedModel>, bool) {
    wait(engine, |event| match event {
        Event::Trained { model, stopped } => Some((model, stopped)),
        _ => None,
    })
}

/// One whole training of three epochs, shared by the tests.
fn whole() -> Arc<TrainedModel> {
    static WHOLE: OnceLock<Arc<TrainedModel>> = OnceLock::new();
    let train = || {
        let engine = Engine::start(|| {}).expect("threads start");
        engine.train(job(3));
        trained(&engine).0
    };
    Arc::clone(WHOLE.get_or_init(train))
}

#[test]
fn a_stopped_training_resumes_on_the_same_loss_curve() {
    let whole = whole();
    let engine = Engine::start(|| {}).expect("threads start");
    engine.train(job(3));
    // stop somewhere inside the second epoch, by way of a pause
    wait(&engine, |event| matches!(event, Event::Step { .. }).then_some(()));
    engine.pause();
    wait(&engine, |event| matches!(event, Event::Paused).then_some(()));
    engine.resume();
    wait(&engine, |event| matches!(event, Event::Resumed).then_some(()));
    engine.cancel(Job::Training);
    let (part, stopped) = trained(&engine);
    assert!(stopped && part.learning.training.len() < whole.learning.training.len());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("part.model");
    save(&part, &path).expect("writable");
    let resumed = Arc::new(load(&circuit(), &path).expect("sound"));
    assert_eq!(*part, *resumed, "what is loaded is what was saved");
    engine.train(TrainJob { resume: Some(resumed), ..job(3) });
    let (rest, stopped) = trained(&engine);
    assert!(!stopped);
    assert_eq!(rest.learning.training, whole.learning.training);
    assert_eq!(rest.learning.validation, whole.learning.validation);
    assert_eq!(rest.weights, whole.weights);
}

#[test]
fn a_damaged_or_foreign_model_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.model");
    save(&whole(), &path).expect("writable");
    let bytes = std::fs::read(&path).expect("readable");
    for end in [0, 4, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..end]).expect("writable");
        let error = load(&circuit(), &path).expect_err("truncated");
        assert!(matches!(error, CheckpointError::Broken { .. }), "{end}: {error}");
        assert!(error.to_string().contains("sizewright train"), "{error}");
    }
    let mut flipped = bytes.clone();
    let last = flipped.len() - 2;
    flipped[last] ^= 0x40;
    std::fs::write(&path, &flipped).expect("writable");
    assert!(load(&circuit(), &path).expect_err("flipped").to_string().contains("checksum"));
    std::fs::write(&path, &bytes).expect("writable");
    let testbench = circuit().folder.join("../ota2/testbench.cir");
    let other = Circuit { name: "ota9".into(), testbench, ..(*circuit()).clone() };
    let error = load(&other, &path).expect_err("another circuit");
    assert!(matches!(error, CheckpointError::Circuit { .. }), "{error}");
    let mut changed = (*circuit()).clone();
    changed.parameters[0].high = 0.9;
    assert!(matches!(load(&changed, &path), Err(CheckpointError::Changed { .. })));
}

#[test]
fn sampling_gives_legal_predicted_sizings_and_the_newest_request_wins() {
    let model = whole();
    let engine = Engine::start(|| {}).expect("threads start");
    let circuit = circuit();
    let request = |id, ranking| SampleJob {
        id,
        circuit: Arc::clone(&circuit),
        model: Arc::clone(&model),
        specification: circuit.specifications[0].specification.clone(),
        region: Region::default(),
        settings: DrawSettings {
            sampling: SampleSettings { solver: Solver::DpmSolver, steps: 6, guidance: -0.5 },
            tighten: 0.1,
        },
        count: 30,
        ranking,
        seed: 1,
        device: DeviceChoice::Cpu,
    };
    for id in 1..=20 {
        engine.sample(request(id, Ranking::Raw));
    }
    let mut answers = Vec::new();
    while answers.last() != Some(&20) {
        let set = wait(&engine, |event| match event {
            Event::Sampled(set) => Some(set),
            _ => None,
        });
        assert_eq!(set.candidates.len(), 30);
        for candidate in &set.candidates {
            assert_eq!(candidate.sizing.check(&circuit), Ok(()));
            assert!(candidate.predicted.is_some() && candidate.simulated.is_none());
            assert_eq!(candidate.feasible(&set.specification), None, "a prediction never judges");
        }
        answers.push(set.id);
    }
    assert!(answers.len() < 20, "waiting requests were answered one by one: {answers:?}");
    engine.sample(request(21, Ranking::Oversample(4)));
    let ranked = wait(&engine, |event| match event {
        Event::Sampled(set) => Some(set),
        _ => None,
    });
    assert_eq!(ranked.candidates.len(), 30);
}

#[test]
fn too_few_rows_and_a_foreign_resume_fail_with_a_line() {
    let engine = Engine::start(|| {}).expect("threads start");
    let failed = |job: TrainJob| {
        engine.train(job);
        wait(&engine, |event| match event {
            Event::Failed { message, .. } => Some(message),
            _ => None,
        })
    };
    let few = Dataset { rows: rows(&circuit()).rows[..5].to_vec(), ..Dataset::default() };
    assert!(failed(TrainJob { dataset: Arc::new(few), ..job(1) }).contains("5 rows"));
    let shape = Transformer { blocks: 1, width: 17, heads: 4, expansion: 4, dropout: 0.0 };
    let bad = Recipe { architecture: Architecture::DmTransformer(shape), ..recipe(1) };
    assert!(failed(TrainJob { recipe: bad, ..job(1) }).contains("width"));
    let mut other = (*rows(&circuit())).clone();
    other.rows.truncate(100);
    let foreign = TrainJob { dataset: Arc::new(other), resume: Some(whole()), ..job(3) };
    assert!(failed(foreign).contains("dataset has changed"));
}

//! The engine end to end on a tiny recipe: train, pause, stop, resume, save, load, sample.

use super::automatic::{self, Automatic, Work};
use super::{
    CheckpointError, Device, DeviceChoice, End, Engine, Event, JobError, JobId, Product, Ranking, SampleJob,
    SampleSet, TrainJob, load, save,
};
use crate::circuit::{Circuit, Region};
use crate::dataset::{self, Dataset};
use crate::diffusion::{SampleSettings, Solver};
use crate::sizing::{
    Architecture, Candidate, DrawSettings, Preset, Recipe, System, TrainedModel, Transformer,
};
use crate::tensor::TensorError;
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
        if let Event::Ended(_, End::Failed(error)) = &event {
            let message = error.to_string();
            return pick(event).unwrap_or_else(|| panic!("failed: {message}"));
        }
        if let Some(found) = pick(event) {
            return found;
        }
    }
}

/// The next end of a job, whichever it is.
fn ended(engine: &Engine) -> (JobId, End) {
    wait(engine, |event| match event {
        Event::Ended(job, end) => Some((job, end)),
        _ => None,
    })
}

fn trained(engine: &Engine) -> (Arc<TrainedModel>, bool) {
    match ended(engine).1 {
        End::Done(Product::Model(model)) => (model, false),
        End::Stopped(Some(Product::Model(model))) => (model, true),
        other => panic!("{other:?}"),
    }
}

fn drawn(engine: &Engine) -> (JobId, Arc<SampleSet>) {
    match ended(engine) {
        (job, End::Done(Product::Designs(set))) => (job, set),
        other => panic!("{other:?}"),
    }
}

fn request(model: &Arc<TrainedModel>, count: usize, steps: usize) -> SampleJob {
    let circuit = circuit();
    SampleJob {
        specification: circuit.specifications[0].specification.clone(),
        circuit,
        model: Arc::clone(model),
        region: Region::default(),
        settings: DrawSettings {
            sampling: SampleSettings { solver: Solver::DpmSolver, steps, guidance: -0.5 },
            tighten: 0.1,
            aimed: false,
        },
        count,
        ranking: Ranking::Raw,
        as_drawn: true,
        seed: 1,
        device: DeviceChoice::Cpu,
    }
}

/// Enough for a training to be stopped in the middle of it on any machine.
const EPOCHS: usize = 20;

/// One whole training, shared by the tests.
fn whole() -> Arc<TrainedModel> {
    static WHOLE: OnceLock<Arc<TrainedModel>> = OnceLock::new();
    let train = || {
        let engine = Engine::start(|| {}).expect("threads start");
        engine.train(job(EPOCHS));
        trained(&engine).0
    };
    Arc::clone(WHOLE.get_or_init(train))
}

#[test]
fn a_stopped_training_resumes_on_the_same_loss_curve() {
    let whole = whole();
    let engine = Engine::start(|| {}).expect("threads start");
    let training = engine.train(job(EPOCHS));
    // stop somewhere inside the second epoch, by way of a pause
    wait(&engine, |event| matches!(event, Event::Step { .. }).then_some(()));
    engine.pause(training);
    wait(&engine, |event| matches!(event, Event::Paused(_)).then_some(()));
    engine.resume(training);
    wait(&engine, |event| matches!(event, Event::Resumed(_)).then_some(()));
    engine.cancel(training);
    let (part, stopped) = trained(&engine);
    assert!(stopped && part.learning.training.len() < whole.learning.training.len());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("part.model");
    save(&part, &path).expect("writable");
    let resumed = Arc::new(load(&circuit(), &path).expect("sound"));
    assert_eq!(*part, *resumed, "what is loaded is what was saved");
    engine.train(TrainJob { resume: Some(resumed), ..job(EPOCHS) });
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
    let mut other = Circuit { name: "ota9".into(), ..(*circuit()).clone() };
    other.testbenches[0].deck = testbench;
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
    let jobs: Vec<JobId> = (0..20).map(|_| engine.sample(request(&model, 30, 6))).collect();
    let (mut answered, mut superseded) = (Vec::new(), Vec::new());
    while answered.len() + superseded.len() < jobs.len() {
        match ended(&engine) {
            (job, End::Stopped(None)) => superseded.push(job),
            (job, End::Done(Product::Designs(set))) => {
                assert_eq!(set.candidates.len(), 30);
                for candidate in &set.candidates {
                    assert_eq!(candidate.sizing.check(&circuit), Ok(()));
                    assert!(candidate.predicted.is_some() && candidate.simulated.is_none());
                    assert_eq!(candidate.feasible(&set.specification), None, "a prediction never judges");
                }
                answered.push(job);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(answered.contains(&jobs[19]) && !superseded.is_empty(), "{answered:?} of {jobs:?}");
    let mut all: Vec<JobId> = answered.into_iter().chain(superseded).collect();
    all.sort_by_key(|job| job.number);
    assert_eq!(all, jobs, "each ends once");
    engine.sample(SampleJob { ranking: Ranking::Oversample(4), ..request(&model, 30, 6) });
    assert_eq!(drawn(&engine).1.candidates.len(), 30);
}

#[test]
fn a_draw_is_heard_of_as_it_comes_and_nothing_of_it_is_different_in_the_end() {
    let engine = Engine::start(|| {}).expect("threads start");
    let job = engine.sample(request(&whole(), 50, 6));
    let mut heard: Vec<Option<Candidate>> = vec![None; 50];
    let mut times = 0;
    let set = wait(&engine, |event| match event {
        Event::Drawn { job: of, first, candidates } => {
            assert_eq!(of, job);
            times += 1;
            for (place, candidate) in heard[first..].iter_mut().zip(candidates) {
                assert!(place.replace(candidate).is_none(), "each is told once");
            }
            None
        }
        Event::Ended(_, End::Done(Product::Designs(set))) => Some(set),
        _ => None,
    });
    assert!(times > 1, "told {times} times");
    let heard: Vec<Candidate> = heard.into_iter().map(|c| c.expect("each is told")).collect();
    assert_eq!(heard, set.candidates);
    // what is ranked is told raw, all that is drawn
    engine.sample(SampleJob { ranking: Ranking::Oversample(4), ..request(&whole(), 10, 6) });
    let mut all = 0;
    let set = wait(&engine, |event| match event {
        Event::Drawn { candidates, .. } => {
            all += candidates.len();
            None
        }
        Event::Ended(_, End::Done(Product::Designs(set))) => Some(set),
        _ => None,
    });
    assert_eq!((all, set.drawn, set.candidates.len()), (40, 40, 10));
}

#[test]
fn a_cancelled_draw_stays_cancelled_when_a_new_one_follows_at_once() {
    let model = whole();
    let engine = Engine::start(|| {}).expect("threads start");
    let long = engine.sample(request(&model, 20_000, 1000));
    while engine.part(long) == 0.0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    engine.cancel(long);
    let short = engine.sample(request(&model, 5, 4));
    assert!(matches!(ended(&engine), (job, End::Stopped(None)) if job == long));
    let (job, set) = drawn(&engine);
    assert_eq!((job, set.candidates.len()), (short, 5));
    assert!(!engine.is_open(long) && !engine.is_open(short));
}

/// A model whose conditions are a number short: as a damaged file could hold it if nothing looked.
fn unsound() -> Arc<TrainedModel> {
    let model = whole();
    let text = ron::to_string(&model.conditions).expect("it is data");
    let (before, rest) = text.split_once("deviation:[").expect("a field");
    let (_, rest) = rest.split_once(',').expect("several numbers");
    let conditions = ron::from_str(&format!("{before}deviation:[{rest}")).expect("it is of its shape");
    Arc::new(TrainedModel { conditions, ..(*model).clone() })
}

#[test]
fn a_panic_ends_its_job_and_the_thread_goes_on() {
    let engine = Engine::start(|| {}).expect("threads start");
    let broken = engine.sample(request(&unsound(), 5, 4));
    match ended(&engine) {
        (job, End::Failed(JobError::Panicked { .. })) => assert_eq!(job, broken),
        other => panic!("{other:?}"),
    }
    let sound = engine.sample(request(&whole(), 5, 4));
    assert_eq!(drawn(&engine).0, sound);
    // in the middle of a training it ends the draw, not the training
    let training = engine.train(job(EPOCHS));
    wait(&engine, |event| matches!(event, Event::Step { .. }).then_some(()));
    engine.pause(training);
    let broken = engine.sample(request(&unsound(), 5, 4));
    assert!(matches!(ended(&engine), (job, End::Failed(JobError::Panicked { .. })) if job == broken));
    engine.cancel(training);
    assert!(trained(&engine).1);
}

#[test]
fn a_training_that_waits_can_be_cancelled_while_another_goes_on() {
    let engine = Engine::start(|| {}).expect("threads start");
    let first = engine.train(job(EPOCHS));
    wait(&engine, |event| matches!(event, Event::Step { .. }).then_some(()));
    let second = engine.train(job(EPOCHS));
    engine.cancel(second);
    assert!(matches!(ended(&engine), (job, End::Stopped(None)) if job == second));
    assert!(engine.is_open(first));
    engine.cancel(first);
    assert!(trained(&engine).1);
}

#[test]
fn a_checkpoint_is_there_after_the_first_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("early.model");
    let engine = Engine::start(|| {}).expect("threads start");
    let training = engine.train(TrainJob { checkpoint: Some(path.clone()), ..job(EPOCHS) });
    wait(&engine, |event| matches!(event, Event::Saved(_)).then_some(()));
    let early = load(&circuit(), &path).expect("whole");
    assert_eq!(early.learning.training.len(), 1);
    engine.cancel(training);
    trained(&engine);
}

#[test]
fn too_few_rows_and_a_foreign_resume_fail_with_a_line() {
    let engine = Engine::start(|| {}).expect("threads start");
    let failed = |job: TrainJob| {
        engine.train(job);
        wait(&engine, |event| match event {
            Event::Ended(_, End::Failed(error)) => Some(error.to_string()),
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
    let foreign = TrainJob { dataset: Arc::new(other), resume: Some(whole()), ..job(EPOCHS) };
    assert!(failed(foreign).contains("dataset has changed"));
}

#[test]
fn a_trial_on_either_device_chooses_the_faster_one_and_is_remembered() {
    let (cpu, gpu) = (Device::open(DeviceChoice::Cpu), Device::open(DeviceChoice::Gpu));
    let (cpu, gpu) =
        (cpu.expect("threads start"), gpu.expect("a graphics adapter, software Vulkan at least"));
    let names = [cpu.name(), gpu.name()];
    let mut automatic = Automatic::new(gpu, cpu);
    // measured on both, with the job's own network
    let (training, drawing) = (job(1), request(&whole(), 40, 2));
    let mut measured = Vec::new();
    let chosen = automatic
        .choose(Work::training(&training), |device| {
            let time = automatic::of_training(device, &training)?;
            measured.push((device.name(), time));
            Ok(time)
        })
        .expect("both work");
    assert_eq!(measured.len(), 2, "{measured:?}");
    assert!(measured.iter().all(|(name, time)| names.contains(name) && *time > 0.0), "{measured:?}");
    let faster = if measured[0].1 < measured[1].1 { &measured[0].0 } else { &measured[1].0 };
    assert_eq!(&chosen.device.name(), faster);
    assert!(chosen.why.contains("a training step takes") && names.iter().any(|n| chosen.why.contains(n)));
    let again = automatic.choose(Work::training(&training), |_| panic!("it is remembered")).expect("known");
    assert_eq!(again.why, chosen.why);
    // another size of work is another question; a device that fails is not taken
    let times = |of: &Device| automatic::of_drawing(of, &drawing);
    let known = automatic.choose(Work::drawing(&drawing), times).expect("both work");
    assert!(known.why.contains("a draw takes"), "{}", known.why);
    let more = SampleJob { count: 200, ..drawing.clone() };
    let failing = |of: &Device| match of {
        Device::Cpu(_) => Ok(1e3),
        Device::Gpu(_) => Err(TensorError::Device { device: of.name(), reason: "lost".to_owned() }),
    };
    let chosen = automatic.choose(Work::drawing(&more), failing).expect("the CPU works");
    assert_eq!(chosen.device.name(), names[0]);
    assert!(chosen.why.contains("fails") && chosen.why.contains("lost"), "{}", chosen.why);
}

#[test]
fn an_automatic_device_is_told_with_its_reason_and_too_few_rows_are_no_trial() {
    let engine = Engine::start(|| {}).expect("threads start");
    let few = Dataset { rows: job(1).dataset.rows[..9].to_vec(), ..Dataset::default() };
    engine.train(TrainJob { dataset: Arc::new(few), device: DeviceChoice::Auto, ..job(1) });
    let why = wait(&engine, |event| match event {
        Event::Ended(_, End::Failed(why)) => Some(why.to_string()),
        _ => None,
    });
    assert!(why.contains("9 rows are too few"), "{why}");
    engine.sample(SampleJob { device: DeviceChoice::Auto, ..request(&whole(), 4, 2) });
    let (name, why) = wait(&engine, |event| match event {
        Event::Device { name, why } => Some((name, why)),
        _ => None,
    });
    assert!(!name.is_empty() && why.is_some_and(|why| why.contains("GPU") || why.contains("ms")));
    assert_eq!(drawn(&engine).1.candidates.len(), 4);
}

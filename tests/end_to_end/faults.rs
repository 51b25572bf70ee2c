//! Workers, decks and models that misbehave: each costs what it must and no more, and no process is left.

use crate::processes::{ends, finishes, left_after, memory, script, tag, tagged};
use crate::support::{altered_ota1, ota1, program, sizings, stderr, stdout};
use safetensors::SafeTensors;
use sizewright::circuit::{Circuit, Sizing};
use sizewright::engine::demo_model;
use sizewright::fuzzing::{mutant, seeds};
use sizewright::spice::{Failure, Outcome, Simulate, Simulator, SimulatorConfig};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const NOTICE: Duration = Duration::from_secs(10);

/// A worker's first answer, as the shell prints it.
const READY: &str = "read setup; printf '\\n\\001ready ngspice-39\\n'";

/// What `simulate` says of a few designs where `body` stands for the worker; none of its processes is left.
fn with_worker(body: &str) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let worker = script(folder.path(), "worker", body);
    let tag = tag();
    let mut command = tagged(program(), &tag);
    command.args(["simulate", "ota1", "--random", "3", "--jobs", "2", "--time-limit", "0.5"]);
    let output = finishes(command.env("SIZEWRIGHT_WORKER", worker), Duration::from_secs(60));
    let left = left_after(&tag, NOTICE);
    assert!(left.is_empty(), "`{body}` leaves {left:?}");
    output
}

/// Nothing is measured, and that is said in a line.
fn nothing_measured(output: &Output, reason: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", stderr(output));
    let said = stdout(output) + &stderr(output);
    assert!(said.contains("error: ") && said.contains(reason), "{said}");
    assert_eq!(stderr(output).lines().filter(|line| line.starts_with("error:")).count(), 1, "{said}");
}

#[test]
fn a_worker_that_hangs_is_replaced_with_all_that_it_started() {
    // what it waits for is a process of its own, as `shell sleep 97` in a deck is
    nothing_measured(&with_worker(&format!("{READY}; sleep 97; true")), "no result within 0.500 s");
    let stubborn = format!("trap '' TERM INT HUP; {READY}; sleep 97 & sleep 98; true");
    nothing_measured(&with_worker(&stubborn), "no result within 0.500 s");
}

#[test]
fn a_worker_that_crashes_costs_its_design() {
    nothing_measured(&with_worker(&format!("{READY}; read design; exit 3")), "the worker process ended");
    nothing_measured(&with_worker(&format!("{READY}; read design; kill -SEGV $$")), "signal");
    nothing_measured(&with_worker("exit 0"), "SIZEWRIGHT_WORKER");
}

#[test]
fn a_worker_that_talks_garbage_measures_nothing() {
    for answer in
        ["\\001measured nan nan nan nan nan\\t\\n", "\\001measured 1 2\\t\\n", "\\001ready again\\n"]
    {
        let output = with_worker(&format!("{READY}; while read d; do printf '\\n{answer}'; done"));
        assert_eq!(output.status.code(), Some(1), "{answer}: {}", stderr(&output));
    }
    let noise = "while read d; do head -c 300000 /dev/urandom; printf '\\n\\001\\n\\001measured x\\n'; done";
    nothing_measured(&with_worker(&format!("{READY}; {noise}")), "no result within 0.500 s");
    let output = with_worker("while read d; do printf 'hello\\n\\001measured 1 2 3 4 5\\t\\n'; done");
    nothing_measured(&output, "protocol");
}

#[test]
fn a_reply_without_end_does_not_take_the_programs_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // one line without end, and lines without end
    for (name, endless) in [
        ("a line", "read d; cat /dev/zero"),
        ("a marked line", "read d; printf '\\001measured '; tr '\\0' '1' </dev/zero"),
        ("lines", "while :; do printf '\\001measured 1 1 1 1 1\\t\\n'; done"),
    ] {
        let worker = script(folder.path(), "worker", &format!("{READY}; {endless}"));
        let tag = tag();
        let mut child = tagged(program(), &tag)
            .args(["simulate", "ota1", "--random", "2", "--jobs", "1", "--time-limit", "2"])
            .env("SIZEWRIGHT_WORKER", worker)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut most = 0;
        // a program that does not mind its memory is stopped before the machine is
        while ends(&mut child, Duration::from_millis(5)).is_none() && most < 1 << 20 {
            most = most.max(memory(child.id(), "VmHWM"));
        }
        let _ = child.kill();
        let _ = child.wait();
        let left = left_after(&tag, NOTICE);
        assert!(most < 150 << 10, "{name}: {} MB", most >> 10);
        assert!(left.is_empty(), "{name}: {left:?} are left");
    }
}

#[test]
fn a_deck_that_eats_memory_costs_its_design_alone() {
    // above 0.6 V, 160 MB after 160 MB, up to 5 GB
    let eats = "if v(vdd) > 0.6\nlet n = 0\nwhile n < 30\nlet big$&n = vector(20000000)\nlet n = n + 1\nend\nend\nlet power";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "let power", eats);
    let (worker, tag) = tagged_worker(folder.path());
    let all = alternating(2);
    let watch = AtomicBool::new(false);
    let (outcomes, most) = std::thread::scope(|scope| {
        let measured = scope.spawn(|| {
            let config = SimulatorConfig {
                worker,
                jobs: 1,
                time_limit: Duration::from_secs(20),
                memory_limit: 1 << 29,
                ..SimulatorConfig::default()
            };
            let outcomes = run(&circuit, config, &all);
            watch.store(true, std::sync::atomic::Ordering::Relaxed);
            outcomes
        });
        let mut most = 0;
        while !watch.load(std::sync::atomic::Ordering::Relaxed) {
            for (pid, _) in crate::processes::left(&tag) {
                let now = memory(pid, "VmRSS");
                most = most.max(now);
                // a worker without a limit is stopped before the machine is
                if now > 2 << 20 {
                    crate::processes::end(pid);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        (measured.join().expect("it does not panic"), most)
    });
    assert!(most < 1 << 20, "a worker took {} MB", most >> 10);
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
    assert!(outcomes[1].is_err() && outcomes[3].is_err(), "{outcomes:?}");
    assert_eq!(left_after(&tag, NOTICE), []);
}

/// A worker whose processes can be found: our program, under a tag.
fn tagged_worker(folder: &Path) -> (PathBuf, String) {
    let tag = tag();
    let body = format!("SIZEWRIGHT_TEST_TAG={tag} exec '{}' \"$@\"", program().display());
    (script(folder, "tagged", &body), tag)
}

fn run(circuit: &Circuit, config: SimulatorConfig, sizings: &[Sizing]) -> Vec<Outcome> {
    let mut simulator = Simulator::start(circuit, config).expect("ngspice is installed");
    simulator.run(sizings, &AtomicBool::new(false), &mut |_, _| {})
}

/// Good designs, VDD = 0.5 V, and bad ones, in turn.
fn alternating(pairs: usize) -> Vec<Sizing> {
    let circuit = ota1();
    let middle: Vec<f64> = circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(0.5))).collect();
    let one = |i: usize| {
        let mut sizing = middle.clone();
        sizing[0] = if i % 2 == 1 { 0.8 } else { 0.5 };
        sizing[2] = circuit.parameters[2].snap(2e-6 + 10e-9 * (i / 2) as f64);
        Sizing(sizing)
    };
    (0..2 * pairs).map(one).collect()
}

fn bits(outcome: &Outcome) -> Result<Vec<u64>, Failure> {
    outcome.clone().map(|simulated| simulated.performance().0.iter().map(|v| v.to_bits()).collect())
}

#[test]
fn a_thousand_bad_designs_cost_themselves_alone() {
    // above 0.6 V it quits, loses its circuit or names a plot that is none, by its bias
    let bad = "if v(vdd) > 0.6\nif v(vb) > 0.5\nquit 1\nend\nif v(vb) > 0.4\nremcirc\nend\nif v(vb) < 0.3\nset acplot = nowhere\nend\nif v(vb) > 0.3\nset acplot = const\nend\nend\nlet power";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "let power", bad);
    let mut all = alternating(1000);
    let bias = &circuit.parameters[1];
    for (i, sizing) in all.iter_mut().enumerate() {
        // one in twenty of the bad quits, which costs its worker; the good have a bias of their own
        let value = match i {
            _ if i % 2 == 0 => 0.3,
            _ if i % 40 == 1 => 0.52,
            _ => [0.2, 0.35, 0.45][i / 2 % 3],
        };
        sizing.0[1] = bias.snap(value);
        // and one in ten of the bad is no sizing at all
        if i % 20 == 3 {
            sizing.0[2] = f64::NAN;
        }
    }
    let (worker, tag) = tagged_worker(folder.path());
    let config = SimulatorConfig {
        worker,
        jobs: 2,
        time_limit: Duration::from_secs(20),
        ..SimulatorConfig::default()
    };
    let outcomes = run(&circuit, config, &all);
    assert_eq!(left_after(&tag, NOTICE), []);
    let good: Vec<Sizing> = all.iter().step_by(2).cloned().collect();
    let sound = run(&ota1(), SimulatorConfig { worker: program(), ..SimulatorConfig::default() }, &good);
    for (i, pair) in outcomes.chunks(2).enumerate() {
        assert!(sound[i].is_ok(), "{i}: {:?}", sound[i]);
        assert_eq!(bits(&pair[0]), bits(&sound[i]), "the {i}th good design, bit for bit");
        assert!(pair[1].is_err(), "the {i}th bad design: {:?}", pair[1]);
    }
    let crashed = outcomes.iter().filter(|o| matches!(o, Err(Failure::Crashed(_)))).count();
    let illegal = outcomes.iter().filter(|o| matches!(o, Err(Failure::IllegalSizing(_)))).count();
    assert_eq!((crashed, illegal), (50, 100), "by their kinds");
}

#[test]
fn altered_decks_end_and_leave_sound_ones_as_they_were() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = altered_ota1(folder.path(), "* OTA1", "* OTA1");
    let (worker, tag) = tagged_worker(folder.path());
    let config = || SimulatorConfig {
        worker: worker.clone(),
        jobs: 1,
        time_limit: Duration::from_secs(2),
        ..SimulatorConfig::default()
    };
    let two = sizings(&circuit, 2);
    let sound: Vec<_> = run(&circuit, config(), &two).iter().map(bits).collect();
    let decks = seeds("deck");
    let mut started = 0;
    for index in 0..40 {
        std::fs::write(&circuit.testbenches[0].deck, mutant("deck", &decks[..1], index)).expect("writable");
        if let Ok(mut simulator) = Simulator::start(&circuit, config()) {
            started += 1;
            let outcomes = simulator.run(&two, &AtomicBool::new(false), &mut |_, _| {});
            assert_eq!(outcomes.len(), 2);
        }
    }
    assert!(started > 10, "{started} of 40 start");
    std::fs::write(&circuit.testbenches[0].deck, &decks[0]).expect("writable");
    let again: Vec<_> = run(&circuit, config(), &two).iter().map(bits).collect();
    assert_eq!(again, sound);
    assert_eq!(left_after(&tag, NOTICE), []);
}

/// A copy of OTA1's bundled model whose header is altered.
fn altered_model(folder: &Path, alter: impl Fn(&str) -> String) -> String {
    let bytes = std::fs::read(demo_model(&ota1()).expect("OTA1's model is bundled")).expect("readable");
    let (_, metadata) = SafeTensors::read_metadata(&bytes).expect("a model file");
    let mut texts = metadata.metadata().clone().expect("a header");
    let header = texts.get_mut("sizewright").expect("ours");
    let altered = alter(header);
    assert_ne!(altered, *header);
    *header = altered;
    let tensors = SafeTensors::deserialize(&bytes).expect("a model file");
    let bytes = safetensors::serialize(tensors.iter(), Some(texts)).expect("still one");
    let path = folder.join("altered.model");
    std::fs::write(&path, bytes).expect("writable");
    path.display().to_string()
}

#[test]
fn a_model_that_lacks_a_number_ends_the_program_with_a_word() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let without = |list: &'static str, with: &'static str| {
        move |header: &str| {
            let start = header.find(list).expect("it is in the header") + list.len();
            let end = start + header[start..].find(',').expect("more than one number");
            format!("{}{with}{}", &header[..start], &header[end + usize::from(with.is_empty())..])
        }
    };
    for (list, with) in [
        ("deviation:[", ""),
        ("mean:[", ""),
        ("plain_mean:[", ""),
        ("open:[", ""),
        ("held_out_error:[", ""),
        ("deviation:[", "NaN"),
        ("deviation:[", "0.0"),
        ("mean:[", "inf"),
    ] {
        let model = altered_model(folder.path(), without(list, with));
        let mut command = tagged(program(), &tag());
        command.args(["size", "ota1", "--model", &model, "--count", "2", "--oversample", "1"]);
        command.args(["--simulations", "0", "--backend", "cpu"]);
        let output = finishes(&mut command, Duration::from_secs(60));
        let code = output.status.code();
        assert!(matches!(code, Some(1 | 2)), "{list}{with}: {code:?} {}", stderr(&output));
        assert!(stderr(&output).contains("error: "), "{list}{with}: {}", stderr(&output));
    }
}

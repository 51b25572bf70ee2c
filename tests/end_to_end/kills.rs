//! The program killed without notice, at moments drawn from a fixed seed: what stood at the output's place is whole or
//! the new one whole, no worker is left, and the same command again ends well and leaves nothing else behind.

use crate::processes::{ends, few_rows, finishes, left_after, names, tag, tagged};
use crate::support::{altered_ota1, ota1, program, stderr};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sizewright::dataset;
use sizewright::engine::load;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a killed program's workers may take to notice.
const NOTICE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(240);

fn command(arguments: &[&str], tag: &str) -> Command {
    let mut command = tagged(program(), tag);
    command.args(arguments);
    command
}

/// Starts the command and kills it after a part of `whole`; whether it was still at work.
fn killed(arguments: &[&str], after: Duration) -> bool {
    let tag = tag();
    let mut child = command(arguments, &tag)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let at_work = ends(&mut child, after).is_none();
    child.kill().expect("ours");
    child.wait().expect("ours");
    let left = left_after(&tag, NOTICE);
    assert!(left.is_empty(), "killed after {after:?}, {arguments:?} leaves {left:?}");
    at_work
}

/// Kills the command at `times` moments within the first `part` of a run, looks at what is there each time, then lets it end.
fn kill_and_finish(arguments: &[&str], times: usize, part: f64, seed: u64, look: impl Fn(bool)) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // a first run says how long one is
    let began = Instant::now();
    let output = finishes(&mut command(arguments, &tag()), LONGEST);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let whole = began.elapsed();
    look(true);
    let mut at_work = 0;
    for _ in 0..times {
        at_work += usize::from(killed(arguments, whole.mul_f64(rng.random_range(0.02..part))));
        look(false);
    }
    println!("{at_work} of {times} killed at work, a run takes {whole:.1?}: {arguments:?}");
    assert!(2 * at_work >= times, "{at_work} of {times} were killed at work");
    let tag = tag();
    let output = finishes(&mut command(arguments, &tag), LONGEST);
    assert_eq!(output.status.code(), Some(0), "after {times} kills: {}", stderr(&output));
    let left = left_after(&tag, NOTICE);
    assert!(left.is_empty(), "{left:?}");
    look(true);
}

/// No temporary and no partial file of ours.
fn only(folder: &Path, expected: &[&str]) {
    assert_eq!(names(folder), expected, "what is left in {}", folder.display());
}

#[test]
fn a_killed_training_leaves_a_whole_model_and_the_next_one_cleans_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows = few_rows(folder.path(), 200);
    let place = folder.path().join("out");
    std::fs::create_dir(&place).expect("writable");
    let out = place.join("a.model");
    let name = out.display().to_string();
    let arguments = ["train", "ota1", "--backend", "cpu", "--epochs", "2", "--batch", "16", "--blocks", "1"];
    let arguments = [&arguments[..], &["--width", "16", "--data", &rows, "--out", &name]].concat();
    kill_and_finish(&arguments, 5, 1.0, 1, |ended| {
        let model = load(&ota1(), &out).expect("the old model or a new one, whole");
        if ended {
            assert_eq!(model.learning.training.len(), model.learning.steps as usize);
            only(&place, &["a.model"]);
        }
    });
}

#[test]
fn a_killed_generation_leaves_whole_rows_and_the_same_command_ends_with_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("rows.csv");
    let name = out.display().to_string();
    let arguments =
        ["dataset", "generate", "ota1", "--rows", "30", "--seed", "5", "--jobs", "2", "--out", &name];
    let circuit = ota1();
    let rows = || {
        let loaded = dataset::read(&circuit, &out).expect("a whole file");
        assert!(loaded.refused.is_empty(), "{:?}", loaded.refused);
        loaded.dataset.hash()
    };
    let first = std::cell::OnceCell::new();
    // each goes on from where the last one was killed
    kill_and_finish(&arguments, 5, 0.3, 2, |ended| {
        let expected = first.get_or_init(rows);
        assert_eq!(rows(), *expected, "what stood there before is whole");
        if ended {
            only(folder.path(), &["rows.csv"]);
        }
    });
}

#[test]
fn a_killed_report_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // a circuit of its own with few rows, so that its three systems are soon trained
    let circuit = altered_ota1(folder.path(), "set numdgt=9", "set numdgt=10");
    let rows = few_rows(folder.path(), 200);
    std::fs::rename(rows, &circuit.dataset).expect("writable");
    let name = circuit.folder.display().to_string();
    let [undisturbed, disturbed] = ["whole", "killed"].map(|name| folder.path().join(name));
    let arguments = |out: &Path| -> Vec<String> {
        let words = "--quick --epochs 1 --count 4 --targets 1 --backend cpu --circuits";
        let words = ["report", "table1"].into_iter().chain(words.split(' '));
        words
            .map(str::to_owned)
            .chain([name.clone(), "--out".to_owned(), out.display().to_string()])
            .collect()
    };
    let run = |out: &Path| {
        let arguments = arguments(out);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = finishes(&mut command(&words, &tag()), LONGEST);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    let began = Instant::now();
    run(&undisturbed);
    let whole = began.elapsed();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // each goes on from where the last one was killed
    for _ in 0..3 {
        let arguments = arguments(&disturbed);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        killed(&words, whole.mul_f64(rng.random_range(0.05..0.5)));
        for model in files(&disturbed).iter().filter(|name| name.ends_with(".model")) {
            load(&circuit, &disturbed.join(model)).expect("whole");
        }
    }
    run(&disturbed);
    assert_eq!(files(&disturbed), files(&undisturbed), "the same files and no other");
}

/// The files in a folder and in its folders; none where there is no folder yet.
fn files(folder: &Path) -> Vec<String> {
    if !folder.is_dir() {
        return Vec::new();
    }
    let inside = |name: String| {
        let path = folder.join(&name);
        if !path.is_dir() {
            return vec![name];
        }
        files(&path).into_iter().map(|inner| format!("{name}/{inner}")).collect()
    };
    names(folder).into_iter().flat_map(inside).collect()
}

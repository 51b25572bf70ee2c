//! A disk that is full: what cannot be written is said, what stood there before is kept, nothing half is left. A small
//! file system of its own where we may mount one; everywhere the limit that the shell sets on a file's length.

use crate::processes::{few_rows, finishes, names};
use crate::support::{program, stderr};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(120);
const OLD: &[u8] = b"what stood here before\n";

/// A file system of some megabytes, unmounted at the end.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    /// `None` where we may not mount.
    fn mount(folder: &'a Path) -> Option<Small<'a>> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "none"]).arg(folder);
        mount.output().is_ok_and(|output| output.status.success()).then_some(Small(folder))
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).expect("it is ours");
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

/// Each kind of work that ends with a file: its arguments up to the file's name, and the name.
fn works(folder: &Path) -> Vec<(Vec<String>, &'static str)> {
    let rows = few_rows(folder, 200);
    let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    let train = words("train ota1 --backend cpu --epochs 1 --batch 32 --blocks 1 --width 16");
    let size = "size ota1 --backend cpu --count 40 --oversample 1 --simulations 2";
    vec![
        ([train, vec!["--data".to_owned(), rows, "--out".to_owned()]].concat(), "a.model"),
        (words("dataset generate ota1 --rows 30 --jobs 1 --out"), "rows.csv"),
        (words(&format!("{size} --export")), "best.param"),
        (words(&format!("{size} --json")), "sizings.json"),
    ]
}

fn refused(output: &Output, what: &str) {
    let said = stderr(output);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{what}: {:?} {said}", output.status);
    assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{what}: {said}");
    assert!(said.contains(what), "it names the file: {said}");
}

#[test]
fn a_full_disk_is_said_and_costs_nothing_that_was_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("small");
    std::fs::create_dir(&place).expect("writable");
    let Some(small) = Small::mount(&place) else {
        let _ = writeln!(std::io::stderr(), "skipped: no file system can be mounted here");
        return;
    };
    for (arguments, name) in works(folder.path()) {
        let file = place.join(name);
        std::fs::write(&file, OLD).expect("there is room yet");
        small.fill();
        let output = finishes(Command::new(program()).args(&arguments).arg(&file), LONGEST);
        refused(&output, name);
        assert!(stderr(&output).contains("o space left"), "{}", stderr(&output));
        assert_eq!(std::fs::read(&file).expect("still there"), OLD, "{name}");
        assert_eq!(names(&place), sorted(["filler", name]), "nothing half is left");
        // with room, the same command does its work
        std::fs::remove_file(place.join("filler")).expect("ours");
        let output = finishes(Command::new(program()).args(&arguments).arg(&file), LONGEST);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        assert_ne!(std::fs::read(&file).expect("written"), OLD);
        std::fs::remove_file(&file).expect("ours");
        assert_eq!(names(&place), Vec::<String>::new());
    }
}

fn sorted(names: [&str; 2]) -> Vec<String> {
    let mut names = names.map(str::to_owned).to_vec();
    names.sort();
    names
}

#[test]
fn a_file_that_may_not_grow_is_said_and_costs_nothing_that_was_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let works = works(folder.path());
    let place = folder.path().join("limited");
    std::fs::create_dir(&place).expect("writable");
    for (arguments, name) in works {
        let file = place.join(name);
        std::fs::write(&file, OLD).expect("writable");
        // the shell counts in blocks of 512 bytes; the write beyond fails, the program does not end by the signal
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\""]).arg(program());
        let output = finishes(command.args(&arguments).arg(&file), LONGEST);
        refused(&output, name);
        assert_eq!(std::fs::read(&file).expect("still there"), OLD, "{name}");
        // what was measured of rows is kept for the same command to go on with
        let journal = sizewright::dataset::journal_path(&file);
        assert!(!journal.exists() || name == "rows.csv", "{name}");
        let _ = std::fs::remove_file(journal);
        assert_eq!(names(&place), [name], "nothing half is left");
        std::fs::remove_file(&file).expect("ours");
    }
}

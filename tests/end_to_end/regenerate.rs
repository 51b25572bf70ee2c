//! The documented scripts that make rows, models and tables anew, on a tiny budget.

use crate::support::program;
use std::path::Path;
use std::process::{Command, Output};

fn script(name: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("bash");
    command.arg(folder.join("docs").join(name)).current_dir(folder).env("SIZEWRIGHT", program());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_array_of_shards_is_made_once_and_merges_into_all_rows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let task = |shard: &str| {
        let mut command = script("generate.sbatch");
        command.args(["ota1", "24"]).arg(folder.path());
        let command = command.env("SLURM_ARRAY_TASK_ID", shard).env("SLURM_ARRAY_TASK_COUNT", "2");
        let output = command.output().expect("bash runs");
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    task("1");
    task("2");
    assert!(task("2").contains("is there"), "a part that is there is kept");
    let parts = ["ota1-1-of-2.csv", "ota1-2-of-2.csv"].map(|name| folder.path().join(name));
    let all = folder.path().join("all.csv");
    let merged = Command::new(program())
        .args(["dataset", "merge"])
        .args(&parts)
        .arg("--out")
        .arg(&all)
        .output()
        .expect("the program runs");
    assert!(merged.status.success(), "{}", said(&merged));
    let text = std::fs::read_to_string(all).expect("written");
    // a header and the rows
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 1 + 24);
}

#[test]
fn one_command_makes_rows_model_and_tables_and_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let make = || {
        let mut command = script("regenerate.sh");
        let few = ["--count", "8", "--targets", "1"];
        let command = command.arg(folder.path()).args(few).env("CIRCUITS", "ota1:60").env("EPOCHS", "1");
        let output = command.output().expect("bash runs");
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    make();
    for file in ["datasets/ota1/samples.csv", "assets/ota1.model", "tables/table1.md", "tables/table2.png"] {
        assert!(folder.path().join(file).is_file(), "{file} is missing");
    }
    let csv = std::fs::read_to_string(folder.path().join("tables/table1.csv")).expect("written");
    assert!(csv.contains("ota1,14,60,dm-transformer"), "the tables are of the new rows: {csv}");
    let again = make();
    assert!(!again.contains("training") && !again.contains("rows written"), "nothing is made twice: {again}");
}

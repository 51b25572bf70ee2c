//! Altered files at every door: as many mutants as are asked for, and what they broke.
//!
//! `cargo bench --profile dev --bench mutants -- 1000000` gives a million to each door, `… -- 1000 csv model` a
//! thousand to two; `… -- --seeds FOLDER` writes what a fuzzer may start from, `… -- --mutant drawing 68872` one
//! mutant to the standard output.

use sizewright::fuzzing::{DOORS, drive, mutant, seeds};
use std::io::Write;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [flag, folder] = arguments.as_slice()
        && flag == "--seeds"
    {
        for (door, _) in DOORS {
            let place = std::path::Path::new(folder).join(door);
            std::fs::create_dir_all(&place).expect("the folder can be made");
            for (i, seed) in seeds(door).iter().enumerate() {
                std::fs::write(place.join(format!("seed{i}")), seed).expect("writable");
            }
        }
        return;
    }
    if let [flag, door, index] = arguments.as_slice()
        && flag == "--mutant"
    {
        let bytes = mutant(door, &seeds(door), index.parse().expect("a mutant's number"));
        std::io::stdout().write_all(&bytes).expect("writable");
        return;
    }
    let count: u64 = arguments.first().map_or(10_000, |text| text.parse().expect("a number of mutants"));
    let chosen = |door: &str| arguments.len() < 2 || arguments[1..].iter().any(|word| word == door);
    let mut broken = 0;
    println!(
        "{:<15}{:>10}{:>10}{:>8}{:>10}{:>12}  slowest",
        "door", "mutants", "let in", "broken", "s", "each, µs"
    );
    for (door, _) in DOORS.into_iter().filter(|(door, _)| chosen(door)) {
        let driven = drive(door, 0, count);
        let each = driven.seconds * 1e6 / driven.inputs.max(1) as f64;
        let (slowest, took) = driven.slowest;
        println!(
            "{door:<15}{:>10}{:>10}{:>8}{:>10.1}{each:>12.1}  {:.0} ms, mutant {slowest}",
            driven.inputs,
            driven.let_in,
            driven.broken,
            driven.seconds,
            took.as_secs_f64() * 1e3
        );
        for (index, said) in &driven.findings {
            println!("    mutant {index}: {}", said.replace('\n', " "));
        }
        broken += driven.broken;
    }
    if broken > 0 {
        std::process::exit(1);
    }
}

//! The long soak: jobs through one engine for as long as is asked for, and what the process holds, a line now and then.
//!
//! `cargo bench --profile dev --bench soak -- 3600` runs for an hour; a minute by default.

#[path = "../tests/end_to_end/soaking.rs"]
mod soaking;

use soaking::{Done, Held, Soak};
use std::time::{Duration, Instant};

fn main() {
    let seconds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(60.0);
    let whole = Duration::from_secs_f64(seconds);
    let soak = Soak::start(env!("CARGO_BIN_EXE_sizewright").into());
    let (began, mut done, mut round, mut told) = (Instant::now(), Done::default(), 0, 0);
    println!(
        "{:>8}{:>10}{:>10}{:>11}{:>8}{:>9}{:>7}{:>10}",
        "s", "drawn", "measured", "cancelled", "MB", "threads", "files", "children"
    );
    loop {
        let ends = began.elapsed() >= whole;
        if ends || began.elapsed() >= whole.mul_f64(f64::from(told) / 20.0) {
            told += 1;
            let held = Held::now();
            println!(
                "{:>8.0}{:>10}{:>10}{:>11}{:>8}{:>9}{:>7}{:>10}",
                began.elapsed().as_secs_f64(),
                done.drawn,
                done.measured,
                done.cancelled,
                held.memory >> 10,
                held.threads,
                held.files,
                held.children
            );
        }
        if ends {
            break;
        }
        soak.round(round, &mut done);
        round += 1;
    }
}

//! Driving a door: so many mutants one after another, what breaks a promise noted, what never comes back ended.

use super::{DOORS, Door, mutant, seeds};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// An input that takes longer hangs: the whole process is ended, naming it.
const HANGS: Duration = Duration::from_secs(60);
/// Findings that are told one by one.
const MOST_TOLD: usize = 12;

/// What a run over a door found.
#[derive(Clone, Debug)]
pub struct Driven {
    /// Inputs given.
    pub inputs: u64,
    /// Of these, those that were let in.
    pub let_in: u64,
    /// How long it took.
    pub seconds: f64,
    /// The input that took longest, and how long.
    pub slowest: (u64, Duration),
    /// How many broke a promise.
    pub broken: u64,
    /// Of these, the first of each kind: the input's index and what the door said.
    pub findings: Vec<(u64, String)>,
}

thread_local! {
    /// Whether a panic on this thread is a finding rather than news.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic under a door is kept instead of printed.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if QUIET.get() {
                LAST.set(panic.to_string());
            } else {
                usual(panic);
            }
        }));
    });
}

/// Gives mutants `first .. first + count` to a door.
///
/// # Panics
/// There is no such door. An input that takes longer than a minute ends the process.
pub fn drive(door: &str, first: u64, count: u64) -> Driven {
    let &(_, enter) =
        DOORS.iter().find(|(name, _)| *name == door).unwrap_or_else(|| panic!("no door `{door}`"));
    listen();
    let seeds = seeds(door);
    let (now, done) = (AtomicU64::new(first), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| watch(door, &now, &done));
        let driven = work(door, enter, &seeds, first..first + count, &now);
        done.store(true, Ordering::Relaxed);
        driven
    })
}

fn work(door: &str, enter: Door, seeds: &[Vec<u8>], range: std::ops::Range<u64>, now: &AtomicU64) -> Driven {
    let began = Instant::now();
    let mut driven = Driven {
        inputs: range.end - range.start,
        let_in: 0,
        seconds: 0.0,
        slowest: (range.start, Duration::ZERO),
        broken: 0,
        findings: Vec::new(),
    };
    let mut kinds: Vec<String> = Vec::new();
    for index in range {
        now.store(index, Ordering::Relaxed);
        let input = mutant(door, seeds, index);
        let start = Instant::now();
        QUIET.set(true);
        let came_back = catch_unwind(AssertUnwindSafe(|| enter(&input)));
        QUIET.set(false);
        let took = start.elapsed();
        if took > driven.slowest.1 {
            driven.slowest = (index, took);
        }
        driven.let_in += u64::from(matches!(came_back, Ok(true)));
        if came_back.is_err() {
            driven.broken += 1;
            let said = LAST.take();
            // the place in the source, and how the words begin
            let kind: String = said.chars().filter(|c| !c.is_ascii_digit()).take(90).collect();
            if !kinds.contains(&kind) && kinds.len() < MOST_TOLD {
                kinds.push(kind);
                driven.findings.push((index, said));
            }
        }
    }
    driven.seconds = began.elapsed().as_secs_f64();
    driven
}

/// Ends the process when an input hangs: nothing else can.
fn watch(door: &str, now: &AtomicU64, done: &AtomicBool) {
    let (mut at, mut since) = (now.load(Ordering::Relaxed), Instant::now());
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
        let here = now.load(Ordering::Relaxed);
        if here != at {
            (at, since) = (here, Instant::now());
        } else if since.elapsed() > HANGS {
            eprintln!("the door `{door}` does not come back from mutant {at}");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_passes_its_own_door_and_mutants_repeat_and_differ() {
        for (name, enter) in DOORS {
            let seeds = seeds(name);
            for (i, seed) in seeds.iter().enumerate() {
                assert!(enter(seed), "{name}: its own seed {i} is not let in");
            }
            let some = |first: u64| (first..first + 50).map(|i| mutant(name, &seeds, i)).collect::<Vec<_>>();
            assert!(some(7) == some(7), "{name}: mutants differ from run to run");
            let altered = some(0).iter().filter(|mutant| !seeds.contains(mutant)).count();
            assert!(altered > 40, "{name}: {altered} of 50 are altered");
        }
    }

    #[test]
    fn a_broken_promise_is_found_and_told_once() {
        let seeds = [b"width: 12".to_vec()];
        let breaks: Door = |bytes| {
            assert!(!bytes.contains(&b'e'), "there is an `e`");
            true
        };
        listen();
        let driven = work("circuit", breaks, &seeds, 0..400, &AtomicU64::new(0));
        assert!(driven.broken > 3 && driven.broken < 400, "{driven:?}");
        assert_eq!((driven.findings.len(), driven.let_in), (1, 400 - driven.broken), "{driven:?}");
        assert!(driven.findings[0].1.contains("there is an `e`"), "{driven:?}");
    }
}

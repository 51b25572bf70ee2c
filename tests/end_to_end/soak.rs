//! A short soak: some hundred jobs through one engine, in a process of its own, and what it holds stays flat. The long
//! one is `cargo bench --bench soak`.

use crate::processes::{finishes, left_after, tag, tagged};
use crate::soaking::{Done, Held, Soak};
use crate::support::{program, stderr, stdout};
use std::time::Duration;

/// Rounds before the first look: pools start, buffers find their sizes.
const WARM: u64 = 20;
const ROUNDS: u64 = 80;

#[test]
fn hundreds_of_jobs_leave_memory_threads_files_and_children_flat() {
    // this process has other tests: only one of its own can look at itself
    let tag = tag();
    let mut alone = tagged(std::env::current_exe().expect("a test"), &tag);
    alone.args(["--exact", "soak::alone", "--ignored", "--nocapture", "--test-threads", "1"]);
    let output = finishes(&mut alone, Duration::from_secs(300));
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("1 passed"), "{}", stdout(&output));
    println!("{}", stdout(&output));
    assert_eq!(left_after(&tag, Duration::from_secs(10)), []);
}

#[test]
#[ignore = "run by the test above, by itself"]
fn alone() {
    let before = Held::now();
    let mut done = Done::default();
    let soak = Soak::start(program());
    (0..WARM).for_each(|i| soak.round(i, &mut done));
    let warm = Held::now();
    (WARM..ROUNDS).for_each(|i| soak.round(i, &mut done));
    // what was cancelled last has ended with this one
    soak.round(0, &mut done);
    let last = Held::now();
    println!("{done:?}\nbefore {before:?}\nwarm {warm:?}\nlast {last:?}");
    assert!(done.drawn == 8 * 81 && done.measured == 4 * 81, "{done:?}");
    assert!(done.cancelled >= 20, "{done:?}");
    assert!(last.memory < warm.memory + (32 << 10), "{} kB became {}", warm.memory, last.memory);
    // a thread or a child may be on its way out
    assert!(last.threads <= warm.threads + 2, "{} threads became {}", warm.threads, last.threads);
    assert!(last.files <= warm.files + 4, "{} files became {}", warm.files, last.files);
    assert!(last.children <= 2, "{} children", last.children);
    drop(soak);
    let ended = Held::now();
    assert_eq!(ended.children, 0, "{ended:?}");
    assert!(ended.files <= before.files + 4, "{} files became {}", before.files, ended.files);
}

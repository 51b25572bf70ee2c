//! Progress of long work on stderr: a bar on a terminal, a plain line now and then elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Progress towards a known number of steps.
pub struct Progress {
    what: String,
    total: u64,
    bar: Option<ProgressBar>,
    last: Instant,
}

impl Progress {
    /// `what` names the steps, such as `designs simulated`.
    pub fn new(what: &str, total: u64) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} · {per_sec} · {eta} left");
            let bar = ProgressBar::new(total);
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.set_message(what.to_owned());
            bar
        });
        Progress { what: what.to_owned(), total, bar, last: Instant::now() }
    }

    /// `done` steps are done; `note` says how it goes, and may be empty.
    pub fn set(&mut self, done: u64, note: &str) {
        if let Some(bar) = &self.bar {
            let gap = if note.is_empty() { "" } else { ", " };
            bar.set_message(format!("{}{gap}{note}", self.what));
            bar.set_position(done);
        } else if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            let gap = if note.is_empty() { "" } else { ", " };
            eprintln!("{done}/{} {}{gap}{note}", self.total, self.what);
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

//! ProgressLine of long work on stderr: a bar on a terminal, a plain line now and then elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// ProgressLine towards a known number of steps.
pub(super) struct ProgressLine {
    what: String,
    total: u64,
    bar: Option<ProgressBar>,
    last: Instant,
    /// When the first steps were seen and how many had been done by then: a resumed work has some.
    first: Option<(Instant, u64)>,
}

impl ProgressLine {
    /// `what` names the steps, such as `designs simulated`.
    pub(super) fn new(what: &str, total: u64) -> ProgressLine {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} · {per_sec} · {eta} left");
            let bar = ProgressBar::new(total);
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.set_message(what.to_owned());
            bar
        });
        ProgressLine { what: what.to_owned(), total, bar, last: Instant::now(), first: None }
    }

    /// `done` steps are done; `note` says how it goes, and may be empty.
    pub(super) fn set(&mut self, done: u64, note: &str) {
        let (began, before) = *self.first.get_or_insert((Instant::now(), done));
        // a total may be an estimate
        if done > self.total {
            self.total = done;
            if let Some(bar) = &self.bar {
                bar.set_length(done);
            }
        }
        if let Some(bar) = &self.bar {
            let gap = if note.is_empty() { "" } else { ", " };
            bar.set_message(format!("{}{gap}{note}", self.what));
            bar.set_position(done);
        } else if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            let gap = if note.is_empty() { "" } else { ", " };
            let rate = (done - before.min(done)) as f64 / began.elapsed().as_secs_f64().max(1e-9);
            let left = if rate > 0.0 {
                format!(", {:.0} s left", self.total.saturating_sub(done) as f64 / rate)
            } else {
                String::new()
            };
            eprintln!("{done}/{} {}{gap}{note}{left}", self.total, self.what);
        }
    }

    /// Removes the bar.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_not_overrun() {
        let mut line = ProgressLine::new("designs simulated at most", 4050);
        line.set(4000, "");
        assert_eq!(line.total, 4050);
        line.set(4290, "");
        assert_eq!(line.total, 4290);
        line.set(4300, "");
        assert_eq!(line.total, 4300);
        line.finish();
    }
}

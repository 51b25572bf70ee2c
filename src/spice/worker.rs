//! The child's side: one ngspice in one process, a netlist in, numbers out.
//!
//! Every design gets a fresh netlist and leaves nothing behind: plots, the circuit and vectors of
//! the same names are removed, so a result cannot depend on an earlier design. The process ends
//! when the parent does: its stdin closes, and a thread watches that even while ngspice is busy.

use super::deck::parameter_line;
use super::library::{Ngspice, Vector};
use super::protocol::{Reply, Setup, decode_design};
use std::ffi::CString;
use std::io::{BufRead, Write};

/// The body of `sizewright spice-worker`: answers requests on stdin until it closes. Returns the
/// process's exit code.
pub fn serve() -> i32 {
    let (sender, lines) = crossbeam_channel::bounded::<String>(4);
    let reader = std::thread::Builder::new().name("requests".to_owned()).spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                break;
            }
        }
        // the parent is gone or done with us, and ngspice may never return
        std::process::exit(0);
    });
    if reader.is_err() {
        return 1;
    }
    let Some(setup) = lines.recv().ok().and_then(|line| serde_json::from_str::<Setup>(&line).ok()) else {
        eprintln!("error: spice-worker is started by sizewright itself, not by hand");
        return 2;
    };
    let ngspice = match Ngspice::load() {
        Ok(ngspice) => ngspice,
        Err(reason) => {
            answer(&Reply::NotInstalled(reason));
            return 1;
        }
    };
    if !answer(&Reply::Ready(ngspice.version())) {
        return 0;
    }
    let mut bench = Bench::new(setup, ngspice);
    for line in lines {
        let reply = match decode_design(&line) {
            Some(values) if values.len() == bench.setup.parameters.len() => bench.measure(&values),
            _ => Reply::Invalid(format!("the worker cannot read the design `{line}`")),
        };
        let finished = matches!(reply, Reply::Exit(_));
        if !answer(&reply) || finished {
            break;
        }
    }
    0
}

/// `false` where nobody listens any more.
fn answer(reply: &Reply) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(reply.encode().as_bytes()).and_then(|()| out.flush()).is_ok()
}

struct Bench {
    setup: Setup,
    ngspice: Ngspice,
    /// The netlist, the sizing's lines in the middle.
    lines: Vec<CString>,
}

impl Bench {
    fn new(setup: Setup, ngspice: Ngspice) -> Bench {
        let place = std::iter::repeat_n(&EMPTY, setup.parameters.len()).map(|s| (*s).to_owned());
        let all = setup.before.iter().cloned().chain(place).chain(setup.after.iter().cloned());
        let lines = all.map(|line| c_string(&line)).collect();
        Bench { setup, ngspice, lines }
    }

    fn measure(&mut self, values: &[f64]) -> Reply {
        self.ngspice.clear_log();
        let first = self.setup.before.len();
        for (i, (name, &value)) in self.setup.parameters.iter().zip(values).enumerate() {
            self.lines[first + i] = c_string(&parameter_line(name, value));
        }
        let loaded = self.ngspice.circuit(&self.lines);
        if self.ngspice.asked_to_exit() {
            return Reply::Exit(self.first_complaint("it asked to exit while it read the netlist"));
        }
        if !loaded {
            return Reply::Invalid(format!(
                "ngspice refused the deck: {}",
                self.first_complaint("no reason given")
            ));
        }
        for command in &self.setup.commands {
            self.ngspice.command(command);
            if self.ngspice.asked_to_exit() {
                return Reply::Exit(self.first_complaint(&format!("it asked to exit at `{command}`")));
            }
            if self.ngspice.aborted() {
                let reply = Reply::NotConverged(self.first_complaint("no reason given"));
                self.clear();
                return reply;
            }
        }
        let reply = self.read();
        self.clear();
        if self.ngspice.asked_to_exit() {
            return Reply::Exit("it asked to exit".to_owned());
        }
        reply
    }

    /// Every vector, wherever the run left it, the latest plot first.
    fn read(&self) -> Reply {
        let plots: Vec<(String, Vec<String>)> = self
            .ngspice
            .plots()
            .into_iter()
            .map(|plot| {
                let vectors = self.ngspice.vectors(&plot);
                (plot, vectors)
            })
            .collect();
        let mut values = Vec::with_capacity(self.setup.vectors.len());
        for wanted in &self.setup.vectors {
            let found = plots.iter().find_map(|(plot, vectors)| {
                vectors.iter().find(|v| v.eq_ignore_ascii_case(wanted)).map(|v| (plot, v))
            });
            match found.and_then(|(plot, vector)| self.ngspice.vector(plot, vector)) {
                None => values.push(None),
                Some(Vector::Scalar(value)) => values.push(Some(value)),
                Some(Vector::Other(what)) => return Reply::Invalid(format!("{wanted} {what}")),
            }
        }
        let complaint = self.ngspice.complaints().into_iter().next();
        Reply::Measured(
            values,
            complaint.unwrap_or_else(|| "the testbench left no vector of this name".to_owned()),
        )
    }

    /// Leaves nothing for the next design to find.
    fn clear(&self) {
        self.ngspice.command("destroy all");
        // the plot `const` outlives `destroy all`, and a testbench may put its results there
        let constants = self.ngspice.vectors("const");
        for name in &self.setup.vectors {
            if constants.iter().any(|v| v.eq_ignore_ascii_case(name)) {
                self.ngspice.command("setplot const");
                self.ngspice.command(&format!("unlet {name}"));
            }
        }
        self.ngspice.command("remcirc");
    }

    fn first_complaint(&self, otherwise: &str) -> String {
        self.ngspice.complaints().into_iter().next().unwrap_or_else(|| otherwise.to_owned())
    }
}

const EMPTY: &str = "*";

/// A line of a netlist; a NUL, which no deck can hold, would end it early.
fn c_string(line: &str) -> CString {
    CString::new(line.replace('\0', " ")).unwrap_or_default()
}

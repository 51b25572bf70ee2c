//! One worker process as its parent sees it: started in a scratch folder, asked a design at a time, and
//! ended with all that it started and wrote.

use super::config::SimulatorConfig;
use super::piece::Piece;
use super::protocol::{Answer, INSIDE, LONGEST_REPLY, Reply, START_UP, Setup, USERS_HOME, next_line};
use super::verdict::MeasuredBy;
use super::worker::SCRATCH;
use super::{Failure, SpiceError, limits};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a worker may take to load ngspice.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How soon a cancelled run notices while ngspice is busy.
const CANCEL_POLL: Duration = Duration::from_millis(50);

/// How to start a worker.
pub(super) struct Launch {
    program: PathBuf,
    setup: String,
    /// The hash of the testbench's text.
    pub(super) testbench: String,
}

impl Launch {
    pub(super) fn new(config: &SimulatorConfig, setup: &Setup, testbench: String) -> Launch {
        // the worker starts in a folder of its own, where a relative path would mean another file
        let program = std::path::absolute(&config.worker).unwrap_or_else(|_| config.worker.clone());
        let setup = serde_json::to_string(setup).expect("texts and lists of texts are JSON");
        Launch { program, setup: setup + "\n", testbench }
    }

    fn error(&self, problem: impl Into<String>) -> SpiceError {
        SpiceError::Worker { path: self.program.clone(), problem: problem.into() }
    }
}

/// A worker process that is ready for a design. Dropping it ends it.
pub(super) struct Worker {
    child: Child,
    /// To the thread that writes: a worker that does not read must not keep its parent waiting.
    requests: Sender<String>,
    replies: Receiver<Result<Answer, String>>,
    pub(super) provenance: Arc<MeasuredBy>,
    pub(super) simulated: usize,
    waited_for: bool,
    // dropped last: the process works in it
    _scratch: tempfile::TempDir,
}

impl Worker {
    pub(super) fn start(launch: &Launch) -> Result<Worker, SpiceError> {
        // another program that uses this library, taken for a worker, would start itself without end
        if std::env::var_os(INSIDE).is_some() {
            return Err(launch.error("is no worker but another program".to_owned()));
        }
        let scratch = scratch().map_err(|e| launch.error(format!("has no folder to work in ({e})")))?;
        let mut command = Command::new(&launch.program);
        command
            .arg("spice-worker")
            .env(INSIDE, "1")
            .env(SCRATCH, scratch.path())
            // where ngspice looks for a start-up file, and what `~` means
            .env("SPICE_USERINIT_DIR", scratch.path())
            .env("HOME", scratch.path())
            .env(USERS_HOME, std::env::var_os("HOME").unwrap_or_default())
            .current_dir(scratch.path())
            .env("OMP_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // Ctrl-C is for the parent to handle, and the group ends together
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|e| launch.error(format!("does not start ({e})")))?;
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let (sender, replies) = bounded(4);
        let (requests, lines) = unbounded::<String>();
        let unknown = MeasuredBy { simulator: String::new(), testbench: launch.testbench.clone() };
        let mut worker = Worker {
            child,
            requests,
            replies,
            provenance: Arc::new(unknown),
            simulated: 0,
            waited_for: false,
            _scratch: scratch,
        };
        let no_thread = |e| launch.error(format!("has no thread to talk to it ({e})"));
        std::thread::Builder::new()
            .name("spice requests".to_owned())
            .spawn(move || {
                // ends with the worker: a pipe that nobody reads from breaks
                for line in lines {
                    if stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush()).is_err() {
                        break;
                    }
                }
            })
            .map_err(no_thread)?;
        std::thread::Builder::new()
            .name("spice replies".to_owned())
            .spawn(move || {
                let mut reader = BufReader::new(stdout);
                // ends with the worker: its stdout closes
                loop {
                    let sent = match next_line(&mut reader, LONGEST_REPLY) {
                        Ok(None) => break,
                        Ok(Some(line)) => match Answer::decode(&line) {
                            Some(answer) => sender.send(Ok(answer)),
                            None => continue,
                        },
                        Err(e) => {
                            let _ = sender.send(Err(e.to_string()));
                            break;
                        }
                    };
                    if sent.is_err() {
                        break;
                    }
                }
            })
            .map_err(no_thread)?;
        match worker.ask(&launch.setup, START_LIMIT, &AtomicBool::new(false)).map(|a| a.reply) {
            Ok(Reply::Ready(simulator)) => {
                let testbench = launch.testbench.clone();
                worker.provenance = Arc::new(MeasuredBy { simulator, testbench });
            }
            Ok(Reply::NotInstalled(reason)) => return Err(SpiceError::NotInstalled { reason }),
            Ok(_) => return Err(launch.error("does not speak our protocol")),
            Err(failure) => return Err(launch.error(format!("does not answer ({failure})"))),
        }
        Ok(worker)
    }

    /// Sends a line and waits for the answer to it. After an error the worker is of no more use.
    pub(super) fn ask(
        &mut self,
        line: &str,
        limit: Duration,
        cancel: &AtomicBool,
    ) -> Result<Answer, Failure> {
        // it was asked for none
        self.ask_and_see(line, limit, cancel, &mut |_| false)
    }

    /// As [`Self::ask`]; `see` hears of every piece that is handed out before the answer, and says whether that may be.
    pub(super) fn ask_and_see(
        &mut self,
        line: &str,
        limit: Duration,
        cancel: &AtomicBool,
        see: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<Answer, Failure> {
        let start = Instant::now();
        if self.requests.send(line.to_owned()).is_err() {
            return Err(self.ended());
        }
        loop {
            let left = limit.saturating_sub(start.elapsed());
            match self.replies.recv_timeout(left.min(CANCEL_POLL)) {
                Ok(Ok(Answer { reply: Reply::Seen(piece), .. })) => {
                    if !see(*piece) {
                        return Err(Failure::Crashed("it hands out more than a design has".to_owned()));
                    }
                }
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(problem)) => return Err(Failure::Crashed(problem)),
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
                Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                    return Err(Failure::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) if start.elapsed() >= limit => {
                    return Err(Failure::TimedOut(limit));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// How the process ended, once its pipes have closed.
    fn ended(&mut self) -> Failure {
        limits::end(&mut self.child);
        let status = self.child.wait();
        self.waited_for = true;
        Failure::Crashed(match status {
            Ok(status) => format!("the worker process ended ({status})"),
            Err(e) => format!("the worker process ended ({e})"),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // it holds nothing worth a farewell, and may be stuck inside ngspice
        if !self.waited_for {
            limits::end(&mut self.child);
            let _ = self.child.wait();
        }
    }
}

/// An empty folder but for a start-up file that says nothing: ngspice takes the first that it finds.
fn scratch() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("sizewright-spice-").tempdir()?;
    std::fs::write(folder.path().join(START_UP), "* nothing to do\n")?;
    Ok(folder)
}

//! A program that a worker starts: told something on its stdin, heard on both outputs within bounds, waited for. The time
//! that it may take is its worker's, whose group it belongs to.

use super::protocol::{INSIDE, USERS_HOME};
use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};

/// More of what a program writes to stdout is not read, in bytes; of stderr the rest is let go.
const LONGEST_OUTPUT: u64 = 1 << 20;

/// What a program said.
pub(super) struct Heard {
    pub status: ExitStatus,
    pub output: String,
    pub errors: String,
}

/// Runs a program to its end. It works in the worker's folder, but finds the user's own settings.
///
/// # Errors
/// Why it cannot be run or heard, in words.
pub(super) fn run(program: &str, arguments: &[String], told: String) -> Result<Heard, String> {
    let mut command = Command::new(program);
    if let Some(home) = std::env::var_os(USERS_HOME).filter(|home| !home.is_empty()) {
        command.env("HOME", home);
    }
    let mut child = command
        .args(arguments)
        .env_remove(INSIDE)
        .env_remove(USERS_HOME)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("does not start ({e})"))?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let mut stderr = child.stderr.take().expect("stderr is piped");
    let stdout = child.stdout.take().expect("stdout is piped");
    // one that does not read, or writes much to stderr, must not keep the other pipes waiting
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(told.as_bytes());
    });
    let listener = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = (&mut stderr).take(LONGEST_OUTPUT).read_to_end(&mut said);
        let _ = std::io::copy(&mut stderr, &mut std::io::sink());
        String::from_utf8_lossy(&said).into_owned()
    });
    let mut output = Vec::new();
    let read = stdout.take(LONGEST_OUTPUT).read_to_end(&mut output);
    let too_long = output.len() as u64 >= LONGEST_OUTPUT;
    if too_long {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    let _ = writer.join();
    let errors = listener.join().unwrap_or_default();
    read.map_err(|e| format!("its output cannot be read ({e})"))?;
    if too_long {
        return Err(format!("writes more than {LONGEST_OUTPUT} bytes"));
    }
    Ok(Heard { status, output: String::from_utf8_lossy(&output).into_owned(), errors })
}

//! Running the program where it may be killed or hang: with a limit, under a tag that every process that it starts
//! inherits, so that none is overlooked.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// In the environment of what is started here and of whatever that starts.
const TAG: &str = "SIZEWRIGHT_TEST_TAG";

/// A name of its own for a run.
pub fn tag() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A command whose processes can be found again.
pub fn tagged(program: impl AsRef<std::ffi::OsStr>, tag: &str) -> Command {
    let mut command = Command::new(program);
    command.env(TAG, tag);
    command
}

/// The processes that carry a tag, zombies left out: number and name.
pub fn left(tag: &str) -> Vec<(u32, String)> {
    let wanted = format!("{TAG}={tag}");
    let carries = |pid: u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let name = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    pids.filter(|pid| carries(*pid)).map(|pid| (pid, name(pid).trim().to_owned())).collect()
}

/// Waits until no process carries the tag; those that still do after `limit`, which are then ended.
pub fn left_after(tag: &str, limit: Duration) -> Vec<(u32, String)> {
    let began = Instant::now();
    while !left(tag).is_empty() && began.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(20));
    }
    let still = left(tag);
    for (pid, _) in &still {
        end(*pid);
    }
    still
}

/// Kills one process of ours; the shell's own `kill`: a bare machine has no program of that name.
pub fn end(pid: u32) {
    let _ = Command::new("sh").args(["-c", &format!("kill -KILL {pid}")]).status();
}

/// Runs a command to its end.
///
/// # Panics
/// It takes longer than `limit`: it hangs, and is killed.
pub fn finishes(command: &mut Command, limit: Duration) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = collect(child.stdout.take().expect("piped"));
    let err = collect(child.stderr.take().expect("piped"));
    let status = match ends(&mut child, limit) {
        Some(status) => status,
        None => {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{command:?} does not end within {limit:?}");
        }
    };
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| thread.join().expect("reading does not panic");
    Output { status, stdout: text(out), stderr: text(err) }
}

/// How a child ended, if it did in time.
pub fn ends(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return Some(status);
        }
        if began.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        text
    })
}

/// A field of `/proc/PID/status` in kB; 0 where the process is gone.
pub fn memory(pid: u32, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap_or("0 kB");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("there").flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A program in the shell's language.
pub fn script(folder: &Path, name: &str, body: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("writable");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
    path
}

/// OTA1's comments, header and first rows as a file.
pub fn few_rows(folder: &Path, rows: usize) -> String {
    let bundled = std::fs::read_to_string(&crate::support::ota1().dataset).expect("bundled");
    let comments = bundled.lines().take_while(|line| line.starts_with('#')).count();
    let path = folder.join("rows.csv");
    let head: String = bundled.lines().take(comments + 1 + rows).map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, head).expect("writable");
    path.display().to_string()
}

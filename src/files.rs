//! Files: written so that a reader never sees half of one, and read with a bound.

use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Why a file was not written. What stood there before is untouched.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The system's reason.
    pub source: std::io::Error,
}

/// What the name of an unfinished file begins with; the number of the process that writes it follows.
const UNFINISHED: &str = ".sizewright-";
/// An unfinished file that is older was left by a process that was killed, whatever runs under its number
/// now.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// Writes `contents` beside `path` and moves it into place once it is complete. What a process that was
/// killed left unfinished in that folder is removed. A device or a pipe, such as `/dev/null`, is written into and stays.
///
/// # Errors
/// [`WriteError`] names the path and the system's reason.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    if is_special(path) {
        let opened = std::fs::OpenOptions::new().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(contents)).map_err(failed);
    }
    let mut file = beside(path)?;
    file.write_all(contents).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Finds out, before long work, whether [`write_atomically`] could write `path`. What stands there is
/// untouched.
///
/// # Errors
/// [`WriteError`] names the path and the system's reason.
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    if is_special(path) { Ok(()) } else { beside(path).map(drop) }
}

/// Whether something stands there that is neither a plain file nor a folder.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|what| !what.is_file() && !what.is_dir())
}

/// Reads a file of at most `most` bytes. A larger one is refused before it is read, and so is what is no
/// plain file and may never end.
///
/// # Errors
/// The system's reason, or what is wrong and the bound.
pub fn read_bounded(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let file = open_bounded(path, most)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    // it may have grown meanwhile
    if bytes.len() as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
}

/// As [`read_bounded`], for a text.
///
/// # Errors
/// As [`read_bounded`], and where the file is not UTF-8.
pub fn read_text_bounded(path: &Path, most: u64) -> std::io::Result<String> {
    String::from_utf8(read_bounded(path, most)?)
        .map_err(|e| Error::new(ErrorKind::InvalidData, format!("it is not UTF-8 text: {}", e.utf8_error())))
}

/// Opens a plain file of at most `most` bytes.
///
/// # Errors
/// As [`read_bounded`].
pub fn open_bounded(path: &Path, most: u64) -> std::io::Result<std::fs::File> {
    // opening a pipe would wait for its writer
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { ErrorKind::IsADirectory } else { ErrorKind::InvalidInput };
        return Err(Error::new(kind, "it is not a plain file"));
    }
    if metadata.len() > most { Err(too_large(most)) } else { std::fs::File::open(path) }
}

fn too_large(most: u64) -> Error {
    let bound = if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{} KiB", most >> 10) };
    Error::new(ErrorKind::FileTooLarge, format!("it is larger than {bound}, the most that is read"))
}

/// Where a limit on the length of files is set, makes a write beyond it fail instead of ending this process: the
/// message can be said and what is unfinished removed.
pub fn fail_rather_than_end() {
    #[cfg(unix)]
    // SAFETY: no handler of ours is called, the signal is only ignored from here on.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// What the system said, without the name of a temporary file that the user has never heard of.
fn unnamed(error: Error) -> Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) => Error::new(error.kind(), said.to_owned()),
        None => error,
    }
}

/// An empty temporary file in the folder of `path`.
fn beside(path: &Path) -> Result<tempfile::NamedTempFile, WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(failed(Error::new(ErrorKind::IsADirectory, "it is a folder")));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    remove_unfinished(folder);
    let prefix = format!("{UNFINISHED}{}-", std::process::id());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    // a temporary file is private by default; the user's umask shall decide
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder).map_err(|e| failed(unnamed(e)))?;
    // held until it is in place; where files cannot be locked, its process's number has to do
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Removes what processes that are gone left unfinished in a folder. What cannot be removed stays.
pub fn remove_unfinished(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED)) else {
            continue;
        };
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let age = metadata.modified().ok().and_then(|then| SystemTime::now().duration_since(then).ok());
        let old = age.is_some_and(|age| age > STALE);
        let process = rest.split_once('-').and_then(|(number, _)| number.parse::<u32>().ok());
        let gone = process.is_some_and(|number| !may_run(number));
        if metadata.is_file() && (gone || old) && !is_held(&entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether somebody is writing the file, perhaps on another machine or under another system's numbers.
fn is_held(path: &Path) -> bool {
    let opened = std::fs::File::options().read(true).write(true).open(path);
    opened.is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// Whether a process of this number may run. Where that cannot be told, age alone decides.
fn may_run(number: u32) -> bool {
    let processes = Path::new("/proc");
    number == std::process::id()
        || !processes.join("self").exists()
        || processes.join(number.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_written_into_and_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo is there");
        assert!(made.success() && check_writable(&path).is_ok());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || std::fs::read(path).expect("readable")
        });
        write_atomically(&path, b"told").expect("writable");
        assert_eq!(reader.join().expect("no panic there"), b"told");
        assert!(is_special(&path));
    }

    #[test]
    fn replaces_a_file_and_refuses_a_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.txt");
        write_atomically(&path, b"1").expect("writable");
        write_atomically(&path, b"2").expect("writable");
        assert_eq!(std::fs::read(&path).expect("readable"), b"2");
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
        assert!(write_atomically(folder.path(), b"").expect_err("a folder").to_string().contains("folder"));
        assert!(check_writable(&path).is_ok() && check_writable(folder.path()).is_err());
        let nowhere = folder.path().join("no/such/a.txt");
        assert!(check_writable(&nowhere).is_err());
        let said = write_atomically(&nowhere, b"").expect_err("no folder").to_string();
        assert!(said.contains("a.txt") && !said.contains(UNFINISHED), "{said}");
    }

    #[test]
    fn what_is_too_large_or_no_plain_file_is_refused_unread() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("sparse");
        let file = std::fs::File::create(&path).expect("writable");
        file.set_len(40 << 30).expect("sparse files are possible");
        let error = read_bounded(&path, 1 << 20).expect_err("too large").to_string();
        assert!(error.contains("larger than 1 MiB"), "{error}");
        assert!(read_bounded(folder.path(), 1 << 20).is_err());
        #[cfg(unix)]
        assert!(
            read_bounded(Path::new("/dev/zero"), 1 << 20).expect_err("endless").to_string().contains("plain")
        );
        std::fs::write(&path, [0xff, 0xfe]).expect("writable");
        assert_eq!(read_bounded(&path, 2).expect("as large as it may be"), [0xff, 0xfe]);
        assert!(read_text_bounded(&path, 2).expect_err("binary").to_string().contains("UTF-8"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_killed_process_left_is_removed_and_what_a_living_one_writes_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut killed = std::process::Command::new("sleep").arg("60").spawn().expect("a process");
        let (living, gone) = (std::process::id(), killed.id());
        let file = |name: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, "half").expect("writable");
            path
        };
        let (ours, theirs) = (file(format!(".sizewright-{living}-a")), file(format!(".sizewright-{gone}-b")));
        let unnumbered = file(".sizewright-AbC123".to_owned());
        let other = file("sizewright-1-c".to_owned());
        write_atomically(&folder.path().join("x"), b"1").expect("writable");
        assert!(theirs.exists(), "its process runs");
        killed.kill().and_then(|()| killed.wait()).expect("it ends");
        write_atomically(&folder.path().join("x"), b"2").expect("writable");
        assert!(!theirs.exists(), "its process is gone");
        assert!(ours.exists() && unnumbered.exists() && other.exists());
        let yesterday = SystemTime::now() - STALE - Duration::from_secs(60);
        for path in [&ours, &unnumbered, &other] {
            let file = std::fs::File::options().write(true).open(path).expect("there");
            file.set_modified(yesterday).expect("a date");
        }
        let held = std::fs::File::open(&ours).expect("there");
        held.lock().expect("files can be locked");
        remove_unfinished(folder.path());
        assert!(ours.exists() && !unnumbered.exists(), "what is being written stays, however old");
        drop(held);
        remove_unfinished(folder.path());
        assert!(!ours.exists() && !unnumbered.exists() && other.exists());
    }
}

//! Writing files so that a reader never sees half of one.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a file was not written. What stood there before is untouched.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The system's reason.
    pub source: std::io::Error,
}

/// Writes `contents` beside `path` and moves it into place once it is complete.
///
/// # Errors
/// [`WriteError`] names the path and the system's reason.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
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
    beside(path).map(drop)
}

/// An empty temporary file in the folder of `path`.
fn beside(path: &Path) -> Result<tempfile::NamedTempFile, WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::IsADirectory, "it is a folder")));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sizewright-");
    // a temporary file is private by default; the user's umask shall decide
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(write_atomically(&nowhere, b"").expect_err("no folder").to_string().contains("a.txt"));
    }
}

//! Which files of a circuit lie outside its folder: opening a folder reads none of them unasked.

use super::library::datasets_folder;
use std::path::{Component, Path, PathBuf};

/// A file that `circuit.ron` names and that lies outside the circuit's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The field: `testbench`, `dataset` or `schematic`.
    pub field: &'static str,
    /// The path, as the field has it.
    pub named: String,
    /// The file.
    pub path: PathBuf,
}

/// Whether a file that a field of `folder`'s circuit names as `named` lies outside: by its name, without
/// looking, or by a link. A bundled circuit's folder ends where what is installed with it ends.
pub(super) fn is_outside(folder: &Path, named: &str) -> bool {
    let Ok(folder) = std::path::absolute(folder) else {
        return true;
    };
    let path = plain(&folder.join(named));
    let mut homes = vec![plain(&folder)];
    // links in the folder's own path are the user's
    homes.extend(folder.canonicalize().ok());
    if let Ok(datasets) = datasets_folder().canonicalize()
        && homes.iter().any(|home| home.starts_with(&datasets))
    {
        homes.extend(datasets.parent().map(|installed| installed.join("assets")));
        homes.push(datasets);
        homes.extend(
            std::path::absolute(datasets_folder()).ok().map(|named| plain(&named)).into_iter().flat_map(
                |named| {
                    let assets = named.parent().map(|installed| installed.join("assets"));
                    assets.into_iter().chain([named])
                },
            ),
        );
    }
    let inside = |path: &Path| homes.iter().any(|home| path.starts_with(home));
    // a name that leads outside is not even looked up
    !inside(&path) || followed(&path).is_none_or(|path| !inside(&path))
}

/// The path without `.` and `..`, by its text alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The path with every link followed, as far as it exists.
fn followed(path: &Path) -> Option<PathBuf> {
    let there = path.ancestors().find(|part| part.symlink_metadata().is_ok())?;
    // a link to nowhere cannot be followed
    let rest = path.strip_prefix(there).ok()?;
    let followed = there.canonicalize().ok()?;
    Some(if rest.as_os_str().is_empty() { followed } else { followed.join(rest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_links_that_lead_outside_are_told_from_those_that_do_not() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = place.path().join("circuit");
        std::fs::create_dir(&folder).expect("writable");
        std::fs::write(place.path().join("secret.csv"), "1").expect("writable");
        std::fs::write(folder.join("a.csv"), "1").expect("writable");
        for named in ["a.csv", "./a.csv", "rows/not-yet.csv", "rows/../a.csv", "../circuit/a.csv"] {
            assert!(!is_outside(&folder, named), "{named}");
        }
        assert!(!is_outside(&folder, &folder.join("a.csv").display().to_string()), "absolute, but inside");
        for named in
            ["../secret.csv", "../../etc/passwd", "rows/../../secret.csv", "/etc/passwd", "/dev/zero"]
        {
            assert!(is_outside(&folder, named), "{named}");
        }
        #[cfg(unix)]
        {
            let link = |to: &Path, name: &str| {
                std::os::unix::fs::symlink(to, folder.join(name)).expect("links can be made");
            };
            link(&place.path().join("secret.csv"), "out.csv");
            link(Path::new("/nowhere/at/all"), "nowhere.csv");
            link(place.path(), "up");
            link(&folder.join("a.csv"), "in.csv");
            for named in ["out.csv", "nowhere.csv", "up/secret.csv", "up/not-yet.csv"] {
                assert!(is_outside(&folder, named), "{named}");
            }
            assert!(!is_outside(&folder, "in.csv"));
            // the user's own link to the folder is no way out
            let linked = place.path().join("linked");
            std::os::unix::fs::symlink(&folder, &linked).expect("links can be made");
            assert!(!is_outside(&linked, "a.csv") && !is_outside(&linked, "in.csv"));
            assert!(is_outside(&linked, "../secret.csv"));
        }
    }

    #[test]
    fn a_bundled_circuit_reaches_what_is_installed_with_it() {
        let ota1 = datasets_folder().join("ota1");
        assert!(!is_outside(&ota1, "../../assets/schematics/ota1.svg"));
        assert!(!is_outside(&ota1, "../models/generic65.lib"));
        assert!(is_outside(&ota1, "../../Cargo.toml"));
        let copy = tempfile::tempdir().expect("a temporary folder");
        assert!(is_outside(copy.path(), "../../assets/schematics/ota1.svg"));
    }
}

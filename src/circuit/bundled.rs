//! The bundled circuits and where they are: in the source tree, or, for a program that was installed without it,
//! unpacked from the program itself into the user's data folder.

use include_dir::{Dir, include_dir};
use std::io;
use std::path::{Path, PathBuf};

static DATASETS: Dir = include_dir!("$CARGO_MANIFEST_DIR/datasets");
static SCHEMATICS: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/schematics");
static MODELS: [(&str, &[u8]); 4] = [
    ("ota1.model", include_bytes!("../../assets/ota1.model")),
    ("ota2.model", include_bytes!("../../assets/ota2.model")),
    ("ota3.model", include_bytes!("../../assets/ota3.model")),
    ("ota4.model", include_bytes!("../../assets/ota4.model")),
];

/// The folder that holds the bundled circuits: `$SIZEWRIGHT_DATASETS`, else `datasets` beside the
/// program, in the working folder, in the source tree that the program was built from, or in the
/// user's data folder, where they are unpacked on first use.
pub fn datasets_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("SIZEWRIGHT_DATASETS") {
        return PathBuf::from(folder);
    }
    let beside =
        std::env::current_exe().ok().and_then(|exe| exe.parent().map(|folder| folder.join("datasets")));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let places = beside.into_iter().chain([PathBuf::from("datasets"), source.clone()]);
    // some other program's `datasets` is none of ours
    if let Some(folder) = places.into_iter().find(|folder| folder.join("ota1/circuit.ron").is_file()) {
        return folder;
    }
    let data = directories::ProjectDirs::from("", "", "sizewright");
    data.and_then(|dirs| unpack(dirs.data_dir()).ok()).unwrap_or(source)
}

/// The names of the circuits in [`datasets_folder`], sorted.
pub fn bundled_circuits() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(datasets_folder()) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("circuit.ron").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Unpacks circuits, rows, schematics and models under `data`, unless this build's are there. The answer is the
/// folder of the circuits.
///
/// # Errors
/// The folder cannot be written.
fn unpack(data: &Path) -> io::Result<PathBuf> {
    // another build brings other files: its sizes tell them apart
    let size: usize = MODELS.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + total(&DATASETS);
    let place = data.join(format!("bundled-{}-{size}", env!("CARGO_PKG_VERSION")));
    let datasets = place.join("datasets");
    if datasets.is_dir() {
        return Ok(datasets);
    }
    std::fs::create_dir_all(data)?;
    // whole or not at all, also when two programs do it at once
    let fresh = tempfile::tempdir_in(data)?;
    let models = fresh.path().join("assets");
    for folder in [fresh.path().join("datasets"), models.join("schematics")] {
        std::fs::create_dir_all(folder)?;
    }
    DATASETS.extract(fresh.path().join("datasets"))?;
    SCHEMATICS.extract(models.join("schematics"))?;
    for (name, bytes) in MODELS {
        std::fs::write(models.join(name), bytes)?;
    }
    match std::fs::rename(fresh.path(), &place) {
        Err(e) if !datasets.is_dir() => Err(e),
        _ => Ok(datasets),
    }
}

fn total(folder: &Dir) -> usize {
    let files: usize = folder.files().map(|file| file.contents().len()).sum();
    files + folder.dirs().map(total).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Circuit, Identity};

    #[test]
    fn what_is_unpacked_opens_and_is_unpacked_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let datasets = unpack(folder.path()).expect("writable");
        for name in ["ota1", "ota2", "ota3", "ota4"] {
            // installed there, it is where this program's own circuits are
            let circuit = Circuit::load_trusted(&datasets.join(name)).expect("whole");
            let ours = Circuit::open(name).expect("bundled");
            assert_eq!(Identity::of(&circuit), Identity::of(&ours));
            assert!(ours.outside.is_empty(), "{:?}", ours.outside);
            for (unpacked, source) in
                [(&circuit.dataset, &ours.dataset), (&circuit.testbench, &ours.testbench)]
            {
                assert_eq!(std::fs::read(unpacked).expect("there"), std::fs::read(source).expect("there"));
            }
            assert!(circuit.schematic.expect("named").is_file());
            assert!(datasets.join("../assets").join(format!("{name}.model")).is_file());
        }
        let marker = datasets.join("marker");
        std::fs::write(&marker, "").expect("writable");
        assert_eq!(unpack(folder.path()).expect("there"), datasets);
        assert!(marker.is_file(), "it is not unpacked again");
        assert_eq!(std::fs::read_dir(folder.path()).expect("there").count(), 1, "nothing else is left");
    }
}

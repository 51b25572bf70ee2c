//! The bundled circuits, their rows, models and drawings as parts of the program: one that was installed without its
//! source tree unpacks them into the user's data folder.

use std::io;
use std::path::{Path, PathBuf};

/// Every bundled file: its path from the folder of `datasets` and `assets`, and its contents. `build.rs` lists them.
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/bundled_files.rs"));

/// Lets bundled circuits be opened where no folder holds them: they are unpacked when first looked for.
pub fn provide() {
    crate::circuit::provide_datasets(|| {
        let data = directories::ProjectDirs::from("", "", "sizewright")?;
        unpack(data.data_dir()).ok()
    });
}

/// Unpacks all files under `data`, unless this build's are there. The answer is the folder of the circuits.
///
/// # Errors
/// The folder cannot be written.
fn unpack(data: &Path) -> io::Result<PathBuf> {
    // another build brings other files: their size tells them apart
    let size: usize = FILES.iter().map(|(_, bytes)| bytes.len()).sum();
    let place = data.join(format!("bundled-{}-{size}", env!("CARGO_PKG_VERSION")));
    let datasets = place.join("datasets");
    if datasets.is_dir() {
        return Ok(datasets);
    }
    std::fs::create_dir_all(data)?;
    // whole or not at all, also when two programs do it at once
    let fresh = tempfile::tempdir_in(data)?;
    for (name, bytes) in FILES {
        let path = fresh.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(fresh.path()))?;
        std::fs::write(path, bytes)?;
    }
    match std::fs::rename(fresh.path(), &place) {
        Err(e) if !datasets.is_dir() => Err(e),
        _ => Ok(datasets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Circuit, Identity, bundled_circuits, bundled_model_path};

    #[test]
    fn what_is_unpacked_opens_and_is_unpacked_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let datasets = unpack(folder.path()).expect("writable");
        for name in bundled_circuits() {
            // installed there, it is where this program's own circuits are
            let circuit = Circuit::load_trusted(&datasets.join(&name)).expect("whole");
            let ours = Circuit::open(&name).expect("bundled");
            assert_eq!(Identity::of(&circuit), Identity::of(&ours));
            assert!(ours.outside.is_empty(), "{:?}", ours.outside);
            let model = |assets: PathBuf| std::fs::read(assets.join(format!("{name}.model"))).ok();
            assert_eq!(
                model(datasets.join("../assets")),
                bundled_model_path(&name).and_then(|path| std::fs::read(path).ok())
            );
            for (unpacked, source) in
                [(&circuit.dataset, &ours.dataset), (&circuit.testbenches[0].deck, &ours.testbenches[0].deck)]
            {
                assert_eq!(std::fs::read(unpacked).ok(), std::fs::read(source).ok());
            }
            assert_eq!(circuit.schematic.is_some(), ours.schematic.is_some(), "{name}");
        }
        let marker = datasets.join("marker");
        std::fs::write(&marker, "").expect("writable");
        assert_eq!(unpack(folder.path()).expect("there"), datasets);
        assert!(marker.is_file(), "it is not unpacked again");
        assert_eq!(std::fs::read_dir(folder.path()).expect("there").count(), 1, "nothing else is left");
    }

    #[test]
    fn the_four_circuits_of_the_paper_travel_whole_and_pictures_do_not() {
        let has = |path: &str| FILES.iter().any(|(name, bytes)| *name == path && !bytes.is_empty());
        for name in ["ota1", "ota2", "ota3", "ota4"] {
            for file in ["circuit.ron", "testbench.cir", "samples.csv"] {
                assert!(has(&format!("datasets/{name}/{file}")), "{name}/{file}");
            }
            assert!(has(&format!("assets/{name}.model")) && has(&format!("assets/schematics/{name}.svg")));
        }
        assert!(has("datasets/models/generic65.lib"));
        assert!(!FILES.iter().any(|(name, _)| name.ends_with(".png")), "pictures stay behind");
    }
}

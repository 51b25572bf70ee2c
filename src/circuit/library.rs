//! The bundled circuits, which are opened by name, and where they lie: a folder `datasets`, and beside it `assets`
//! with their models and drawings.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where bundled circuits are once no folder holds them.
static PROVIDER: OnceLock<fn() -> Option<PathBuf>> = OnceLock::new();

/// Tells where the bundled circuits are if none of the usual folders holds them. The first word counts.
pub fn provide_datasets(provider: fn() -> Option<PathBuf>) {
    let _ = PROVIDER.set(provider);
}

/// The folder that holds the bundled circuits: `$SIZEWRIGHT_DATASETS`, else `datasets` beside the program, in the
/// working folder or in the source tree that the program was built from, else what [`provide_datasets`] was told.
pub fn datasets_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("SIZEWRIGHT_DATASETS") {
        return PathBuf::from(folder);
    }
    let beside =
        std::env::current_exe().ok().and_then(|exe| exe.parent().map(|folder| folder.join("datasets")));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let places = beside.into_iter().chain([PathBuf::from("datasets"), source.clone()]);
    // some other program's `datasets` is none of ours
    if let Some(folder) = places.into_iter().find(|folder| !circuits_in(folder).is_empty()) {
        return folder;
    }
    PROVIDER.get().and_then(|provider| provider()).unwrap_or(source)
}

/// The names of the circuits in [`datasets_folder`], sorted.
pub fn bundled_circuits() -> Vec<String> {
    circuits_in(&datasets_folder())
}

fn circuits_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
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

/// Where the model of a bundled circuit's rows lies, if there is one: `assets/NAME.model` beside the circuits.
pub fn bundled_model_path(circuit: &str) -> Option<PathBuf> {
    bundled_asset(&format!("{circuit}.model"))
}

/// Where the model of its rows and those grown at their front lies, if there is one: `assets/NAME.grown.model`.
pub fn grown_model_path(circuit: &str) -> Option<PathBuf> {
    bundled_asset(&format!("{circuit}.grown.model"))
}

fn bundled_asset(file: &str) -> Option<PathBuf> {
    let path = datasets_folder().parent()?.join("assets").join(file);
    path.is_file().then_some(path)
}

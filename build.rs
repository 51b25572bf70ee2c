//! Lists the files of the bundled circuits for `src/bundle.rs`: all of `datasets`, and of `assets` the models and the
//! drawings. A file that is added or removed there is found without a word in the code.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Adds the files of a folder and of those in it, by their paths from `root`.
fn list(root: &Path, folder: &str, into: &mut Vec<String>) {
    let entries = std::fs::read_dir(root.join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    for entry in entries {
        let entry = entry.unwrap_or_else(|e| panic!("{folder}: {e}"));
        let name = entry.file_name().into_string().expect("the bundled files have names in UTF-8");
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            list(root, &path, into);
        } else if !name.starts_with('.') {
            into.push(path);
        }
    }
}

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for folder in ["datasets", "assets"] {
        println!("cargo::rerun-if-changed={folder}");
        list(&root, folder, &mut files);
    }
    files.retain(|path| match path.strip_prefix("assets/") {
        Some(asset) => {
            asset.starts_with("schematics/") || (asset.ends_with(".model") && !asset.contains('/'))
        }
        None => true,
    });
    files.sort();
    let mut code = "[\n".to_owned();
    // checkouts may share a target folder, so the list names the one that is compiled and not this one
    for path in &files {
        let (place, below) = (r#"env!("CARGO_MANIFEST_DIR")"#, format!("/{path}"));
        writeln!(code, "    ({path:?}, include_bytes!(concat!({place}, {below:?}))),")
            .expect("into a string");
    }
    code.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("bundled_files.rs");
    std::fs::write(out, code).expect("cargo's folder is writable");
}

//! Where process kits lie: open-silicon decks name theirs by the environment variables `PDK_ROOT`, the folder of kits,
//! and `PDK`, the kit's name in it. Where they are not set, the usual places are looked through.

use std::path::{Path, PathBuf};

/// What to do about a kit that is not found.
pub(crate) const KIT_IS_MISSING: &str = ": the process kit was not found. Set PDK_ROOT to the folder of your kits, or write that folder's path into the file `pdk_root` in sizewright's configuration folder, or fetch SKY130 with `./dev kit sky130`";

/// Whether an error is that a process kit is not on this machine: a test of what needs it has nothing to test.
#[cfg(test)]
pub(crate) fn is_missing(error: &str) -> bool {
    error.contains(KIT_IS_MISSING)
}

/// A kit's folder in `PDK_ROOT` has this one.
const MODELS: &str = "libs.tech";

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.trim().is_empty())
}

/// The value of an environment variable in a file's name.
fn value(name: &str) -> Option<String> {
    variable(name).or_else(|| match name {
        "PDK_ROOT" => root().map(|root| root.to_string_lossy().into_owned()),
        "PDK" => root().and_then(|root| kits(&root).into_iter().next()),
        _ => None,
    })
}

/// The folder of kits: `PDK_ROOT`; else the setting, the path in the file `pdk_root` of the user's configuration folder;
/// else what `./dev kit` fetched; else where the kits' own installers put them.
fn root() -> Option<PathBuf> {
    if let Some(root) = variable("PDK_ROOT") {
        return Some(PathBuf::from(root));
    }
    let project = directories::ProjectDirs::from("", "", "sizewright");
    let setting = project.as_ref().map(|p| p.config_dir().join("pdk_root"));
    if let Some(text) = setting.and_then(|file| crate::files::read_text_bounded(&file, 4096).ok())
        && !text.trim().is_empty()
    {
        return Some(PathBuf::from(text.trim()));
    }
    let fetched = project.map(|p| p.cache_dir().join("kits"));
    let home = variable("HOME").map(PathBuf::from);
    let own = [".ciel", ".volare", "pdk", "pdks"].into_iter().filter_map(|f| Some(home.as_ref()?.join(f)));
    let shared = ["/usr/local/share/pdk", "/usr/share/pdk", "/opt/pdk"].into_iter().map(PathBuf::from);
    fetched.into_iter().chain(own).chain(shared).find(|root| !kits(root).is_empty())
}

/// The names of the kits in a folder, in their order.
fn kits(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let kits = entries.filter(|entry| entry.path().join(MODELS).is_dir());
    let mut names: Vec<String> = kits.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A file's name with environment variables, `$NAME` or `${NAME}`, and a leading `~` by their values; what has none
/// stays. `PDK_ROOT` and `PDK` have one without being set where a kit is found.
pub(crate) fn expanded(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    if let Some(behind) = rest.strip_prefix("~/")
        && let Some(home) = value("HOME")
    {
        out = home + "/";
        rest = behind;
    }
    while let Some(at) = rest.find('$') {
        out += &rest[..at];
        let braced = rest[at + 1..].starts_with('{');
        let begin = at + 1 + usize::from(braced);
        let length = rest[begin..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let end = begin + length.unwrap_or(rest.len() - begin);
        let behind = if braced && rest[end..].starts_with('}') { end + 1 } else { end };
        match value(&rest[begin..end]) {
            Some(value) => out += &value,
            None => out += &rest[at..behind],
        }
        rest = &rest[behind..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_is_a_folder_with_technology_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for kit in ["zeta", "alpha"] {
            std::fs::create_dir_all(folder.path().join(kit).join(MODELS)).expect("writable");
        }
        std::fs::create_dir(folder.path().join("manual")).expect("writable");
        assert_eq!(kits(folder.path()), ["alpha", "zeta"]);
        assert!(kits(&folder.path().join("manual")).is_empty());
        assert!(kits(&folder.path().join("none")).is_empty());
    }

    #[test]
    fn variables_give_way_to_their_values_and_others_stay() {
        let home = std::env::var("HOME").expect("a home");
        assert_eq!(expanded("$HOME/a"), format!("{home}/a"));
        assert_eq!(expanded("${HOME}b"), format!("{home}b"));
        assert_eq!(expanded("~/c"), format!("{home}/c"));
        assert_eq!(expanded("$NO_SUCH_VARIABLE_HERE/d"), "$NO_SUCH_VARIABLE_HERE/d");
    }
}

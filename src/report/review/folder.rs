//! The folder of a review: nothing is written over but what an earlier review wrote and nobody has changed since. The end of
//! `review.md` says which files these are, by their SHA-256.

use crate::files::{check_writable, read_bounded, write_atomically};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The page as Markdown, which has the marker.
pub(super) const MARKDOWN: &str = "review.md";
/// The page as HTML.
pub(super) const HTML: &str = "review.html";
/// The design for ngspice.
pub(super) const SIZING: &str = "sizing.param";
/// The circuit's drawing.
pub(super) const SCHEMATIC: &str = "schematic.svg";
/// What the names of pictures of curves begin with.
pub(super) const CURVE: &str = "curve-";

/// What the marker begins with; no text of a page can, since a page's `<` are escaped.
const MARKER: &str = "<!-- sizewright review\n";
/// No file of a review is larger.
const LARGEST: u64 = 64 << 20;

/// Whether a name is one that a review gives.
fn is_ours(name: &str) -> bool {
    let picture = name.strip_prefix(CURVE).and_then(|rest| rest.strip_suffix(".png"));
    let plain = |rest: &str| rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    [MARKDOWN, HTML, SIZING, SCHEMATIC].contains(&name) || picture.is_some_and(plain)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The files that an earlier review wrote, each with its hash; empty where there was none.
fn written_before(folder: &Path) -> BTreeMap<String, String> {
    let read = read_bounded(&folder.join(MARKDOWN), LARGEST).ok();
    let Some(text) = read.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return BTreeMap::new();
    };
    let Some(at) = text.rfind(MARKER) else {
        return BTreeMap::new();
    };
    let marked = &text[at + MARKER.len()..];
    let lines = marked.lines();
    let named = lines.filter_map(|line| line.split_once("  ")).filter(|(_, name)| is_ours(name));
    let mut files: BTreeMap<String, String> =
        named.map(|(hash, name)| (name.to_owned(), hash.to_owned())).collect();
    // it cannot have its own hash in it, and so has that of what stands before the marker
    let last =
        |listed: &str| listed.lines().last().is_some_and(|line| line.ends_with(&format!("  {MARKDOWN}")));
    let ended = marked.strip_suffix("\n-->\n").is_some_and(last);
    let whole = ended && files.get(MARKDOWN).is_some_and(|own| *own == hash(&text.as_bytes()[..at]));
    if whole {
        files.insert(MARKDOWN.to_owned(), hash(text.as_bytes()))
    } else {
        files.remove(MARKDOWN)
    };
    files
}

/// Whether something stands there that is neither what an earlier review wrote nor `new`.
fn is_foreign(path: &Path, before: Option<&String>, new: Option<&[u8]>) -> bool {
    if std::fs::symlink_metadata(path).is_err() {
        return false;
    }
    match read_bounded(path, LARGEST) {
        Ok(there) => before != Some(&hash(&there)) && new != Some(there.as_slice()),
        Err(_) => true,
    }
}

fn refusal(folder: &Path, foreign: &[&str]) -> String {
    let (was, them) = if foreign.len() == 1 { ("was", "it") } else { ("were", "them") };
    format!(
        "{} has {}, which no earlier review wrote or which {was} changed since: move {them} away or choose another \
         folder; nothing was written",
        folder.display(),
        foreign.join(", ")
    )
}

/// Finds out before long work whether a review could be written into a folder, as far as its files' names are known by
/// then. A folder that is not there will be made.
///
/// # Errors
/// Names what is in the way.
pub(crate) fn check_folder(folder: &Path) -> Result<(), String> {
    // what is not there yet is made below what is
    let is_there = |place: &&Path| std::fs::symlink_metadata(place).is_ok();
    let there = folder.ancestors().find(is_there).unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(format!("{} is no folder", there.display()));
    }
    let before = written_before(folder);
    let fixed = [MARKDOWN, HTML, SIZING, SCHEMATIC].into_iter();
    let foreign: Vec<&str> =
        fixed.filter(|name| is_foreign(&folder.join(name), before.get(*name), None)).collect();
    if !foreign.is_empty() {
        return Err(refusal(folder, &foreign));
    }
    check_writable(&there.join(MARKDOWN)).map_err(|e| e.to_string())
}

/// Writes the files of a review beside each other, the page `markdown` last and with the marker; pictures of an earlier one
/// that this one has not are removed. All that is there is looked at before the first is written.
///
/// # Errors
/// Names what is in the way, or what cannot be written; files that were not there before are gone then.
pub(super) fn write_all(folder: &Path, files: &[(String, Vec<u8>)], markdown: &str) -> Result<(), String> {
    let mut marked = format!("{markdown}\n{MARKER}");
    for (name, contents) in files {
        marked += &format!("{}  {name}\n", hash(contents));
    }
    marked += &format!("{}  {MARKDOWN}\n-->\n", hash(format!("{markdown}\n").as_bytes()));
    let own = (MARKDOWN.to_owned(), marked.into_bytes());
    let all: Vec<&(String, Vec<u8>)> = files.iter().chain([&own]).collect();
    std::fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    let before = written_before(folder);
    let foreign = |(name, new): &&&(String, Vec<u8>)| {
        is_foreign(&folder.join(name), before.get(name), Some(new.as_slice()))
    };
    let in_the_way: Vec<&str> = all.iter().filter(foreign).map(|(name, _)| name.as_str()).collect();
    if !in_the_way.is_empty() {
        return Err(refusal(folder, &in_the_way));
    }
    let mut fresh: Vec<PathBuf> = Vec::new();
    for (name, contents) in &all {
        let path = folder.join(name);
        if !path.exists() {
            fresh.push(path.clone());
        }
        if let Err(e) = write_atomically(&path, contents) {
            // what is no review without its page would be in the way of the next one
            fresh.iter().for_each(|path| _ = std::fs::remove_file(path));
            return Err(e.to_string());
        }
    }
    for (name, hash_before) in &before {
        let path = folder.join(name);
        let gone = !all.iter().any(|(own, _)| own == name);
        if gone && !is_foreign(&path, Some(hash_before), None) {
            let _ = std::fs::remove_file(&path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str], contents: &str) -> Vec<(String, Vec<u8>)> {
        names.iter().map(|name| ((*name).to_owned(), contents.as_bytes().to_vec())).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_earlier_review_gives_way_to_a_later_one() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = place.path().join("below/review");
        write_all(&folder, &files(&[HTML, SIZING, "curve-1-phase.png"], "one"), "# one\n").expect("empty");
        assert_eq!(check_folder(&folder), Ok(()));
        write_all(&folder, &files(&[HTML, SIZING], "two"), "# two\n").expect("its own");
        // the picture that the second has not is gone
        assert_eq!(names(&folder), [HTML, MARKDOWN, SIZING]);
        assert_eq!(std::fs::read_to_string(folder.join(SIZING)).expect("there"), "two");
        assert!(std::fs::read_to_string(folder.join(MARKDOWN)).expect("there").starts_with("# two\n"));
        // a file that happens to be the same is in nobody's way
        let other = place.path().join("other");
        std::fs::create_dir(&other).expect("writable");
        std::fs::write(other.join(SIZING), "two").expect("writable");
        write_all(&other, &files(&[HTML, SIZING], "two"), "# two\n").expect("nothing is lost");
    }

    #[test]
    fn what_no_review_wrote_stays_as_it_is_and_is_named() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = place.path();
        let write = || write_all(folder, &files(&[HTML, SIZING], "new"), "# new\n");
        let kept = |name: &str, contents: &str| {
            let path = folder.join(name);
            std::fs::write(&path, contents).expect("writable");
            let said = write().expect_err("in the way");
            assert!(said.contains(name), "{said}");
            assert_eq!(check_folder(folder), Err(said));
            assert_eq!(std::fs::read_to_string(&path).expect("there"), contents);
            std::fs::remove_file(&path).expect("there");
        };
        // of a stranger, the page too
        kept(SIZING, ".param mine=1");
        kept(MARKDOWN, "# mine");
        kept(MARKDOWN, "# mine\n<!-- sizewright review\n-->\n");
        assert_eq!(names(folder), Vec::<String>::new(), "nothing was written beside it");
        // of ours, but changed since
        write().expect("empty");
        kept(HTML, "new, and a word of mine");
        let page = std::fs::read_to_string(folder.join(MARKDOWN)).expect("there");
        kept(MARKDOWN, &page.replace("# new", "# new, and a word of mine"));
        write().expect("empty again");
        let page = std::fs::read_to_string(folder.join(MARKDOWN)).expect("there");
        kept(MARKDOWN, &format!("{page}a word of mine after all else\n"));
        // what has a name that no review gives is left alone
        std::fs::write(folder.join("notes.txt"), "mine").expect("writable");
        write().expect("the rest is its own");
        assert!(names(folder).contains(&"notes.txt".to_owned()));
    }

    #[test]
    fn a_page_cannot_name_files_for_us_to_remove() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (folder, outside) = (place.path().join("review"), place.path().join("mine"));
        std::fs::create_dir(&folder).expect("writable");
        std::fs::write(&outside, "mine").expect("writable");
        std::fs::write(folder.join("thesis.tex"), "mine").expect("writable");
        let own = hash(b"mine");
        let head = "# stranger\n";
        let lines =
            format!("{own}  ../mine\n{own}  thesis.tex\n{}  {MARKDOWN}\n-->\n", hash(head.as_bytes()));
        std::fs::write(folder.join(MARKDOWN), format!("{head}{MARKER}{lines}")).expect("writable");
        write_all(&folder, &files(&[HTML], "new"), "# new\n").expect("the page says that it is a review");
        assert!(outside.exists() && folder.join("thesis.tex").exists());
    }

    #[test]
    fn a_file_is_no_folder() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let file = place.path().join("file");
        std::fs::write(&file, "").expect("writable");
        assert!(check_folder(&file).is_err_and(|said| said.contains("no folder")));
        assert!(check_folder(&file.join("below")).is_err(), "nor is there one below it");
        assert_eq!(check_folder(&place.path().join("below/review")), Ok(()));
        assert!(!place.path().join("below").exists(), "looking makes nothing");
        assert!(write_all(&file, &[], "").is_err());
    }
}

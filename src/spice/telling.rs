//! Which of ngspice's lines are worth keeping: a design makes thousands, and few say why it failed.

/// Warnings that are the only word on a cause.
const TELLING_WARNINGS: [&str; 4] = ["checkvalid", "singular matrix", "not in circuit", "can't find model"];
/// What stands in lines that come in hundreds and say how it goes, not why it fails.
const PROGRESS: [&str; 6] =
    ["note:", "trying gmin", "gmin step", "supplies reduced", "source step", "reference value"];

/// Whether a line of ngspice's is worth keeping for a failed design.
pub(super) fn may_be_a_reason(stderr: bool, line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    if !stderr {
        return lower.ends_with(" failed!") || lower.starts_with("unspecified output");
    }
    // of `Trying gmin = … Warning: singular matrix` the end counts
    if TELLING_WARNINGS.iter().any(|w| lower.contains(w)) {
        return true;
    }
    !(line.is_empty() || lower.contains("warning") || PROGRESS.iter().any(|p| lower.contains(p)))
}

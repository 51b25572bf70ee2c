//! How numbers and texts are written so that ngspice takes them as they are.

/// `.param W1=2.6e-6`: the shortest text that reads back as the same number.
pub(super) fn parameter_line(name: &str, value: f64) -> String {
    format!(".param {name}={value:e}")
}

/// Whether ngspice takes a text as it is where it stands in a command: a folder's or a variable's name may
/// hold backticks.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "/._-+,:@% ".contains(c))
}

//! Numbers that a run printed as `name = value`: by `echo "gain = $&gain"`, by `print`, or by a program that a deck starts.

/// The last number printed under a name; letters may be large or small.
pub(super) fn value(lines: &[String], name: &str) -> Option<f64> {
    lines.iter().rev().find_map(|line| {
        let (left, right) = line.split_once('=')?;
        if !left.trim().eq_ignore_ascii_case(name) {
            return None;
        }
        let number = right.split(|c: char| c.is_whitespace() || c == ',').find(|word| !word.is_empty())?;
        number.parse::<f64>().ok()
    })
}

/// Whether a command prints something under one of these names itself, rather than a vector of that name.
pub(super) fn prints_one_of(command: &str, names: &[&str]) -> bool {
    let lower = command.to_ascii_lowercase();
    let Some(rest) = lower.trim_start().strip_prefix("echo") else { return false };
    let Some((left, _)) = rest.split_once('=') else { return false };
    let left = left.trim().trim_start_matches(['"', '\'']).trim();
    names.iter().any(|name| left.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_name_counts() {
        let lines = ["gain = 1", "Gain\t=  -2.5e+00 at= 7", "gains = 9", "gain = failed"].map(str::to_owned);
        assert_eq!(value(&lines, "gain"), Some(-2.5));
        assert_eq!(value(&lines, "failed"), None);
    }

    #[test]
    fn an_echo_is_known_by_its_name() {
        assert!(prints_one_of("echo \"gain = $&g\"", &["gain"]));
        assert!(prints_one_of("echo GAIN= $&g", &["gain"]));
        assert!(!prints_one_of("print gain", &["gain"]));
        assert!(!prints_one_of("echo again = 1", &["gain"]));
    }
}

//! Heads of table columns: `name [unit]`, the bare name for a plain number.

use super::Unit;

/// The head of a column of values in SI units: `W1 [m]`, `NF1`.
pub fn column(name: &str, unit: Unit) -> String {
    match unit {
        Unit::One => name.to_owned(),
        _ => format!("{name} [{}]", unit.symbol()),
    }
}

/// The name in a column's head and the unit in its brackets, where there are any.
pub fn split_column(head: &str) -> (&str, Option<&str>) {
    match head.split_once('[') {
        Some((name, rest)) => (name.trim(), Some(rest.trim_end_matches(']').trim())),
        None => (head.trim(), None),
    }
}

/// Whether the unit that [`split_column`] found is `unit`; a plain number may be written `1`.
pub fn is_unit(written: &str, unit: Unit) -> bool {
    written == unit.symbol() || (unit == Unit::One && written == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_are_written() {
        for (name, unit) in [("W1", Unit::Metre), ("gain", Unit::Decibel), ("NF1", Unit::One)] {
            let head = column(name, unit);
            let (read, written) = split_column(&head);
            assert_eq!(read, name);
            assert!(written.is_none_or(|written| is_unit(written, unit)), "{head}");
        }
        assert_eq!(split_column(" W1[ m ]"), ("W1", Some("m")));
        assert!(is_unit("1", Unit::One) && !is_unit("1", Unit::Volt) && !is_unit("um", Unit::Metre));
    }
}

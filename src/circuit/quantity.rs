//! Numbers with SI prefixes and units, read and written the way designers do: `27nW`, `5.2 µV`.

use super::{Unit, shortened};

/// A number and the unit that was written behind it, if any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The value in the unit itself, prefix applied.
    pub value: f64,
    /// The unit as written; `None` where the text had only a number and perhaps a prefix.
    pub unit: Option<Unit>,
}

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// There is no number at the start.
    #[error("`{0}` does not start with a number: write it like `27nW`, `5.2uV` or `30dB`")]
    NoNumber(String),
    /// The number is NaN or infinite.
    #[error("`{0}` is not a finite number")]
    NotFinite(String),
    /// What follows the number is neither a prefix nor a unit that is known here.
    #[error("`{text}` has the unknown unit `{unit}`: write {expected}")]
    UnknownUnit {
        /// The whole text.
        text: String,
        /// What stood behind the number.
        unit: String,
        /// An example of what would do.
        expected: String,
    },
    /// The unit is known but another is needed.
    #[error("`{text}` is in {found}, but {expected} is needed")]
    WrongUnit {
        /// The whole text.
        text: String,
        /// The unit found.
        found: &'static str,
        /// The unit needed.
        expected: String,
    },
}

/// SI prefixes and their powers of ten; of several for one power the first is written.
pub(super) const PREFIXES: [(&str, i32); 11] = [
    ("f", -15),
    ("p", -12),
    ("n", -9),
    ("µ", -6),
    ("u", -6),
    ("μ", -6),
    ("m", -3),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
];

/// More of a text is not echoed.
const LONGEST_ECHO: usize = 40;

/// Reads `text` as a number with an optional SI prefix and an optional unit, which must be
/// `expected` where it is written. `27nW`, `27 nW`, `2.7e-8W`, `2.7e-8` and `27n` are all 27 nW.
///
/// # Errors
/// [`QuantityError`] names the text, what was found and what would do.
pub fn parse_quantity(text: &str, expected: Unit) -> Result<Quantity, QuantityError> {
    let trimmed = text.trim();
    let echo = || shortened(trimmed, LONGEST_ECHO);
    let (number, rest) = split_number(trimmed);
    let value: f64 = number.parse().map_err(|_| QuantityError::NoNumber(echo()))?;
    if !value.is_finite() {
        return Err(QuantityError::NotFinite(echo()));
    }
    let suffix = rest.trim();
    let (exponent, unit) = split_suffix(suffix, expected).ok_or_else(|| {
        let example = if expected.takes_prefix() {
            let prefix = if expected.prefix_power() == 1 { "n" } else { "u" };
            format!("a value in {0}, such as `1{0}` or `1{prefix}{0}`", expected.symbol())
        } else if expected == Unit::One {
            "a plain number".to_owned()
        } else {
            format!("a value in {0}, such as `30{0}`", expected.symbol())
        };
        QuantityError::UnknownUnit { text: echo(), unit: shortened(suffix, LONGEST_ECHO), expected: example }
    })?;
    if let Some(unit) = unit
        && unit != expected
    {
        return Err(QuantityError::WrongUnit {
            text: echo(),
            found: unit.symbol(),
            expected: if expected == Unit::One {
                "a plain number".to_owned()
            } else {
                expected.symbol().to_owned()
            },
        });
    }
    Ok(Quantity { value: scale_by_power_of_ten(number, value, exponent), unit })
}

/// `27` and `n` must give exactly 27e-9, which a multiplication by 1e-9 does not.
fn scale_by_power_of_ten(number: &str, value: f64, exponent: i32) -> f64 {
    if exponent == 0 {
        return value;
    }
    if number.contains(['e', 'E']) {
        return value * 10f64.powi(exponent);
    }
    format!("{number}e{exponent}").parse().unwrap_or(value * 10f64.powi(exponent))
}

fn split_number(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    let mut seen_digit = false;
    while end < bytes.len() {
        let c = bytes[end];
        let exponent_sign = end > 0 && matches!(bytes[end - 1], b'e' | b'E');
        let is_exponent = matches!(c, b'e' | b'E')
            && seen_digit
            && bytes.get(end + 1).is_some_and(|next| next.is_ascii_digit() || matches!(next, b'+' | b'-'));
        if c.is_ascii_digit() {
            seen_digit = true;
        } else if !(c == b'.' || is_exponent || (matches!(c, b'+' | b'-') && (end == 0 || exponent_sign))) {
            break;
        }
        end += 1;
    }
    if !seen_digit {
        // let `NaN` and `inf` through to the parser, which names them as not finite
        let word = text.find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '+');
        return text.split_at(word.unwrap_or(text.len()));
    }
    text.split_at(end)
}

fn split_suffix(suffix: &str, expected: Unit) -> Option<(i32, Option<Unit>)> {
    if suffix.is_empty() {
        return Some((0, None));
    }
    if expected != Unit::One && suffix == expected.symbol() {
        return Some((0, Some(expected)));
    }
    let suffix = &suffix.replace("m²", "m2").replace("m^2", "m2");
    // a prefix alone, such as in `27n`; of an area nobody knows whether it is squared
    let alone = expected.prefix_power() == 1;
    // `Ohm` ends like a metre
    let mut units = Unit::NAMED;
    units.sort_by_key(|unit| std::cmp::Reverse(unit.symbol().len()));
    for unit in units {
        if let Some(prefix) = suffix.strip_suffix(unit.symbol()) {
            if prefix.is_empty() {
                // `m` alone is milli unless a length is wanted
                if unit == Unit::Metre && alone {
                    return Some((-3, None));
                }
                return Some((0, Some(unit)));
            }
            if unit.takes_prefix()
                && let Some((_, exponent)) = PREFIXES.iter().find(|(p, _)| *p == prefix)
            {
                return Some((exponent * unit.prefix_power(), Some(unit)));
            }
        }
    }
    PREFIXES.iter().find(|(p, _)| *p == suffix && alone).map(|(_, exponent)| (*exponent, None))
}

/// Writes `value` with the SI prefix that puts one to three digits before the point, of an area one to six, `digits`
/// significant digits, and the unit: `27 nW`, `5.2 µV`, `73.97 µm2`, `30 dB`.
pub fn format_quantity(value: f64, unit: Unit, digits: usize) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    if !unit.takes_prefix() {
        let text = format_significant(value, digits);
        return if unit == Unit::One { text } else { format!("{text} {}", unit.symbol()) };
    }
    if value == 0.0 {
        return format!("0 {}", unit.symbol());
    }
    // round first, so that 999.96 n becomes 1 µ and not 1000 n
    let rounded: f64 = format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value);
    let squared = unit.prefix_power();
    let exponent = ((rounded.abs().log10() + 1e-12) / f64::from(3 * squared)).floor() as i32 * 3;
    let exponent = exponent.clamp(-15, 12);
    let prefix = PREFIXES.iter().find(|(_, power)| *power == exponent).map_or("", |(prefix, _)| prefix);
    let mantissa: f64 = rounded / 10f64.powi(exponent * squared);
    format!("{} {prefix}{}", format_significant(mantissa, digits), unit.symbol())
}

fn format_significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let before = value.abs().log10().floor() as i32 + 1;
    // 5e-11 is not 0.00000000005
    if !(-3..=12).contains(&before) {
        let text = format!("{value:.*e}", digits.saturating_sub(1));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = match mantissa.contains('.') {
            true => mantissa.trim_end_matches('0').trim_end_matches('.'),
            false => mantissa,
        };
        return format!("{mantissa}e{exponent}");
    }
    let decimals = (digits as i32 - before).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `1 corner`, `18 corners`, `0 testbenches`.
pub fn counted(count: usize, what: &str) -> String {
    let ending = match what {
        _ if count == 1 => "",
        _ if what.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {what}{ending}")
}

/// The shortest text that reads back as the same number, with an exponent where it is very small or large; no
/// SPICE dialect takes any of it for a prefix.
pub fn format_number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&size) { format!("{value}") } else { format!("{value:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_designers_write() {
        for (text, unit, value) in [
            ("27nW", Unit::Watt, 27e-9),
            ("27 nW", Unit::Watt, 27e-9),
            ("2.7e-8", Unit::Watt, 2.7e-8),
            ("5.2uV", Unit::Volt, 5.2e-6),
            ("5.2µV", Unit::Volt, 5.2e-6),
            ("30dB", Unit::Decibel, 30.0),
            ("-3 dB", Unit::Decibel, -3.0),
            ("1.55kHz", Unit::Hertz, 1550.0),
            ("1.55k", Unit::Hertz, 1550.0),
            ("10m", Unit::Metre, 10.0),
            ("10m", Unit::Volt, 0.01),
            ("10mm", Unit::Metre, 0.01),
            ("4", Unit::One, 4.0),
            ("180um2", Unit::SquareMetre, 180e-12),
            ("180 µm²", Unit::SquareMetre, 180e-12),
            ("0.5mm2", Unit::SquareMetre, 0.5e-6),
            ("2nm^2", Unit::SquareMetre, 2e-18),
            ("1.48e-10m2", Unit::SquareMetre, 1.48e-10),
        ] {
            assert_eq!(parse_quantity(text, unit).map(|q| q.value), Ok(value), "{text}");
        }
    }

    #[test]
    fn refuses_wrong_and_unknown_units_with_a_remedy() {
        let wrong = parse_quantity("27nV", Unit::Watt).unwrap_err().to_string();
        assert!(wrong.contains("V") && wrong.contains("W is needed"), "{wrong}");
        let unknown = parse_quantity("27 parsec", Unit::Watt).unwrap_err().to_string();
        assert!(unknown.contains("parsec") && unknown.contains("1nW"), "{unknown}");
        assert!(matches!(parse_quantity("NaN", Unit::Watt), Err(QuantityError::NotFinite(_))));
        assert!(matches!(parse_quantity("nW", Unit::Watt), Err(QuantityError::NoNumber(_))));
        assert!(matches!(parse_quantity("", Unit::Watt), Err(QuantityError::NoNumber(_))));
        assert!(parse_quantity("3kdB", Unit::Decibel).is_err());
        // of the metre, or of its square?
        let area = parse_quantity("180u", Unit::SquareMetre).unwrap_err().to_string();
        assert!(area.contains("1um2"), "{area}");
        assert!(parse_quantity("180m", Unit::SquareMetre).is_err());
        assert!(parse_quantity("180um2", Unit::Metre).unwrap_err().to_string().contains("m is needed"));
    }

    #[test]
    fn writes_with_the_fitting_prefix() {
        assert_eq!(format_quantity(27e-9, Unit::Watt, 3), "27 nW");
        assert_eq!(format_quantity(999.96e-9, Unit::Watt, 3), "1 µW");
        assert_eq!(format_quantity(1550.0, Unit::Hertz, 3), "1.55 kHz");
        assert_eq!(format_quantity(30.04, Unit::Decibel, 3), "30 dB");
        assert_eq!(format_quantity(0.0, Unit::Volt, 3), "0 V");
        assert_eq!(format_quantity(f64::NAN, Unit::Volt, 3), "—");
        assert_eq!(format_quantity(12.0, Unit::One, 3), "12");
        assert_eq!(format_quantity(5.2e-6, Unit::Volt, 3), "5.2 µV");
        assert_eq!(format_quantity(4e5, Unit::Ohm, 3), "400 kOhm");
        assert_eq!(format_quantity(7.397e-11, Unit::SquareMetre, 4), "73.97 µm2");
        assert_eq!(format_quantity(0.9999e-12, Unit::SquareMetre, 3), "1 µm2");
        assert_eq!(format_quantity(2.5e-7, Unit::SquareMetre, 3), "250000 µm2");
        assert_eq!(format_quantity(2.5e-6, Unit::SquareMetre, 3), "2.5 mm2");
    }

    #[test]
    fn every_unit_is_read_back_with_every_prefix_that_it_takes() {
        for unit in Unit::NAMED {
            for (prefix, exponent) in PREFIXES.iter().filter(|_| unit.takes_prefix()) {
                let read = parse_quantity(&format!("2{prefix}{}", unit.symbol()), unit).expect("a quantity");
                let expected: f64 =
                    format!("2e{}", exponent * unit.prefix_power()).parse().expect("a number");
                assert_eq!((read.value, read.unit), (expected, Some(unit)));
            }
            let read = parse_quantity(&format!("3{}", unit.symbol()), unit).expect("a quantity");
            assert_eq!((read.value, read.unit), (3.0, Some(unit)));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for unit in Unit::NAMED {
            for i in -60..40 {
                let value: f64 = format!("1.2345e{}", i / 2).parse().expect("a number");
                let value = if i % 2 == 0 { value } else { 7.0 * value };
                let text = format_quantity(value, unit, 17);
                let read = parse_quantity(&text.replace(' ', ""), unit).expect("a quantity").value;
                assert!((read / value - 1.0).abs() < 1e-12, "{text}: {value} {read}");
                // with few digits exactly
                let few = format_quantity(value, unit, 3);
                let read = parse_quantity(&few, unit).expect("a quantity").value;
                assert_eq!(format_quantity(read, unit, 3), few);
            }
        }
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "corner"), "1 corner");
        assert_eq!(
            (counted(0, "corner"), counted(2, "testbench")),
            ("0 corners".into(), "2 testbenches".into())
        );
    }

    #[test]
    fn numbers_are_short_and_read_back() {
        for (value, text) in
            [(0.0, "0"), (4.0, "4"), (0.405, "0.405"), (2.6e-6, "2.6e-6"), (1.55e3, "1550"), (-3e8, "-3e8")]
        {
            assert_eq!(format_number(value), text);
            assert_eq!(text.parse(), Ok(value));
        }
    }
}

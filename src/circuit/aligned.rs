//! Values of a column written alike, with one SI prefix and as many decimals, so that their points stand one below the
//! other.

use super::quantity::PREFIXES;
use super::{Unit, format_quantity};

/// More decimals are no help to the eye.
const MOST_DECIMALS: i32 = 6;

/// How the values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aligned {
    unit: Unit,
    /// The power of ten of the prefix, a multiple of 3.
    exponent: i32,
    decimals: usize,
}

impl Aligned {
    /// For these values: the prefix and `digits` significant digits are those of their median in size, with as many
    /// decimals more as the smallest needs to be seen, and none that are noughts in all.
    pub fn of(values: impl IntoIterator<Item = f64>, unit: Unit, digits: usize) -> Aligned {
        let mut values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        values.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sized: Vec<f64> = values.iter().copied().filter(|v| *v != 0.0).collect();
        let Some(&median) = sized.get(sized.len() / 2) else {
            return Aligned { unit, exponent: 0, decimals: 0 };
        };
        let power = unit.prefix_power();
        let exponent = match power {
            0 => 0,
            power => {
                let rounded: f64 =
                    format!("{median:.*e}", digits.saturating_sub(1)).parse().unwrap_or(median);
                (((rounded.abs().log10() + 1e-12) / f64::from(3 * power)).floor() as i32 * 3).clamp(-15, 12)
            }
        };
        let column = Aligned { unit, exponent, decimals: 0 };
        let before = |v: f64| column.mantissa(v).abs().log10().floor() as i32 + 1;
        let wanted = digits as i32 - before(median);
        // two digits of the smallest
        let seen = 2 - before(sized[0]);
        let decimals = wanted.max(seen.min(wanted + 2)).clamp(0, MOST_DECIMALS) as usize;
        let needed = |v: f64| {
            let text = format!("{:.*}", decimals, column.mantissa(v));
            text.split_once('.').map_or(0, |(_, after)| after.trim_end_matches('0').len())
        };
        Aligned { decimals: values.into_iter().map(needed).max().unwrap_or(0), ..column }
    }

    /// The unit with the prefix, `nW`; empty for a plain number.
    pub fn symbol(&self) -> String {
        let prefix =
            PREFIXES.iter().find(|(_, power)| *power == self.exponent).map_or("", |(prefix, _)| prefix);
        format!("{prefix}{}", self.unit.symbol())
    }

    /// `name (nW)`, the bare name for a plain number.
    pub fn title(&self, name: &str) -> String {
        match self.symbol() {
            unit if unit.is_empty() => name.to_owned(),
            unit => format!("{name} ({unit})"),
        }
    }

    /// A value without its unit: `20.15`.
    pub fn show(&self, value: f64) -> String {
        if !value.is_finite() {
            return format_quantity(value, self.unit, 1);
        }
        format!("{:.*}", self.decimals, self.mantissa(value)).replacen('-', "\u{2212}", 1)
    }

    fn mantissa(&self, value: f64) -> f64 {
        value / 10f64.powi(self.exponent * self.unit.prefix_power())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[f64], unit: Unit) -> (String, Vec<String>) {
        let column = Aligned::of(values.iter().copied(), unit, 4);
        (column.symbol(), values.iter().map(|v| column.show(*v)).collect())
    }

    #[test]
    fn a_column_has_one_prefix_and_as_many_decimals() {
        let (unit, texts) = shown(&[20.15e-9, 8.4e-9, 101.2346e-9, 20.0e-9], Unit::Watt);
        assert_eq!(
            (unit.as_str(), texts),
            ("nW", ["20.15", "8.40", "101.23", "20.00"].map(str::to_owned).into())
        );
        // fingers are whole, and noughts in all are left out
        let (unit, texts) = shown(&[18.0, 2.0, 6.0], Unit::One);
        assert_eq!((unit.as_str(), texts), ("", ["18", "2", "6"].map(str::to_owned).into()));
        let (unit, texts) = shown(&[32.4, -0.5, 30.0], Unit::Decibel);
        assert_eq!((unit.as_str(), texts), ("dB", ["32.4", "\u{2212}0.5", "30.0"].map(str::to_owned).into()));
    }

    #[test]
    fn small_values_are_seen_and_large_ones_stand() {
        let (unit, texts) = shown(&[0.4e-6, 40e-6, 45e-6, 2e-3], Unit::Volt);
        assert_eq!(
            (unit.as_str(), texts),
            ("µV", ["0.4", "40.0", "45.0", "2000.0"].map(str::to_owned).into())
        );
        // rounded before the prefix is chosen
        let (unit, texts) = shown(&[999.96e-9], Unit::Metre);
        assert_eq!((unit.as_str(), texts), ("µm", vec!["1".to_owned()]));
        let (unit, texts) = shown(&[73.97e-12], Unit::SquareMetre);
        assert_eq!((unit.as_str(), texts), ("µm2", vec!["73.97".to_owned()]));
    }

    #[test]
    fn what_is_no_number_is_no_fault() {
        let column = Aligned::of([f64::NAN, 0.0], Unit::Watt, 4);
        assert_eq!((column.show(0.0), column.show(f64::NAN)), ("0".to_owned(), "—".to_owned()));
        assert_eq!(Aligned::of([], Unit::One, 4).title("NF1"), "NF1");
        assert_eq!(Aligned::of([2e-6], Unit::Metre, 4).title("W1"), "W1 (µm)");
    }
}

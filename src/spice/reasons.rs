//! Why designs could not be measured, counted.

/// Reasons that are told.
const MOST_TOLD: usize = 5;
/// Different reasons that are counted.
const MOST_KEPT: usize = 1000;

/// Reasons with the number of designs that each cost. Those that differ in measured numbers alone are one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    /// What is the same of them, the first as it was said, how many.
    all: Vec<(String, String, usize)>,
    count: usize,
}

impl Reasons {
    /// Counts a design's.
    pub fn add(&mut self, reason: &str) {
        self.count += 1;
        let same = without_numbers(reason);
        if let Some((.., count)) = self.all.iter_mut().find(|(own, ..)| *own == same) {
            *count += 1;
        } else if self.all.len() < MOST_KEPT {
            self.all.push((same, reason.to_owned(), 1));
        }
    }

    /// Designs in all.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The most common first, at most five, each with its number of designs.
    pub fn most_common(&self) -> Vec<(&str, usize)> {
        let mut all: Vec<(&str, usize)> =
            self.all.iter().map(|(_, text, count)| (text.as_str(), *count)).collect();
        // stable: of two as common the one that came first
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.truncate(MOST_TOLD);
        all
    }

    /// The most common in words: `12 times: …`; `None` of no designs.
    pub fn in_words(&self) -> Option<String> {
        let (text, count) = self.most_common().first().copied()?;
        Some(if count == self.count {
            text.to_owned()
        } else {
            format!("{count} {}: {text}", if count == 1 { "time" } else { "times" })
        })
    }
}

/// A text without numbers that have a point or an exponent: times and voltages, not lines of a file.
fn without_numbers(text: &str) -> String {
    let bare = |word: &str| {
        let number = word.trim_matches(|c: char| !(c.is_ascii_digit() || c == '-' || c == '.'));
        let measured = number.contains(['.', 'e', 'E']) && number.parse::<f64>().is_ok();
        if measured { word.replace(number, "#") } else { word.to_owned() }
    };
    text.split_whitespace().map(bare).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_whatever_numbers_they_hold() {
        let mut reasons = Reasons::default();
        assert_eq!((reasons.count(), reasons.in_words()), (0, None));
        reasons.add("TRAN: Timestep too small; time = 1.25e-06, timestep = 1.0e-18: trouble with node");
        reasons.add("a.cir:18: there is no vector `v`");
        assert_eq!(
            reasons.in_words().as_deref(),
            Some("1 time: TRAN: Timestep too small; time = 1.25e-06, timestep = 1.0e-18: trouble with node")
        );
        reasons.add("a.cir:18: there is no vector `v`");
        reasons.add("TRAN: Timestep too small; time = 3.5e-07, timestep = 2.0e-18: trouble with node");
        reasons.add("a.cir:19: there is no vector `v`");
        reasons.add("a.cir:18: there is no vector `v`");
        let counts: Vec<usize> = reasons.most_common().iter().map(|(_, count)| *count).collect();
        assert_eq!((counts, reasons.count()), (vec![3, 2, 1], 6));
        assert_eq!(reasons.in_words().as_deref(), Some("3 times: a.cir:18: there is no vector `v`"));
        (0..9).for_each(|i| reasons.add(&format!("another {i}")));
        assert_eq!(reasons.most_common().len(), 5);
    }
}

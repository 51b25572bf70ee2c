//! What a device group's sizes say of its transistors, and the logarithms that they are learnt in.
//!
//! A transistor's behaviour follows its aspect ratio W·N/L and its gate area W·N·L rather than W, L and N apart, where N
//! is the number of fingers times that of transistors. A parameter that several groups name is the first one's own; to
//! the others it is given.

use super::parameter::Parameter;

/// The places of a group's sizes in every [`super::Sizing`]; `None` for those that are no parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// One finger's width.
    pub width: Option<usize>,
    /// The channel length.
    pub length: Option<usize>,
    /// The number of fingers.
    pub fingers: Option<usize>,
    /// The number of transistors side by side.
    pub multiplier: Option<usize>,
}

impl Sizes {
    /// All of them: width, length, fingers, multiplier.
    pub fn places(self) -> impl Iterator<Item = usize> + use<> {
        [self.width, self.length, self.fingers, self.multiplier].into_iter().flatten()
    }

    /// Fingers and multiplier.
    pub fn counts(self) -> impl Iterator<Item = usize> + use<> {
        [self.fingers, self.multiplier].into_iter().flatten()
    }

    /// Without the counts.
    pub fn uncounted(self) -> Sizes {
        Sizes { fingers: None, multiplier: None, ..self }
    }

    /// Those that are wanted.
    fn filtered(self, mut wanted: impl FnMut(usize) -> bool) -> Sizes {
        let mut one = |place: Option<usize>| place.filter(|&place| wanted(place));
        Sizes {
            width: one(self.width),
            length: one(self.length),
            fingers: one(self.fingers),
            multiplier: one(self.multiplier),
        }
    }

    /// The effective width W·N, of what there is of it.
    pub fn total(self, values: &[f64]) -> f64 {
        self.product(|place| values[place])
    }

    /// The smallest and the largest effective width.
    pub fn total_range(self, parameters: &[Parameter]) -> (f64, f64) {
        (self.product(|place| parameters[place].low), self.product(|place| parameters[place].high))
    }

    fn product(self, of: impl Fn(usize) -> f64) -> f64 {
        self.width.into_iter().chain(self.counts()).map(of).product()
    }

    /// Cuts an effective width into these counts and the width of one finger. Of each count `wanted` says how much it is
    /// to be, by its place, what `values` holds for it and the fewest and the most with which the rest lies in its range;
    /// it becomes the nearest legal one. All are written into `values`, the width so that W·N is kept and not on the grid.
    pub fn cut(
        self,
        parameters: &[Parameter],
        total: f64,
        wanted: impl Fn(usize, f64, (f64, f64)) -> f64,
        values: &mut [f64],
    ) {
        let (mut left, mut rest) = (total, self);
        let mut one = |place: usize, rest: Sizes, values: &mut [f64]| {
            let (low, high) = rest.total_range(parameters);
            // one at least where the range allows it
            let most = (left / low).max(1.0);
            let fewest = (left / high).min(most);
            let count = wanted(place, values[place], (fewest, most)).clamp(fewest, most);
            values[place] = parameters[place].snap(count);
            left /= values[place];
        };
        if let Some(place) = rest.multiplier.take() {
            one(place, rest, values);
        }
        if let Some(place) = rest.fingers.take() {
            one(place, rest, values);
        }
        if let Some(place) = self.width {
            values[place] = left;
        }
    }
}

/// A device group in a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its sizes.
    pub all: Sizes,
    /// Those that no group before it has.
    pub own: Sizes,
    /// Whether a group after it goes by its width or one of its counts: how its total width is cut then matters.
    pub lends: bool,
}

impl Part {
    /// Of groups in their order, each with what of it is its own; there are so many parameters.
    pub fn of(groups: impl IntoIterator<Item = Sizes>, parameters: usize) -> Vec<Part> {
        let mut owners: Vec<Option<usize>> = vec![None; parameters];
        let mut parts: Vec<Part> = Vec::new();
        for (g, all) in groups.into_iter().enumerate() {
            let own = all.filtered(|place| *owners[place].get_or_insert(g) == g);
            for (place, owner) in all.places().filter_map(|place| Some((place, owners[place]?))) {
                if let Some(owner) = parts.get_mut(owner) {
                    owner.lends |= owner.own.length != Some(place);
                }
            }
            parts.push(Part { all, own, lends: false });
        }
        parts
    }

    /// The sizes that a group before it has.
    pub fn given(&self) -> Sizes {
        let own = self.own;
        self.all.filtered(|place| own.places().all(|other| other != place))
    }

    /// The counts of its own that matter by themselves, not only by the total width.
    pub fn counts_apart(&self) -> impl Iterator<Item = usize> + use<> {
        let apart = self.own.width.is_none() || self.lends;
        self.own.counts().filter(move |_| apart)
    }

    /// The place whose logarithm is that of the aspect ratio, or of what is known of it.
    pub fn ratio(&self) -> Option<usize> {
        self.own.width.or_else(|| self.own.length.filter(|_| self.all.width.is_some()))
    }

    /// Writes the logarithms that a sizing is learnt in, each to the place of one of the group's own: of a width the
    /// aspect ratio W·N/L, of a length the gate area W·N·L where the width is its own too, else the aspect ratio, and of
    /// a count itself. Without a length the ratio is W·N, without a width the length stands by itself.
    pub fn to_logs(&self, values: &[f64], logs: &mut [f64]) {
        let total = self.all.total(values);
        if let Some(place) = self.ratio() {
            logs[place] = self.all.length.map_or(total, |length| total / values[length]).ln();
        }
        if let Some(length) = self.own.length.filter(|&length| self.ratio() != Some(length)) {
            let area = self.own.width.map_or(values[length], |_| total * values[length]);
            logs[length] = area.ln();
        }
        for count in self.own.counts() {
            logs[count] = values[count].ln();
        }
    }

    /// The way back: `values` holds the logarithms of the group's own sizes and the values of those that are given. Counts
    /// become legal, width and length do not lie on the grid.
    pub fn from_logs(&self, parameters: &[Parameter], values: &mut [f64]) {
        let exp = |log: f64| log.clamp(-40.0, 40.0).exp();
        let given = self.given();
        let settled = |place: usize, values: &[f64]| parameters[place].snap(values[place]);
        let given_total: f64 = given.product(|place| settled(place, values));
        let Some(width) = self.own.width else {
            for count in self.own.counts() {
                values[count] = parameters[count].snap(exp(values[count]));
            }
            if let Some(length) = self.own.length {
                let of = exp(values[length]);
                let counted: f64 = self.own.counts().map(|count| values[count]).product();
                values[length] = given.width.map_or(of, |_| given_total * counted / of);
            }
            return;
        };
        let ratio = values[width];
        let total = if let Some(length) = self.own.length {
            let area = values[length];
            values[length] = exp((area - ratio) / 2.0);
            exp((area + ratio) / 2.0)
        } else {
            exp(ratio) * given.length.map_or(1.0, |length| settled(length, values))
        };
        self.own.cut(parameters, total / given_total, |_, log, _| exp(log), values);
    }
}

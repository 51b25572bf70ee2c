//! The coordinates that are searched: the unit cube, mapped onto legal sizings.
//!
//! A transistor's behaviour follows its aspect ratio and its gate area, so a device group is searched
//! in the logarithms of its total width W·NF and of its length L: their difference is the ratio's
//! logarithm, their sum the area's, and unlike those two they fill a box. How the total width is cut
//! into fingers hardly matters, so it is not searched: the number of fingers lies halfway, on a
//! logarithmic scale, between the fewest and the most that keep one finger's width in its range. That
//! leaves 10 of OTA1's 14 dimensions. A parameter that several groups name is searched with the first;
//! where that is a width or a count, the cut matters to the others and is searched too. What a circuit's
//! ranges fix is not searched either.

use crate::circuit::{Circuit, Part, Sizes, Sizing};

/// The unit cube of a circuit's designs.
pub(super) struct Space<'a> {
    circuit: &'a Circuit,
    axes: Vec<Axis>,
}

/// What one coordinate stands for.
enum Axis {
    /// A parameter outside any group, by its place, over its range by its scale.
    Alone(usize),
    /// The logarithm of what a group has of its total width, and what that is cut into.
    TotalWidth { part: Part, cut: Sizes },
    /// The logarithm of a group's length, which is a parameter's place.
    Length { length: usize, part: Part, after_total: bool },
    /// The logarithm of a number of fingers or transistors, by its place.
    Count(usize),
}

impl<'a> Space<'a> {
    pub(super) fn new(circuit: &'a Circuit) -> Space<'a> {
        let varies = |i: usize| circuit.parameters[i].low < circuit.parameters[i].high;
        let mut axes = Vec::new();
        for part in circuit.parts() {
            let cut = if part.lends { part.own.uncounted() } else { part.own };
            let after_total = cut.width.is_some_and(|width| varies(width) || cut.counts().any(varies));
            if after_total {
                axes.push(Axis::TotalWidth { part, cut });
            }
            if let Some(length) = part.own.length.filter(|&i| varies(i)) {
                axes.push(Axis::Length { length, part, after_total });
            }
            axes.extend(part.counts_apart().filter(|&i| varies(i)).map(Axis::Count));
        }
        axes.extend(circuit.ungrouped().filter(|&i| varies(i)).map(Axis::Alone));
        Space { circuit, axes }
    }

    /// The number of coordinates.
    pub(super) fn len(&self) -> usize {
        self.axes.len()
    }

    /// The legal sizing at a point of the unit cube; a coordinate outside counts as the nearest inside.
    pub(super) fn sizing(&self, point: &[f64]) -> Sizing {
        let parameters = &self.circuit.parameters;
        let mut values: Vec<f64> = parameters.iter().map(|p| p.low).collect();
        for (axis, &at) in self.axes.iter().zip(point) {
            let at = if at.is_finite() { at.clamp(0.0, 1.0) } else { 0.5 };
            match *axis {
                Axis::Alone(i) => values[i] = parameters[i].from_unit_interval(at),
                Axis::Length { length: i, .. } | Axis::Count(i) => {
                    values[i] = parameters[i].low * (parameters[i].high / parameters[i].low).powf(at);
                }
                Axis::TotalWidth { cut, .. } => {
                    let (least, most) = cut.total_range(parameters);
                    let total = least * (most / least).powf(at);
                    let halfway = |i: usize, _, (fewest, many): (f64, f64)| {
                        (fewest.max(parameters[i].low) * many.min(parameters[i].high)).sqrt()
                    };
                    cut.cut(parameters, total, halfway, &mut values);
                }
            }
        }
        Sizing(values).snapped(self.circuit)
    }

    /// Where a sizing lies in the unit cube, however its widths are cut into fingers.
    pub(super) fn point(&self, sizing: &Sizing) -> Vec<f64> {
        let parameters = &self.circuit.parameters;
        let part = |value: f64, low: f64, high: f64| ((value / low).ln() / (high / low).ln()).clamp(0.0, 1.0);
        let one = |axis: &Axis| match *axis {
            Axis::Alone(i) => parameters[i].to_unit_interval(sizing.0[i]).clamp(0.0, 1.0),
            Axis::Length { length: i, .. } | Axis::Count(i) => {
                part(sizing.0[i], parameters[i].low, parameters[i].high)
            }
            Axis::TotalWidth { cut, .. } => {
                let (least, most) = cut.total_range(parameters);
                part(cut.total(&sizing.0), least, most)
            }
        };
        self.axes.iter().map(one).collect()
    }

    /// What a model of the metrics is fitted in: of each group the logarithms of aspect ratio W·NF/L and
    /// gate area W·NF·L, where a width or a length is given the ratio alone, of any other parameter its place in
    /// its range. As many as coordinates.
    pub(super) fn features(&self, sizing: &Sizing) -> Vec<f64> {
        let parameters = &self.circuit.parameters;
        let mut features = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            match *axis {
                Axis::Alone(i) => features.push(parameters[i].to_unit_interval(sizing.0[i])),
                Axis::Count(i) => features.push(sizing.0[i].ln()),
                Axis::TotalWidth { part, .. } => {
                    let length = part.given().length.map_or(0.0, |length| sizing.0[length].ln());
                    features.push(part.all.total(&sizing.0).ln() - length);
                }
                Axis::Length { length, part, after_total } => {
                    let length = sizing.0[length].ln();
                    // the total width comes just before its group's length
                    match if after_total { features.pop() } else { None } {
                        Some(total) => features.extend([total - length, total + length]),
                        None if part.given().width.is_some() => {
                            features.push(part.all.total(&sizing.0).ln() - length);
                        }
                        None => features.push(length),
                    }
                }
            }
        }
        features
    }
}

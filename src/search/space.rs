//! The coordinates that are searched: the unit cube, mapped onto legal sizings.
//!
//! A transistor's behaviour follows its aspect ratio and its gate area, so a device group is searched
//! in the logarithms of its total width W·NF and of its length L: their difference is the ratio's
//! logarithm, their sum the area's, and unlike those two they fill a box. How the total width is cut
//! into fingers hardly matters, so it is not searched: the number of fingers lies halfway, on a
//! logarithmic scale, between the fewest and the most that keep one finger's width in its range. That
//! leaves 10 of OTA1's 14 dimensions. What a circuit's ranges fix is not searched either.

use crate::circuit::{Circuit, DeviceGroup, Parameter, Sizing};

/// The unit cube of a circuit's designs.
pub(super) struct Space<'a> {
    circuit: &'a Circuit,
    axes: Vec<Axis<'a>>,
}

/// What one coordinate stands for.
enum Axis<'a> {
    /// A parameter outside any group, by its place, over its range by its scale.
    Alone(usize),
    /// The logarithm of a group's total width.
    TotalWidth(&'a DeviceGroup),
    /// The logarithm of a group's length, which is a parameter's place.
    Length { length: usize, after_total: bool },
}

impl<'a> Space<'a> {
    pub(super) fn new(circuit: &'a Circuit) -> Space<'a> {
        let varies = |i: usize| circuit.parameters[i].low < circuit.parameters[i].high;
        let mut axes = Vec::new();
        for group in &circuit.groups {
            let after_total = varies(group.width) || group.fingers.is_some_and(varies);
            if after_total {
                axes.push(Axis::TotalWidth(group));
            }
            if varies(group.length) {
                axes.push(Axis::Length { length: group.length, after_total });
            }
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
                Axis::Length { length: i, .. } => {
                    values[i] = parameters[i].low * (parameters[i].high / parameters[i].low).powf(at);
                }
                Axis::TotalWidth(group) => {
                    let (least, most, fingers) = Space::total_widths(parameters, group);
                    let total = least * (most / least).powf(at);
                    let (fewest, many) = group.finger_range(parameters, total);
                    let halfway = (fewest.max(fingers.0) * many.min(fingers.1)).sqrt();
                    group.cut(parameters, total, halfway, &mut values);
                }
            }
        }
        Sizing(values).snapped(self.circuit)
    }

    /// The smallest and the largest total width of a group, in metres, and the fewest and the most fingers.
    fn total_widths(parameters: &[Parameter], group: &DeviceGroup) -> (f64, f64, (f64, f64)) {
        let width = &parameters[group.width];
        let fingers =
            group.fingers.map_or((1.0, 1.0), |place| (parameters[place].low, parameters[place].high));
        (width.low * fingers.0, width.high * fingers.1, fingers)
    }

    /// Where a sizing lies in the unit cube, however its widths are cut into fingers.
    pub(super) fn point(&self, sizing: &Sizing) -> Vec<f64> {
        let parameters = &self.circuit.parameters;
        let part = |value: f64, low: f64, high: f64| ((value / low).ln() / (high / low).ln()).clamp(0.0, 1.0);
        let one = |axis: &Axis<'_>| match *axis {
            Axis::Alone(i) => parameters[i].to_unit_interval(sizing.0[i]).clamp(0.0, 1.0),
            Axis::Length { length: i, .. } => part(sizing.0[i], parameters[i].low, parameters[i].high),
            Axis::TotalWidth(group) => {
                let (least, most, _) = Space::total_widths(parameters, group);
                part(group.geometry(&sizing.0).total_width, least, most)
            }
        };
        self.axes.iter().map(one).collect()
    }

    /// What a model of the metrics is fitted in: of each group the logarithms of aspect ratio W·NF/L and
    /// gate area W·NF·L, of any other parameter its place in its range. As many as coordinates.
    pub(super) fn features(&self, sizing: &Sizing) -> Vec<f64> {
        let parameters = &self.circuit.parameters;
        let mut features = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            match *axis {
                Axis::Alone(i) => features.push(parameters[i].to_unit_interval(sizing.0[i])),
                Axis::TotalWidth(group) => features.push(group.geometry(&sizing.0).total_width.ln()),
                Axis::Length { length, after_total } => {
                    let length = sizing.0[length].ln();
                    // the total width comes just before its group's length
                    match if after_total { features.pop() } else { None } {
                        Some(total) => features.extend([total - length, total + length]),
                        None => features.push(length),
                    }
                }
            }
        }
        features
    }
}

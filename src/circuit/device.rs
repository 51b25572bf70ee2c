//! Device groups: transistors that share a width, a length and a finger count, and what follows from the three.
//!
//! A transistor's behaviour follows its aspect ratio W·NF/L and its gate area W·NF·L rather than W, L and NF
//! apart; a group tells which three parameters belong together.

use super::parameter::Parameter;
use serde::{Deserialize, Serialize};

/// A device group as `circuit.ron` names its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDeviceGroup {
    /// What the group does, such as `input pair`.
    pub name: String,
    /// The transistors in it, by their names in the testbench.
    pub devices: Vec<String>,
    /// The parameter that is one finger's width.
    pub width: String,
    /// The parameter that is the channel length.
    pub length: String,
    /// The parameter that is the number of fingers, or of transistors side by side; empty where that is constant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingers: String,
}

/// Transistors that share a width, a length and a finger count, these by their places in every
/// [`super::Sizing`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceGroup {
    /// What the group does, such as `input pair`.
    pub name: String,
    /// The transistors in it, by their names in the testbench.
    pub devices: Vec<String>,
    /// The place of one finger's width.
    pub width: usize,
    /// The place of the channel length.
    pub length: usize,
    /// The place of the number of fingers; `None` where it is constant.
    pub fingers: Option<usize>,
}

/// A group's transistors, in SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// The effective width W·NF, in metres.
    pub total_width: f64,
    /// The channel length, in metres.
    pub length: f64,
    /// The number of fingers.
    pub fingers: f64,
}

impl Geometry {
    /// W·NF/L.
    pub fn aspect_ratio(&self) -> f64 {
        self.total_width / self.length
    }

    /// W·NF·L, in square metres.
    pub fn gate_area(&self) -> f64 {
        self.total_width * self.length
    }
}

impl DeviceGroup {
    /// The places of width, length and, where it is one, fingers.
    pub fn members(&self) -> impl Iterator<Item = usize> + use<> {
        [self.width, self.length].into_iter().chain(self.fingers)
    }

    /// The geometry of the group in a sizing's `values`.
    pub fn geometry(&self, values: &[f64]) -> Geometry {
        let fingers = self.fingers.map_or(1.0, |place| values[place]);
        Geometry { total_width: values[self.width] * fingers, length: values[self.length], fingers }
    }

    /// The fewest and the most fingers with which one finger of `total_width`, in metres, lies in the range of
    /// its width: not on the grid, one at least where the range allows it, and whatever the range of fingers is.
    pub fn finger_range(&self, parameters: &[Parameter], total_width: f64) -> (f64, f64) {
        let width = &parameters[self.width];
        let most = (total_width / width.low).max(1.0);
        ((total_width / width.high).min(most), most)
    }

    /// Cuts `total_width`, in metres, into about as many fingers as `wanted`: a legal number with which one
    /// finger's width is legal, where there is one. Writes both into `values`, the width so that W·NF is kept and
    /// not on the grid.
    pub fn cut(&self, parameters: &[Parameter], total_width: f64, wanted: f64, values: &mut [f64]) {
        let Some(place) = self.fingers else {
            values[self.width] = total_width;
            return;
        };
        let (fewest, most) = self.finger_range(parameters, total_width);
        let fingers = parameters[place].snap(wanted.clamp(fewest, most));
        values[place] = fingers;
        values[self.width] = total_width / fingers;
    }

    /// The group with its parameters' names.
    pub fn named(&self, parameters: &[Parameter]) -> NamedDeviceGroup {
        let name = |place: usize| parameters[place].name.clone();
        NamedDeviceGroup {
            name: self.name.clone(),
            devices: self.devices.clone(),
            width: name(self.width),
            length: name(self.length),
            fingers: self.fingers.map(name).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::circuit::{Circuit, Sizing};

    #[test]
    fn a_total_width_is_cut_into_legal_fingers() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let group = &circuit.groups[0];
        let mut values: Vec<f64> = circuit.parameters.iter().map(|p| p.low).collect();
        for (total, wanted, fingers) in
            [(40e-6, 8.2, 8.0), (40e-6, 1.0, 4.0), (40e-6, 90.0, 20.0), (2e-6, 20.0, 2.0), (1e-9, 3.0, 2.0)]
        {
            group.cut(&circuit.parameters, total, wanted, &mut values);
            assert_eq!(group.fingers.map(|f| values[f]), Some(fingers), "{total} {wanted}");
            let geometry = group.geometry(&values);
            assert!((geometry.total_width / total - 1.0).abs() < 1e-12);
            assert_eq!(Sizing(values.clone()).snapped(&circuit).check(&circuit), Ok(()));
        }
    }

    #[test]
    fn geometry_is_of_the_effective_width_and_every_parameter_has_one_place() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let mut values = vec![0.0; circuit.parameters.len()];
        let members: Vec<usize> = circuit.groups[1].members().collect();
        let [w, l, n] = members[..] else { panic!("three") };
        assert_eq!(circuit.parameters[w].name, "W2");
        (values[w], values[l], values[n]) = (2e-6, 0.5e-6, 4.0);
        let geometry = circuit.groups[1].geometry(&values);
        assert_eq!((geometry.aspect_ratio(), geometry.fingers), (16.0, 4.0));
        assert!((geometry.gate_area() / 4e-12 - 1.0).abs() < 1e-12);
        assert_eq!(circuit.ungrouped().collect::<Vec<_>>(), [0, 1]);
        assert_eq!((circuit.group_of(l), circuit.group_of(0)), (Some(1), None));
        assert_eq!(circuit.groups[1].named(&circuit.parameters).length, "L2");
    }
}

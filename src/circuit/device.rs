//! Device groups: transistors that go by the same width, length and number, and how `circuit.ron` names them.

use super::parameter::Parameter;
use super::part::Sizes;
use super::quantity::format_quantity;
use serde::{Deserialize, Serialize};

/// A device group as `circuit.ron` names its parameters: each may be missing, which is an empty name, be named by other
/// groups too, or be a tie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDeviceGroup {
    /// What the group does, such as `input pair`.
    pub name: String,
    /// The transistors in it, by their names in the testbench.
    pub devices: Vec<String>,
    /// One finger's width.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub width: String,
    /// The channel length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub length: String,
    /// The number of fingers, or of transistors side by side.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingers: String,
    /// The number of transistors side by side, each of so many fingers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub multiplier: String,
}

impl NamedDeviceGroup {
    /// The names by their fields, without those that are missing.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("width", self.width.as_str()),
            ("length", &self.length),
            ("fingers", &self.fingers),
            ("multiplier", &self.multiplier),
        ];
        all.into_iter().filter(|(_, name)| !name.is_empty())
    }
}

/// What one of a group's sizes is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Member {
    /// A constant that has no name.
    #[default]
    None,
    /// The parameter at this place in every [`super::Sizing`]; its range is above 0.
    Parameter(usize),
    /// What no model learns with the group, by its name: a tie, or a parameter that may be 0.
    Other(String),
}

impl Member {
    /// What a name is among the parameters of a circuit.
    pub fn named(parameters: &[Parameter], name: String) -> Member {
        match parameters.iter().position(|p| p.name == name) {
            Some(place) if parameters[place].low > 0.0 => Member::Parameter(place),
            _ if name.is_empty() => Member::None,
            _ => Member::Other(name),
        }
    }

    /// The place of the parameter that it is.
    pub fn place(&self) -> Option<usize> {
        match self {
            Member::Parameter(place) => Some(*place),
            Member::None | Member::Other(_) => None,
        }
    }

    fn name<'a>(&'a self, parameters: &'a [Parameter]) -> &'a str {
        match self {
            Member::None => "",
            Member::Parameter(place) => &parameters[*place].name,
            Member::Other(name) => name,
        }
    }
}

/// Transistors that go by the same width, length and number.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceGroup {
    /// What the group does, such as `input pair`.
    pub name: String,
    /// The transistors in it, by their names in the testbench.
    pub devices: Vec<String>,
    /// One finger's width.
    pub width: Member,
    /// The channel length.
    pub length: Member,
    /// The number of fingers.
    pub fingers: Member,
    /// The number of transistors side by side.
    pub multiplier: Member,
}

impl DeviceGroup {
    /// The places of those of its sizes that are parameters.
    pub fn sizes(&self) -> Sizes {
        Sizes {
            width: self.width.place(),
            length: self.length.place(),
            fingers: self.fingers.place(),
            multiplier: self.multiplier.place(),
        }
    }

    /// The places of its parameters: width, length, fingers, multiplier.
    pub fn members(&self) -> impl Iterator<Item = usize> + use<> {
        self.sizes().places()
    }

    /// `8 × 5.44 µm / 260 nm`: multiplier, fingers and the width of one, then the length, as far as these are parameters
    /// with `values` in SI units, a value a parameter. Empty where none is.
    pub fn size_in_words(&self, parameters: &[Parameter], values: &[f64]) -> String {
        let show = |member: &Member| {
            let place = member.place()?;
            Some(format_quantity(*values.get(place)?, parameters.get(place)?.unit, 3))
        };
        let times: Vec<String> = [&self.multiplier, &self.fingers].into_iter().filter_map(show).collect();
        let width = show(&self.width);
        let width = width.map(|width| times.into_iter().chain([width]).collect::<Vec<_>>().join(" × "));
        let all: Vec<String> = [width, show(&self.length)].into_iter().flatten().collect();
        all.join(" / ")
    }

    /// The group with the names of its sizes.
    pub fn named(&self, parameters: &[Parameter]) -> NamedDeviceGroup {
        let name = |member: &Member| member.name(parameters).to_owned();
        NamedDeviceGroup {
            name: self.name.clone(),
            devices: self.devices.clone(),
            width: name(&self.width),
            length: name(&self.length),
            fingers: name(&self.fingers),
            multiplier: name(&self.multiplier),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Circuit, Sizing};

    #[test]
    fn a_total_width_is_cut_into_legal_fingers() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let group = &circuit.groups[0];
        let mut values: Vec<f64> = circuit.parameters.iter().map(|p| p.low).collect();
        for (total, wanted, fingers) in
            [(40e-6, 8.2, 8.0), (40e-6, 1.0, 4.0), (40e-6, 90.0, 20.0), (2e-6, 20.0, 2.0), (1e-9, 3.0, 2.0)]
        {
            group.sizes().cut(&circuit.parameters, total, |_, _, _| wanted, &mut values);
            assert_eq!(group.fingers.place().map(|f| values[f]), Some(fingers), "{total} {wanted}");
            assert!((group.sizes().total(&values) / total - 1.0).abs() < 1e-12);
            assert_eq!(Sizing(values.clone()).snapped(&circuit).check(&circuit), Ok(()));
        }
    }

    #[test]
    fn a_total_is_of_width_and_counts_and_every_parameter_has_one_place() {
        let mut circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let mut values = vec![0.0; circuit.parameters.len()];
        let members: Vec<usize> = circuit.groups[1].members().collect();
        let [w, l, n] = members[..] else { panic!("three") };
        assert_eq!(circuit.parameters[w].name, "W2");
        (values[w], values[l], values[n]) = (2e-6, 0.5e-6, 4.0);
        assert_eq!(circuit.groups[1].sizes().total(&values), 8e-6);
        assert_eq!(circuit.ungrouped().collect::<Vec<_>>(), [0, 1]);
        assert_eq!((circuit.group_of(l), circuit.group_of(0)), (Some(1), None));
        assert_eq!(circuit.groups[1].named(&circuit.parameters).length, "L2");
        // each is its own, until a group before it names it
        let parts = circuit.parts();
        assert!(parts.iter().all(|part| part.own == part.all && part.given() == Sizes::default()));
        assert!(parts.iter().all(|part| !part.lends));
        circuit.groups[0].length = Member::Parameter(l);
        let parts = circuit.parts();
        assert_eq!((parts[1].own.length, parts[1].given().length), (None, Some(l)));
        assert_eq!((parts[1].own.width, circuit.group_of(l)), (Some(w), Some(0)));
        assert_eq!(circuit.ungrouped().collect::<Vec<_>>(), [0, 1, 3], "L1 is in no group any more");
        // of a length nothing is cut
        assert!(!parts[0].lends && parts[0].counts_apart().count() == 0);
        circuit.groups[3].fingers = circuit.groups[1].fingers.clone();
        let parts = circuit.parts();
        assert!(parts[1].lends && parts[1].counts_apart().eq([n]) && !parts[3].lends);
    }

    #[test]
    fn a_total_width_is_cut_into_transistors_and_fingers() {
        let mut circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        // the second group's fingers as the first one's transistors
        let Member::Parameter(m) = std::mem::take(&mut circuit.groups[1].fingers) else { panic!("it has") };
        circuit.groups[0].multiplier = Member::Parameter(m);
        let sizes = circuit.groups[0].sizes();
        let (low, high) = sizes.total_range(&circuit.parameters);
        let mut values: Vec<f64> = circuit.parameters.iter().map(|p| p.low).collect();
        for (total, wanted) in [(low, 1.0), (low, 20.0), (60e-6, 5.0), (60e-6, 1e9), (high, 1.0), (high, 1e9)]
        {
            sizes.cut(&circuit.parameters, total, |_, _, _| wanted, &mut values);
            assert!((sizes.total(&values) / total - 1.0).abs() < 1e-12, "{total} {wanted}");
            let legal = Sizing(values.clone()).snapped(&circuit);
            assert!((sizes.total(&legal.0) / total - 1.0).abs() < 0.2, "{total} {wanted} {legal:?}");
        }
    }

    #[test]
    fn a_member_is_a_parameter_a_tie_or_nothing() {
        let mut parameters = Circuit::open("ota1").expect("OTA1 is bundled").parameters;
        let named = |parameters: &[_], name: &str| Member::named(parameters, name.to_owned());
        assert_eq!(named(&parameters, "W1"), Member::Parameter(2));
        assert_eq!(named(&parameters, ""), Member::None);
        assert_eq!(named(&parameters, "w_tied"), Member::Other("w_tied".into()));
        // its logarithm would be none
        parameters[2].low = 0.0;
        assert_eq!(named(&parameters, "W1"), Member::Other("W1".into()));
        assert_eq!(named(&parameters, "W1").name(&parameters), "W1");
    }
}

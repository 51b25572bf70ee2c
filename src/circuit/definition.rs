//! A circuit in hand: what was read of its folder, checked, by places.

use super::device::{DeviceGroup, NamedDeviceGroup};
use super::metric::{Metric, Validity};
use super::outside::{Outside, is_outside};
use super::parameter::Parameter;
use super::part::Part;
use super::specification::NamedSpecification;
use super::testbench::{Corner, DeckParameter, DeckValue, Reading, Source, Testbench};
use std::path::PathBuf;

/// How the decks' own conditions are called beside corners.
pub const NOMINAL: &str = "nominal";

/// A circuit, checked.
#[derive(Clone, Debug)]
pub struct Circuit {
    /// The short name, such as `ota1`.
    pub name: String,
    /// The name in the window.
    pub title: String,
    /// What it is, in a sentence or two.
    pub about: String,
    /// The folder it was read from.
    pub folder: PathBuf,
    /// The design parameters, in the order of every [`super::Sizing`].
    pub parameters: Vec<Parameter>,
    /// Transistors that go by the same width, length and number.
    pub groups: Vec<DeviceGroup>,
    /// The metrics, in the order of every [`super::Performance`].
    pub metrics: Vec<Metric>,
    /// Further conditions for a design to be legal.
    pub validity: Vec<Validity>,
    /// The decks that measure it; none of a circuit that is data alone or measured by a command.
    pub testbenches: Vec<Testbench>,
    /// A program with its arguments that measures it in place of testbenches; empty where there is none.
    pub command: Vec<String>,
    /// What is read of their runs.
    pub readings: Vec<Reading>,
    /// How the value of each metric follows, in their order, and behind these of each validity condition.
    pub sources: Vec<Source>,
    /// What a sizing becomes in the decks: its parameters in the decks' units, and what is tied to them.
    pub deck_parameters: Vec<DeckParameter>,
    /// Conditions under which a design can be verified besides those of the decks themselves.
    pub corners: Vec<Corner>,
    /// Of these the ones over which, besides the decks' own conditions, a design counts as its worst: in rows, for models
    /// and in every verdict. Empty where it counts as the decks' own conditions measure it.
    pub worst_over: Vec<Corner>,
    /// The condition in which the decks draw each device's mismatch, with a seed for each run.
    pub mismatch: Option<Corner>,
    /// The corner that this circuit is measured in, see [`Self::in_corner`]; `None` for the decks as they are.
    pub corner: Option<Corner>,
    /// Where the circuit's own dataset lies, whether it is there or not.
    pub dataset: PathBuf,
    /// The drawing, if it is there.
    pub schematic: Option<PathBuf>,
    /// What of these lies outside the folder and must not be read unasked; empty for a circuit that was
    /// loaded by [`Circuit::load_trusted`].
    pub outside: Vec<Outside>,
    /// Named specifications to start from; the first one is the default.
    pub specifications: Vec<NamedSpecification>,
    /// What parameters are called in exported files where that differs: (parameter, exported name).
    pub export_names: Vec<(String, String)>,
}

impl Circuit {
    /// What lies outside the folder of the file that a field names, if it does: `dataset` or `schematic`.
    pub fn outside_of(&self, field: &str) -> Option<&Outside> {
        self.outside.iter().find(|outside| outside.field == field)
    }

    /// The place of a parameter in every sizing.
    pub fn parameter_index(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p.name == name)
    }

    /// The device groups in their order, each with what of it is its own.
    pub fn parts(&self) -> Vec<Part> {
        Part::of(self.groups.iter().map(DeviceGroup::sizes), self.parameters.len())
    }

    /// The place in [`Self::groups`] of the group that a parameter belongs to: the first that names it.
    pub fn group_of(&self, parameter: usize) -> Option<usize> {
        self.groups.iter().position(|group| group.members().any(|member| member == parameter))
    }

    /// The places of the parameters outside any group, in order.
    pub fn ungrouped(&self) -> impl Iterator<Item = usize> {
        (0..self.parameters.len()).filter(|&parameter| self.group_of(parameter).is_none())
    }

    /// A further file of the circuit's folder, if it is there and lies inside.
    pub fn companion(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        (path.is_file() && !is_outside(&self.folder, name)).then_some(path)
    }

    /// The place of a metric in every performance.
    pub fn metric_index(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|m| m.name == name)
    }

    /// What a parameter is called in exported files.
    pub fn export_name<'a>(&'a self, parameter: &'a str) -> &'a str {
        let mapped = self.export_names.iter().find(|(name, _)| name == parameter);
        mapped.map_or(parameter, |(_, exported)| exported)
    }

    /// What the first edition hashed to recognise a circuit: it tells circuits apart by their descriptions
    /// too, and is of use for reading files of that edition alone. See [`super::Identity`].
    pub(crate) fn first_edition_text(&self) -> String {
        let group = |group: &DeviceGroup| {
            let named = group.named(&self.parameters);
            let NamedDeviceGroup { name, devices, width, length, fingers, multiplier } = named;
            // that edition knew none
            let multiplier =
                if multiplier.is_empty() { String::new() } else { format!(", multiplier: {multiplier:?}") };
            format!(
                "DeviceGroup {{ name: {name:?}, devices: {devices:?}, width: {width:?}, length: {length:?}, \
                 fingers: {fingers:?}{multiplier} }}"
            )
        };
        let groups = self.groups.iter().map(group).collect::<Vec<_>>().join(", ");
        let parameter = |p: &Parameter| {
            let Parameter { name, unit, low, high, grid, scale, about, values: _ } = p;
            format!(
                "Parameter {{ name: {name:?}, unit: {unit:?}, low: {low:?}, high: {high:?}, grid: {grid:?}, \
                 scale: {scale:?}, about: {about:?} }}"
            )
        };
        let parameters = self.parameters.iter().map(parameter).collect::<Vec<_>>().join(", ");
        format!("{:?}\n[{parameters}]\n[{groups}]\n{:?}", self.name, self.metrics)
    }

    /// The same circuit, measured in a corner and nowhere else.
    pub fn in_corner(&self, corner: &Corner) -> Circuit {
        Circuit { corner: Some(corner.clone()), worst_over: Vec::new(), ..self.clone() }
    }

    /// The same circuit, measured in the decks' own conditions and nowhere else.
    pub fn in_own_conditions(&self) -> Circuit {
        Circuit { worst_over: Vec::new(), ..self.clone() }
    }

    /// The conditions over which a design counts as its worst, by name; the decks' own are the first.
    pub fn judged_over(&self) -> Vec<&str> {
        let corners = self.worst_over.iter().map(|corner| corner.name.as_str());
        std::iter::once(NOMINAL).chain(corners).collect()
    }

    /// ` over 3 conditions (nominal, slow, fast)`; nothing where the decks' own conditions are all.
    pub fn judged_in_words(&self) -> String {
        if self.worst_over.is_empty() {
            return String::new();
        }
        let all = self.judged_over();
        format!(" over {} conditions ({})", all.len(), all.join(", "))
    }

    /// The values of [`Self::deck_parameters`] for the values of the parameters, in a corner those that it sets.
    /// What cannot be worked out is not a number.
    pub fn deck_values(&self, sizing: &[f64]) -> Vec<f64> {
        let mut values: Vec<f64> = Vec::with_capacity(self.deck_parameters.len());
        let at = |values: &[f64], name: &str| {
            let place = self.deck_parameters.iter().position(|p| p.name.eq_ignore_ascii_case(name))?;
            values.get(place).copied()
        };
        for parameter in &self.deck_parameters {
            let value = match &parameter.value {
                DeckValue::Sized(place, unit) => sizing.get(*place).copied().map(|v| in_unit(v, *unit)),
                DeckValue::Tied(expression) => expression.value(&mut |name| at(&values, name)),
            };
            values.push(value.unwrap_or(f64::NAN));
        }
        let nominal = values.clone();
        for (name, expression) in self.corner.iter().flat_map(|corner| &corner.set) {
            let place = self.deck_parameters.iter().position(|p| p.name.eq_ignore_ascii_case(name));
            if let Some(place) = place {
                values[place] = expression.value(&mut |name| at(&nominal, name)).unwrap_or(f64::NAN);
            }
        }
        values
    }

    /// Whether something measures it: testbenches or a command. Else it is data alone.
    pub fn is_measured(&self) -> bool {
        !self.testbenches.is_empty() || !self.command.is_empty()
    }

    /// Whether rows and models of the first format may belong to it: one deck that leaves every metric in a vector of
    /// its name and takes the parameters as they are, in no corner.
    pub fn is_plain(&self) -> bool {
        let sized = |(place, p): (usize, &DeckParameter)| p.value == DeckValue::Sized(place, 1.0);
        let names = self.metrics.iter().map(|m| &m.name).chain(self.validity.iter().map(|v| &v.vector));
        matches!(self.testbenches.as_slice(), [only] if !only.process)
            && self.corner.is_none()
            && self.worst_over.is_empty()
            && self.deck_parameters.len() == self.parameters.len()
            && self.deck_parameters.iter().enumerate().all(sized)
            && self.readings.len() == self.sources.len()
            && self.sources.iter().enumerate().all(|(place, source)| source.is_alone(place))
            && self.readings.iter().zip(names).all(|(reading, name)| reading.wanted.is_vector(name))
    }
}

/// A length in units of 1e-6 as `0.15` rather than `0.15000000000000002`: what 14 digits say, where they say it.
fn in_unit(value: f64, unit: f64) -> f64 {
    if unit == 1.0 {
        return value;
    }
    let exact = value / unit;
    format!("{exact:.13e}").parse().unwrap_or(exact)
}

//! What is found again of circuits and files, by names that survive a change of the circuit's file.

use crate::circuit::{Bound, Circuit, Region, Sense, Sizing, Specification};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Recent files of a kind.
const RECENT: usize = 8;

/// Bounds by the metrics' names, so that they survive a change of the circuit's file.
pub type Values = BTreeMap<String, f64>;

/// A specification by name, of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedSet {
    /// What the user calls it.
    pub name: String,
    /// The bounds by the metrics' names, in SI units.
    pub values: Values,
}

/// A design that the user keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptDesign {
    /// What the user calls it.
    pub name: String,
    /// What the user notes on it.
    pub note: String,
    /// Whether it stands out.
    pub starred: bool,
    /// The values by the parameters' names, in SI units.
    pub parameters: BTreeMap<String, f64>,
}

impl KeptDesign {
    /// As a sizing of the circuit.
    ///
    /// # Errors
    /// Which parameter of the circuit it lacks, or has outside its range.
    pub fn sizing(&self, circuit: &Circuit) -> Result<Sizing, String> {
        let sizing = Sizing::from_names(circuit, &self.parameters).map_err(|e| e.to_string())?;
        sizing.check(circuit).map_err(|e| e.to_string())?;
        Ok(sizing)
    }
}

/// What is kept of a circuit from session to session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptCircuit {
    /// The targets when it was last open.
    pub targets: Option<Values>,
    /// The parameters that were held to a range, by name.
    pub ranges: BTreeMap<String, (f64, f64)>,
    /// The user's named specifications.
    pub sets: Vec<NamedSet>,
    /// The designs that the user keeps.
    pub designs: Vec<KeptDesign>,
    /// The model file that was last opened or saved.
    pub model: Option<PathBuf>,
}

/// Files used of late, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recent {
    /// Bundled circuits by name, others by folder.
    pub circuits: Vec<String>,
    /// Model files.
    pub models: Vec<PathBuf>,
}

impl Recent {
    /// Puts a circuit first.
    pub fn circuit(&mut self, name_or_folder: String) {
        first(&mut self.circuits, name_or_folder);
    }

    /// Puts a model file first.
    pub fn model(&mut self, path: PathBuf) {
        first(&mut self.models, path);
    }
}

fn first<T: PartialEq>(list: &mut Vec<T>, item: T) {
    list.retain(|other| *other != item);
    list.insert(0, item);
    list.truncate(RECENT);
}

/// A specification's bounds by the metrics' names; the other one of two by the name and its sense, `phm<=`.
pub fn values_of(circuit: &Circuit, specification: &Specification) -> Values {
    let named = |b: &Bound| {
        let metric = circuit.metrics.get(b.metric)?;
        let own = b.sense == metric.sense.of_bound();
        Some((if own { metric.name.clone() } else { format!("{}{}", metric.name, b.sense) }, b.value))
    };
    specification.bounds.iter().filter_map(named).collect()
}

/// The bounds on those metrics that the circuit has; none if it has none of them.
pub fn specification_of(circuit: &Circuit, values: &Values) -> Option<Specification> {
    let bounds = |(metric, m): (usize, &crate::circuit::Metric)| {
        let own = m.sense.of_bound();
        let other = if own == Sense::AtMost { Sense::AtLeast } else { Sense::AtMost };
        let bound = move |name: &str, sense: Sense| {
            let value = *values.get(name).filter(|v| v.is_finite())?;
            m.scaled(value).is_finite().then_some(Bound { metric, sense, value })
        };
        let first = bound(&m.name, own);
        let second = first.as_ref().and_then(|_| bound(&format!("{}{other}", m.name), other));
        first.into_iter().chain(second)
    };
    let bounds: Vec<Bound> = circuit.metrics.iter().enumerate().flat_map(bounds).collect();
    (!bounds.is_empty()).then_some(Specification { bounds })
}

/// The ranges by the parameters' names.
pub fn ranges_of(circuit: &Circuit, region: &Region) -> BTreeMap<String, (f64, f64)> {
    let named = |p: usize| Some((circuit.parameters.get(p)?.name.clone(), region.held(p)?));
    region.parameters().filter_map(named).collect()
}

/// The ranges of those parameters that the circuit has and can still be held to.
pub fn region_of(circuit: &Circuit, ranges: &BTreeMap<String, (f64, f64)>) -> Region {
    let mut region = Region::default();
    for (p, parameter) in circuit.parameters.iter().enumerate() {
        if let Some((low, high)) = ranges.get(&parameter.name) {
            // a range that the circuit no longer has leaves the parameter free
            let _ = region.hold(circuit, p, *low, *high);
        }
    }
    region
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_files_are_each_named_once_and_few() {
        let mut recent = Recent::default();
        (0..20).for_each(|i| recent.circuit(format!("{i}")));
        recent.circuit("15".to_owned());
        assert_eq!(recent.circuits[..3], ["15", "19", "18"]);
        assert_eq!(recent.circuits.len(), RECENT);
    }

    #[test]
    fn targets_go_by_the_metrics_names() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = circuit.specifications[0].specification.clone();
        let mut kept = values_of(&circuit, &targets);
        assert_eq!(specification_of(&circuit, &kept), Some(targets.clone()));
        kept.insert("no such metric".to_owned(), 1.0);
        assert_eq!(specification_of(&circuit, &kept), Some(targets));
        assert_eq!(specification_of(&circuit, &Values::new()), None);

        let mut held = Region::default();
        let (low, high) = (circuit.parameters[2].low, circuit.parameters[2].high);
        held.hold(&circuit, 2, low, low.midpoint(high)).expect("inside");
        let mut kept = ranges_of(&circuit, &held);
        assert_eq!(kept.len(), 1);
        kept.insert("no such parameter".to_owned(), (0.0, 1.0));
        kept.insert(circuit.parameters[0].name.clone(), (-1e9, 1e9));
        assert_eq!(region_of(&circuit, &kept), held, "what is unknown or outside is left out");
    }
}

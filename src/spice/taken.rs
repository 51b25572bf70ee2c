//! Which metrics of a design are taken, and so which decks are run.

use crate::circuit::{Circuit, Specification};

/// What is taken of a circuit's designs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Taken {
    /// Metrics, then validity conditions.
    sources: Vec<bool>,
    /// The places of the testbenches that are run, in order.
    pub(super) testbenches: Vec<usize>,
}

impl Taken {
    /// Every metric.
    pub(super) fn all(circuit: &Circuit) -> Taken {
        Taken::of(circuit, vec![true; circuit.sources.len()])
    }

    /// The metrics that bounds need, with those that they are worked out from, and what says whether the circuit works.
    pub(super) fn for_bounds(circuit: &Circuit, specification: &Specification) -> Taken {
        let metrics = circuit.metrics.len();
        let bounded = |place: usize| specification.bounds.iter().any(|bound| bound.metric == place);
        let mut sources: Vec<bool> = (0..circuit.sources.len()).map(|i| i >= metrics || bounded(i)).collect();
        // each follows from those before it
        for i in (0..sources.len()).rev() {
            let names = if sources[i] { circuit.sources[i].names() } else { Vec::new() };
            for name in names {
                let metric = circuit.metrics.iter().position(|m| m.name.eq_ignore_ascii_case(name));
                if let Some(metric) = metric {
                    sources[metric] = true;
                }
            }
        }
        Taken::of(circuit, sources)
    }

    fn of(circuit: &Circuit, sources: Vec<bool>) -> Taken {
        let taken = circuit.sources.iter().zip(&sources).filter(|(_, taken)| **taken);
        let readings = taken.flat_map(|(source, _)| source.readings());
        let mut testbenches: Vec<usize> =
            readings.filter_map(|place| Some(circuit.readings.get(place)?.testbench)).collect();
        testbenches.sort_unstable();
        testbenches.dedup();
        Taken { sources, testbenches }
    }

    /// Whether the metric or validity condition at this place is taken.
    pub(super) fn takes(&self, source: usize) -> bool {
        self.sources[source]
    }

    /// Whether fewer decks are run than for every metric.
    pub(super) fn saves(&self, circuit: &Circuit) -> bool {
        circuit.command.is_empty() && self.testbenches.len() < Taken::all(circuit).testbenches.len()
    }
}

//! How much each metric of a design moves with each parameter: central differences of simulated neighbours on the grid.

use super::bench::Bench;
use crate::circuit::{Circuit, Parameter, Sizing, decade};
use crate::engine::Simulated;

/// The part of a parameter's value, or of its range where it may be 0, that a neighbour lies away, at least one place of the
/// grid.
const STEP: f64 = 0.02;
/// What the differences are scaled to.
pub const SCALED_TO: f64 = 0.1;

/// The neighbours of a sizing along a parameter, below and above; the sizing itself where there is none.
pub fn neighbours(parameter: &Parameter, sizing: &Sizing, place: usize) -> [Sizing; 2] {
    let value = sizing.0[place];
    let by = STEP * if value == 0.0 { parameter.high - parameter.low } else { value.abs() };
    [false, true].map(|up| {
        let wanted = parameter.snap(if up { value + by } else { value - by });
        let moved = if wanted == value { parameter.neighbour(value, up) } else { wanted };
        let mut neighbour = sizing.clone();
        neighbour.0[place] = moved;
        neighbour
    })
}

/// All that must be simulated for the sensitivities of a sizing.
pub fn needed(circuit: &Circuit, sizing: &Sizing) -> Vec<Sizing> {
    let around = circuit.parameters.iter().enumerate().flat_map(|(p, own)| neighbours(own, sizing, p));
    std::iter::once(sizing.clone()).chain(around.filter(|n| n != sizing)).collect()
}

/// What a metric does for a tenth more of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The change on the metric's own scale: decades, or its unit.
    pub change: f64,
    /// The same in decades, as margins are counted: what slopes are compared by.
    pub decades: f64,
}

/// The sensitivities of a sizing, a line a parameter, a value a metric; nothing where a neighbour was not measured.
pub fn slopes(bench: &Bench, sizing: &Sizing) -> Vec<Vec<Option<Slope>>> {
    let circuit = &bench.open.circuit;
    let measured = |sizing: &Sizing| -> Option<Vec<f64>> {
        Some(bench.outcome(sizing)?.as_ref().ok().map(Simulated::performance)?.scaled(circuit))
    };
    let line = |(p, parameter): (usize, &Parameter)| -> Vec<Option<Slope>> {
        let [below, above] = neighbours(parameter, sizing, p);
        let apart = above.0[p] - below.0[p];
        let values = measured(&below).zip(measured(&above)).filter(|_| apart > 0.0);
        let base = if sizing.0[p] == 0.0 { parameter.high - parameter.low } else { sizing.0[p].abs() };
        circuit
            .metrics
            .iter()
            .enumerate()
            .map(|(m, metric)| {
                let (low, high) = values.as_ref()?;
                let change = (high[m] - low[m]) / apart * SCALED_TO * base;
                change.is_finite().then(|| Slope { change, decades: change / decade(metric) })
            })
            .collect()
    };
    circuit.parameters.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_on_the_grid_and_inside_the_range() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        for part in [0.0, 0.37, 1.0] {
            let sizing = Sizing(
                circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(part))).collect::<Vec<_>>(),
            );
            for (p, parameter) in circuit.parameters.iter().enumerate() {
                let [below, above] = neighbours(parameter, &sizing, p);
                for neighbour in [&below, &above] {
                    assert_eq!(neighbour.check(&circuit), Ok(()), "{}", parameter.name);
                    let others = neighbour.0.iter().zip(&sizing.0).enumerate();
                    assert!(others.filter(|(i, _)| *i != p).all(|(_, (a, b))| a == b));
                }
                assert!(below.0[p] < above.0[p], "{}: there is always one to a side", parameter.name);
            }
        }
        let middle = dataset_middle(&circuit);
        assert_eq!(needed(&circuit, &middle).len(), 1 + 2 * circuit.parameters.len());
    }

    fn dataset_middle(circuit: &Circuit) -> Sizing {
        Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(0.5))).collect())
    }
}

//! The pieces that a worker hands out of a design, put together as its parent sees them.

use super::device_point::DevicePoint;
use super::inspection::{Inspection, Sweep};
use super::piece::Piece;
use super::sweeps::MOST_SWEEPS;
use super::verdict::Outcome;
use crate::circuit::{Circuit, shortened};

/// More notes are not taken of a design.
const MOST_NOTES: usize = 200;
/// A note is not longer, in characters.
const LONGEST_NOTE: usize = 400;

/// What was handed out so far of a design.
pub(super) struct Seeing<'a> {
    circuit: &'a Circuit,
    sweeps: Vec<Sweep>,
    devices: Vec<DevicePoint>,
    notes: Vec<String>,
}

impl<'a> Seeing<'a> {
    /// Nothing yet of a design of this circuit, in the condition that it is measured in.
    pub(super) fn new(circuit: &'a Circuit) -> Seeing<'a> {
        Seeing { circuit, sweeps: Vec::new(), devices: Vec::new(), notes: Vec::new() }
    }

    /// Takes a piece; `false` where it is more than a design has, or none of this circuit.
    pub(super) fn take(&mut self, piece: Piece) -> bool {
        let known = |testbench: usize| self.circuit.testbenches.get(testbench);
        match piece {
            Piece::Sweep(head) => {
                let Some(bench) = known(head.testbench) else { return false };
                let same = self.sweeps.iter().filter(|sweep| sweep.testbench == head.testbench).count();
                self.sweeps.push(head.opened(bench.name.clone()));
                same < MOST_SWEEPS
            }
            Piece::Curve(curve) => {
                let Some(sweep) = self.sweeps.last_mut() else { return false };
                let Some(curve) = curve.opened(sweep.x.len()) else { return false };
                sweep.curves.push(curve);
                sweep.curves.len() <= Sweep::MOST_CURVES
            }
            Piece::Device(point) => {
                let point = point.opened();
                let devices = self.circuit.groups.iter().flat_map(|group| &group.devices);
                let own = known(point.testbench).is_some() && devices.clone().any(|d| *d == point.device);
                self.devices.push(point);
                own && self.devices.len() <= devices.count()
            }
            Piece::Note(testbench, text) => {
                let bench = testbench.and_then(known).filter(|_| self.circuit.testbenches.len() > 1);
                let text = shortened(&text, LONGEST_NOTE);
                let note = bench.map_or_else(|| text.clone(), |bench| format!("{}: {text}", bench.name));
                if self.notes.len() < MOST_NOTES {
                    self.notes.push(note);
                }
                true
            }
        }
    }

    /// All of it, with what the metrics are.
    pub(super) fn inspection(mut self, outcome: Outcome) -> Inspection {
        if !self.circuit.command.is_empty() {
            let text = "a command measures this circuit: it has neither sweeps nor operating points";
            self.notes.push(text.to_owned());
        }
        let corner = self.circuit.corner.as_ref().map(|corner| corner.name.clone());
        let Seeing { sweeps, devices, notes, .. } = self;
        Inspection { outcome, corner, sweeps, devices, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Analysis;
    use crate::spice::{Curve, CurveRole, CurveValues, Failure};

    fn sweep(testbench: usize) -> Piece {
        let (plot, x_name, x_unit) = ("ac1".to_owned(), "frequency".to_owned(), "Hz".to_owned());
        Piece::sweep(&Sweep {
            testbench,
            testbench_name: String::new(),
            analysis: Analysis::Ac,
            plot,
            x_name,
            x_unit,
            x: vec![1.0, 2.0],
            curves: Vec::new(),
        })
    }

    fn curve(values: &[f64]) -> Piece {
        let values = CurveValues::Real(values.to_vec());
        Piece::curve(Curve { name: "a".to_owned(), unit: None, role: CurveRole::Node, values })
    }

    #[test]
    fn what_no_design_of_the_circuit_has_is_refused() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let none = || Seeing::new(&circuit);
        assert!(!none().take(curve(&[1.0, 2.0])), "a curve of no sweep");
        assert!(!none().take(sweep(1)), "a testbench that is not there");
        let mut seeing = none();
        assert!(seeing.take(sweep(0)) && seeing.take(curve(&[1.0, 2.0])));
        assert!(!seeing.take(curve(&[1.0])), "a curve of another length");
        let mut seeing = none();
        assert!((0..MOST_SWEEPS).all(|_| seeing.take(sweep(0))) && !seeing.take(sweep(0)));
        let mut seeing = none();
        seeing.take(sweep(0));
        assert!((0..Sweep::MOST_CURVES).all(|_| seeing.take(curve(&[1.0, 2.0]))));
        assert!(!seeing.take(curve(&[1.0, 2.0])));
    }

    #[test]
    fn pieces_make_an_inspection() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let mut seeing = Seeing::new(&circuit);
        assert!(seeing.take(sweep(0)) && seeing.take(curve(&[1.0, 2.0])));
        assert!(seeing.take(Piece::Note(Some(0), "a word".to_owned())));
        let seen = seeing.inspection(Err(Failure::Cancelled));
        assert_eq!(seen.sweeps[0].testbench_name, circuit.testbenches[0].name);
        assert_eq!((seen.sweeps[0].curves.len(), seen.devices.len()), (1, 0));
        assert_eq!(seen.notes, ["a word"]);
    }
}

//! What a worker hands out of a design beside its answer, piece by piece, a line each: a curve is far shorter than the
//! longest line, however many there are. Numbers travel as their bits.

use super::device_point::DevicePoint;
use super::inspection::{Curve, CurveRole, CurveValues, Sweep};
use crate::circuit::Analysis;
use serde::{Deserialize, Serialize};

/// A sweep; its curves follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SweepHead {
    pub testbench: usize,
    pub analysis: Analysis,
    pub plot: String,
    pub x_name: String,
    pub x_unit: String,
    x: Vec<u64>,
}

/// A curve of the last sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CurveTold {
    name: String,
    unit: Option<String>,
    role: CurveRole,
    re: Vec<u64>,
    /// None of a real one.
    im: Option<Vec<u64>>,
}

/// A transistor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PointTold {
    device: String,
    element: String,
    testbench: usize,
    values: [Option<u64>; 7],
}

/// A piece of what there is to see of a design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Piece {
    Sweep(SweepHead),
    Curve(CurveTold),
    Device(PointTold),
    /// What is to be said, of a testbench or of all.
    Note(Option<usize>, String),
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

fn numbers(bits: Vec<u64>) -> Vec<f64> {
    bits.into_iter().map(f64::from_bits).collect()
}

impl Piece {
    /// A sweep without its curves and without its testbench's name.
    pub(super) fn sweep(sweep: &Sweep) -> Piece {
        Piece::Sweep(SweepHead {
            testbench: sweep.testbench,
            analysis: sweep.analysis,
            plot: sweep.plot.clone(),
            x_name: sweep.x_name.clone(),
            x_unit: sweep.x_unit.clone(),
            x: bits(sweep.x.iter().copied()),
        })
    }

    /// A curve.
    pub(super) fn curve(curve: Curve) -> Piece {
        let (re, im) = match curve.values {
            CurveValues::Real(values) => (bits(values), None),
            CurveValues::Complex(values) => {
                (bits(values.iter().map(|v| v[0])), Some(bits(values.iter().map(|v| v[1]))))
            }
        };
        Piece::Curve(CurveTold { name: curve.name, unit: curve.unit, role: curve.role, re, im })
    }

    /// A transistor.
    pub(super) fn device(point: &DevicePoint) -> Piece {
        let p = point;
        let values = [p.id, p.gm, p.gds, p.vgs, p.vds, p.vth, p.vdsat];
        Piece::Device(PointTold {
            device: p.device.clone(),
            element: p.element.clone(),
            testbench: p.testbench,
            values: values.map(|value| value.map(f64::to_bits)),
        })
    }
}

impl SweepHead {
    /// The sweep, without curves yet.
    pub(super) fn opened(self, testbench_name: String) -> Sweep {
        Sweep {
            testbench: self.testbench,
            testbench_name,
            analysis: self.analysis,
            plot: self.plot,
            x_name: self.x_name,
            x_unit: self.x_unit,
            x: numbers(self.x),
            curves: Vec::new(),
        }
    }
}

impl CurveTold {
    /// The curve; `None` where it is not one over `points` points.
    pub(super) fn opened(self, points: usize) -> Option<Curve> {
        let re = numbers(self.re);
        let values = match self.im.map(numbers) {
            None => CurveValues::Real(re),
            Some(im) if im.len() == re.len() => {
                CurveValues::Complex(re.into_iter().zip(im).map(|(re, im)| [re, im]).collect())
            }
            Some(_) => return None,
        };
        (values.len() == points).then_some(Curve {
            name: self.name,
            unit: self.unit,
            role: self.role,
            values,
        })
    }
}

impl PointTold {
    /// The transistor's point.
    pub(super) fn opened(self) -> DevicePoint {
        let [id, gm, gds, vgs, vds, vth, vdsat] = self.values.map(|value| value.map(f64::from_bits));
        let PointTold { device, element, testbench, .. } = self;
        DevicePoint { device, element, testbench, id, gm, gds, vgs, vds, vth, vdsat }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [f64; 5] = [0.1 + 0.2, -1.0 / 3.0, 5e-324, f64::INFINITY, -0.0];

    fn back(piece: &Piece) -> Piece {
        let text = serde_json::to_string(piece).expect("JSON");
        assert!(!text.contains(char::is_control), "{text}");
        serde_json::from_str(&text).expect("a piece")
    }

    #[test]
    fn pieces_come_back_bit_for_bit() {
        let complex = CurveValues::Complex(ODD.iter().map(|&v| [v, f64::MIN_POSITIVE]).collect());
        for values in [CurveValues::Real(ODD.to_vec()), complex] {
            let name = "v(\u{1}a\n\"b\")".to_owned();
            let curve = Curve { name, unit: Some("V/√Hz".to_owned()), role: CurveRole::Made, values };
            let Piece::Curve(told) = back(&Piece::curve(curve.clone())) else { panic!("a curve") };
            assert_eq!(told.clone().opened(4), None, "it has five points");
            assert_eq!(told.opened(5), Some(curve));
        }
        let mut sweep = Sweep {
            testbench: 2,
            testbench_name: "open".to_owned(),
            analysis: Analysis::Tran,
            plot: "tran1".to_owned(),
            x_name: "time".to_owned(),
            x_unit: "s".to_owned(),
            x: ODD.to_vec(),
            curves: Vec::new(),
        };
        let Piece::Sweep(head) = back(&Piece::sweep(&sweep)) else { panic!("a sweep") };
        assert_eq!(head.opened("open".to_owned()), sweep);
        sweep.x[0] = f64::NAN;
        let Piece::Sweep(head) = back(&Piece::sweep(&sweep)) else { panic!("a sweep") };
        assert!(head.opened(String::new()).x[0].is_nan());
        let point = DevicePoint {
            device: "M1".to_owned(),
            element: "m1".to_owned(),
            testbench: 1,
            id: Some(ODD[0]),
            gm: Some(ODD[1]),
            gds: None,
            vgs: Some(ODD[2]),
            vds: None,
            vth: None,
            vdsat: Some(-0.0),
        };
        let Piece::Device(told) = back(&Piece::device(&point)) else { panic!("a device") };
        assert_eq!(told.opened(), point);
        let note = Piece::Note(Some(3), "a\tb".to_owned());
        assert_eq!(back(&note), note);
    }
}

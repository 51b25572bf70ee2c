//! One curve of one design, and all curves of a design as a table.

use crate::circuit::{Circuit, format_number};
use crate::engine::{Curve, CurveValues, Inspection};
use egui::Color32;

/// A curve to be drawn.
#[derive(Clone)]
pub struct Trace<'a> {
    /// The design's name.
    pub name: &'a str,
    /// Its colour.
    pub colour: Color32,
    /// Its line's width.
    pub width: f32,
    /// What was swept.
    pub x: &'a [f64],
    /// The values.
    pub curve: &'a Curve,
}

/// What is drawn of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Twenty times the logarithm of the magnitude.
    Decibel,
    /// The angle in degrees, without jumps.
    Phase,
    /// The logarithm of the magnitude.
    Log,
    /// The value; of a complex one its magnitude.
    Value,
}

impl Part {
    /// The part of each value, not a number where there is none.
    pub fn of(self, values: &CurveValues) -> Vec<f64> {
        match self {
            Part::Decibel => values.magnitudes().into_iter().map(|v| 20.0 * v.log10()).collect(),
            Part::Log => values.magnitudes().into_iter().map(f64::log10).collect(),
            Part::Phase => unwrapped(values),
            Part::Value => match values {
                CurveValues::Real(values) => values.clone(),
                CurveValues::Complex(_) => values.magnitudes(),
            },
        }
    }
}

/// Angles in degrees, each within half a turn of the one before.
fn unwrapped(values: &CurveValues) -> Vec<f64> {
    let angles: Vec<f64> = match values {
        CurveValues::Real(values) => values.iter().map(|v| if *v < 0.0 { 180.0 } else { 0.0 }).collect(),
        CurveValues::Complex(values) => values.iter().map(|[re, im]| im.atan2(*re).to_degrees()).collect(),
    };
    let mut turns = 0.0;
    let mut before: Option<f64> = None;
    let mut one = |angle: f64| {
        if let Some(before) = before {
            turns -= ((angle - before) / 360.0).round();
        }
        before = Some(angle);
        angle + 360.0 * turns
    };
    angles.into_iter().map(&mut one).collect()
}

/// All curves of a design: a block a sweep, a column a curve, two of what is complex.
pub fn csv(circuit: &Circuit, look: &Inspection) -> String {
    let mut text = format!("# circuit: {}\n", circuit.name);
    for sweep in &look.sweeps {
        text += &format!("# testbench: {}, {}\n", sweep.testbench_name, sweep.plot);
        let mut heads = vec![format!("{} [{}]", sweep.x_name, sweep.x_unit)];
        for curve in &sweep.curves {
            match curve.values {
                CurveValues::Real(_) => heads.push(curve.name.clone()),
                CurveValues::Complex(_) => {
                    heads.push(format!("re {}", curve.name));
                    heads.push(format!("im {}", curve.name));
                }
            }
        }
        let quoted = |head: &String| if head.contains(',') { format!("\"{head}\"") } else { head.clone() };
        text += &(heads.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n");
        for (i, x) in sweep.x.iter().enumerate() {
            let mut cells = vec![format_number(*x)];
            for curve in &sweep.curves {
                match &curve.values {
                    CurveValues::Real(values) => {
                        cells.push(values.get(i).map_or_else(String::new, |v| format_number(*v)))
                    }
                    CurveValues::Complex(values) => {
                        let [re, im] = values.get(i).copied().unwrap_or([f64::NAN; 2]);
                        cells.extend([format_number(re), format_number(im)]);
                    }
                }
            }
            text += &(cells.join(",") + "\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_goes_on_beyond_half_a_turn() {
        // three poles: down to -270 degrees
        let at = |f: f64| {
            let angle = -3.0 * f.atan();
            let magnitude = (1.0 + f * f).powf(-1.5);
            [magnitude * angle.cos(), magnitude * angle.sin()]
        };
        let values: Vec<[f64; 2]> = (0..200).map(|i| at(10f64.powf(-2.0 + f64::from(i) / 40.0))).collect();
        let phase = Part::Phase.of(&CurveValues::Complex(values));
        assert!(phase[0].abs() < 3.0 && (phase[199] + 270.0).abs() < 3.0, "{} {}", phase[0], phase[199]);
        assert!(phase.windows(2).all(|pair| pair[1] <= pair[0] && pair[0] - pair[1] < 20.0));
        let decibel = Part::Decibel.of(&CurveValues::Real(vec![-10.0, 1.0]));
        assert!((decibel[0] - 20.0).abs() < 1e-12 && decibel[1].abs() < 1e-12);
    }
}

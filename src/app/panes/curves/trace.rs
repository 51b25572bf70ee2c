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

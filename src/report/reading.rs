//! How the sweep of a design that was looked into is read: which of its signals is shown first, as which plots, and which
//! targets can be read from one. The window and the review page draw from it.

use crate::circuit::{Analysis, Bound, Circuit, Metric, Performance, Scale, Sense, Specification, Unit};
use crate::engine::{Curve, CurveRole, CurveValues, Sweep};

/// How near to the curve a metric must lie to be one that is read from it, in dB.
const NEAR: f64 = 0.35;

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

/// The signal of a sweep that is shown first: one that was measured, best of complex values; of noise that at the input.
/// Nothing where the sweep has no curve.
pub fn shown_first(sweep: &Sweep) -> Option<&Curve> {
    let rank = |curve: &&Curve| {
        let complex = matches!(curve.values, CurveValues::Complex(_));
        match curve.role {
            // what limits are set on is the noise at the input
            CurveRole::Noise => u8::from(!curve.name.starts_with('i')),
            CurveRole::Measured if complex => 2,
            CurveRole::Made if complex => 3,
            CurveRole::Measured => 4,
            CurveRole::Made => 5,
            CurveRole::Node => 6,
        }
    };
    sweep.curves.iter().min_by_key(rank)
}

/// A plot of a signal over a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPlot {
    /// Which of the signal's plots: `magnitude`, `phase`, `density` or `value`.
    pub name: &'static str,
    /// What is drawn of the values.
    pub part: Part,
    /// The axis of what is swept.
    pub x: Metric,
    /// The axis of what is drawn.
    pub y: Metric,
}

/// An axis of a plot.
fn axis(title: &str, unit: Unit, scale: Scale) -> Metric {
    Metric {
        name: title.to_owned(),
        title: title.to_owned(),
        unit,
        scale,
        sense: Sense::AtLeast,
        legal: (f64::NEG_INFINITY, f64::INFINITY),
    }
}

fn unit(symbol: &str) -> Unit {
    match symbol {
        "Hz" => Unit::Hertz,
        "s" => Unit::Second,
        "V" => Unit::Volt,
        "A" => Unit::Ampere,
        "Ohm" => Unit::Ohm,
        "dB" => Unit::Decibel,
        _ => Unit::One,
    }
}

/// The plots of a signal over a sweep: of a small-signal analysis magnitude and phase, of others one.
pub fn sweep_plots(sweep: &Sweep, signal: &Curve) -> Vec<SweepPlot> {
    let log_x = sweep.analysis != Analysis::Tran && sweep.x_unit == "Hz" && sweep.x.iter().all(|x| *x > 0.0);
    let x_name = match sweep.x_name.as_str() {
        "frequency" => "Frequency",
        "time" => "Time",
        other => other,
    };
    let x = axis(x_name, unit(&sweep.x_unit), if log_x { Scale::Log } else { Scale::Linear });
    let own = unit(signal.unit.as_deref().unwrap_or_default());
    let value = || ("value", Part::Value, axis(&signal.name, own, Scale::Linear));
    let parts: Vec<(&'static str, Part, Metric)> = match (sweep.analysis, signal.role) {
        (_, CurveRole::Noise) => {
            let at_input = signal.name.starts_with('i');
            let title =
                if at_input { "Input noise density per √Hz" } else { "Output noise density per √Hz" };
            vec![("density", Part::Log, axis(title, Unit::Volt, Scale::Log))]
        }
        (Analysis::Ac, _) if own == Unit::Decibel => vec![value()],
        (Analysis::Ac, _) => {
            let magnitude = axis(&format!("|{}|", signal.name), Unit::Decibel, Scale::Linear);
            let phase = axis(&format!("Phase of {}", signal.name), Unit::Degree, Scale::Linear);
            vec![("magnitude", Part::Decibel, magnitude), ("phase", Part::Phase, phase)]
        }
        _ => vec![value()],
    };
    // a magnitude that the deck made has no phase
    let flat = |part: Part| part == Part::Phase && matches!(signal.values, CurveValues::Real(_));
    let parts = parts.into_iter().filter(|(_, part, _)| !flat(*part));
    parts.map(|(name, part, y)| SweepPlot { name, part, x: x.clone(), y }).collect()
}

/// Targets that can be read from a magnitude over frequency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readable<'a> {
    /// Those on a frequency.
    pub across: Vec<&'a Bound>,
    /// Those on a magnitude.
    pub up: Vec<&'a Bound>,
}

/// The targets whose metrics are read from values over frequencies `x`, in Hz, by what was measured of the same design: a
/// gain that it has at its lowest frequency or at most, a frequency where it has fallen by 3 dB or goes through one.
pub fn readable<'a>(
    circuit: &Circuit,
    targets: &'a Specification,
    performance: &Performance,
    x: &[f64],
    values: &CurveValues,
) -> Readable<'a> {
    let mut found = Readable::default();
    let decibels = Part::Decibel.of(values);
    let first = decibels.first().copied().unwrap_or(f64::NAN);
    let most = decibels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = |frequency: f64| -> Option<f64> {
        let after = x.iter().position(|own| *own >= frequency).filter(|i| *i > 0)?;
        let (low, high) = (x[after - 1].log10(), x[after].log10());
        let part = (frequency.log10() - low) / (high - low);
        let (before, after) = (*decibels.get(after - 1)?, *decibels.get(after)?);
        Some(before + part * (after - before))
    };
    for bound in &targets.bounds {
        let value = performance.0[bound.metric];
        match circuit.metrics[bound.metric].unit {
            Unit::Decibel if (value - first).abs() < NEAR || (value - most).abs() < NEAR => {
                found.up.push(bound);
            }
            Unit::Hertz => {
                let there = at(value).unwrap_or(f64::NAN);
                if (there - (first - 3.01)).abs() < NEAR || there.abs() < NEAR {
                    found.across.push(bound);
                }
            }
            _ => {}
        }
    }
    found
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

    #[test]
    fn targets_are_read_from_the_curve_that_their_metrics_are_of_and_from_no_other() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["gain>=30dB", "bw>=1kHz", "power<=1uW"]);
        let targets = targets.expect("sound");
        // 40 dB with a pole at 2 kHz
        let x: Vec<f64> = (0..81).map(|i| 10f64.powf(f64::from(i) / 10.0)).collect();
        let curve = |gain: f64| {
            let one = |f: &f64| {
                let ratio = f / 2e3;
                let by = gain / (1.0 + ratio * ratio);
                [by, -by * ratio]
            };
            CurveValues::Complex(x.iter().map(one).collect())
        };
        let mut measured = Performance(vec![1e-9; circuit.metrics.len()]);
        for (name, value) in [("gain", 40.0), ("bw", 2e3)] {
            measured.0[circuit.metric_index(name).expect("a metric")] = value;
        }
        let names = |bounds: &[&Bound]| -> Vec<String> {
            bounds.iter().map(|bound| circuit.metrics[bound.metric].name.clone()).collect()
        };
        let own = readable(&circuit, &targets, &measured, &x, &curve(100.0));
        assert_eq!((names(&own.across), names(&own.up)), (vec!["bw".to_owned()], vec!["gain".to_owned()]));
        let other = readable(&circuit, &targets, &measured, &x, &curve(5.0));
        assert_eq!(names(&other.up), Vec::<String>::new());
        assert_eq!(readable(&circuit, &targets, &measured, &[], &curve(5.0)).across, Vec::<&Bound>::new());
    }
}

//! What a [`Measurement`] comes to on the results of an analysis.
//!
//! Curves are taken as ngspice left them: frequency, time or the swept quantity against complex values. Between two
//! points everything is linear, magnitudes over frequency in their logarithms (a pole is a straight line there).

use crate::circuit::{Function, Measurement};

/// One signal over the results of one analysis.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
    /// Frequency in Hz, time in s, or what was swept; empty for an operating point.
    pub x: Vec<f64>,
    /// The signal, real and imaginary part.
    pub y: Vec<[f64; 2]>,
}

/// The value of a measurement on its curve.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn value(measurement: &Measurement, curve: &Curve) -> Result<f64, String> {
    let numbers = &measurement.numbers;
    let number = |place: usize| numbers.get(place).copied();
    if curve.y.is_empty() || (!curve.x.is_empty() && curve.x.len() != curve.y.len()) {
        return Err("the signal has no values".to_owned());
    }
    if curve.y.iter().flatten().any(|v| !v.is_finite()) {
        return Err("the signal has values that are not finite".to_owned());
    }
    let complex = curve.y.iter().any(|[_, im]| *im != 0.0);
    // of what is complex, as all of a small-signal analysis is, the magnitude is meant where one number is asked for
    let real =
        || -> Vec<f64> { curve.y.iter().map(|&[re, im]| if complex { re.hypot(im) } else { re }).collect() };
    let last = || real().last().copied().ok_or_else(|| "the signal has no values".to_owned());
    match measurement.function {
        Function::Value | Function::Current | Function::Power => last(),
        Function::At => at(&curve.x, &real(), numbers[0]),
        Function::Maximum => Ok(real().into_iter().fold(f64::NEG_INFINITY, f64::max)),
        Function::Minimum => Ok(real().into_iter().fold(f64::INFINITY, f64::min)),
        Function::Rising => crossing(&curve.x, &real(), numbers[0], number(1), 1.0),
        Function::Falling => crossing(&curve.x, &real(), numbers[0], number(1), -1.0),
        Function::Gain => Ok(20.0 * curve.y[0][0].hypot(curve.y[0][1]).log10()),
        Function::Bandwidth => {
            let edge = curve.y[0][0].hypot(curve.y[0][1]) / 2.0_f64.sqrt();
            falls_through(curve, edge).ok_or_else(|| "the magnitude never falls by 3 dB".to_owned())
        }
        Function::UnityGain => unity(curve),
        Function::PhaseMargin => {
            let (frequency, phase) = (unity(curve)?, turned(curve));
            Ok(180.0 + at(&logs(&curve.x), &phase, frequency.ln())?)
        }
        Function::GainMargin => gain_margin(curve),
        Function::SlewRate => slew_rate(&curve.x, &real()),
        Function::Settling => settling(&curve.x, &real(), numbers[0], number(1).unwrap_or(0.0)),
        Function::Overshoot => overshoot(&real()),
        Function::InputNoise | Function::OutputNoise => integrated(&curve.x, &real(), numbers[0], numbers[1]),
        Function::Distortion => distortion(&curve.x, &real(), numbers[0]),
    }
}

fn logs(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| x.ln()).collect()
}

/// `y` at `x = at`.
fn at(x: &[f64], y: &[f64], at: f64) -> Result<f64, String> {
    let (Some(first), Some(last)) = (x.first(), x.last()) else {
        return Err("nothing was swept".to_owned());
    };
    // a sweep's ends are rounded
    let slack = 1e-9 * (last - first).abs();
    let up = last >= first;
    let between = |a: f64, b: f64| {
        if up { a - slack <= at && at <= b + slack } else { b - slack <= at && at <= a + slack }
    };
    if x.len() == 1 && between(*first, *last) {
        return Ok(y[0]);
    }
    let place = x.windows(2).position(|pair| between(pair[0], pair[1]));
    let Some(i) = place else {
        return Err(format!("{at:.6e} lies outside the sweep, {first:.6e} to {last:.6e}"));
    };
    let width = x[i + 1] - x[i];
    let part = if width == 0.0 { 0.0 } else { ((at - x[i]) / width).clamp(0.0, 1.0) };
    Ok(y[i] + part * (y[i + 1] - y[i]))
}

/// Where `y` goes through a level in a direction, the `nth` time.
fn crossing(x: &[f64], y: &[f64], level: f64, nth: Option<f64>, direction: f64) -> Result<f64, String> {
    let nth = nth.unwrap_or(1.0).round();
    if nth < 1.0 {
        return Err("the first crossing has the number 1".to_owned());
    }
    let through = |pair: &[f64]| direction * (pair[0] - level) < 0.0 && direction * (pair[1] - level) >= 0.0;
    let mut places = (1..y.len().min(x.len())).filter(|&i| through(&y[i - 1..=i]));
    let Some(i) = places.nth(nth as usize - 1) else {
        let way = if direction > 0.0 { "rises" } else { "falls" };
        return Err(format!("the signal {way} through {level:.6e} fewer than {nth} times"));
    };
    Ok(x[i - 1] + (level - y[i - 1]) / (y[i] - y[i - 1]) * (x[i] - x[i - 1]))
}

/// Where the magnitude first falls through a level, straight between points in the logarithms of both.
fn falls_through(curve: &Curve, level: f64) -> Option<f64> {
    let magnitudes: Vec<f64> = curve.y.iter().map(|y| y[0].hypot(y[1])).collect();
    let i = (1..magnitudes.len()).find(|&i| magnitudes[i - 1] > level && magnitudes[i] <= level)?;
    let [above, below] = [magnitudes[i - 1].ln(), magnitudes[i].max(f64::MIN_POSITIVE).ln()];
    let [left, right] = [curve.x[i - 1].ln(), curve.x[i].ln()];
    Some((left + (above - level.ln()) / (above - below) * (right - left)).exp())
}

fn unity(curve: &Curve) -> Result<f64, String> {
    if curve.y[0][0].hypot(curve.y[0][1]) <= 1.0 {
        return Err("there is no gain to begin with: the magnitude starts at or below 1".to_owned());
    }
    falls_through(curve, 1.0).ok_or_else(|| "the magnitude does not fall to 1 in the sweep".to_owned())
}

/// The phase in degrees, without jumps: at the lowest frequency counted from the nearer of 0 and 180, so that an
/// inverting amplifier is measured as one that does not invert.
fn turned(curve: &Curve) -> Vec<f64> {
    let first = curve.y[0][1].atan2(curve.y[0][0]).to_degrees();
    let mut total = first - 180.0 * (first / 180.0).round();
    let mut phases = Vec::with_capacity(curve.y.len());
    let mut before: Option<[f64; 2]> = None;
    for &[re, im] in &curve.y {
        if let Some([a, b]) = before {
            // the angle between two neighbours, by their quotient
            total += (im * a - re * b).atan2(re * a + im * b).to_degrees();
        }
        before = Some([re, im]);
        phases.push(total);
    }
    phases
}

fn gain_margin(curve: &Curve) -> Result<f64, String> {
    let phases = turned(curve);
    let i = (1..phases.len()).find(|&i| phases[i - 1] > -180.0 && phases[i] <= -180.0);
    let i = i.ok_or_else(|| "the phase does not turn by 180 degrees in the sweep".to_owned())?;
    let decibel = |i: usize| 20.0 * curve.y[i][0].hypot(curve.y[i][1]).log10();
    let part = (phases[i - 1] + 180.0) / (phases[i - 1] - phases[i]);
    Ok(-(decibel(i - 1) + part * (decibel(i) - decibel(i - 1))))
}

/// The step from first to last value.
fn step(y: &[f64]) -> Result<(f64, f64), String> {
    let (first, last) = (y[0], y[y.len() - 1]);
    if (last - first).abs() <= 1e-9 * first.abs().max(last.abs()) {
        return Err("the signal ends where it began: there is no step".to_owned());
    }
    Ok((first, last))
}

fn slew_rate(x: &[f64], y: &[f64]) -> Result<f64, String> {
    let (first, last) = step(y)?;
    // counted along the step, both ways are up
    let along: Vec<f64> = y.iter().map(|v| (v - first) / (last - first)).collect();
    let (early, late) = (crossing(x, &along, 0.2, None, 1.0)?, crossing(x, &along, 0.8, None, 1.0)?);
    Ok(0.6 * (last - first).abs() / (late - early))
}

fn settling(x: &[f64], y: &[f64], part: f64, from: f64) -> Result<f64, String> {
    let (first, last) = step(y)?;
    let band = part * (last - first).abs();
    let off = |i: &usize| (y[*i] - last).abs() > band;
    let Some(i) = (0..y.len()).rev().find(off) else { return Ok(0.0) };
    if i + 1 >= y.len() {
        return Err("the signal does not settle".to_owned());
    }
    let edge = if y[i] > last { last + band } else { last - band };
    let time = x[i] + (edge - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]);
    Ok((time - from).max(0.0))
}

fn overshoot(y: &[f64]) -> Result<f64, String> {
    let (first, last) = step(y)?;
    Ok(y.iter().map(|v| (v - last) / (last - first)).fold(0.0, f64::max))
}

/// The root of the integral of a density squared.
fn integrated(x: &[f64], density: &[f64], low: f64, high: f64) -> Result<f64, String> {
    let ends = [(low, at(x, density, low)?), (high, at(x, density, high)?)];
    let inside = x.iter().copied().zip(density.iter().copied()).filter(|(f, _)| *f > low && *f < high);
    let mut points: Vec<(f64, f64)> = vec![ends[0]];
    points.extend(inside);
    points.push(ends[1]);
    let power: f64 =
        points.windows(2).map(|p| 0.5 * (p[0].1.powi(2) + p[1].1.powi(2)) * (p[1].0 - p[0].0)).sum();
    Ok(power.sqrt())
}

/// Harmonics 2 to 9 over the first, of the last whole period.
fn distortion(x: &[f64], y: &[f64], frequency: f64) -> Result<f64, String> {
    const POINTS: usize = 2048;
    let period = 1.0 / frequency;
    let (Some(&begin), Some(&end)) = (x.first(), x.last()) else {
        return Err("nothing was swept".to_owned());
    };
    if !(period.is_finite() && period > 0.0 && end - period >= begin - 1e-9 * period) {
        return Err(format!("the results last {:.3e} s, less than one period", end - begin));
    }
    let samples = (0..POINTS).map(|i| at(x, y, end - period + period * i as f64 / POINTS as f64));
    let samples = samples.collect::<Result<Vec<f64>, String>>()?;
    let amplitude = |harmonic: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, v) in samples.iter().enumerate() {
            let angle = std::f64::consts::TAU * (harmonic * i) as f64 / POINTS as f64;
            re += v * angle.cos();
            im += v * angle.sin();
        }
        re.hypot(im)
    };
    let first = amplitude(1);
    if first == 0.0 {
        return Err("there is nothing at this frequency".to_owned());
    }
    Ok((2..=9).map(|h| amplitude(h).powi(2)).sum::<f64>().sqrt() / first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Analysis;

    fn of(function: Function, numbers: &[f64], curve: &Curve) -> Result<f64, String> {
        let measurement = Measurement {
            function,
            analysis: Analysis::Ac,
            signal: String::new(),
            numbers: numbers.to_vec(),
        };
        value(&measurement, curve)
    }

    fn near(found: Result<f64, String>, expected: f64, part: f64) {
        let found = found.expect("a value");
        assert!((found - expected).abs() <= part * expected.abs(), "{found} is not {expected}");
    }

    /// Two poles at 1 kHz and 1 MHz, 60 dB, inverting: by the formula.
    fn amplifier() -> Curve {
        let x: Vec<f64> = (0..=140).map(|i| 10f64.powf(1.0 + f64::from(i) / 20.0)).collect();
        let at = |f: f64| {
            let (a, b) = (f / 1e3, f / 1e6);
            let (re, im) = (1.0 - a * b, a + b);
            let d = re * re + im * im;
            [-1000.0 * re / d, 1000.0 * im / d]
        };
        Curve { y: x.iter().map(|&f| at(f)).collect(), x }
    }

    #[test]
    fn an_amplifier_of_two_poles_measures_as_its_formula_says() {
        let curve = amplifier();
        near(of(Function::Gain, &[], &curve), 60.0, 1e-4);
        near(of(Function::Bandwidth, &[], &curve), 1e3, 5e-3);
        // |H| = 1: a² b² + a² + b² + 1 = 10⁶ with b = a/1000
        let u: f64 = ((-1.000_001 + (1.000_001_f64.powi(2) + 4e-6 * (1e6 - 1.0)).sqrt()) / 2e-6).sqrt();
        near(of(Function::UnityGain, &[], &curve), u * 1e3, 2e-3);
        let margin = 180.0 - u.atan().to_degrees() - (u / 1000.0).atan().to_degrees();
        near(of(Function::PhaseMargin, &[], &curve), margin, 5e-3);
        assert!(of(Function::GainMargin, &[], &curve).expect_err("two poles").contains("180 degrees"));
    }

    #[test]
    fn a_step_response_measures_as_its_formula_says() {
        let x: Vec<f64> = (0..=2000).map(|i| f64::from(i) * 1e-8).collect();
        let tau = 1e-6;
        let y: Vec<[f64; 2]> = x.iter().map(|t| [0.4 - 0.3 * (1.0 - (-t / tau).exp()), 0.0]).collect();
        let falling = Curve { x: x.clone(), y };
        near(of(Function::SlewRate, &[], &falling), 0.6 * 0.3 / (tau * 4f64.ln()), 1e-3);
        near(of(Function::Settling, &[0.01], &falling), tau * 100f64.ln(), 1e-3);
        near(of(Function::Settling, &[0.01, 1e-6], &falling), tau * 100f64.ln() - 1e-6, 1e-3);
        assert_eq!(of(Function::Overshoot, &[], &falling), Ok(0.0));
        let ringing = x.iter().map(|t| [1.0 - (-t / tau).exp() * (t * 5e6).cos(), 0.0]).collect();
        let ringing = Curve { x, y: ringing };
        let peak = of(Function::Overshoot, &[], &ringing).expect("a value");
        assert!((0.5..0.6).contains(&peak), "{peak}");
        // 1 - e^… cos(5e6 t) goes through 1 where the cosine does: down the second time at 3.5 half turns
        let down = 3.5 * std::f64::consts::PI / 5e6;
        near(of(Function::Falling, &[1.0, 2.0], &ringing), down, 1e-3);
    }

    #[test]
    fn noise_and_distortion_follow_their_definitions() {
        let x: Vec<f64> = (0..=100).map(|i| f64::from(i) * 10.0).collect();
        let white = Curve { y: vec![[2e-6, 0.0]; x.len()], x };
        near(of(Function::InputNoise, &[105.0, 505.0], &white), 2e-6 * 400f64.sqrt(), 1e-9);
        assert!(of(Function::OutputNoise, &[1.0, 2000.0], &white).expect_err("beyond").contains("outside"));
        let x: Vec<f64> = (0..=5000).map(|i| f64::from(i) * 1e-6).collect();
        let wave =
            |t: f64| (std::f64::consts::TAU * 1e3 * t).sin() + 0.03 * (std::f64::consts::TAU * 3e3 * t).cos();
        let curve = Curve { y: x.iter().map(|&t| [0.5 + wave(t), 0.0]).collect(), x };
        near(of(Function::Distortion, &[1e3], &curve), 0.03, 1e-3);
        assert!(
            of(Function::Distortion, &[10.0], &curve)
                .expect_err("too short")
                .contains("less than one period")
        );
    }

    #[test]
    fn what_is_not_there_is_said() {
        let flat = Curve { x: vec![1.0, 10.0, 100.0], y: vec![[0.5, 0.0]; 3] };
        assert!(of(Function::UnityGain, &[], &flat).expect_err("flat").contains("no gain"));
        assert!(of(Function::Bandwidth, &[], &flat).expect_err("flat").contains("never falls"));
        assert!(of(Function::SlewRate, &[], &flat).expect_err("flat").contains("no step"));
        assert!(of(Function::Rising, &[0.7], &flat).expect_err("flat").contains("fewer than 1"));
        assert!(of(Function::At, &[1e3], &flat).expect_err("beyond").contains("outside the sweep"));
        let broken = Curve { x: vec![1.0], y: vec![[f64::NAN, 0.0]] };
        assert!(of(Function::Value, &[], &broken).expect_err("NaN").contains("not finite"));
        assert_eq!(of(Function::Value, &[], &Curve { x: Vec::new(), y: vec![[-1.5, 0.0]] }), Ok(-1.5));
    }
}

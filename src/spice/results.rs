//! What a run left in ngspice: plots of vectors, and what is read of them.

use super::batch::voltage_of;
use super::library::{Ngspice, Quantity, Vector};
use super::measure::{self, Curve};
use super::printed;
use super::state::State;
use crate::circuit::{Analysis, Function, Measurement};

/// The name under which a signal is worked out.
const SIGNAL: &str = "sizewright_signal";
/// Points of a sweep that are read.
const MOST_POINTS: usize = 1 << 22;

const NO_NOISE: &str = "the testbench ran no noise analysis";
/// Whether a vector has this name. A raw file says `v(last)` of a voltage and `i(last)` of a current called `last`.
fn is_called(vector: &str, wanted: &str, in_file: bool) -> bool {
    vector.eq_ignore_ascii_case(wanted) || (in_file && bare(vector).eq_ignore_ascii_case(wanted))
}

/// What the plot of the constants is called when it was written by another process.
const LOADED_CONSTANTS: &str = "unknown";

/// The vector of what was swept: `frequency`, `time`, or such as `v-sweep`.
pub(super) fn scale_of(vectors: &[String]) -> Option<&String> {
    let swept = |v: &&String| {
        let v = bare(v).to_ascii_lowercase();
        v == "frequency" || v == "time" || v.ends_with("-sweep")
    };
    vectors.iter().find(swept)
}

/// A name without the `v(…)` or `i(…)` that a raw file puts around it.
pub(super) fn bare(vector: &str) -> &str {
    let inner = vector.strip_suffix(')');
    let inner = inner.and_then(|inner| inner.strip_prefix("v(").or_else(|| inner.strip_prefix("i(")));
    inner.unwrap_or(vector)
}

/// The vector that ngspice keeps a signal in which is a node's voltage or a source's current, or the negative of it; `None`
/// for any other.
fn vector_of(signal: &str) -> Option<String> {
    let signal = signal.strip_prefix('-').unwrap_or(signal);
    let (kind, rest) = signal.split_once('(')?;
    let name = rest.strip_suffix(')')?;
    let plain = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match kind {
        "v" | "V" if plain => Some(name.to_owned()),
        "i" | "I" if plain => Some(format!("{name}#branch")),
        _ => None,
    }
}

/// The plots that there are, the latest first, and what was printed.
pub(super) struct Results<'a> {
    ngspice: &'a Ngspice,
    plots: Vec<(String, Vec<String>)>,
    printed: Vec<String>,
    /// Of another process: which vectors of each plot have one number, the latest plot first.
    loaded: Option<Vec<Vec<String>>>,
}

impl Results<'_> {
    pub(super) fn of(ngspice: &Ngspice) -> Results<'_> {
        let with_vectors = |plot: String| {
            let vectors = ngspice.vectors(&plot);
            (plot, vectors)
        };
        let plots = ngspice.plots().into_iter().map(with_vectors).collect();
        Results { ngspice, plots, printed: ngspice.printed(), loaded: None }
    }

    /// Those that another process left and that are loaded: of their plots, the first first, these vectors have one
    /// number.
    pub(super) fn loaded(
        ngspice: &Ngspice,
        mut single: Vec<Vec<String>>,
        printed: Vec<String>,
    ) -> Results<'_> {
        single.reverse();
        Results { loaded: Some(single), printed, ..Results::of(ngspice) }
    }

    /// The one number in a vector, wherever the run left it, or printed under its name; `None` where there is none.
    ///
    /// # Errors
    /// What it has in place of one number.
    pub(super) fn scalar(&self, wanted: &str, state: &State) -> Result<Option<f64>, String> {
        let found = self.plots.iter().enumerate().find_map(|(place, (plot, vectors))| {
            let constants = plot == "const" || (self.loaded.is_some() && plot.starts_with(LOADED_CONSTANTS));
            // `e`, `c` or `i` is no metric because physics has one
            let own = |v: &&String| {
                is_called(v, wanted, self.loaded.is_some())
                    && !(constants && state.is_constant(self.ngspice, plot, v))
            };
            vectors.iter().find(own).map(|v| (place, plot, v))
        });
        let value = found.and_then(|(place, plot, vector)| {
            let single = |plots: &Vec<Vec<String>>| plots.get(place).is_some_and(|own| own.contains(vector));
            if self.loaded.as_ref().is_some_and(single) {
                // a loaded vector is as long as the longest of its plot
                let first = self.ngspice.numbers(plot, vector, 1).first().copied();
                return first.map(Vector::of);
            }
            self.ngspice.vector(plot, vector)
        });
        match value {
            None => Ok(printed::value(&self.printed, wanted)),
            Some(Vector::Scalar(value)) => Ok(Some(value)),
            Some(Vector::Other(what)) => Err(format!("{wanted} {what}")),
        }
    }

    /// The value of a measurement.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn measured(&self, measurement: &Measurement) -> Result<f64, String> {
        let curve = match measurement.function {
            Function::InputNoise => self.existing("inoise_spectrum", NO_NOISE)?,
            Function::OutputNoise => self.existing("onoise_spectrum", NO_NOISE)?,
            Function::Current => self.worked_out(Analysis::Op, &format!("-i({})", measurement.signal))?,
            Function::Power => {
                // ngspice finds a device's parameters by its name in lower case alone
                let source = measurement.signal.to_ascii_lowercase();
                if self.loaded.is_some() {
                    let mut current = self.worked_out(Analysis::Op, &format!("-i({source})"))?;
                    let voltage =
                        self.existing(&voltage_of(&source), "the source has no constant voltage")?;
                    let volts = voltage.y.first().map_or(f64::NAN, |v| v[0]);
                    current.y.iter_mut().flatten().for_each(|v| *v *= volts);
                    current
                } else {
                    let whole = || self.worked_out(Analysis::Op, &format!("-i({source})*@{source}[dc]"));
                    self.power_of(&source).map_or_else(whole, Ok)?
                }
            }
            _ => self.worked_out(measurement.analysis, &measurement.signal)?,
        };
        measure::value(measurement, &curve)
    }

    /// The curve of a vector that ngspice itself left.
    fn existing(&self, name: &str, otherwise: &str) -> Result<Curve, String> {
        let has = |vectors: &Vec<String>| vectors.iter().any(|v| v.eq_ignore_ascii_case(name));
        let found = self.plots.iter().find(|(_, vectors)| has(vectors));
        let (plot, vectors) = found.ok_or(otherwise)?;
        Ok(self.curve(plot, vectors, name))
    }

    /// The curve of an expression over the latest results of an analysis.
    fn worked_out(&self, analysis: Analysis, signal: &str) -> Result<Curve, String> {
        let found = self.plots.iter().find(|(plot, _)| is_of(plot, analysis));
        let Some((plot, vectors)) = found else {
            return Err(format!("the testbench ran no {} analysis", analysis.name()));
        };
        if let Some(curve) = self.as_it_is(plot, vectors, signal) {
            return Ok(curve);
        }
        self.ngspice.command(&format!("setplot {plot}"));
        self.ngspice.command(&format!("let {SIGNAL} = {signal}"));
        let curve = self.curve(plot, vectors, SIGNAL);
        self.ngspice.command(&format!("unlet {SIGNAL}"));
        if curve.y.is_empty() {
            return Err(format!("ngspice cannot work out `{signal}`"));
        }
        Ok(curve)
    }

    /// The curve of a signal that is no more than a vector or its negative: `v(out)`, `-i(vdd)`. ngspice need not work that
    /// out, which takes it longer than all of the rest.
    fn as_it_is(&self, plot: &str, vectors: &[String], signal: &str) -> Option<Curve> {
        let name = vector_of(signal).filter(|_| self.loaded.is_none())?;
        let vector = vectors.iter().find(|v| v.eq_ignore_ascii_case(&name))?;
        let mut curve = self.curve(plot, vectors, vector);
        if signal.starts_with('-') {
            curve.y.iter_mut().flatten().for_each(|part| *part = -*part);
        }
        (!curve.y.is_empty()).then_some(curve)
    }

    /// The power that a voltage source of this name, in lower case, gives off.
    fn power_of(&self, source: &str) -> Option<Curve> {
        let (plot, vectors) = self.plots.iter().find(|(plot, _)| is_of(plot, Analysis::Op))?;
        let mut current = self.as_it_is(plot, vectors, &format!("-i({source})"))?;
        let volts = self.ngspice.number(&format!("@{source}[dc]"))?;
        current.y.iter_mut().flatten().for_each(|part| *part *= volts);
        Some(current)
    }

    fn curve(&self, plot: &str, vectors: &[String], name: &str) -> Curve {
        let y = self.ngspice.numbers(plot, name, MOST_POINTS);
        let x = scale_of(vectors).map(|scale| self.ngspice.numbers(plot, scale, MOST_POINTS));
        Curve { x: x.unwrap_or_default().into_iter().map(|[re, _]| re).collect(), y }
    }

    /// The plots, in the order in which they were made.
    pub(super) fn plots(&self) -> impl Iterator<Item = Plot<'_>> {
        let plots = self.plots.iter().enumerate().rev();
        plots.map(|(place, (name, vectors))| Plot { results: self, place, name, vectors })
    }
}

/// Whether a plot is of this analysis: `ac2` is one of ac.
fn is_of(plot: &str, analysis: Analysis) -> bool {
    let number = plot.strip_prefix(analysis.name());
    number.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}

/// The results of one analysis.
pub(super) struct Plot<'a> {
    results: &'a Results<'a>,
    place: usize,
    /// Such as `ac1`.
    pub name: &'a str,
    /// The names of its vectors.
    pub vectors: &'a [String],
}

impl Plot<'_> {
    /// Whether it is of this analysis.
    pub(super) fn is_of(&self, analysis: Analysis) -> bool {
        is_of(self.name, analysis)
    }

    /// Whether the vector is called so, by ngspice or in a raw file.
    pub(super) fn is_called(&self, vector: &str, wanted: &str) -> bool {
        is_called(vector, wanted, self.results.loaded.is_some())
    }

    /// Every number of a vector; none where it has but one, as long as the sweep though it is when it was loaded.
    pub(super) fn numbers(&self, vector: &str) -> Vec<[f64; 2]> {
        let single = |plots: &Vec<Vec<String>>| {
            plots.get(self.place).is_some_and(|own| own.iter().any(|v| v == vector))
        };
        if self.results.loaded.as_ref().is_some_and(single) {
            return Vec::new();
        }
        self.results.ngspice.numbers(self.name, vector, MOST_POINTS)
    }

    /// What ngspice takes a vector for.
    pub(super) fn quantity(&self, vector: &str) -> Quantity {
        self.results.ngspice.quantity(self.name, vector)
    }

    /// The numbers of an expression over these results, and what ngspice takes them for; none where it cannot be worked
    /// out.
    pub(super) fn worked_out(&self, signal: &str) -> (Vec<[f64; 2]>, Quantity) {
        let ngspice = self.results.ngspice;
        ngspice.command(&format!("setplot {}", self.name));
        ngspice.command(&format!("let {SIGNAL} = {signal}"));
        let found = (ngspice.numbers(self.name, SIGNAL, MOST_POINTS), ngspice.quantity(self.name, SIGNAL));
        ngspice.command(&format!("unlet {SIGNAL}"));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::vector_of;

    #[test]
    fn a_signal_that_is_a_vector_is_known() {
        for (signal, vector) in [
            ("v(out)", Some("out")),
            ("-V(Out_1)", Some("Out_1")),
            ("-i(vdd)", Some("vdd#branch")),
            ("v(out,ref)", None),
            ("v(out)/v(in)", None),
            ("v(out)-v(in)", None),
            ("vdb(out)", None),
            ("-v(x1.out)", None),
            ("--v(out)", None),
            ("v(-out)", None),
            ("out", None),
        ] {
            assert_eq!(vector_of(signal).as_deref(), vector, "{signal}");
        }
    }
}

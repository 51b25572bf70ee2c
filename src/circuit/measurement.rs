//! Measurements over a simulation's results, as `circuit.ron` writes them: `ugf(v(out))`, `at(ac: vdb(out), 1k)`.
//!
//! A measurement names what it takes (a signal in ngspice's own words, from the results of one analysis) and
//! numbers. What it comes to is worked out where the results are, in the room `spice`.

use super::Expression;
use super::shortened::shortened;
use serde::{Deserialize, Serialize};

/// An analysis whose results a signal is taken from: the latest of its kind that the testbench ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Analysis {
    /// The operating point.
    Op,
    /// Small signal over frequency.
    Ac,
    /// Over time.
    Tran,
    /// A sweep of a source, a temperature or a resistor.
    Dc,
    /// Noise density over frequency.
    Noise,
}

impl Analysis {
    const ALL: [Analysis; 5] = [Analysis::Op, Analysis::Ac, Analysis::Tran, Analysis::Dc, Analysis::Noise];

    /// The command's name, with which ngspice's names of its results begin too.
    pub fn name(self) -> &'static str {
        match self {
            Analysis::Op => "op",
            Analysis::Ac => "ac",
            Analysis::Tran => "tran",
            Analysis::Dc => "dc",
            Analysis::Noise => "noise",
        }
    }
}

/// Makes [`Function`] from a line a measurement: its name, the analysis it takes by itself, whether it has a signal,
/// how many numbers it needs and may have, and what it is.
macro_rules! functions {
    ($($name:ident $word:literal $analysis:ident $signal:literal $least:literal $most:literal $about:literal)+) => {
        /// What is measured.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Function { $(#[doc = $about] $name,)+ }

        impl Function {
            /// All of them.
            pub const ALL: [Function; [$($word),+].len()] = [$(Function::$name),+];

            /// As `circuit.ron` writes it.
            pub fn name(self) -> &'static str {
                match self { $(Function::$name => $word,)+ }
            }

            /// What it is, in words.
            pub fn about(self) -> &'static str {
                match self { $(Function::$name => $about,)+ }
            }

            fn analysis(self) -> Analysis {
                match self { $(Function::$name => Analysis::$analysis,)+ }
            }

            fn takes_signal(self) -> bool {
                match self { $(Function::$name => $signal,)+ }
            }

            fn numbers(self) -> std::ops::RangeInclusive<usize> {
                match self { $(Function::$name => $least..=$most,)+ }
            }
        }
    };
}

functions! {
    Value "value" Op true 0 0 "The signal's last value; of the operating point, the only one."
    At "at" Ac true 1 1 "The signal where frequency, time or the swept quantity has a value, interpolated."
    Maximum "maximum" Tran true 0 0 "The largest value."
    Minimum "minimum" Tran true 0 0 "The smallest value."
    Rising "rising" Tran true 1 2 "Where the signal rises through a level, the first time or the n-th."
    Falling "falling" Tran true 1 2 "Where the signal falls through a level, the first time or the n-th."
    Gain "gain_db" Ac true 0 0 "The magnitude at the lowest frequency, in dB."
    Bandwidth "bandwidth" Ac true 0 0 "Where the magnitude is 3 dB below that at the lowest frequency, in Hz."
    UnityGain "ugf" Ac true 0 0 "Where the magnitude falls through 1, in Hz."
    PhaseMargin "phase_margin" Ac true 0 0 "How far the phase at unity gain is from having turned by 180 degrees."
    GainMargin "gain_margin" Ac true 0 0 "How far the magnitude is below 1 where the phase has turned by 180 degrees, in dB."
    SlewRate "slew_rate" Tran true 0 0 "The mean slope between 20 % and 80 % of the way from the first to the last value, per second."
    Settling "settling" Tran true 1 2 "From a time (0, or the second number) to the last time off the last value by more than a part of the step."
    Overshoot "overshoot" Tran true 0 0 "How far the signal goes beyond its last value, as a part of the step."
    InputNoise "input_noise" Noise false 2 2 "Input-referred noise between two frequencies, the root of the integrated density."
    OutputNoise "output_noise" Noise false 2 2 "Output noise between two frequencies, the root of the integrated density."
    Distortion "thd" Tran true 1 1 "Total harmonic distortion of the last period of a frequency: harmonics 2 to 9 over the first."
    Current "current" Op true 0 0 "The current that a voltage source, named as in the deck, delivers."
    Power "power" Op true 0 0 "The power that a voltage source, named as in the deck, delivers."
}

/// One measurement of a testbench's results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What is measured.
    pub function: Function,
    /// Of which results.
    pub analysis: Analysis,
    /// Of which signal, an expression in ngspice's words; empty where none is needed.
    pub signal: String,
    /// Levels, frequencies and the like, in SI units.
    pub numbers: Vec<f64>,
}

/// A longer signal is none.
const LONGEST: usize = 400;

impl Measurement {
    /// Reads what stands between the brackets of `function(…)`.
    fn parse(function: Function, inside: &str) -> Result<Measurement, String> {
        let mut arguments: Vec<&str> = split(inside).into_iter().map(str::trim).collect();
        arguments.retain(|a| !a.is_empty());
        let (mut analysis, mut signal) = (function.analysis(), String::new());
        if function.takes_signal() {
            if arguments.is_empty() {
                return Err(format!("`{}` needs a signal, such as v(out)", function.name()));
            }
            let text = arguments.remove(0);
            let prefixed =
                |kind: &Analysis| text.split_once(':').is_some_and(|(word, _)| word.trim() == kind.name());
            signal = match Analysis::ALL.into_iter().find(prefixed) {
                Some(kind) => {
                    analysis = kind;
                    text.split_once(':').map_or("", |(_, rest)| rest).trim().to_owned()
                }
                None => text.to_owned(),
            };
            check_signal(function, &signal)?;
        }
        let numbers = arguments.iter().map(|text| {
            let value = Expression::parse(text).ok().and_then(|e| e.value(&mut |_| None));
            value.filter(|v| v.is_finite()).ok_or_else(|| format!("`{}` is no number", shortened(text, 40)))
        });
        let numbers = numbers.collect::<Result<Vec<f64>, String>>()?;
        let may = function.numbers();
        if !may.contains(&numbers.len()) {
            let (least, most) = (may.start(), may.end());
            let many = if least == most { least.to_string() } else { format!("{least} or {most}") };
            return Err(format!("`{}` takes {many} numbers, not {}", function.name(), numbers.len()));
        }
        Ok(Measurement { function, analysis, signal, numbers })
    }

    /// As it is written: `at(ac: vdb(out), 1e3)`.
    pub fn text(&self) -> String {
        let signal = (!self.signal.is_empty()).then(|| match self.analysis == self.function.analysis() {
            true => self.signal.clone(),
            false => format!("{}: {}", self.analysis.name(), self.signal),
        });
        let numbers = self.numbers.iter().map(|v| format!("{v:e}"));
        let arguments: Vec<String> = signal.into_iter().chain(numbers).collect();
        format!("{}({})", self.function.name(), arguments.join(", "))
    }
}

/// ngspice is given the signal as a part of a command: nothing in it may begin another.
fn check_signal(function: Function, signal: &str) -> Result<(), String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || "_.#:@[](),+-*/^ ".contains(c);
    if signal.is_empty() || signal.len() > LONGEST || !signal.chars().all(sound) {
        let shown = shortened(signal, 60);
        return Err(format!(
            "`{shown}` is no signal: write it as ngspice does, such as v(out) or v(out)/v(in)"
        ));
    }
    if matches!(function, Function::Current | Function::Power)
        && !signal.chars().all(|c| c.is_ascii_alphanumeric() || "_.#".contains(c))
    {
        return Err(format!("`{}` takes the name of a voltage source, not `{signal}`", function.name()));
    }
    Ok(())
}

/// What commas outside all brackets part.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Takes the measurements out of a text and puts a name in the place of each, given by `name_of`.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn taken_out(
    text: &str,
    name_of: &mut dyn FnMut(Measurement) -> String,
) -> Result<String, String> {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some(open) = rest.find('(') {
        let before = &rest[..open];
        let word_at = before
            .trim_end()
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let word = before[word_at..].trim().to_ascii_lowercase();
        let Some(function) = Function::ALL.into_iter().find(|f| f.name() == word) else {
            out += &rest[..=open];
            rest = &rest[open + 1..];
            continue;
        };
        let mut depth = 0_i32;
        let close = rest[open..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth == 0
        });
        let Some((length, _)) = close else {
            return Err(format!("a `)` is missing behind `{word}(`"));
        };
        let measurement = Measurement::parse(function, &rest[open + 1..open + length])?;
        out += &before[..word_at];
        out += &name_of(measurement);
        rest = &rest[open + length + 1..];
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Result<(String, Vec<Measurement>), String> {
        let mut found = Vec::new();
        let text = taken_out(text, &mut |m| {
            found.push(m);
            format!("_{}", found.len() - 1)
        })?;
        Ok((text, found))
    }

    #[test]
    fn measurements_are_taken_out_of_an_expression() {
        let (text, found) =
            taken("2*ugf(v(out)/v(in)) - at(tran: v(out,ref), 1.5u)/max(1, 2)").expect("sound");
        assert_eq!(text, "2*_0 - _1/max(1, 2)");
        assert_eq!((found[0].function, found[0].signal.as_str()), (Function::UnityGain, "v(out)/v(in)"));
        assert_eq!((found[1].analysis, found[1].signal.as_str()), (Analysis::Tran, "v(out,ref)"));
        assert!((found[1].numbers[0] - 1.5e-6).abs() < 1e-18);
        assert_eq!(found[1].text(), "at(tran: v(out,ref), 1.5e-6)");
        let (text, found) = taken("input_noise(1, 10meg)").expect("sound");
        assert_eq!((text.as_str(), found[0].numbers.as_slice()), ("_0", [1.0, 1e7].as_slice()));
    }

    #[test]
    fn what_cannot_be_measured_is_refused_with_a_remedy() {
        for (text, expected) in [
            ("ugf()", "needs a signal"),
            ("ugf(v(out)", "`)` is missing"),
            ("ugf(v(out), 3)", "takes 0 numbers, not 1"),
            ("at(v(out))", "takes 1 numbers, not 0"),
            ("ugf(v(out);shell ls)", "is no signal"),
            ("ugf($HOME)", "is no signal"),
            ("ugf(`ls`)", "is no signal"),
            ("power(v(dd))", "name of a voltage source"),
            ("at(v(out), fast)", "`fast` is no number"),
        ] {
            let said = taken(text).expect_err(text);
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}

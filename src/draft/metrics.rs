//! What decks measure or could be measured by, with title, unit, scale and sense by what such things are called.

use crate::circuit::{Scale, Sense, Testbench, Unit};
use crate::spice::Survey;

/// A metric to be.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftMetric {
    /// The name.
    pub name: String,
    /// The name in the window.
    pub title: String,
    /// The unit.
    pub unit: Unit,
    /// How its values are spread.
    pub scale: Scale,
    /// Which way is better.
    pub sense: Sense,
    /// The testbench's name.
    pub testbench: String,
    /// How it is taken; empty for the vector of its name.
    pub from: String,
    /// Where else it may be taken, if not there: testbenches, and how in each.
    pub elsewhere: Vec<(String, String)>,
    /// Whether the user asked for it: it must be measurable then.
    pub asked: bool,
    /// What the decks' own values give, once they are measured.
    pub own: Option<f64>,
    /// A value that it has: the decks' own, or where there is none that of other sizes.
    pub value: Option<f64>,
}

/// What a name tells: words, title, unit, whether it spans decades, sense.
type Kind = (&'static [&'static str], &'static str, &'static str, bool, Sense);

const KINDS: [Kind; 19] = [
    (&["ugf", "gbw", "gbp", "ugb", "unity"], "Unity-gain frequency", "Hz", true, Sense::AtLeast),
    (&["bw", "bandwidth", "f3db"], "Bandwidth", "Hz", true, Sense::AtLeast),
    (&["phm", "pm", "phase"], "Phase margin", "deg", false, Sense::AtLeast),
    (&["gm_db", "gainmargin", "gain_margin"], "Gain margin", "dB", false, Sense::AtLeast),
    (&["cmrr"], "Common-mode rejection", "dB", false, Sense::AtLeast),
    (&["psrr", "psr"], "Supply rejection", "dB", false, Sense::AtLeast),
    (&["gain", "adc", "av", "a0", "dcgain"], "DC gain", "dB", false, Sense::AtLeast),
    (&["power", "pwr", "pdc"], "Power", "W", true, Sense::AtMost),
    (&["irn", "inoise", "noise", "onoise", "vn"], "Noise", "V", true, Sense::AtMost),
    (&["slew", "slewrate", "sr"], "Slew rate", "V/s", true, Sense::AtLeast),
    (
        &["settle", "settling", "ts", "delay", "tpd", "tr", "tf", "rise", "fall"],
        "Settling time",
        "s",
        true,
        Sense::AtMost,
    ),
    (&["idd", "current", "iq", "isup"], "Supply current", "A", true, Sense::AtMost),
    (&["offset", "vos"], "Offset", "V", false, Sense::AtMost),
    (&["thd", "distortion"], "Distortion", "", true, Sense::AtMost),
    (&["overshoot", "os"], "Overshoot", "", false, Sense::AtMost),
    (&["area"], "Area", "m2", true, Sense::AtMost),
    (&["swing", "vout"], "Output swing", "V", false, Sense::AtLeast),
    (&["freq", "fosc"], "Frequency", "Hz", true, Sense::AtLeast),
    (&["tc", "tempco"], "Temperature coefficient", "ppm/K", true, Sense::AtMost),
];

/// A metric of this name as its kind has it; one that no kind knows is a plain number, more of it being better.
fn named(name: &str, testbench: &str, from: String) -> DraftMetric {
    let lower = name.to_ascii_lowercase();
    let of = |fits: &dyn Fn(&str) -> bool| KINDS.iter().find(|(words, ..)| words.iter().any(|w| fits(w)));
    // `sr_rise` is a slew rate, though a rise alone is a time
    let kind = of(&|word| lower == word)
        .or_else(|| of(&|word| lower.split('_').next() == Some(word)))
        .or_else(|| of(&|word| word.len() > 2 && lower.contains(word)));
    let (title, unit, log, sense) = match kind {
        Some((_, title, unit, log, sense)) => (*title, *unit, *log, *sense),
        None => (name, "", false, Sense::AtLeast),
    };
    DraftMetric {
        name: name.to_owned(),
        title: title.to_owned(),
        unit: Unit::try_from(unit.to_owned()).unwrap_or(Unit::One),
        scale: if log { Scale::Log } else { Scale::Linear },
        sense,
        testbench: testbench.to_owned(),
        from,
        elsewhere: Vec::new(),
        asked: false,
        own: None,
        value: None,
    }
}

/// What each deck makes, then what its analyses and signals allow.
pub(super) fn proposed(decks: &[(Testbench, Survey)]) -> Vec<DraftMetric> {
    let mut all: Vec<DraftMetric> = Vec::new();
    let mut add = |mut metric: DraftMetric| {
        if all.iter().any(|known| known.title == metric.title) {
            metric.title.clone_from(&metric.name);
        }
        match all.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&metric.name)) {
            Some(known) => known.elsewhere.push((metric.testbench, metric.from)),
            None => all.push(metric),
        }
    };
    for (bench, survey) in decks {
        for name in &survey.made {
            add(named(name, &bench.name, String::new()));
        }
    }
    for (bench, survey) in decks {
        let runs = |kind: &str| {
            survey
                .analyses
                .iter()
                .find(|a| a.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case(kind)))
        };
        let supplies = survey.sources.iter().filter(|source| {
            let lower = source.to_ascii_lowercase();
            ["vdd", "vcc", "vsup", "vpwr", "avdd"].iter().any(|word| lower.contains(word))
        });
        let powers: Vec<String> = supplies.map(|source| format!("power({source})")).collect();
        if !powers.is_empty() && runs("op").or(runs("ac")).is_some() {
            add(named("power", &bench.name, powers.join(" + ")));
        }
        if let Some(noise) = runs("noise") {
            // noise v(out) vin dec 10 1 1meg
            let numbers: Vec<&str> = noise.split_whitespace().collect();
            if let [.., low, high] = numbers.as_slice() {
                add(named("irn", &bench.name, format!("input_noise({low}, {high})")));
            }
        }
        // a deck that says nothing of its output has that of the others
        let others = decks.iter().flat_map(|(_, survey)| &survey.signals);
        let Some(signal) = survey.signals.first().or(others.into_iter().next()) else { continue };
        if runs("ac").is_some() {
            add(named("gain", &bench.name, format!("gain_db({signal})")));
            add(named("ugf", &bench.name, format!("ugf({signal})")));
            add(named("phm", &bench.name, format!("phase_margin({signal})")));
            add(named("bw", &bench.name, format!("bandwidth({signal})")));
        }
        if runs("tran").is_some() {
            add(named("slew", &bench.name, format!("slew_rate({signal})")));
            add(named("settle", &bench.name, format!("settling({signal}, 0.01)")));
        }
    }
    all
}

impl DraftMetric {
    /// A metric by the user's own words: `ugf=ugf(v(out)),unit=Hz,sense=>=,title=…,testbench=ac,scale=log`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str, decks: &[(Testbench, Survey)]) -> Result<DraftMetric, String> {
        let wrong = |what: String| format!("metric `{text}`: {what}");
        let (name, rest) =
            text.split_once('=').ok_or_else(|| wrong("write NAME=HOW, such as ugf=ugf(v(out))".into()))?;
        let first = decks.first().map_or("", |(bench, _)| bench.name.as_str());
        let mut metric = DraftMetric { asked: true, ..named(name.trim(), first, String::new()) };
        let mut chosen = false;
        // commas part the settings, but not the arguments in brackets
        let mut depth = 0_i32;
        let parts: Vec<String> = rest
            .split(|c: char| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                c == ',' && depth == 0
            })
            .map(|part| part.trim().to_owned())
            .collect();
        for (i, part) in parts.iter().enumerate() {
            match part.split_once('=') {
                _ if i == 0 => part.clone_into(&mut metric.from),
                Some(("unit", value)) => metric.unit = Unit::try_from(value.to_owned()).map_err(&wrong)?,
                Some(("sense", value)) => metric.sense = Sense::try_from(value.to_owned()).map_err(&wrong)?,
                Some(("title", value)) => value.clone_into(&mut metric.title),
                Some(("scale", "log")) => metric.scale = Scale::Log,
                Some(("scale", "linear")) => metric.scale = Scale::Linear,
                Some(("testbench", value)) => {
                    if !decks.iter().any(|(bench, _)| bench.name == value) {
                        let known: Vec<&str> = decks.iter().map(|(bench, _)| bench.name.as_str()).collect();
                        return Err(wrong(format!(
                            "`{value}` is no testbench: there are {}",
                            known.join(", ")
                        )));
                    }
                    value.clone_into(&mut metric.testbench);
                    chosen = true;
                }
                _ => {
                    let what =
                        format!("`{part}` is none of unit=, sense=, title=, scale=log|linear, testbench=");
                    return Err(wrong(what));
                }
            }
        }
        if metric.from == metric.name {
            metric.from.clear();
        }
        if !chosen {
            let others = decks.iter().skip(1).map(|(bench, _)| bench.name.clone());
            metric.elsewhere = others.map(|name| (name, metric.from.clone())).collect();
        }
        Ok(metric)
    }

    /// What a working design may have: wide around the decks' own value.
    pub(super) fn legal(&self) -> (f64, f64) {
        let own = self.value.unwrap_or(1.0);
        match (self.scale, self.unit) {
            (Scale::Log, _) => (tidy(own / 1e4), tidy(own * 1e4)),
            (Scale::Linear, Unit::Decibel) => (-200.0, 300.0),
            (Scale::Linear, Unit::Degree) => (-360.0, 360.0),
            (Scale::Linear, _) => {
                let reach = 100.0 * own.abs() + 1.0;
                (tidy(own - reach), tidy(own + reach))
            }
        }
    }
}

/// Three digits.
fn tidy(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_kind_by_its_first_word_before_any_other() {
        for (name, title) in [
            ("sr", "Slew rate"),
            ("sr_rise", "Slew rate"),
            ("SR_fall", "Slew rate"),
            ("t_rise", "Settling time"),
            ("gain_margin", "Gain margin"),
            ("phase_margin", "Phase margin"),
            ("psr_100k", "Supply rejection"),
            ("out_noise", "Noise"),
            ("itot", "itot"),
        ] {
            assert_eq!(named(name, "t", String::new()).title, title, "{name}");
        }
    }
}

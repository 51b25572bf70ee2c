//! How far a trained model can be trusted, in plain words: which step it is of, and how far its predictions are off on
//! rows that it never saw, measured by what rows differ by.

use super::learning::TrainedModel;
use crate::circuit::{Circuit, Metric, Scale, format_quantity};

/// An error of this part of the deviation among rows and more is hardly better than to guess the mean.
const NO_BETTER: f64 = 0.8;
/// From this part on a prediction is rough.
const ROUGH: f64 = 0.4;
/// Fewer held-out rows tell an error itself only roughly.
const FEW: usize = 30;

/// The error of a predicted metric over rows that were never trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOutError {
    /// Root mean square, on the metric's own scale: decades, or the metric's unit.
    pub error: f64,
    /// The same as a part of the standard deviation among the training rows: 1 is no better than their mean.
    pub of_spread: f64,
}

/// How far a model can be trusted, in sentences.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    /// What became of rows that were learnt by heart, where they were.
    pub by_heart: Option<String>,
    /// The error of each metric on rows that were never trained on.
    pub errors: String,
    /// Of which metrics little is known, and what to do then.
    pub doubts: Vec<String>,
}

impl Trust {
    /// All of it, a sentence each.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.by_heart.iter().chain([&self.errors]).chain(&self.doubts).map(String::as_str)
    }

    /// What is more than the errors, in a line; none where there is nothing to be wary of.
    pub fn warning(&self) -> Option<String> {
        let parts: Vec<&str> = self.by_heart.iter().chain(&self.doubts).map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}

impl TrainedModel {
    /// The performance model's error of each metric.
    pub fn held_out_errors(&self) -> Vec<HeldOutError> {
        let one = |(metric, error): (usize, &f64)| {
            let of_spread = error / self.conditions.deviation(metric).max(f64::MIN_POSITIVE);
            HeldOutError { error: *error, of_spread }
        };
        self.performance.held_out_error.iter().enumerate().map(one).collect()
    }

    /// How far the model can be trusted.
    pub fn trust(&self, circuit: &Circuit) -> Trust {
        let errors = self.held_out_errors();
        let pairs = || circuit.metrics.iter().zip(&errors);
        let rows = self.performance.held_out_rows;
        let seen = if rows == 0 { "rows".to_owned() } else { format!("{rows} rows") };
        let each: Vec<String> = pairs().map(|(m, e)| in_words(m, e)).collect();
        let among = |low: f64, high: f64| {
            let inside = pairs().filter(|(_, e)| (low..high).contains(&e.of_spread));
            let names: Vec<&str> = inside.map(|(m, _)| m.name.as_str()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let mut doubts = Vec::new();
        if let Some(names) = among(NO_BETTER, f64::INFINITY) {
            doubts.push(format!(
                "{names}: off by as much as rows differ anyway, so a prediction is no better than the rows' mean; do not \
                 judge designs by it"
            ));
        }
        if let Some(names) = among(ROUGH, NO_BETTER) {
            doubts.push(format!("{names}: predicted roughly"));
        }
        if (1..FEW).contains(&rows) {
            doubts.push(format!(
                "{rows} rows tell these errors only roughly: check by simulation what you use"
            ));
        } else if !doubts.is_empty() {
            doubts.push("check by simulation what you use".to_owned());
        }
        Trust {
            by_heart: self.by_heart(),
            errors: format!(
                "on {seen} that it never saw predictions are off (root mean square, and as a part of what rows differ \
                 by) by: {}",
                each.join(", ")
            ),
            doubts,
        }
    }

    fn by_heart(&self) -> Option<String> {
        let learning = &self.learning;
        let (best, lowest) = learning.by_heart()?;
        let (last, loss) = *learning.validation.last()?;
        let steps = learning.steps;
        Some(if self.recipe.patience > 0.0 {
            format!(
                "best after {best} of {steps} steps, and kept from there: the loss on rows that it never saw was {lowest:.2} \
                 then and {loss:.2} after step {last}, as the rows were learnt by heart"
            )
        } else {
            format!(
                "the rows were learnt by heart: the loss on rows that it never saw was lowest after step {best} of \
                 {steps} ({lowest:.2}) and was {loss:.2} after step {last}; what it draws may be good all the same, as simulation tells"
            )
        })
    }
}

/// `gain 1.2 dB (12 %)`; of a metric that spans decades `bw 4.1 % (9 %)`.
fn in_words(metric: &Metric, e: &HeldOutError) -> String {
    let error = match metric.scale {
        Scale::Log if e.error < 0.3 => format!("{:.1} %", 100.0 * (10f64.powf(e.error) - 1.0)),
        Scale::Log => format!("{:.1} decades", e.error),
        Scale::Linear => format_quantity(e.error, metric.unit, 2),
    };
    format!("{} {error} ({:.0} %)", metric.name, 100.0 * e.of_spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset;
    use crate::sizing::{
        Architecture, Control, Learning, Preset, Recipe, Start, System, TrainingData, TrainingEvent, train,
    };
    use crate::tensor::cpu::Cpu;

    /// A model of OTA1 that learnt two steps.
    fn small() -> (Circuit, TrainedModel) {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let mut rows = dataset::read(&circuit, &circuit.dataset).expect("bundled").dataset;
        rows.rows.truncate(40);
        let architecture = Architecture::Perceptron { widths: vec![4] };
        let recipe = Recipe { architecture, epochs: 2, ..Preset::Quick.recipe(System::Ann, 40) };
        let data = TrainingData::new(&circuit, &rows, &recipe, 1).expect("enough rows");
        let mut go_on = |_: TrainingEvent| Control::Continue;
        let backend = Cpu::new(1).expect("a thread");
        let model = train(&backend, &circuit, &rows.hash(), &data, &recipe, 1, Start::Fresh, &mut go_on);
        (circuit, model.expect("a CPU"))
    }

    #[test]
    fn an_error_is_told_by_what_rows_differ_by_and_doubts_name_their_metrics() {
        let (circuit, mut model) = small();
        assert_eq!(model.performance.held_out_rows, 4);
        model.performance.held_out_rows = 60;
        let deviations: Vec<f64> = (0..4).map(|m| model.conditions.deviation(m)).collect();
        let parts = [0.1, 0.5, 1.1, 0.2];
        model.performance.held_out_error = parts.iter().zip(&deviations).map(|(p, d)| p * d).collect();
        for (found, part) in model.held_out_errors().iter().zip(parts) {
            assert!((found.of_spread - part).abs() < 1e-12);
        }
        let trust = model.trust(&circuit);
        assert!(trust.errors.contains("60 rows") && trust.errors.contains("(110 %)"), "{}", trust.errors);
        assert!(trust.errors.contains("gain") && trust.errors.contains(" dB ("), "{}", trust.errors);
        assert_eq!(trust.doubts.len(), 3, "{:?}", trust.doubts);
        assert!(trust.doubts[0].starts_with("gain: ") && trust.doubts[0].contains("no better"));
        assert!(trust.doubts[1].starts_with("irn: ") && trust.doubts[2].contains("simulation"));
        model.performance.held_out_error = deviations.iter().map(|d| 0.1 * d).collect();
        assert_eq!(model.trust(&circuit).warning(), None, "nothing to be wary of");
        model.performance.held_out_rows = 5;
        assert!(model.trust(&circuit).warning().expect("few rows").starts_with("5 rows"));
    }

    #[test]
    fn rows_learnt_by_heart_are_said_and_which_step_is_kept() {
        let (circuit, mut model) = small();
        model.learning = Learning {
            training: vec![0.5; 90],
            validation: vec![(10, 1.0), (20, 0.8), (90, 1.3)],
            steps: 100,
            ..model.learning
        };
        model.recipe.patience = 0.0;
        assert_eq!(model.kept_step(), 90);
        let said = model.trust(&circuit).by_heart.expect("a word");
        assert!(said.contains("lowest after step 20 of 100 (0.80) and was 1.30 after step 90"), "{said}");
        model.recipe.patience = 0.25;
        assert_eq!((model.kept_step(), model.is_finished()), (20, true));
        let said = model.trust(&circuit).by_heart.expect("a word");
        assert!(said.contains("best after 20 of 100 steps, and kept from there"), "{said}");
        model.learning.validation.pop();
        assert_eq!((model.trust(&circuit).by_heart, model.kept_step()), (None, 90));
    }
}

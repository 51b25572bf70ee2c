//! What the plots show as tables: CSV with a header of names and units, values in SI units, verdicts in
//! words, the target in `#` lines on top.

use crate::app::look::Mark;
use crate::app::look::axis::Measure;
use crate::app::state::OpenCircuit;
use crate::circuit::{Circuit, Region, Specification, column, format_number};
use crate::engine::{Candidate, Learning, Searching};

/// A table under construction.
struct Table(String);

impl Table {
    /// A table whose first lines say what it was made for.
    fn new(circuit: &Circuit, targets: Option<&Specification>, region: Option<&Region>) -> Table {
        let mut text = format!("# circuit: {}\n", circuit.name);
        if let Some(targets) = targets {
            text += &format!("# target: {}\n", targets.describe(circuit));
        }
        if let Some(region) = region.filter(|r| !r.is_whole()) {
            text += &format!("# held: {}\n", region.describe(circuit));
        }
        Table(text)
    }

    fn line<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let quoted = |cell: S| match cell.as_ref() {
            text if text.contains([',', '"', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
            text => text.to_owned(),
        };
        self.0 += &cells.into_iter().map(quoted).collect::<Vec<_>>().join(",");
        self.0.push('\n');
    }
}

/// Nothing for what is no number.
fn number(value: f64) -> String {
    if value.is_finite() { format_number(value) } else { String::new() }
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), number)
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// The designs: verdict, each metric as predicted and as simulated, each parameter. `inside` are those that
/// the parallel coordinates were narrowed to.
pub fn designs(
    open: &OpenCircuit,
    candidates: &[Candidate],
    (targets, region): (&Specification, &Region),
    inside: Option<&[usize]>,
) -> String {
    let circuit = &open.circuit;
    let mut table = Table::new(circuit, Some(targets), Some(region));
    let mut names = vec!["design".to_owned(), "verdict".to_owned()];
    names.extend(["meets predicted", "meets simulated"].map(str::to_owned));
    names.extend(inside.map(|_| "inside the narrowed axes".to_owned()));
    for who in ["predicted", "simulated"] {
        names.extend(circuit.metrics.iter().map(|m| column(&format!("{} {who}", m.name), m.unit)));
    }
    names.extend(circuit.parameters.iter().map(|p| column(&p.name, p.unit)));
    table.line(names);
    for (i, candidate) in candidates.iter().enumerate() {
        let predicted = candidate.predicted.as_ref().map(|p| &p.performance);
        let measured = candidate.measured();
        let verdict = match &candidate.simulated {
            Some(Err(failure)) => format!("failed: {failure}"),
            _ => Mark::of(candidate, targets).words().to_owned(),
        };
        let mut line = vec![(i + 1).to_string(), verdict];
        let meets = [predicted, measured].map(|p| p.map_or(String::new(), |p| yes(targets.met_by(p))));
        line.extend(meets);
        line.extend(inside.map(|inside| yes(inside.contains(&i))));
        for performance in [predicted, measured] {
            line.extend((0..circuit.metrics.len()).map(|m| optional(performance.map(|p| p.0[m]))));
        }
        line.extend(candidate.sizing.0.iter().map(|v| number(*v)));
        table.line(line);
    }
    table.0
}

/// The losses of each step; `smooth` as they are drawn.
pub fn losses(circuit: &Circuit, learning: &Learning, smooth: &[f64]) -> String {
    let mut table = Table::new(circuit, None, None);
    table.line(["step", "epoch", "training loss", "training loss smoothed", "validation loss"]);
    let epoch = f64::from(learning.steps_an_epoch.max(1));
    for (i, loss) in learning.training.iter().enumerate() {
        let step = i + 1;
        let validation = learning.validation.iter().find(|(at, _)| *at as usize == step);
        table.line([
            step.to_string(),
            number(step as f64 / epoch),
            number(f64::from(*loss)),
            optional(smooth.get(i).map(|log| 10f64.powf(*log))),
            optional(validation.map(|(_, loss)| f64::from(*loss))),
        ]);
    }
    table.0
}

/// How a search came nearer.
pub fn convergence(circuit: &Circuit, targets: &Specification, state: &Searching) -> String {
    let mut table = Table::new(circuit, Some(targets), None);
    table.line(["simulations", "smallest violation [decades]", "worst margin [decades]", "feasible"]);
    for point in &state.history {
        table.line([
            point.simulations.to_string(),
            number(point.violation),
            number(point.margin),
            yes(point.violation == 0.0),
        ]);
    }
    table.0
}

/// A histogram: `(from, to, rows, whether these meet the target)` a bin, in the quantity's unit.
pub fn histogram(
    circuit: &Circuit,
    targets: &Specification,
    of: Measure<'_>,
    bins: impl Iterator<Item = (f64, f64, usize, Option<bool>)>,
) -> String {
    let mut table = Table::new(circuit, Some(targets), None);
    let (name, unit) = (of.name(), of.unit());
    table.line([
        column(&format!("{name} from"), unit),
        column(&format!("{name} to"), unit),
        "rows".into(),
        "meets".into(),
    ]);
    for (from, to, rows, meets) in bins {
        table.line([number(from), number(to), rows.to_string(), meets.map_or(String::new(), yes)]);
    }
    table.0
}

/// The rows of a trade-off and which of them are on its front.
pub fn front(open: &OpenCircuit, targets: &Specification, rows: &[usize], front: &[usize]) -> String {
    let circuit = &open.circuit;
    let mut table = Table::new(circuit, Some(targets), None);
    let mut names = vec!["row".to_owned(), "on the front".to_owned(), "meets all targets".to_owned()];
    names.extend(circuit.metrics.iter().map(|m| column(&m.name, m.unit)));
    names.extend(circuit.parameters.iter().map(|p| column(&p.name, p.unit)));
    table.line(names);
    for &row in rows {
        let Some(r) = open.rows.rows.get(row) else {
            continue;
        };
        let mut line = vec![(row + 1).to_string(), yes(front.contains(&row))];
        line.push(yes(targets.met_by(&r.performance)));
        line.extend(r.performance.0.iter().chain(&r.sizing.0).map(|v| number(*v)));
        table.line(line);
    }
    table.0
}

/// A design's margins; in decades where ratios matter, else in the metric's unit, positive inside.
pub fn margins(open: &OpenCircuit, candidate: &Candidate, targets: &Specification) -> String {
    let circuit = &open.circuit;
    let mut table = Table::new(circuit, Some(targets), None);
    let names = ["metric", "unit", "sense", "target", "predicted", "simulated"];
    let margins = ["margin predicted", "margin simulated", "margin in", "meets predicted", "meets simulated"];
    table.line(names.into_iter().chain(margins));
    let predicted = candidate.predicted.as_ref().map(|p| &p.performance);
    let both = [predicted, candidate.measured()];
    for (i, bound) in targets.bounds.iter().enumerate() {
        let metric = &circuit.metrics[bound.metric];
        let value = both.map(|p| p.map(|p| p.0[bound.metric]));
        let margin = both.map(|p| p.map(|p| targets.margins(circuit, p)[i]));
        let unit = match metric.scale {
            crate::circuit::Scale::Log => "decades",
            crate::circuit::Scale::Linear => metric.unit.symbol(),
        };
        let mut line = vec![metric.name.clone(), metric.unit.symbol().to_owned(), bound.sense.to_string()];
        line.push(number(bound.value));
        line.extend(value.map(optional));
        line.extend(margin.map(optional));
        line.push(unit.to_owned());
        line.extend(value.map(|v| v.map_or(String::new(), |v| yes(bound.sense.met(v, bound.value)))));
        table.line(line);
    }
    table.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Performance, Sizing};
    use crate::engine::{Predicted, Simulated};

    fn open() -> OpenCircuit {
        OpenCircuit::new(Circuit::open("ota1").expect("bundled"), None)
    }

    #[test]
    fn numbers_read_back_and_texts_are_quoted() {
        for value in [2.98e-6, 0.41, 20.0, 1550.0, -3.3e-9, 1.0 / 3.0, 8.1e9] {
            assert_eq!(number(value).parse::<f64>(), Ok(value));
        }
        assert_eq!(number(f64::NAN), "");
        let mut table = Table(String::new());
        table.line(["a,b", "say \"c\"", "d"]);
        assert_eq!(table.0, "\"a,b\",\"say \"\"c\"\"\",d\n");
    }

    #[test]
    fn designs_keep_what_was_predicted_apart_from_what_was_simulated() {
        let open = open();
        let targets = Specification::parse(&open.circuit, &["power<=27nW", "gain>=30dB"]).expect("sound");
        let sizing = Sizing(open.circuit.parameters.iter().map(|p| p.low).collect());
        let predicted =
            Predicted { performance: Performance(vec![20e-9, 4e-6, 33.0, 2e3]), spread: vec![0.0; 4] };
        let measured = Simulated::for_tests(Performance(vec![28e-9, 4.2e-6, 32.0, 1.9e3]));
        let candidate =
            Candidate { predicted: Some(predicted), simulated: Some(Ok(measured)), ..Candidate::new(sizing) };
        let region = Region::parse(&open.circuit, &["NF1=2"], &[]).expect("sound");
        let text = designs(&open, std::slice::from_ref(&candidate), (&targets, &region), Some(&[]));
        assert!(text.contains("# held: NF1 = 2\n"), "{text}");
        let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        assert!(text.contains("# target: power <= 27 nW, gain >= 30 dB"), "{text}");
        assert!(lines[0].contains(",power predicted [W],"), "{}", lines[0]);
        assert!(lines[0].ends_with("W4 [m],L4 [m],NF4"), "{}", lines[0]);
        assert!(
            lines[1].starts_with("1,infeasible in ngspice,yes,no,no,2e-8,4e-6,33,2000,2.8e-8"),
            "{}",
            lines[1]
        );
        let text = margins(&open, &candidate, &targets);
        let power = text.lines().find(|l| l.starts_with("power,")).expect("a line a bound");
        assert!(power.starts_with("power,W,<=,2.7e-8,2e-8,2.8e-8,0.13"), "{power}");
        assert!(power.ends_with("decades,yes,no"), "{power}");
    }
}

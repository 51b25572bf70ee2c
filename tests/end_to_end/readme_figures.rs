//! The README's figures: each is what the program, its files or the kept tables say. What a machine measured is not
//! measured again; the README says how and on what it was.

use crate::support::{run, stdout};
use sizewright::circuit::{Circuit, Specification, bundled_model_path};
use sizewright::dataset::{self, CoordinateKind};
use sizewright::engine::{
    Architecture, DrawSettings, Preset, Recipe, Solver, System, bench, demo_model, load,
};
use std::collections::BTreeMap;
use std::path::Path;

fn text_of(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The README with its lines joined.
fn readme() -> String {
    text_of("README.md").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(sentence: &str) {
    assert!(readme().contains(sentence), "README.md does not say: {sentence}");
}

/// A Markdown table by its rows' heads, cell by cell; its own head goes by the empty name or what stands there.
fn table(text: &str, head: &str) -> BTreeMap<String, Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with(&format!("| {head} |")));
    let rows = lines.take_while(|line| line.starts_with('|')).map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
        (cells.next().unwrap_or_default(), cells.collect())
    });
    rows.collect()
}

const MEASURED: &str = "feasible of 100";

/// The README's figures in the row that begins so, each with its circuit's name.
pub fn measured(row: &str) -> Vec<(String, u64)> {
    let table = table(&text_of("README.md"), MEASURED);
    let circuits = table.get(MEASURED).expect("the README has a table of what was measured");
    let found = table.iter().find(|(head, _)| head.starts_with(row));
    let (_, cells) = found.unwrap_or_else(|| panic!("the README's table has no row `{row}`"));
    let figures = cells.iter().map(|cell| cell.parse().unwrap_or_else(|_| panic!("{row}: {cell}")));
    let figures: Vec<_> = circuits.iter().map(|name| name.to_lowercase()).zip(figures).collect();
    assert!(figures.len() == circuits.len() && !figures.is_empty(), "{row}: {cells:?}");
    figures
}

/// Feasible ones of a hundred by a kept table: of a circuit, of our own or the paper's, of a system's set.
fn kept(file: &str, circuit: &str, source: &str, set: &str) -> u64 {
    let text = text_of(file);
    let start = format!("{circuit},{source},\"{set}\",");
    let line = text.lines().find(|line| line.starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("{file} has no line {start}"));
    let cells: Vec<&str> = line[start.len()..].split(',').collect();
    // behind the set's kind, four metrics and whether the best is feasible
    assert_eq!(cells[7], "100", "{file}: {line}");
    cells[6].parse().unwrap_or_else(|_| panic!("{file}: {line}"))
}

const OURS: &str = "docs/tables/table2.csv";
const PUBLISHED: &str = "docs/tables/table2-paper.csv";

#[test]
fn the_table_of_what_was_measured_is_that_of_the_kept_tables() {
    for (row, file, set) in [
        ("DM-Transf., delivered", OURS, "DM-Transf., best 100 of 1000"),
        ("DM-Transf., raw", OURS, "DM-Transf."),
        ("DM-MLP, raw", OURS, "DM-MLP"),
        ("ANN, raw", OURS, "ANN"),
        ("preset `paper`: DM-Transf.", PUBLISHED, "DM-Transf."),
        ("preset `paper`: DM-MLP", PUBLISHED, "DM-MLP"),
        ("preset `paper`: ANN", PUBLISHED, "ANN"),
    ] {
        for (circuit, figure) in measured(row) {
            assert_eq!(figure, kept(file, &circuit, "ours", set), "{row}: {circuit}");
        }
    }
    let search = table(&text_of("docs/search.md"), "median / worst");
    let medians = search.get("`gp-assisted`").expect("the default strategy");
    for ((circuit, figure), cell) in measured("simulations until `search`").into_iter().zip(medians) {
        let median: f64 = cell.split(" / ").next().and_then(|m| m.parse().ok()).expect("a median");
        assert_eq!(figure, median.round() as u64, "{circuit}");
    }
    says("median of 12 seeds");
    assert!(text_of("docs/search.md").contains("12 seeds each"));
}

#[test]
fn what_the_readme_makes_of_the_table_follows_from_it() {
    says("As published, DM-Transf. is ahead of DM-MLP and the ANN on each circuit");
    says("the `quick` preset improves it on each.");
    let of = |row: &str| measured(row).into_iter().map(|(_, figure)| figure).collect::<Vec<_>>();
    let published = of("preset `paper`: DM-Transf.");
    let ahead = |of_other: &[u64]| published.iter().zip(of_other).all(|(own, other)| own > other);
    assert!(ahead(&of("preset `paper`: DM-MLP")) && ahead(&of("preset `paper`: ANN")));
    assert!(of("DM-Transf., raw").iter().zip(&published).all(|(quick, paper)| quick > paper));
    let circuits: Vec<String> = measured("DM-Transf., raw").into_iter().map(|(name, _)| name).collect();
    let span = |file: &str, source: &str, set: &str| {
        let all: Vec<u64> = circuits.iter().map(|c| kept(file, c, source, set)).collect();
        (all.iter().copied().min().expect("some"), all.iter().copied().max().expect("some"))
    };
    let (low, high) = span(OURS, "ours", "DM-MLP, best 100 of 1000");
    says(&format!("DM-MLP's reach {low} to {high} as well"));
    let (low, high) = span(PUBLISHED, "paper", "DM-Transf.");
    says(&format!("The paper itself measured {low} to {high} of 100 for DM-Transf."));
}

#[test]
fn so_many_unseen_targets_are_solved() {
    let text = text_of("docs/tables/generalisation.csv");
    let circuits: Vec<String> = measured("DM-Transf., raw").into_iter().map(|(name, _)| name).collect();
    let of = |circuit: &str, system: &str| -> Vec<bool> {
        let ranked = format!(",{system},ranked,");
        let lines = text.lines().filter(|line| line.starts_with(&format!("{circuit},")));
        let counts = lines.filter_map(|line| line.split_once(&ranked)).map(|(_, counts)| counts);
        counts.map(|counts| !counts.starts_with("0,")).collect()
    };
    let solved = |system: &str, and: &str| {
        let each =
            circuits.iter().map(|c| of(c, system).iter().filter(|solved| **solved).count().to_string());
        let each: Vec<String> = each.collect();
        let (last, rest) = each.split_last().expect("circuits");
        format!("{} {and} {last}", rest.join(", "))
    };
    assert!(circuits.iter().all(|circuit| of(circuit, "dm-transformer").len() == 20));
    says("Of 20 a circuit, DM-Transf.'s 100 best solve");
    says(&format!("100 best solve {} (OTA1 to OTA4)", solved("dm-transformer", "and")));
    says(&format!("DM-MLP's {}, the ANN's {}.", solved("dm-mlp", "and"), solved("ann", "and")));
}

#[test]
fn the_example_is_the_first_target_of_ota1() {
    let circuit = Circuit::open("ota1").expect("bundled");
    let target = &circuit.specifications[0].specification;
    let words = target.describe(&circuit);
    let bounds: Vec<&str> = words.split(", ").collect();
    let value = |i: usize| bounds[i].split_once("= ").map_or("", |(_, value)| value);
    says(&format!("power at most {}, noise at most {}, gain at least {}.", value(0), value(1), value(2)));
    let text = text_of("README.md");
    let main =
        text.lines().find(|line| line.starts_with("sizewright size ota1 --spec")).expect("the main job");
    let given: Vec<&str> = main.split('\'').skip(1).step_by(2).collect();
    assert_eq!(Specification::parse(&circuit, &given).expect("bounds").describe(&circuit), words);
    says("Four times as many sizings are drawn as are asked for");
    says("the surest of four times as many");
    let help = stdout(&run(&["size", "--help"]));
    let drawn = help.lines().skip_while(|line| !line.contains("--oversample")).take(2);
    assert!(drawn.collect::<String>().contains("[default: 4]"), "{help}");
}

#[test]
fn models_presets_and_rows_are_as_the_readme_says() {
    says("preset `quick`, some 1,440 steps");
    says("Half of the training rows were chosen near the target");
    for (name, _) in measured("DM-Transf., raw") {
        let circuit = Circuit::open(&name).expect("bundled");
        let model = load(&circuit, &bundled_model_path(&name).expect("with a model")).expect("sound");
        assert!(model.learning.steps.abs_diff(1440) <= 20, "{name}: {} steps", model.learning.steps);
        let rows = dataset::read(&circuit, &circuit.dataset).expect("readable").dataset;
        let quick = Preset::Quick.recipe(System::DmTransformer, rows.rows.len());
        let guidances =
            format!("a guidance of {}, the preset's when they were trained", model.recipe.guidance);
        says(&format!("{guidances}; now it is {}.", quick.guidance));
        let as_trained = Recipe { guidance: model.recipe.guidance, ..quick };
        assert_eq!(
            (&model.recipe, model.optimiser.is_some()),
            (&as_trained, false),
            "{name}: quick and slim"
        );
        let kept = rows.provenance.get("kept").expect("rows say where they come from").to_owned();
        let counts: Vec<usize> =
            kept.split(|c: char| !c.is_numeric()).filter_map(|n| n.parse().ok()).collect();
        let [broad, useful] = counts[..] else { panic!("{name}: {kept}") };
        assert!(broad.abs_diff(useful) <= 1 && broad + useful == rows.rows.len(), "{name}: {kept}");
        assert!(circuit.schematic.as_ref().is_some_and(|drawing| drawing.is_file()), "{name}: a schematic");
    }
    says("(100 epochs, plain scaling, 1,000 ancestral steps, no ranking)");
    let paper = Preset::Paper.recipe(System::DmTransformer, 2000);
    let sampling = DrawSettings::by(&paper).sampling;
    assert_eq!((paper.epochs, paper.coordinates), (100, CoordinateKind::Plain));
    assert_eq!((sampling.steps, sampling.solver), (1000, Solver::Ancestral));
}

#[test]
fn near_the_front_the_table_shows_what_the_readme_says_of_each_system() {
    says(
        "The loop of 100 simulations meets each of the base, hard and edge targets with DM-Transf. and the ANN, and all but one with DM-MLP",
    );
    let text = text_of("docs/tables/frontier.csv");
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let place = |name: &str| head.iter().position(|h| *h == name).expect("a column");
    let (system, kind) = (place("system"), place("kind"));
    // of each system the targets that are not met, and by kind what was delivered
    let mut unmet = std::collections::BTreeMap::<String, usize>::new();
    let mut delivered = std::collections::BTreeMap::<(String, String), Vec<f64>>::new();
    for line in lines {
        let from_start: Vec<&str> = line.split(',').collect();
        // the target's text has commas of its own, in quotes: what stands behind it is counted from the end
        let cell = |name: &str| from_start[from_start.len() - (head.len() - place(name))];
        if ["base", "hard", "edge"].contains(&from_start[kind]) && from_start[system] != "search" {
            let system = from_start[system].to_owned();
            *unmet.entry(system.clone()).or_default() += usize::from(cell("solved") != "true");
            let counts = delivered.entry((system, from_start[kind].to_owned())).or_default();
            counts.push(cell("one_shot").parse().expect("a count"));
        }
    }
    let names = ["ann", "dm-mlp", "dm-transformer"].map(str::to_owned);
    assert_eq!(unmet, std::iter::zip(names, [0, 1, 0]).collect());
    let median = |system: &str, kind: &str| -> f64 {
        let mut counts = delivered[&(system.to_owned(), kind.to_owned())].clone();
        counts.sort_by(f64::total_cmp);
        assert_eq!(counts.len(), 10, "ten targets of each kind");
        (counts[4] + counts[5]) / 2.0
    };
    let both = |system: &str| format!("{} and {} for", median(system, "hard"), median(system, "edge"));
    says(&format!("{} DM-Transf.", both("dm-transformer")));
    says(&format!("{} DM-MLP", both("dm-mlp")));
    says(&format!("{} the ANN", both("ann")));
}

#[test]
fn what_the_speeds_were_measured_of_is_what_the_benches_run() {
    says("100 sizings (`bench sample`, 12 steps of DPM-Solver++ with guidance)");
    let circuit = Circuit::open("ota1").expect("bundled");
    let model = load(&circuit, &demo_model(&circuit).expect("with a model")).expect("sound");
    let sampling = DrawSettings::of(&model).sampling;
    assert_eq!((sampling.steps, sampling.solver), (12, Solver::DpmSolver));
    assert!(sampling.guidance != 0.0);
    assert!(stdout(&run(&["bench", "sample", "--help"])).starts_with("Drawing 100 sizings"));
    says("(`bench train`: d = 64, N = 8, batch 256)");
    let help = stdout(&run(&["bench", "train", "--help"]));
    assert!(help.contains("Rows of a batch [default: 256]"), "{help}");
    let Architecture::DmTransformer(shape) = bench::training_recipe(256).architecture else {
        panic!("a bench trains DM-Transf.");
    };
    assert_eq!((shape.width, shape.blocks), (64, 8));
}

#[test]
fn the_bundled_files_are_as_large_as_the_readme_says() {
    fn size(path: &Path) -> u64 {
        match std::fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|entry| size(&entry.path())).sum(),
            Err(_) => std::fs::metadata(path).map_or(0, |file| file.len()),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = std::fs::read_dir(root.join("assets")).expect("bundled").flatten().map(|entry| entry.path());
    let models: u64 = models.filter(|p| p.extension().is_some_and(|e| e == "model")).map(|p| size(&p)).sum();
    let all = models + size(&root.join("datasets")) + size(&root.join("assets/schematics"));
    says(&format!("{} MB of it circuits, rows and models", (all as f64 / 1e6).round()));
}

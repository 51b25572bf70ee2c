//! The strategies on formulas in place of ngspice: what they find, in which order they rank, that a seed
//! decides everything, and how they end.

use super::space::Space;
use super::*;
use crate::circuit::{Circuit, DeviceGroup, Member, Performance, Region, Score, Sizing, Specification};
use crate::spice::Simulated;
use std::collections::HashSet;

fn ota1() -> Circuit {
    Circuit::open("ota1").expect("OTA1 is bundled")
}

fn target(circuit: &Circuit) -> Specification {
    Specification::parse(circuit, &["power<=27nW", "gain>=30dB"]).expect("a target of OTA1")
}

/// Power rises with both voltages, gain falls with the input pair's length off 2 µm: feasible in some
/// thousandths of the space.
fn formula(circuit: &Circuit, sizing: &Sizing) -> Evaluation {
    let at = |name: &str| sizing.0[circuit.parameter_index(name).expect("a parameter of OTA1")];
    let power = 1e-9 * (10.0 * at("VDD") + 6.0 * at("VB") - 3.5).exp();
    let off = (at("L1") / 2e-6).ln().abs() + (at("W2") * at("NF2") / 20e-6).ln().abs();
    let performance = Performance(vec![power, 5e-6, 34.0 - 8.0 * off + 10.0 * at("VDD"), 2e3]);
    Evaluation::Measured(Simulated::for_tests(performance))
}

fn run(settings: &SearchSettings) -> SearchResult {
    let circuit = ota1();
    let mut evaluate = |batch: &[Sizing]| batch.iter().map(|s| formula(&circuit, s)).collect();
    search(&circuit, &target(&circuit), settings, &mut evaluate, &mut |_| ())
        .expect("every design is measured")
}

fn settings(strategy: Strategy, seed: u64) -> SearchSettings {
    let population = if strategy == Strategy::Evolution { 48 } else { strategy.population() };
    SearchSettings { population, max_simulations: 3000, ..SearchSettings::new(strategy, seed) }
}

#[test]
fn every_strategy_finds_the_feasible_region_and_stops_there() {
    for strategy in Strategy::ALL {
        let found = run(&settings(strategy, 1));
        assert_eq!(found.end, SearchEnd::Feasible, "{strategy:?}");
        let (simulations, _) = found.first_feasible.expect("feasible");
        assert!(
            found.best.score.feasible() && found.specification.met_by(found.best.simulated.performance())
        );
        assert!(simulations <= found.simulations && found.simulations < 2000, "{strategy:?} {simulations}");
        assert_eq!(found.feasible.len(), found.feasible_count);
        assert_eq!(found.best.sizing.check(&ota1()), Ok(()));
    }
    // the one that is to need the fewest does
    let few = |strategy| run(&settings(strategy, 1)).simulations;
    assert!(few(Strategy::Assisted) < 60 && few(Strategy::Assisted) < few(Strategy::Evolution));
}

#[test]
fn the_seed_decides_everything() {
    for strategy in Strategy::ALL {
        let (one, same, other) =
            (run(&settings(strategy, 5)), run(&settings(strategy, 5)), run(&settings(strategy, 6)));
        assert_eq!(one.history, same.history, "{strategy:?}");
        assert_eq!(one.best, same.best, "{strategy:?}");
        assert_ne!(one.best.sizing, other.best.sizing, "{strategy:?}");
    }
}

#[test]
fn running_on_improves_the_worst_margin_and_never_measures_a_design_twice() {
    for (strategy, most) in [(Strategy::Assisted, 60), (Strategy::CmaEs, 1200), (Strategy::Evolution, 2000)] {
        let circuit = ota1();
        let mut seen = HashSet::new();
        let mut evaluate = |batch: &[Sizing]| {
            let new = |s: &Sizing| seen.insert(s.key());
            assert!(batch.iter().all(new), "{strategy:?} measures a design again");
            batch.iter().map(|s| formula(&circuit, s)).collect()
        };
        let settings =
            SearchSettings { stop_at_first: false, max_simulations: most, ..settings(strategy, 2) };
        let found =
            search(&circuit, &target(&circuit), &settings, &mut evaluate, &mut |_| ()).expect("measured");
        assert_eq!(
            (found.end, found.simulations, seen.len()),
            (SearchEnd::Budget, most, most),
            "{strategy:?}"
        );
        let margins: Vec<f64> =
            found.history.iter().filter(|h| h.violation == 0.0).map(|h| h.margin).collect();
        assert!(margins.len() > 2 && margins.is_sorted(), "{strategy:?} {margins:?}");
        assert!(margins[margins.len() - 1] > margins[0] + 0.02, "{strategy:?} {margins:?}");
        let violations: Vec<f64> = found.history.iter().map(|h| -h.violation).collect();
        assert!(violations.is_sorted(), "{strategy:?}");
        assert!(found.feasible.is_sorted_by(|a, b| a.score.margin >= b.score.margin));
        assert_eq!(found.feasible[0], found.best);
    }
}

#[test]
fn feasible_beats_infeasible_then_margin_then_violation() {
    let circuit = ota1();
    let target = target(&circuit);
    let score =
        |power: f64, gain: f64| Score::of(&circuit, &target, &Performance(vec![power, 5e-6, gain, 2e3]));
    let (roomy, tight) = (score(13.5e-9, 50.0), score(26e-9, 30.1));
    assert!(roomy.feasible() && roomy.cost() < tight.cost() && tight.cost() <= 0.0);
    assert!((roomy.margin - 2f64.log10()).abs() < 1e-12, "in decades: {roomy:?}");
    let (near, far) = (score(28e-9, 40.0), score(270e-9, 40.0));
    assert!(tight.cost() < near.cost() && near.cost() < far.cost());
    assert!((far.violation - 1.0).abs() < 1e-9, "a decade: {far:?}");
    let gain = score(20e-9, 10.0);
    assert!((gain.violation - 1.0).abs() < 1e-12, "20 dB are a decade: {gain:?}");
    assert!(Score::failed(&target).cost() > score(1.0, -400.0).cost());
    assert!(score(f64::NAN, 40.0).violation > 1.0, "NaN meets nothing");
    // missed by less than the logarithm can tell is missed still
    let hair = score(f64::from_bits(27e-9f64.to_bits() + 1), 40.0);
    assert!(!hair.feasible() && hair.violation < 1e-9, "{hair:?}");
}

#[test]
fn cancelling_keeps_what_was_measured() {
    let circuit = ota1();
    let mut left = 30;
    let mut evaluate = |batch: &[Sizing]| {
        let mut one = |s: &Sizing| {
            left -= 1;
            if left < 0 { Evaluation::Cancelled } else { formula(&circuit, s) }
        };
        batch.iter().map(&mut one).collect()
    };
    let settings = SearchSettings { stop_at_first: false, ..settings(Strategy::CmaEs, 1) };
    let found =
        search(&circuit, &target(&circuit), &settings, &mut evaluate, &mut |_| ()).expect("30 measured");
    assert_eq!((found.end, found.simulations), (SearchEnd::Cancelled, 30));
    let mut never = |batch: &[Sizing]| vec![Evaluation::Cancelled; batch.len()];
    let nothing = search(&circuit, &target(&circuit), &settings, &mut never, &mut |_| ());
    assert!(matches!(nothing, Err(SearchError::Cancelled)));
}

#[test]
fn a_budget_is_kept_to_the_last_design() {
    let hard = |circuit: &Circuit| Specification::parse(circuit, &["gain>=200dB"]).expect("a target");
    for (strategy, most) in [(Strategy::Assisted, 29), (Strategy::CmaEs, 101), (Strategy::Evolution, 101)] {
        let circuit = ota1();
        let settings = SearchSettings { max_simulations: most, ..settings(strategy, 1) };
        let mut evaluate = |batch: &[Sizing]| batch.iter().map(|s| formula(&circuit, s)).collect();
        let mut heard = Vec::new();
        let mut watch = |p: &SearchProgress<'_>| heard.push((p.simulations, p.feasible, p.history.len()));
        let found =
            search(&circuit, &hard(&circuit), &settings, &mut evaluate, &mut watch).expect("measured");
        assert_eq!(
            (found.end, found.simulations, found.first_feasible),
            (SearchEnd::Budget, most, None),
            "{strategy:?}"
        );
        assert!(found.feasible.is_empty() && found.best.score.violation > 0.0);
        assert!(heard.is_sorted() && heard.last().is_some_and(|h| h.0 == most && h.1 == 0), "{heard:?}");
        assert_eq!(found.history.last().map(|h| h.simulations), Some(most));
    }
}

#[test]
fn a_simulator_that_fails_always_is_reported_soon_and_one_that_fails_often_is_borne() {
    let circuit = ota1();
    for strategy in Strategy::ALL {
        let settings = SearchSettings { max_simulations: 5000, ..settings(strategy, 1) };
        let mut evaluate =
            |batch: &[Sizing]| vec![Evaluation::Failed("singular matrix".to_owned()); batch.len()];
        let error =
            search(&circuit, &target(&circuit), &settings, &mut evaluate, &mut |_| ()).expect_err("nothing");
        let SearchError::NothingMeasured { simulations, first } = &error else { panic!("{error:?}") };
        assert!(*simulations < 1000 && first == "singular matrix", "{strategy:?} {simulations}");
        let mut evaluate = |batch: &[Sizing]| {
            let one = |s: &Sizing| {
                if s.0[0] < 0.5 { Evaluation::Failed("no".to_owned()) } else { formula(&circuit, s) }
            };
            batch.iter().map(one).collect()
        };
        let found =
            search(&circuit, &target(&circuit), &settings, &mut evaluate, &mut |_| ()).expect("measured");
        assert!(found.end == SearchEnd::Feasible && found.best.sizing.0[0] >= 0.5, "{strategy:?}");
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |settings: SearchSettings| settings.check().expect_err("cannot be");
    let own = SearchSettings::new(Strategy::CmaEs, 1);
    assert!(refused(SearchSettings { max_simulations: 0, ..own.clone() }).contains("from 1"));
    assert!(refused(SearchSettings { population: 3, ..own.clone() }).contains("cma-es must be from 6"));
    assert!(refused(SearchSettings { population: 5000, ..own }).contains("4096"));
    assert!("nsga".parse::<Strategy>().expect_err("unknown").contains("gp-assisted, cma-es, evolution"));
    for strategy in Strategy::ALL {
        assert_eq!(strategy.name().parse(), Ok(strategy));
        assert_eq!(SearchSettings::new(strategy, 1).check(), Ok(()));
    }
}

#[test]
fn what_is_held_to_a_range_is_searched_inside_it() {
    let circuit = ota1();
    let only = |count: usize| {
        let free = ["VDD", "L1", "W2"];
        let names = circuit.parameters.iter().map(|p| p.name.as_str()).filter(|n| !free[..count].contains(n));
        names.map(|name| format!("{name}={}", if name.starts_with("NF") { "4" } else { "0.4" })).collect()
    };
    let fixed = |count: usize| -> Vec<String> {
        let texts: Vec<String> = only(count);
        texts
            .into_iter()
            .map(|t| if t.contains("W") || t.contains("L") { t.replace("0.4", "2u") } else { t })
            .collect()
    };
    for (region, dimensions) in [
        (Region::parse(&circuit, &["W1=2u", "L2=1u", "VB=0.2"], &["VDD=0.4..0.5", "L1=1u..3u"]), 8),
        (Region::parse(&circuit, &["W1=2u", "L1=2u", "NF1=4"], &[]), 8),
        (Region::parse(&circuit, &fixed(2), &[]), 2),
        (Region::parse(&circuit, &fixed(1), &[]), 1),
    ] {
        let region = region.expect("sound");
        let within = region.applied(&circuit);
        assert_eq!(Space::new(&within).len(), dimensions, "{}", region.describe(&circuit));
        for strategy in Strategy::ALL {
            let mut asked = 0;
            let mut evaluate = |batch: &[Sizing]| {
                asked += batch.len();
                assert!(batch.iter().all(|s| region.contains(&circuit, s) && s.check(&circuit).is_ok()));
                batch.iter().map(|s| formula(&circuit, s)).collect()
            };
            let settings =
                SearchSettings { max_simulations: 60, stop_at_first: false, ..settings(strategy, 1) };
            let found = search(&within, &target(&circuit), &settings, &mut evaluate, &mut |_| ());
            let found = found.expect("every design is measured");
            assert!(region.contains(&circuit, &found.best.sizing), "{strategy:?}");
            assert_eq!(found.simulations, asked);
        }
    }
    let all = Region::parse(&circuit, &fixed(0), &[]).expect("sound").applied(&circuit);
    let refused =
        search(&all, &target(&circuit), &settings(Strategy::CmaEs, 1), &mut |_| Vec::new(), &mut |_| ());
    assert!(refused.expect_err("nothing to search").to_string().contains("every parameter is fixed"));
}

#[test]
fn the_unit_cube_covers_the_legal_sizings() {
    for name in ["ota1", "ota2", "ota3", "ota4"] {
        let circuit = Circuit::open(name).expect("bundled");
        let space = Space::new(&circuit);
        // voltages and, of each group, total width and length: fingers follow from the total width
        assert_eq!(space.len(), circuit.parameters.len() - circuit.groups.len());
        for point in assisted::scattered(space.len(), 500, 0, 3) {
            let sizing = space.sizing(&point);
            assert_eq!(sizing.check(&circuit), Ok(()), "{name}");
            assert!(space.features(&sizing).iter().all(|f| f.is_finite()));
        }
        let ends = [space.sizing(&vec![0.0; space.len()]), space.sizing(&vec![1.0; space.len()])];
        for (i, parameter) in circuit.parameters.iter().enumerate() {
            assert_eq!(
                (ends[0].0[i], ends[1].0[i]),
                (parameter.snap(parameter.low), parameter.snap(parameter.high))
            );
        }
        for odd in [f64::NAN, f64::INFINITY, -7.0] {
            assert_eq!(space.sizing(&vec![odd; space.len()]).check(&circuit), Ok(()));
        }
    }
}

/// OTA1 with groups that share and that lack something, and how many coordinates that leaves.
fn shapes() -> [(usize, Circuit); 5] {
    let shape = |count: usize, change: fn(&mut [DeviceGroup])| {
        let mut circuit = ota1();
        change(&mut circuit.groups);
        (count, circuit)
    };
    [
        // L2 and L3 are in no group any more
        shape(10, |g| (g[1].length, g[2].length) = (g[0].length.clone(), g[0].length.clone())),
        // the cut of W1 and NF1 matters to the second group
        shape(12, |g| g[1].width = g[0].width.clone()),
        shape(12, |g| (g[1].width, g[1].length) = (g[0].width.clone(), g[0].length.clone())),
        shape(11, |g| (g[1].width, g[2].length) = (Member::None, Member::Other("tied".into()))),
        shape(10, |g| g[0].multiplier = std::mem::take(&mut g[1].fingers)),
    ]
}

#[test]
fn groups_that_share_and_lack_are_searched_whole() {
    for (i, (count, circuit)) in shapes().into_iter().enumerate() {
        let space = Space::new(&circuit);
        for point in assisted::scattered(space.len(), 200, 0, 3) {
            let sizing = space.sizing(&point);
            assert_eq!(sizing.check(&circuit), Ok(()), "{i}");
            assert_eq!(space.features(&sizing).len(), space.len(), "{i}");
            assert!(space.features(&sizing).iter().all(|f| f.is_finite()), "{i}");
        }
        let ends = [space.sizing(&vec![0.0; space.len()]), space.sizing(&vec![1.0; space.len()])];
        for (place, p) in circuit.parameters.iter().enumerate() {
            assert_eq!(
                (ends[0].0[place], ends[1].0[place]),
                (p.snap(p.low), p.snap(p.high)),
                "{i} {}",
                p.name
            );
        }
        assert_eq!(space.len(), count, "{i}");
    }
}

#[test]
fn a_sizing_lies_where_its_point_says() {
    let all = shapes().map(|(_, circuit)| circuit).into_iter().chain([ota1()]);
    all.for_each(|circuit| lies_where_its_point_says(&circuit));
}

fn lies_where_its_point_says(circuit: &Circuit) {
    let space = Space::new(circuit);
    for at in super::assisted::scattered(circuit.parameters.len(), 50, 0, 9) {
        let values = circuit.parameters.iter().zip(&at).map(|(p, &u)| p.snap(p.from_unit_interval(u)));
        let sizing = Sizing(values.collect());
        let back = space.sizing(&space.point(&sizing));
        // however the widths are cut into fingers
        for (a, b) in space.features(&sizing).iter().zip(space.features(&back)) {
            assert!((a - b).abs() < 0.05, "{a} {b}");
        }
    }
}

#[test]
fn a_search_goes_on_from_designs_and_ends_with_enough() {
    let first = run(&settings(Strategy::Assisted, 4));
    let start = vec![first.best.sizing.clone()];
    let again = run(&SearchSettings { start: start.clone(), ..settings(Strategy::Assisted, 5) });
    assert_eq!((again.first_feasible.map(|(n, _)| n), again.best.order), (Some(1), 1));
    let more = SearchSettings { start, enough: 6, max_simulations: 200, ..settings(Strategy::Assisted, 5) };
    let more = run(&more);
    assert!(
        more.feasible_count >= 6 && more.simulations < 200,
        "{} of {}",
        more.feasible_count,
        more.simulations
    );
    let mut orders: Vec<usize> = more.feasible.iter().map(|d| d.order).collect();
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders.len(), more.feasible.len());
}

#[test]
fn what_is_known_makes_a_search_shorter_and_is_no_simulation() {
    let circuit = ota1();
    let known: Vec<(Sizing, Performance)> = super::assisted::scattered(14, 120, 0, 3)
        .iter()
        .map(|at| {
            let values = circuit.parameters.iter().zip(at).map(|(p, &u)| p.snap(p.from_unit_interval(u)));
            let sizing = Sizing(values.collect());
            let Evaluation::Measured(simulated) = formula(&circuit, &sizing) else { panic!("measured") };
            (sizing, simulated.performance().clone())
        })
        .collect();
    let simulations = |prior: &[(Sizing, Performance)]| -> usize {
        let one = |seed| run(&SearchSettings { prior: prior.to_vec(), ..settings(Strategy::Assisted, seed) });
        (1..=3).map(|seed| one(seed).simulations).sum()
    };
    let (with, without) = (simulations(&known), simulations(&[]));
    assert!(2 * with < without, "{with} with rows, {without} without");
}

//! Rows of a circuit on paper.

use super::*;

fn ota1() -> Circuit {
    Circuit::open("ota1").expect("OTA1 is bundled")
}

/// A circuit on paper: an amplifier whose current follows VB and its tail's aspect ratio.
fn paper(circuit: &Circuit, sizing: &Sizing) -> Option<Performance> {
    let v = |name: &str| sizing.0[circuit.parameter_index(name).expect("a parameter")];
    let current = 4e-9 * (v("VB") * -12.0 + 5.0).exp() * v("W4") * v("NF4") / v("L4");
    let area = v("W1") * v("L1") * v("NF1");
    let irn = 4e-6 * (1e-8 / current).sqrt() * (1.0 + 2e-11 / area);
    let gain = 30.0 + 10.0 * (v("L1") * v("L3") / 4e-12).log10();
    (v("VDD") > 0.42).then(|| Performance(vec![v("VDD") * current, irn, gain, 2e11 * current]))
}

fn run(circuit: &Circuit, plan: &Plan) -> Generated {
    let mut measure = |s: &[Sizing]| Some(s.iter().map(|s| paper(circuit, s)).collect());
    generate(circuit, plan, &mut measure, &mut |_| {})
}

#[test]
fn what_is_nearly_legal_is_told_from_what_is_not() {
    let circuit = ota1();
    let sizing = Sizing(vec![0.0; circuit.parameters.len()]);
    let mut counts = Counts::default();
    let mut sorted =
        |values: [f64; 4]| counts.sort(&circuit, None, sizing.clone(), Some(Performance(values.to_vec())));
    // 15 to 120 dB and 1 to 100 nW are legal
    assert!(matches!(sorted([2e-8, 5e-6, 30.0, 1e3]), Sorted::Row(_)));
    assert!(matches!(sorted([2e-8, 5e-6, 3.0, 1e3]), Sorted::Outside(_)));
    assert!(matches!(sorted([2e-7, 5e-6, 30.0, 1e3]), Sorted::Outside(_)));
    for failed in [[2e-8, 5e-6, -7.0, 1e3], [3e-7, 5e-6, 30.0, 1e3], [-1e-9, 5e-6, 30.0, 1e3]] {
        assert_eq!(sorted(failed), Sorted::None, "{failed:?}");
    }
    assert_eq!((counts.simulated, counts.legal, counts.illegal), (6, 1, 5));
}

#[test]
fn repeats_itself_and_keeps_the_target_unseen() {
    let circuit = ota1();
    let plan = Plan::of_rows(200, 1);
    let made = run(&circuit, &plan);
    assert_eq!(made, run(&circuit, &plan));
    assert_ne!(made.rows, run(&circuit, &Plan { seed: 2, ..plan }).rows);
    assert_eq!((made.rows.len(), made.cancelled), (200, false));
    let c = made.counts;
    assert_eq!((c.broad, c.useful), (100, 100));
    assert_eq!(c.simulated, c.failed + c.gaps + c.illegal + c.legal);
    assert!(c.failed > 0 && c.left_out > 0, "{c:?}");
    let target = &circuit.specifications[0].specification;
    assert!(made.rows.iter().all(|r| !target.met_by(&r.performance)));
    for bound in &target.bounds {
        let met = made.rows.iter().filter(|r| bound.sense.met(r.performance.0[bound.metric], bound.value));
        assert!(met.count() > 10, "{bound:?}");
    }
    for row in &made.rows {
        assert_eq!(row.sizing.check(&circuit), Ok(()));
        assert_eq!(row.performance.illegal(&circuit), None);
    }
}

#[test]
fn shards_share_the_rows_and_no_design() {
    let circuit = ota1();
    let shard = |i| run(&circuit, &Plan { shard: (i, 3), ..Plan::of_rows(101, 1) }).rows;
    let all: Vec<Row> = (0..3).flat_map(shard).collect();
    assert_eq!(all.len(), 101);
    let dataset = crate::dataset::Dataset { rows: all, ..Default::default() };
    assert_eq!(dataset.repeated(), 0);
}

#[test]
fn a_cancelled_run_keeps_what_it_has() {
    let circuit = ota1();
    let plan = Plan::of_rows(100, 1);
    let mut batches = 0;
    let mut measure = |s: &[Sizing]| {
        batches += 1;
        (batches <= 2).then(|| s.iter().map(|s| paper(&circuit, s)).collect())
    };
    let made = generate(&circuit, &plan, &mut measure, &mut |_| {});
    assert!(made.cancelled && made.rows.len() >= 50, "{:?}", made.counts);
}

#[test]
fn so_many_simulations_and_no_more_are_used_and_all_that_is_legal_is_kept_on_request() {
    let circuit = ota1();
    let plan = Plan::of_simulations(700, 1);
    let made = run(&circuit, &plan);
    assert_eq!((made.counts.simulated, made.cancelled), (700, false));
    assert!(!made.rows.is_empty() && made.rows.len() <= plan.rows, "{:?}", made.counts);
    let all = run(&circuit, &Plan { keep_all: true, ..plan });
    assert_eq!(all.rows.len(), all.counts.legal);
    assert!(all.counts.left_out > 0 && all.rows.len() > made.rows.len());
}

#[test]
fn a_design_with_a_gap_is_a_row_of_its_own_kind() {
    let circuit = ota1();
    let mut nth = 0;
    let mut measure = |s: &[Sizing]| {
        let one = |s: &Sizing| {
            nth += 1;
            let mut performance = paper(&circuit, s)?;
            if nth % 5 == 0 {
                performance.0[3] = f64::NAN;
            }
            Some(performance)
        };
        Some(s.iter().map(one).collect())
    };
    let made = generate(&circuit, &Plan::of_rows(40, 1), &mut measure, &mut |_| {});
    assert_eq!(made.rows.len(), 40);
    assert!(made.rows.iter().all(|row| !row.has_gaps()));
    assert_eq!(made.gaps.len(), 10);
    assert!(made.gaps.iter().all(|row| row.has_gaps() && row.performance.0[0].is_finite()));
    assert!(made.counts.gaps > 10);
}

#[test]
fn a_circuit_that_never_works_ends() {
    let circuit = ota1();
    let mut measure = |s: &[Sizing]| Some(vec![None; s.len()]);
    let plan = Plan::of_rows(4, 1);
    let made = generate(&circuit, &plan, &mut measure, &mut |_| {});
    assert_eq!((made.rows.len(), made.cancelled), (0, false));
}

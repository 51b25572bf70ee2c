//! Designs that are known already: rows that meet a specification are delivered beside what is drawn for it.

use super::verdict::{Candidate, Origin};
use crate::circuit::{Circuit, Region, Score, SizingKey, Specification};
use crate::dataset::Row;
use std::collections::HashSet;

/// The part of what is delivered that may be rows: what is drawn is what was asked for.
const PART: usize = 10;

/// How many rows may be among `count` designs that are delivered and simulated: a tenth, at least one, but never all.
pub fn most_known(count: usize) -> usize {
    count.div_ceil(PART).min(count.saturating_sub(1))
}

/// Of `rows` at most `most` that meet every bound of `specification` and whose sizing is legal and lies in
/// `region`, the best first. No sizing comes twice. What
/// the rows say of their performance is not taken over: each is to be measured anew.
pub fn known_rows(
    circuit: &Circuit,
    rows: &[Row],
    specification: &Specification,
    region: &Region,
    most: usize,
) -> Vec<Candidate> {
    let worst = |row: &Row| Score::of(circuit, specification, &row.performance).margin;
    let fits = |row: &&Row| {
        specification.met_by(&row.performance)
            && row.sizing.check(circuit).is_ok()
            && region.contains(circuit, &row.sizing)
    };
    let mut known: Vec<(f64, &Row)> = rows.iter().filter(fits).map(|row| (worst(row), row)).collect();
    // stable: of equals the first in the file
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut seen = HashSet::new();
    let first = known.into_iter().filter(|(_, row)| seen.insert(row.sizing.key()));
    let candidate =
        |(_, row): (f64, &Row)| Candidate { origin: Origin::Row, ..Candidate::new(row.sizing.clone()) };
    first.take(most).map(candidate).collect()
}

/// `drawn` with `known` in front, as many in all as before: the least promising of `drawn` make room. A known
/// sizing that was drawn as well stays as drawn.
pub fn beside_known(drawn: Vec<Candidate>, known: Vec<Candidate>) -> Vec<Candidate> {
    let count = drawn.len();
    let already: HashSet<SizingKey> = drawn.iter().map(|c| c.sizing.key()).collect();
    let new = known.into_iter().filter(|c| !already.contains(&c.sizing.key()));
    let mut all: Vec<Candidate> = new.chain(drawn).collect();
    all.truncate(count);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Sizing;
    use crate::dataset;

    fn ota1() -> (Circuit, Vec<Row>) {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let rows = dataset::read(&circuit, &circuit.dataset).expect("its rows too").dataset.rows;
        (circuit, rows)
    }

    #[test]
    fn rows_that_meet_the_target_come_by_their_worst_margin_and_within_the_region() {
        let (circuit, rows) = ota1();
        let loose =
            Specification::parse(&circuit, &["power<=40nW", "irn<=7uV", "gain>=28dB"]).expect("sound");
        let whole = Region::default();
        let known = known_rows(&circuit, &rows, &loose, &whole, 10);
        assert_eq!(known.len(), 10);
        let performance = |c: &Candidate| {
            let row = rows.iter().find(|r| r.sizing == c.sizing).expect("a row's");
            assert!(loose.met_by(&row.performance) && c.origin == Origin::Row);
            assert!(c.simulated.is_none() && c.predicted.is_none(), "a row's word is not taken over");
            row.performance.clone()
        };
        let worst = |c: &Candidate| Score::of(&circuit, &loose, &performance(c)).margin;
        assert!(known.windows(2).all(|w| worst(&w[0]) >= worst(&w[1])));
        let all = known_rows(&circuit, &rows, &loose, &whole, usize::MAX);
        assert_eq!(all.len(), rows.iter().filter(|r| loose.met_by(&r.performance)).count());
        let narrow = Region::parse(&circuit, &[] as &[&str], &["W1=1u..3u"]).expect("sound");
        let inside = known_rows(&circuit, &rows, &loose, &narrow, usize::MAX);
        assert!(!inside.is_empty() && inside.len() < all.len());
        assert!(inside.iter().all(|c| narrow.contains(&circuit, &c.sizing)));
        // no row meets the circuit's own target
        let target = &circuit.specifications[0].specification;
        assert!(known_rows(&circuit, &rows, target, &whole, 10).is_empty());
    }

    #[test]
    fn a_row_comes_once_and_an_illegal_one_never() {
        let (circuit, rows) = ota1();
        let any = Specification::parse(&circuit, &["power<=1W"]).expect("sound");
        let mut illegal = rows[1].clone();
        illegal.sizing.0[2] *= 1e3;
        let rows = [rows[0].clone(), illegal, rows[0].clone()];
        assert_eq!(known_rows(&circuit, &rows, &any, &Region::default(), 10).len(), 1);
    }

    #[test]
    fn known_designs_take_the_place_of_the_least_promising() {
        let drawn = |v: f64| Candidate::new(Sizing(vec![v]));
        let known = |v: f64| Candidate { origin: Origin::Row, ..drawn(v) };
        let all = beside_known((0..10).map(f64::from).map(drawn).collect(), vec![known(70.0), known(3.0)]);
        let values: Vec<f64> = all.iter().map(|c| c.sizing.0[0]).collect();
        assert_eq!(values, [70., 0., 1., 2., 3., 4., 5., 6., 7., 8.]);
        assert_eq!(all.iter().filter(|c| c.origin == Origin::Row).count(), 1);
        assert_eq!([0, 1, 2, 9, 10, 11, 100].map(most_known), [0, 0, 1, 1, 1, 2, 10]);
    }
}

//! A few designs that stand for all: of each group of designs that are alike in their parameters the one with the most
//! margin, named by what sets its group apart.

use super::margin::Worst;
use crate::circuit::{Circuit, Specification};
use crate::engine::Candidate;

/// Groups, at most: more are no overview.
const MOST: usize = 6;
/// Designs that differ by less, as the root mean square over parameters that are not the same in all, in deviations of all
/// of them, are alike.
const ALIKE: f64 = 0.7;
/// A parameter by which a group differs less from all designs, in deviations, is not named.
const APART: f64 = 0.5;

/// A design that stands for those like it.
#[derive(Clone, Debug, PartialEq)]
pub struct Representative {
    /// Its place among the designs.
    pub design: usize,
    /// How many it stands for, itself included.
    pub of: usize,
    /// What sets them apart, such as `high L1, low VDD`.
    pub name: String,
}

/// Designs that stand for those that meet the targets, the one with the most margin first; where none is known to meet them,
/// for all that anything is known of.
pub fn representatives(
    circuit: &Circuit,
    targets: &Specification,
    candidates: &[Candidate],
) -> Vec<Representative> {
    let margin = |i: &usize| Worst::of(circuit, targets, &candidates[*i]).map(|worst| worst.decades);
    let judged: Vec<(usize, f64)> = (0..candidates.len()).filter_map(|i| Some((i, margin(&i)?))).collect();
    let met: Vec<(usize, f64)> =
        judged.iter().copied().filter(|(i, _)| candidates[*i].feasible(targets) == Some(true)).collect();
    let mut of = if met.is_empty() { judged } else { met };
    of.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let points = standardised(circuit, candidates, &of);
    let Some(groups) = grouped(&points) else {
        return Vec::new();
    };
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let one = |group: usize| {
        let members: Vec<usize> = (0..of.len()).filter(|i| groups[*i] == group).collect();
        // they are in the order of their margins
        let best = *members.first()?;
        let name = apart(circuit, &points, &members);
        Some((best, Representative { design: of[best].0, of: members.len(), name }))
    };
    let mut all: Vec<(usize, Representative)> = (0..count).filter_map(one).collect();
    all.sort_by_key(|(best, _)| *best);
    all.into_iter().map(|(_, representative)| representative).collect()
}

/// Where the designs lie on the parameters' ranges, less their mean, in their deviations; 0 on a parameter that all share.
fn standardised(circuit: &Circuit, candidates: &[Candidate], of: &[(usize, f64)]) -> Vec<Vec<f64>> {
    let place = |i: usize| -> Vec<f64> {
        let values = candidates[i].sizing.0.iter();
        circuit.parameters.iter().zip(values).map(|(p, v)| p.to_unit_interval(*v)).collect()
    };
    let mut points: Vec<Vec<f64>> = of.iter().map(|(i, _)| place(*i)).collect();
    let count = points.len().max(1) as f64;
    for p in 0..circuit.parameters.len() {
        let mean = points.iter().map(|x| x[p]).sum::<f64>() / count;
        let variance = points.iter().map(|x| (x[p] - mean).powi(2)).sum::<f64>() / count;
        let deviation = variance.sqrt();
        for point in &mut points {
            point[p] = if deviation > 1e-9 { (point[p] - mean) / deviation } else { 0.0 };
        }
    }
    points
}

/// How many parameters the points differ in.
fn varied(points: &[Vec<f64>]) -> usize {
    let parameters = points.first().map_or(0, Vec::len);
    (0..parameters).filter(|p| points.iter().any(|point| point[*p] != 0.0)).count()
}

/// The group of each point: centres are the first point, then the one farthest from all centres while that is far; `None`
/// without points.
fn grouped(points: &[Vec<f64>]) -> Option<Vec<usize>> {
    let first = points.first()?;
    let free = varied(points).max(1) as f64;
    let distance = |a: &[f64], b: &[f64]| -> f64 {
        let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
        (squares / free).sqrt()
    };
    let mut group = vec![0; points.len()];
    let mut nearest: Vec<f64> = points.iter().map(|point| distance(point, first)).collect();
    for next in 1..MOST {
        let (at, far) = nearest.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
        if *far < ALIKE {
            break;
        }
        let centre = points[at].clone();
        for (i, point) in points.iter().enumerate() {
            let here = distance(point, &centre);
            if here < nearest[i] {
                (group[i], nearest[i]) = (next, here);
            }
        }
    }
    Some(group)
}

/// What sets some of the points apart from all: the two parameters in which their mean is farthest off.
fn apart(circuit: &Circuit, points: &[Vec<f64>], members: &[usize]) -> String {
    let mean = |p: usize| members.iter().map(|i| points[*i][p]).sum::<f64>() / members.len().max(1) as f64;
    let mut off: Vec<(usize, f64)> = (0..circuit.parameters.len()).map(|p| (p, mean(p))).collect();
    off.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let word = |(p, z): (usize, f64)| {
        let side = if z > 0.0 { "high" } else { "low" };
        format!("{side} {}", circuit.parameters[p].name)
    };
    let words: Vec<String> = off.into_iter().take(2).filter(|(_, z)| z.abs() >= APART).map(word).collect();
    if words.is_empty() { "in the middle".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Performance, Sizing};
    use crate::engine::Simulated;

    /// A design with its first two parameters at parts of their ranges, and its power.
    fn design(circuit: &Circuit, (first, second): (f64, f64), power: f64) -> Candidate {
        let at = |(p, parameter): (usize, &crate::circuit::Parameter)| {
            parameter.from_unit_interval([first, second].get(p).copied().unwrap_or(0.5))
        };
        let sizing = Sizing(circuit.parameters.iter().enumerate().map(at).collect());
        let simulated = Simulated::for_tests(Performance(vec![power, 1e-6, 40.0, 1e4]));
        Candidate { simulated: Some(Ok(simulated)), ..Candidate::new(sizing) }
    }

    #[test]
    fn of_each_group_the_one_with_the_most_margin_stands_for_it() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW"]).expect("sound");
        let designs = [
            design(&circuit, (0.1, 0.5), 20e-9),
            design(&circuit, (0.12, 0.5), 10e-9),
            design(&circuit, (0.9, 0.5), 15e-9),
            design(&circuit, (0.92, 0.5), 25e-9),
            // misses
            design(&circuit, (0.5, 0.9), 40e-9),
        ];
        let found = representatives(&circuit, &targets, &designs);
        let name = &circuit.parameters[0].name;
        let expected = |design, side: &str| Representative { design, of: 2, name: format!("{side} {name}") };
        assert_eq!(found, [expected(1, "low"), expected(2, "high")]);
        // where none meets them, all speak
        let harder = Specification::parse(&circuit, &["power<=1nW"]).expect("sound");
        let all = representatives(&circuit, &harder, &designs);
        assert_eq!(all.iter().map(|r| r.of).sum::<usize>(), designs.len());
        assert_eq!(all[0].design, 1);
        assert_eq!(representatives(&circuit, &targets, &[]), []);
        let unknown = [Candidate::new(designs[0].sizing.clone())];
        assert_eq!(representatives(&circuit, &targets, &unknown), []);
    }

    #[test]
    fn copies_have_one_representative() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW"]).expect("sound");
        let same: Vec<Candidate> = (0..20).map(|_| design(&circuit, (0.3, 0.3), 20e-9)).collect();
        let found = representatives(&circuit, &targets, &same);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].of, found[0].name.as_str()), (20, "in the middle"));
    }
}

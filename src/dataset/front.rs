//! The Pareto front: of several points those that none beats.

/// The places in `costs` of the points that no other dominates, in order: none is at most as large in every cost
/// and different. Points with the same costs do not dominate each other.
pub fn pareto_front<C: AsRef<[f64]>>(costs: &[C]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    let sum = |i: usize| costs[i].as_ref().iter().sum::<f64>();
    // whatever dominates a point has the smaller sum, so it comes earlier
    order.sort_by(|&a, &b| sum(a).total_cmp(&sum(b)).then(a.cmp(&b)));
    let mut front: Vec<usize> = Vec::new();
    for i in order {
        if !front.iter().any(|&f| dominates(costs[f].as_ref(), costs[i].as_ref())) {
            front.push(i);
        }
    }
    front.sort_unstable();
    front
}

fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| x <= y) && a != b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_what_nothing_dominates() {
        let costs = [[1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [4.0, 1.0], [4.0, 4.0], [2.0, 2.0]];
        let front = pareto_front(&costs);
        assert_eq!(front, [0, 1, 3, 5]);
    }
}

//! The Pareto front: of several points those that none beats.

/// The places in `costs` of the points that no other dominates, in order: none is at most as large in every cost
/// and different. Points with the same costs do not dominate each other.
pub fn pareto_front<C: AsRef<[f64]>>(costs: &[C]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    // adding 0 makes −0 the 0 that it equals
    let by_costs = |a: usize, b: usize| {
        let pairs = costs[a].as_ref().iter().zip(costs[b].as_ref());
        pairs.map(|(x, y)| (x + 0.0).total_cmp(&(y + 0.0))).find(|order| order.is_ne()).unwrap_or(a.cmp(&b))
    };
    // whatever dominates a point differs from it first by a smaller cost, so it comes earlier
    order.sort_by(|&a, &b| by_costs(a, b));
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

//! The normal distribution.

/// The logarithm of the standard normal distribution function, exact to 1e-7 however far out: the
/// complementary error function of Press et al., Numerical Recipes, 6.2, in logarithms.
pub(crate) fn log_cumulative(z: f64) -> f64 {
    const C: [f64; 10] = [
        -1.26551223,
        1.00002368,
        0.37409196,
        0.09678418,
        -0.18628806,
        0.27886807,
        -1.13520398,
        1.48851587,
        -0.82215223,
        0.17087277,
    ];
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let series = C.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let log_erfc = t.ln() - x * x + series;
    if z < 0.0 { log_erfc - std::f64::consts::LN_2 } else { (-0.5 * log_erfc.exp()).ln_1p() }
}

/// The standard normal distribution function, exact to 1e-7, and at 0 one half.
pub(crate) fn cumulative(z: f64) -> f64 {
    0.5 * (log_cumulative(z).exp() + (1.0 - log_cumulative(-z).exp()))
}

#[cfg(test)]
mod tests {
    use super::{cumulative, log_cumulative};

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, p) in
            [(0.0, 0.5), (1.0, 0.841344746), (-1.0, 0.158655254), (-3.0, 1.349898e-3), (2.5, 0.993790335)]
        {
            assert!((log_cumulative(z).exp() / p - 1.0_f64).abs() < 1e-6, "{z}");
        }
        assert!((log_cumulative(-20.0) + 203.917155).abs() < 1e-4);
        assert!((cumulative(0.0) - 0.5).abs() < 1e-15);
        for z in [-2.0, 0.3, 5.0, f64::INFINITY] {
            assert!((cumulative(z) + cumulative(-z) - 1.0).abs() < 1e-12, "{z}");
            assert!((cumulative(z) - log_cumulative(z).exp()).abs() < 2e-7, "{z}");
        }
    }
}

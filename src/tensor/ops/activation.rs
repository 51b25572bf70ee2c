//! Activations, and the modulation of a layer by the condition.

use super::expect;
use crate::tensor::{Backend, FilmShape, View, ViewMut};

/// In place, `dy ← dy · [y > 0]`, from the activation's *result* `y`.
pub fn relu_backward<B: Backend>(backend: &B, y: View<B::Buffer>, dy: ViewMut<B::Buffer>) {
    expect("relu_backward", "dy", dy.len, y.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.relu_backward(y, dy) };
}

/// `y = x·s(x)`, `s(x) = 1/(1+e⁻ˣ)`.
pub fn silu<B: Backend>(backend: &B, x: View<B::Buffer>, y: ViewMut<B::Buffer>) {
    expect("silu", "y", y.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.silu(x, y) };
}

/// In place, `dy ← dy · s(x)·(1 + x·(1 − s(x)))`, from the activation's *argument* `x`.
pub fn silu_backward<B: Backend>(backend: &B, x: View<B::Buffer>, dy: ViewMut<B::Buffer>) {
    expect("silu_backward", "dy", dy.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.silu_backward(x, dy) };
}

/// `y = x·s(2u)`, `u = √(2/π)·(x + 0.044715·x³)`, which is the tanh form of GELU, `½x·(1 + tanh u)`
/// (Hendrycks and Gimpel 2016, section 2); within 5e-4 of the exact one.
pub fn gelu<B: Backend>(backend: &B, x: View<B::Buffer>, y: ViewMut<B::Buffer>) {
    expect("gelu", "y", y.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.gelu(x, y) };
}

/// In place, `dy ← dy · (s + x·s·(1 − s)·2u')` with `s = s(2u)`, from the activation's *argument* `x`.
pub fn gelu_backward<B: Backend>(backend: &B, x: View<B::Buffer>, dy: ViewMut<B::Buffer>) {
    expect("gelu_backward", "dy", dy.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.gelu_backward(x, dy) };
}

/// `y[r,c] = x[r,c] > 0 ? x[r,c] : slope[c]·x[r,c]` (He et al. 2015, equation 1), a learnt slope a
/// channel.
pub fn prelu<B: Backend>(backend: &B, x: View<B::Buffer>, slope: View<B::Buffer>, y: ViewMut<B::Buffer>) {
    expect("prelu", "the remainder of x by the slopes", x.len % slope.len, 0);
    expect("prelu", "y", y.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.prelu(x, slope, y) };
}

/// `dslope[c] += Σ_r [x ≤ 0]·x·dy`, then in place `dy ← x > 0 ? dy : slope[c]·dy`, from the
/// activation's *argument* `x`.
pub fn prelu_backward<B: Backend>(
    backend: &B,
    x: View<B::Buffer>,
    slope: View<B::Buffer>,
    dy: ViewMut<B::Buffer>,
    dslope: ViewMut<B::Buffer>,
) {
    expect("prelu_backward", "the remainder of x by the slopes", x.len % slope.len, 0);
    expect("prelu_backward", "dy", dy.len, x.len);
    expect("prelu_backward", "dslope", dslope.len, slope.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.prelu_backward(x, slope, dy, dslope) };
}

/// Feature-wise linear modulation of an embedding by the condition (Perez et al. 2018, equation 2), added
/// in place: `x[r,:] ← x[r,:] + (1 + γ[s,:]) ⊙ t[s,:] + β[s,:]`, `x[rows,width]`,
/// `gamma_beta[condition_rows, 2·width]` with γ in the first half of each row and β in the second,
/// `t[condition_rows,width]`; `s` is `r`, or 0 where all rows share one condition. The scale is taken
/// about 1, so that a network whose γ is still near 0 passes the embedding on.
pub fn film<B: Backend>(
    backend: &B,
    shape: FilmShape,
    gamma_beta: View<B::Buffer>,
    t: View<B::Buffer>,
    x: ViewMut<B::Buffer>,
) {
    let FilmShape { rows, condition_rows, width } = shape;
    assert!(condition_rows == rows || condition_rows == 1, "film: {condition_rows} rows of conditions");
    expect("film", "gamma and beta", gamma_beta.len, condition_rows * 2 * width);
    expect("film", "t", t.len, condition_rows * width);
    expect("film", "x", x.len, rows * width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.film(shape, gamma_beta, t, x) };
}

/// `dγ = dx ⊙ t`, `dβ = dx`, `dt = dx ⊙ (1 + γ)`; what is added to gets the gradient `dx` itself.
pub fn film_backward<B: Backend>(
    backend: &B,
    shape: FilmShape,
    gamma_beta: View<B::Buffer>,
    t: View<B::Buffer>,
    dx: View<B::Buffer>,
    dgamma_dbeta: ViewMut<B::Buffer>,
    dt: ViewMut<B::Buffer>,
) {
    let FilmShape { rows, condition_rows, width } = shape;
    expect("film_backward", "condition_rows", condition_rows, rows);
    expect("film_backward", "gamma and beta", gamma_beta.len, rows * 2 * width);
    expect("film_backward", "t", t.len, rows * width);
    expect("film_backward", "dx", dx.len, rows * width);
    expect("film_backward", "dgamma and dbeta", dgamma_dbeta.len, gamma_beta.len);
    expect("film_backward", "dt", dt.len, t.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.film_backward(shape, gamma_beta, t, dx, dgamma_dbeta, dt) };
}

//! Activations, and the modulation of a layer by the condition.

use super::expect;
use crate::tensor::{Backend, FilmShape, UnaryOp, View, ViewMut};

/// `y = f(x)`; each [`UnaryOp`] has its formula in a file of its own.
pub fn unary<B: Backend>(backend: &B, op: UnaryOp, x: View<B::Buffer>, y: ViewMut<B::Buffer>) {
    expect("unary", "y", y.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.unary(op, x, y) };
}

/// In place, `dy ← dy·f'(x)`, from the function's *argument* `x`.
pub fn unary_backward<B: Backend>(backend: &B, op: UnaryOp, x: View<B::Buffer>, dy: ViewMut<B::Buffer>) {
    expect("unary_backward", "dy", dy.len, x.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.unary_backward(op, x, dy) };
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

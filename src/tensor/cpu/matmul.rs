//! Products: those of layers by [`panels`](super::panels) and [`half`](super::half), others through the `gemm` crate,
//! whose kernels pack for the cache and dispatch to AVX2 or AVX-512 by themselves.

use super::buffer::{CpuBuffer, slice, slice_mut};
use super::half;
use super::held::Key;
use super::lanes::vectorised;
use super::panels::{self, Dense, Finish, Right};
use super::product::{Left, Rows};
use super::simd::dispatch;
use crate::tensor::{Epilogue, MatmulShape, Precision, Transpose, View, ViewMut};
use gemm_common::Parallelism;

/// The most numbers of a right factor that [`panels`] is for: with the rest of a lane they stay in a second-level cache.
const MOST: usize = 1 << 16;

/// `C = relu?(accumulate?·C + A·B + bias)`; see [`crate::tensor::ops::matmul`].
pub fn matmul(
    shape: MatmulShape,
    a: &[f32],
    b: View<CpuBuffer>,
    c: ViewMut<CpuBuffer>,
    epilogue: Epilogue<CpuBuffer>,
) {
    let Epilogue { bias, relu, accumulate } = epilogue;
    let finish = Finish { bias: bias.map(slice), relu, accumulate };
    let MatmulShape { m, k, n, transpose } = shape;
    // weights, or their gradients
    let of_weights = if transpose == Transpose::First { c.buffer.held() } else { b.buffer.held() };
    let precision = of_weights.map_or(Precision::Single, |held| held.precision());
    let whole = n % panels::COLUMNS == 0 && k * n <= MOST;
    let transposed = transpose == Transpose::Second;
    let key = |precision| Key { start: b.start, k, n, transposed, precision };
    if let Some(unit) = half::unit().filter(|_| precision == Precision::Half && whole) {
        let kept = b
            .buffer
            .held()
            .map(|held| held.packed(key(Precision::Half), || half::packed(slice(b), k, n, transposed)));
        let right = match &kept {
            Some(kept) => half::Right::Packed(kept),
            None => half::Right::Rows(slice(b)),
        };
        half::product(unit, shape, a, right, slice_mut(c), finish);
        return;
    }
    let left = match transpose {
        Transpose::First => Left::Transposed(Rows { data: a, stride: m }),
        _ => Left::Straight(Rows { data: a, stride: k }),
    };
    match b.buffer.held() {
        Some(held) if whole => {
            let kept = held.packed(key(Precision::Single), || panels::packed(slice(b), k, n, transposed));
            let b = Right::Packed(kept.as_slice());
            dispatch(Dense { m, k, n, a: left, b, c: slice_mut(c), finish });
        }
        None if whole && !transposed => {
            dispatch(Dense { m, k, n, a: left, b: Right::Rows(slice(b)), c: slice_mut(c), finish });
        }
        _ => large(shape, a, slice(b), slice_mut(c), finish),
    }
}

/// The same for any shape.
fn large(shape: MatmulShape, a: &[f32], b: &[f32], c: &mut [f32], finish: Finish) {
    let Finish { bias, relu, accumulate } = finish;
    let MatmulShape { m, k, n, transpose } = shape;
    assert!(a.len() == m * k && b.len() == k * n && c.len() == m * n, "matmul: lengths");
    let (a_row, a_column) = if transpose == Transpose::First { (1, m) } else { (k, 1) };
    let (b_row, b_column) = if transpose == Transpose::Second { (1, k) } else { (n, 1) };
    // `gemm`'s kernels store columns: compute Cᵀ = Bᵀ·Aᵀ, whose columns are our rows.
    //
    // SAFETY: the strides address exactly the lengths asserted above; `c` is borrowed mutably and
    // so overlaps neither `a` nor `b`.
    unsafe {
        gemm_f32::gemm::f32::get_gemm_fn()(
            n,
            m,
            k,
            c.as_mut_ptr(),
            n as isize,
            1,
            accumulate,
            b.as_ptr(),
            b_row as isize,
            b_column as isize,
            a.as_ptr(),
            a_row as isize,
            a_column as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
    match (bias, relu) {
        (Some(bias), true) => add_bias_relu(bias, c),
        (Some(bias), false) => add_bias(bias, c),
        (None, true) => clamp_negative(c),
        (None, false) => {}
    }
}

vectorised! {
    pub fn add_bias(bias: &'a [f32], c: &'a mut [f32]) {
        for row in c.chunks_exact_mut(bias.len()) {
            for (c, b) in row.iter_mut().zip(bias) {
                *c += b;
            }
        }
    }
}

vectorised! {
    pub fn add_bias_relu(bias: &'a [f32], c: &'a mut [f32]) {
        for row in c.chunks_exact_mut(bias.len()) {
            for (c, b) in row.iter_mut().zip(bias) {
                *c = (*c + b).max(0.0);
            }
        }
    }
}

vectorised! {
    pub fn clamp_negative(c: &'a mut [f32]) {
        for c in c.iter_mut() {
            *c = c.max(0.0);
        }
    }
}

//! Products through the `gemm` crate, whose kernels pack for the cache and dispatch to AVX2 or
//! AVX-512 by themselves.

use super::buffer::{CpuBuffer, slice};
use super::lanes::vectorised;
use crate::tensor::{Epilogue, MatmulShape, Transpose};
use gemm_common::Parallelism;

/// `C = relu?(accumulate?·C + A·B + bias)`; see [`crate::tensor::ops::matmul`].
pub fn matmul(shape: MatmulShape, a: &[f32], b: &[f32], c: &mut [f32], epilogue: Epilogue<CpuBuffer>) {
    let Epilogue { bias, relu, accumulate } = epilogue;
    let bias = bias.map(slice);
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

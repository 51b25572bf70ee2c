//! Products of a layer: the right factor in panels that a block of rows runs down, the result in registers until bias
//! and ReLU are done.
//!
//! A panel is as many columns as vectors leave room for sums; weights are packed that way, once for many products
//! ([`held`](super::held)), and what is multiplied once is read as it lies. A long contraction is cut so that a
//! panel's part of it stays in the first-level cache.

use super::buffer::CpuBuffer;
use super::product::{Left, Rows};
use super::simd::{Kernel, Lanes, dispatch};
use pulp::Simd;

/// Columns have to be a multiple of this: the widest vector.
pub const COLUMNS: usize = super::simd::MOST_LANES;
/// Numbers contracted before a result goes back to memory: 128 of 64 columns are 32 KiB.
const DEPTH: usize = 128;

/// The right factor `B[k,n]`.
#[derive(Clone, Copy)]
pub enum Right<'a> {
    /// As [`packed`] has it.
    Packed(&'a [f32]),
    /// Row after row.
    Rows(&'a [f32]),
}

/// What is done with sums before they are stored: [`crate::tensor::Epilogue`].
#[derive(Clone, Copy)]
pub struct Finish<'a> {
    pub bias: Option<&'a [f32]>,
    pub relu: bool,
    pub accumulate: bool,
}

/// `C[m,n] = relu?(accumulate?·C + A·B + bias)`, rows of `C` without gaps, `n` a multiple of [`COLUMNS`].
pub struct Dense<'a> {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub a: Left<'a>,
    pub b: Right<'a>,
    pub c: &'a mut [f32],
    pub finish: Finish<'a>,
}

/// Vectors in the next panel of what is left of the columns.
#[inline(always)]
fn vectors<S: Simd>(columns: usize) -> usize {
    match columns / S::F32_LANES {
        4.. if S::REGISTER_COUNT >= 32 => 4,
        2.. => 2,
        _ => 1,
    }
}

/// `B[k,n]` in panels for this machine; `transposed`: it lies as `[n,k]`.
pub fn packed(b: &[f32], k: usize, n: usize, transposed: bool) -> CpuBuffer {
    let mut into = CpuBuffer::filled(k * n, 0.0);
    dispatch(Pack { k, n, b, transposed, into: into.as_mut_slice() });
    into
}

/// See [`packed`].
pub struct Pack<'a> {
    pub k: usize,
    pub n: usize,
    pub b: &'a [f32],
    pub transposed: bool,
    pub into: &'a mut [f32],
}

impl Kernel for Pack<'_> {
    #[inline(always)]
    fn run<S: Lanes>(self, _: S) {
        let Pack { k, n, b, transposed, into } = self;
        assert!(b.len() == k * n && into.len() == k * n && n % COLUMNS == 0, "packing: lengths");
        let mut j = 0;
        while j < n {
            let width = vectors::<S>(n - j) * S::F32_LANES;
            for (p, row) in into[k * j..][..k * width].chunks_exact_mut(width).enumerate() {
                if transposed {
                    for (c, x) in row.iter_mut().enumerate() {
                        *x = b[(j + c) * k + p];
                    }
                } else {
                    row.copy_from_slice(&b[p * n + j..][..width]);
                }
            }
            j += width;
        }
    }
}

impl Kernel for Dense<'_> {
    #[inline(always)]
    fn run<S: Lanes>(self, simd: S) {
        let Dense { m, k, n, a, b, c, finish } = self;
        let (a, transposed) = match a {
            Left::Straight(a) => (a, false),
            Left::Transposed(a) => (a, true),
        };
        let Rows { data, stride } = a;
        let (rows, width) = if transposed { (k, m) } else { (m, k) };
        assert!(
            stride >= width && data.len() >= rows.saturating_sub(1) * stride + width.min(rows * width),
            "dense: A"
        );
        let (Right::Packed(right) | Right::Rows(right)) = b;
        assert!(right.len() == k * n && c.len() == m * n && n % COLUMNS == 0, "dense: lengths");
        assert!(finish.bias.is_none_or(|bias| bias.len() == n), "dense: bias");
        let mut j = 0;
        while j < n {
            let vectors = vectors::<S>(n - j);
            let columns = vectors * S::F32_LANES;
            let (at, b_row) = if matches!(b, Right::Packed(_)) { (k * j, columns) } else { (j, n) };
            let panel = Panel {
                m,
                k,
                a: data.as_ptr(),
                a_row: if transposed { 1 } else { stride },
                a_column: if transposed { stride } else { 1 },
                b: right.as_ptr().wrapping_add(at),
                b_row,
                c: c.as_mut_ptr().wrapping_add(j),
                c_row: n,
                bias: finish.bias.map(|bias| bias.as_ptr().wrapping_add(j)),
                relu: finish.relu,
                accumulate: finish.accumulate,
            };
            // SAFETY: the factors, the result and the bias are as long as asserted, the panel's columns lie inside,
            // and `c` is borrowed alone.
            unsafe {
                match vectors {
                    4 => panel.run::<S, 4>(simd),
                    2 => panel.run::<S, 2>(simd),
                    _ => panel.run::<S, 1>(simd),
                }
            }
            j += columns;
        }
    }
}

/// A panel of a product: where its factors and its result start, and how far their rows are apart.
#[derive(Clone, Copy)]
struct Panel {
    m: usize,
    k: usize,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    bias: Option<*const f32>,
    relu: bool,
    accumulate: bool,
}

impl Panel {
    /// All rows of `V` vectors of columns, in parts of the contraction that are as equal as can be.
    ///
    /// # Safety
    /// The factors and the bias can be read, in whole vectors, and the result written.
    #[inline(always)]
    unsafe fn run<S: Simd, const V: usize>(self, simd: S) {
        /// The most rows: their sums and a row of the panel stay in 16 registers, with four vectors in 32.
        const ROWS: usize = 6;
        let parts = self.k.div_ceil(DEPTH).max(1);
        let depth = self.k.div_ceil(parts);
        for part in 0..parts {
            let from = part * depth;
            let last = part + 1 == parts;
            let part = Panel {
                k: depth.min(self.k - from),
                a: self.a.wrapping_add(from * self.a_column),
                b: self.b.wrapping_add(from * self.b_row),
                bias: self.bias.filter(|_| last),
                relu: self.relu && last,
                accumulate: self.accumulate || part > 0,
                ..self
            };
            let mut i = 0;
            while i < self.m {
                let block = Panel {
                    a: part.a.wrapping_add(i * self.a_row),
                    c: part.c.wrapping_add(i * self.c_row),
                    ..part
                };
                // SAFETY: the caller's promise; the block begins inside.
                unsafe {
                    match self.m - i {
                        1 => block.sums::<S, V, 1>(simd),
                        2 => block.sums::<S, V, 2>(simd),
                        3 => block.sums::<S, V, 3>(simd),
                        4 => block.sums::<S, V, 4>(simd),
                        5 => block.sums::<S, V, 5>(simd),
                        _ => block.sums::<S, V, ROWS>(simd),
                    }
                }
                i += ROWS;
            }
        }
    }

    /// `R` rows of `V` vectors of columns, summed and finished in registers.
    ///
    /// # Safety
    /// As [`Panel::run`].
    #[inline(always)]
    unsafe fn sums<S: Simd, const V: usize, const R: usize>(self, simd: S) {
        const { assert!(align_of::<S::f32s>() == align_of::<f32>()) };
        let zero = simd.splat_f32s(0.0);
        let mut sums = [[zero; V]; R];
        // SAFETY: the caller's promise; a vector's type asks for no more than the alignment of `f32`, as asserted.
        unsafe {
            for p in 0..self.k {
                let b = self.b.add(p * self.b_row).cast::<S::f32s>();
                for (r, sums) in sums.iter_mut().enumerate() {
                    let a = simd.splat_f32s(*self.a.add(r * self.a_row + p * self.a_column));
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.mul_add_e_f32s(a, *b.add(v), *sum);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                let c = self.c.add(r * self.c_row).cast::<S::f32s>();
                for (v, sum) in sums.iter().enumerate() {
                    let mut sum = *sum;
                    if self.accumulate {
                        sum = simd.add_f32s(*c.add(v), sum);
                    }
                    if let Some(bias) = self.bias {
                        sum = simd.add_f32s(sum, *bias.cast::<S::f32s>().add(v));
                    }
                    if self.relu {
                        sum = simd.max_f32s(sum, zero);
                    }
                    *c.add(v) = sum;
                }
            }
        }
    }
}

#[cfg(test)]
pub mod tests;

//! Products of small matrices: the left factor read number by number, the right one and the result in vectors.

use super::simd::first;
use pulp::{Simd, WithSimd};

/// A matrix whose row `i` starts at `data[i·stride]`.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub data: &'a [f32],
    pub stride: usize,
}

/// A matrix to write.
pub struct RowsMut<'a> {
    pub data: &'a mut [f32],
    pub stride: usize,
}

/// The left factor `A[m,k]`, or `Aᵀ[k,m]` to be read transposed.
#[derive(Clone, Copy)]
pub enum Left<'a> {
    Straight(Rows<'a>),
    Transposed(Rows<'a>),
}

/// `C[m,n] = A·B[k,n]`. Rows of `B` are read to the next multiple of a vector's lanes beyond `n`, what lies there is
/// not used; of `C` nothing but `[m,n]` is written.
pub struct Product<'a> {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub a: Left<'a>,
    pub b: Rows<'a>,
    pub c: RowsMut<'a>,
}

/// The length of `rows` rows of `width`.
fn extent(rows: usize, width: usize, stride: usize) -> usize {
    rows.saturating_sub(1) * stride + width
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { m, k, n, a, b, c } = self;
        assert!(b.data.len() >= extent(k, n.next_multiple_of(S::F32_LANES), b.stride), "product: B");
        assert!(c.data.len() >= extent(m, n, c.stride), "product: C");
        let (b_row, c_row) = (b.stride, c.stride);
        let (b, c) = (b.data.as_ptr(), c.data.as_mut_ptr());
        match a {
            Left::Straight(a) => {
                assert!(a.data.len() >= extent(m, k, a.stride), "product: A");
                let part = Part { m, k, n, a: a.data.as_ptr(), a_row: a.stride, b, b_row, c, c_row };
                // SAFETY: the matrices are as long as asserted, and `c` is borrowed alone.
                unsafe { part.panels::<S, false>(simd) }
            }
            Left::Transposed(a) => {
                assert!(a.data.len() >= extent(k, m, a.stride), "product: A");
                let part = Part { m, k, n, a: a.data.as_ptr(), a_row: a.stride, b, b_row, c, c_row };
                // SAFETY: as above.
                unsafe { part.panels::<S, true>(simd) }
            }
        }
    }
}

/// A part of a product: its sizes, where its factors and its result start, and how far their rows are apart.
#[derive(Clone, Copy)]
struct Part {
    m: usize,
    k: usize,
    n: usize,
    a: *const f32,
    a_row: usize,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
}

impl Part {
    /// Panels of two vectors of columns, the last of one where it has no more; `T`: `A` lies transposed.
    ///
    /// # Safety
    /// The factors can be read, `B` in whole vectors, and the result written.
    #[inline(always)]
    unsafe fn panels<S: Simd, const T: bool>(self, simd: S) {
        let mut j = 0;
        while j < self.n {
            let n = self.n - j;
            // SAFETY: the caller's promise; the panel begins inside.
            unsafe {
                let panel = Part { n, b: self.b.add(j), c: self.c.add(j), ..self };
                if n > S::F32_LANES {
                    // sums of 8 × 2 vectors stay in 32 registers, of 6 × 2 in 16
                    panel.rows::<S, T, 2>(simd, if S::REGISTER_COUNT >= 32 { 8 } else { 6 });
                    j += 2 * S::F32_LANES;
                } else {
                    panel.rows::<S, T, 1>(simd, 8);
                    j += S::F32_LANES;
                }
            }
        }
    }

    /// All rows of the first `V` vectors of columns, in blocks of at most `most` that are as equal as can be: a small
    /// block would wait for its own sums.
    ///
    /// # Safety
    /// As [`Part::panels`].
    #[inline(always)]
    unsafe fn rows<S: Simd, const T: bool, const V: usize>(self, simd: S, most: usize) {
        let rows = self.m.div_ceil(self.m.div_ceil(most).max(1));
        let mut i = 0;
        while i < self.m {
            // SAFETY: the caller's promise; the block begins inside.
            unsafe {
                let a = self.a.add(if T { i } else { i * self.a_row });
                let block = Part { a, c: self.c.add(i * self.c_row), ..self };
                match rows.min(self.m - i) {
                    1 => block.sums::<S, T, V, 1>(simd),
                    2 => block.sums::<S, T, V, 2>(simd),
                    3 => block.sums::<S, T, V, 3>(simd),
                    4 => block.sums::<S, T, V, 4>(simd),
                    5 => block.sums::<S, T, V, 5>(simd),
                    6 => block.sums::<S, T, V, 6>(simd),
                    7 => block.sums::<S, T, V, 7>(simd),
                    _ => block.sums::<S, T, V, 8>(simd),
                }
            }
            i += rows;
        }
    }

    /// `R` rows of `V` vectors of columns, summed in registers.
    ///
    /// # Safety
    /// As [`Part::panels`].
    #[inline(always)]
    unsafe fn sums<S: Simd, const T: bool, const V: usize, const R: usize>(self, simd: S) {
        const { assert!(align_of::<S::f32s>() == align_of::<f32>()) };
        let (row, column) = if T { (1, self.a_row) } else { (self.a_row, 1) };
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        // SAFETY: the caller's promise; a vector's type asks for no more than the alignment of `f32`, as asserted.
        unsafe {
            for p in 0..self.k {
                let b = self.b.add(p * self.b_row).cast::<S::f32s>();
                for (r, sums) in sums.iter_mut().enumerate() {
                    let a = simd.splat_f32s(*self.a.add(r * row + p * column));
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.mul_add_e_f32s(a, *b.add(v), *sum);
                    }
                }
            }
            let last = self.n.min(V * S::F32_LANES) - (V - 1) * S::F32_LANES;
            let mask = first(simd, last);
            for (r, sums) in sums.iter().enumerate() {
                let c = self.c.add(r * self.c_row);
                for (v, sum) in sums.iter().enumerate() {
                    let c = c.add(v * S::F32_LANES);
                    if v + 1 < V || last == S::F32_LANES {
                        *c.cast::<S::f32s>() = *sum;
                    } else {
                        simd.mask_store_ptr_f32s(mask, c, *sum);
                    }
                }
            }
        }
    }
}

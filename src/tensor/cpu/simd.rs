//! Vectors as wide as the processor has them, chosen at run time: AVX-512, AVX2, Neon, or single numbers.
//!
//! [`vectorised!`](super::lanes) leaves it to the compiler to make vectors of loops; a [`Kernel`] names them, through
//! [`pulp::Simd`], where the compiler would not find them.

use pulp::{Arch, NullaryFnOnce, Scalar, Simd};

/// A loop written for vectors of any width.
pub trait Kernel {
    /// Runs it with one instruction set. To be `#[inline(always)]`, as all that it calls.
    fn run<S: Lanes>(self, simd: S);
}

/// Runs a kernel with the best instruction set there is.
pub fn dispatch(kernel: impl Kernel) {
    dispatch_on(Arch::new(), kernel);
}

/// Runs a kernel with this instruction set.
pub fn dispatch_on(arch: Arch, kernel: impl Kernel) {
    struct On<S, K>(S, K);
    impl<S: Lanes, K: Kernel> NullaryFnOnce for On<S, K> {
        type Output = ();
        #[inline(always)]
        fn call(self) {
            self.1.run(self.0);
        }
    }
    match arch {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(simd) => simd.vectorize(On(simd, kernel)),
        #[cfg(target_arch = "x86_64")]
        Arch::V3(simd) => simd.vectorize(On(simd, kernel)),
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(simd) => simd.vectorize(On(simd, kernel)),
        _ => kernel.run(Scalar::new()),
    }
}

/// The most numbers in a vector.
pub const MOST_LANES: usize = 16;

/// An instruction set: [`Simd`] and a transposition.
pub trait Lanes: Simd {
    /// Four columns of as many rows as a vector has lanes: lane `i` of vector `c` is `from[rows[i] + c]`.
    ///
    /// # Safety
    /// Four numbers can be read from each `rows[i]` on.
    #[inline(always)]
    unsafe fn four_columns(self, from: *const f32, rows: &[usize; MOST_LANES]) -> [Self::f32s; 4] {
        let mut columns = [[0.0f32; MOST_LANES]; 4];
        for i in 0..Self::F32_LANES {
            for (c, column) in columns.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                column[i] = unsafe { *from.add(rows[i] + c) };
            }
        }
        columns.map(|column| self.partial_load_f32s(&column[..Self::F32_LANES]))
    }
}

impl Lanes for Scalar {}

#[cfg(target_arch = "aarch64")]
impl Lanes for pulp::aarch64::Neon {}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lanes, MOST_LANES};
    use core::arch::x86_64::*;
    use pulp::cast;
    use pulp::x86::{V3, V4};

    /// Each group of four lanes by itself: four rows to four columns. No closures: they would not be compiled for the
    /// instruction set.
    macro_rules! transpose_groups {
        ($low:ident, $high:ident, $shuffle:ident, $row:ident) => {{
            let (r0, r1, r2, r3) = ($row!(0), $row!(1), $row!(2), $row!(3));
            let (a, b) = ($low(r0, r1), $low(r2, r3));
            let (c, d) = ($high(r0, r1), $high(r2, r3));
            // 0x44 takes the lower halves of both, 0xEE the upper
            [
                cast($shuffle::<0x44>(a, b)),
                cast($shuffle::<0xEE>(a, b)),
                cast($shuffle::<0x44>(c, d)),
                cast($shuffle::<0xEE>(c, d)),
            ]
        }};
    }

    impl Lanes for V3 {
        #[inline(always)]
        unsafe fn four_columns(self, from: *const f32, rows: &[usize; MOST_LANES]) -> [Self::f32s; 4] {
            macro_rules! row {
                ($i:expr) => {
                    _mm256_set_m128(quad(from, rows[$i + 4]), quad(from, rows[$i]))
                };
            }
            // SAFETY: `self` proves AVX2; the rest is the caller's promise.
            unsafe { transpose_groups!(_mm256_unpacklo_ps, _mm256_unpackhi_ps, _mm256_shuffle_ps, row) }
        }
    }

    impl Lanes for V4 {
        #[inline(always)]
        unsafe fn four_columns(self, from: *const f32, rows: &[usize; MOST_LANES]) -> [Self::f32s; 4] {
            macro_rules! row {
                ($i:expr) => {{
                    let row = _mm512_castps128_ps512(quad(from, rows[$i]));
                    let row = _mm512_insertf32x4::<1>(row, quad(from, rows[$i + 4]));
                    let row = _mm512_insertf32x4::<2>(row, quad(from, rows[$i + 8]));
                    _mm512_insertf32x4::<3>(row, quad(from, rows[$i + 12]))
                }};
            }
            // SAFETY: `self` proves AVX-512; the rest is the caller's promise.
            unsafe { transpose_groups!(_mm512_unpacklo_ps, _mm512_unpackhi_ps, _mm512_shuffle_ps, row) }
        }
    }

    /// Four numbers.
    ///
    /// # Safety
    /// They can be read.
    #[inline(always)]
    unsafe fn quad(from: *const f32, at: usize) -> __m128 {
        // SAFETY: the caller's promise; SSE2 is part of the target.
        unsafe { _mm_loadu_ps(from.wrapping_add(at)) }
    }
}

/// A mask of the first `count` lanes.
#[inline(always)]
pub fn first<S: Simd>(simd: S, count: usize) -> pulp::MemMask<S::m32s> {
    // made anew, since pulp's own calls a function for each access
    pulp::MemMask::new(simd.mask_between_m32s(0, count as u32).mask())
}

/// `eˣ` for x ≤ 88 as [`exp`](super::lanes::exp) in every lane; NaN stays NaN.
#[inline(always)]
pub fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    use super::lanes::exponential::*;
    let splat = |value| simd.splat_f32s(value);
    let x = simd.select_f32s(simd.less_than_f32s(x, splat(LEAST)), splat(LEAST), x);
    let shifted = simd.mul_add_e_f32s(x, splat(std::f32::consts::LOG2_E), splat(MAGIC));
    let n = simd.sub_f32s(shifted, splat(MAGIC));
    let r = simd.mul_add_e_f32s(n, splat(-LN2_HIGH), x);
    let r = simd.mul_add_e_f32s(n, splat(-LN2_LOW), r);
    let mut p = splat(POLYNOMIAL[0]);
    for c in &POLYNOMIAL[1..] {
        p = simd.mul_add_e_f32s(p, r, splat(*c));
    }
    let y = simd.add_f32s(simd.mul_add_e_f32s(simd.mul_f32s(p, r), r, r), splat(1.0));
    let power = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    simd.mul_f32s(y, simd.transmute_f32s_u32s(power))
}

/// All instruction sets that this machine can run.
#[cfg(test)]
pub fn instruction_sets() -> Vec<Arch> {
    #[allow(unused_mut)]
    let mut sets = vec![Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    {
        sets.extend(pulp::x86::V3::try_new().map(Arch::V3));
        sets.extend(pulp::x86::V4::try_new().map(Arch::V4));
    }
    #[cfg(target_arch = "aarch64")]
    sets.extend(pulp::aarch64::Neon::try_new().map(Arch::Neon));
    sets
}

//! bfloat16 products by AVX-512: sixteen dot products of two numbers at once.

use super::layout::{Packed, SIDE};
use crate::tensor::cpu::panels::Finish;
use core::arch::x86_64::*;

/// # Safety
/// AVX-512 with BF16, and the lengths that [`Packed`] states.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub unsafe fn product(packed: Packed) {
    let mut side = 0;
    let sides = packed.n / SIDE;
    let (a, b, c) = (packed.a.as_ptr(), packed.b.as_ptr(), packed.c.as_mut_ptr());
    let Packed { m, n, depth, finish, .. } = packed;
    while side < sides {
        let wide = match sides - side {
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        let mut i = 0;
        while i < m {
            let rows = (m - i).min(6);
            let block = Block {
                depth,
                n,
                a: a.wrapping_add(i * depth),
                b: b.wrapping_add(side * SIDE * depth),
                c: c.wrapping_add(i * n + side * SIDE),
                finish: Finish { bias: finish.bias.map(|bias| &bias[side * SIDE..]), ..finish },
            };
            // SAFETY: the block lies inside.
            unsafe {
                match wide {
                    4 => block.rows::<4>(rows),
                    2 => block.rows::<2>(rows),
                    _ => block.rows::<1>(rows),
                }
            }
            i += rows;
        }
        side += wide;
    }
}

/// A block of the result: where it starts.
struct Block<'a> {
    depth: usize,
    n: usize,
    a: *const u16,
    b: *const u16,
    c: *mut f32,
    finish: Finish<'a>,
}

impl Block<'_> {
    /// # Safety
    /// As [`product`].
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    unsafe fn rows<const V: usize>(&self, rows: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match rows {
                1 => self.sums::<V, 1>(),
                2 => self.sums::<V, 2>(),
                3 => self.sums::<V, 3>(),
                4 => self.sums::<V, 4>(),
                5 => self.sums::<V, 5>(),
                _ => self.sums::<V, 6>(),
            }
        }
    }

    /// # Safety
    /// As [`product`].
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    unsafe fn sums<const V: usize, const R: usize>(&self) {
        let mut sums = [[_mm512_setzero_ps(); V]; R];
        // SAFETY: `depth` is even; `V` sides and `R` rows of that depth, and as much of the result, are there.
        unsafe {
            for p in 0..self.depth / 2 {
                let mut b: [__m512bh; V] =
                    [core::mem::transmute::<__m512i, __m512bh>(_mm512_setzero_si512()); V];
                for (v, b) in b.iter_mut().enumerate() {
                    let at = self.b.add((v * self.depth / 2 + p) * 2 * SIDE);
                    *b = core::mem::transmute::<__m512i, __m512bh>(_mm512_loadu_si512(at.cast()));
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    let pair = self.a.add(r * self.depth + 2 * p).cast::<i32>().read_unaligned();
                    let pair = core::mem::transmute::<__m512i, __m512bh>(_mm512_set1_epi32(pair));
                    for (sum, b) in sums.iter_mut().zip(b) {
                        *sum = _mm512_dpbf16_ps(*sum, pair, b);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (v, sum) in sums.iter().enumerate() {
                    let c = self.c.add(r * self.n + v * SIDE);
                    let bias = self.finish.bias.map(|bias| bias.as_ptr().wrapping_add(v * SIDE));
                    finish(*sum, c, bias, self.finish.relu, self.finish.accumulate);
                }
            }
        }
    }
}

/// A vector of sums to where it belongs.
///
/// # Safety
/// 16 numbers can be read and written there.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn finish(sum: __m512, c: *mut f32, bias: Option<*const f32>, relu: bool, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sum = sum;
        if accumulate {
            sum = _mm512_add_ps(_mm512_loadu_ps(c), sum);
        }
        if let Some(bias) = bias {
            sum = _mm512_add_ps(sum, _mm512_loadu_ps(bias));
        }
        if relu {
            sum = _mm512_max_ps(sum, _mm512_setzero_ps());
        }
        _mm512_storeu_ps(c, sum);
    }
}

//! Factors rounded to bfloat16 and laid out as [`layout`](super::layout) says. Only where there is a unit are these called, and there
//! AVX-512 rounds; elsewhere, number by number.

use super::layout::SIDE;

/// The nearest bfloat16, to even where two are as near.
fn rounded(x: f32) -> u16 {
    let bits = x.to_bits();
    if x.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

/// `A[m,k]` to `[m][depth]`, what is beyond `k` 0; rows beyond `m` are left as they are.
pub fn rows(a: &[f32], m: usize, k: usize, depth: usize, into: &mut [u16]) {
    assert!(a.len() == m * k && into.len() >= m * depth && depth >= k);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512bw") {
        // SAFETY: the instructions are there, the lengths are as asserted.
        return unsafe { x86::rows(a, m, k, depth, into) };
    }
    for (from, into) in a.chunks_exact(k.max(1)).zip(into.chunks_exact_mut(depth.max(1))) {
        for (i, into) in into.iter_mut().enumerate() {
            *into = from.get(i).map_or(0, |x| rounded(*x));
        }
    }
}

/// `B[k,n]` to `[n/16][depth/2][16][2]`: two rows of a column together; 0 beyond `k` and `n`.
pub fn pairs_of_rows(b: &[f32], k: usize, n: usize, depth: usize, into: &mut [u16]) {
    assert!(b.len() == k * n && into.len() >= n.next_multiple_of(SIDE) * depth && depth >= k);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512bw") {
        // SAFETY: the instructions are there, the lengths are as asserted.
        return unsafe { x86::pairs_of_rows(b, k, n, depth, into) };
    }
    pairs(n, depth, into, |p, j| if p < k && j < n { rounded(b[p * n + j]) } else { 0 });
}

/// `B` that lies as `[n,k]` to the same.
pub fn pairs_of_columns(b: &[f32], k: usize, n: usize, depth: usize, into: &mut [u16]) {
    assert!(b.len() == k * n && into.len() >= n.next_multiple_of(SIDE) * depth && depth >= k);
    pairs(n, depth, into, |p, j| if p < k && j < n { rounded(b[j * k + p]) } else { 0 });
}

fn pairs(n: usize, depth: usize, into: &mut [u16], of: impl Fn(usize, usize) -> u16) {
    for (side, into) in into.chunks_exact_mut(depth * SIDE).take(n.div_ceil(SIDE)).enumerate() {
        for (pair, into) in into.chunks_exact_mut(2 * SIDE).enumerate() {
            for (c, into) in into.chunks_exact_mut(2).enumerate() {
                into[0] = of(2 * pair, side * SIDE + c);
                into[1] = of(2 * pair + 1, side * SIDE + c);
            }
        }
    }
}

/// Columns in pairs, `[columns/16][depth/2][16][2]`, to rows, `[columns][depth]`; `depth` is a multiple of 32.
pub fn turn(pairs: &[u16], columns: usize, depth: usize, into: &mut [u16]) {
    assert!(columns.is_multiple_of(SIDE) && depth.is_multiple_of(2 * SIDE));
    assert!(pairs.len() >= columns * depth && into.len() >= columns * depth);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the instructions are there, the lengths are as asserted.
        return unsafe { x86::turn(pairs, columns, depth, into) };
    }
    for column in 0..columns {
        for p in 0..depth {
            let from = (column / SIDE * (depth / 2) + p / 2) * 2 * SIDE + 2 * (column % SIDE) + p % 2;
            into[column * depth + p] = pairs[from];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::SIDE;
    use core::arch::x86_64::*;

    /// A mask of the first `count` of 16 lanes.
    fn first(count: usize) -> __mmask16 {
        if count >= 16 { !0 } else { (1 << count) - 1 }
    }

    /// # Safety
    /// AVX-512 with BW and BF16; the lengths that [`super::rows`] asserts.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub unsafe fn rows(a: &[f32], m: usize, k: usize, depth: usize, into: &mut [u16]) {
        for i in 0..m {
            let (from, into) = (&a[i * k..][..k], &mut into[i * depth..][..depth]);
            for p in (0..depth).step_by(32) {
                let (low, high) = (first(k.saturating_sub(p)), first(k.saturating_sub(p + 16)));
                // SAFETY: masked lanes are not read; `depth` is a multiple of 32.
                unsafe {
                    let at = from.as_ptr().wrapping_add(p);
                    let low = _mm512_maskz_loadu_ps(low, at);
                    let high = _mm512_maskz_loadu_ps(high, at.wrapping_add(16));
                    let halves: __m512i = core::mem::transmute(_mm512_cvtne2ps_pbh(high, low));
                    _mm512_storeu_si512(into.as_mut_ptr().add(p).cast(), halves);
                }
            }
        }
    }

    /// # Safety
    /// AVX-512 with BW and BF16; the lengths that [`super::pairs_of_rows`] asserts.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub unsafe fn pairs_of_rows(b: &[f32], k: usize, n: usize, depth: usize, into: &mut [u16]) {
        // lane 2c of the first vector, then lane c of the second
        let mut order = [0u16; 32];
        for (i, lane) in order.iter_mut().enumerate() {
            *lane = (i / 2 + 16 * (i % 2)) as u16;
        }
        // SAFETY: masked lanes are not read, rows beyond `k` neither; a pair of 16 columns is a cache line of `into`.
        unsafe {
            let order = _mm512_loadu_si512(order.as_ptr().cast());
            for (side, into) in into.chunks_exact_mut(depth * SIDE).take(n.div_ceil(SIDE)).enumerate() {
                let mask = first(n - side * SIDE);
                for (pair, into) in into.chunks_exact_mut(2 * SIDE).enumerate() {
                    let row = |p: usize| {
                        let mask = if p < k { mask } else { 0 };
                        (mask, b.as_ptr().wrapping_add(p * n + side * SIDE))
                    };
                    let ((mask0, row0), (mask1, row1)) = (row(2 * pair), row(2 * pair + 1));
                    let even = _mm512_maskz_loadu_ps(mask0, row0);
                    let odd = _mm512_maskz_loadu_ps(mask1, row1);
                    let halves: __m512i = core::mem::transmute(_mm512_cvtne2ps_pbh(odd, even));
                    _mm512_storeu_si512(into.as_mut_ptr().cast(), _mm512_permutexvar_epi16(order, halves));
                }
            }
        }
    }

    /// # Safety
    /// AVX-512; the lengths that [`super::turn`] asserts.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn turn(pairs: &[u16], columns: usize, depth: usize, into: &mut [u16]) {
        for side in 0..columns / SIDE {
            for block in 0..depth / 32 {
                let from = (side * (depth / 2) + block * 16) * 2 * SIDE;
                let to = side * SIDE * depth + block * 32;
                // SAFETY: 16 cache lines lie from `from` on; 16 rows of `depth` from `to` on have 32 numbers each.
                unsafe {
                    let mut rows = [_mm512_setzero_si512(); 16];
                    for (i, row) in rows.iter_mut().enumerate() {
                        *row = _mm512_loadu_si512(pairs.as_ptr().add(from + 32 * i).cast());
                    }
                    for (i, row) in transposed(rows).into_iter().enumerate() {
                        _mm512_storeu_si512(into.as_mut_ptr().add(to + i * depth).cast(), row);
                    }
                }
            }
        }
    }

    /// 16 × 16 numbers of 32 bits, transposed.
    #[target_feature(enable = "avx512f")]
    fn transposed(r: [__m512i; 16]) -> [__m512i; 16] {
        let zero = _mm512_setzero_si512();
        let (mut a, mut b) = ([zero; 16], [zero; 16]);
        for i in 0..8 {
            a[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
            a[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
        }
        // of four rows: lane group g of b[4i + c] is column 4g + c
        for i in 0..4 {
            b[4 * i] = _mm512_unpacklo_epi64(a[4 * i], a[4 * i + 2]);
            b[4 * i + 1] = _mm512_unpackhi_epi64(a[4 * i], a[4 * i + 2]);
            b[4 * i + 2] = _mm512_unpacklo_epi64(a[4 * i + 1], a[4 * i + 3]);
            b[4 * i + 3] = _mm512_unpackhi_epi64(a[4 * i + 1], a[4 * i + 3]);
        }
        // groups 0 and 2, and 1 and 3, of two
        for c in 0..4 {
            a[c] = _mm512_shuffle_i32x4::<0x88>(b[c], b[4 + c]);
            a[4 + c] = _mm512_shuffle_i32x4::<0xdd>(b[c], b[4 + c]);
            a[8 + c] = _mm512_shuffle_i32x4::<0x88>(b[8 + c], b[12 + c]);
            a[12 + c] = _mm512_shuffle_i32x4::<0xdd>(b[8 + c], b[12 + c]);
        }
        for c in 0..4 {
            b[c] = _mm512_shuffle_i32x4::<0x88>(a[c], a[8 + c]);
            b[8 + c] = _mm512_shuffle_i32x4::<0xdd>(a[c], a[8 + c]);
            b[4 + c] = _mm512_shuffle_i32x4::<0x88>(a[4 + c], a[12 + c]);
            b[12 + c] = _mm512_shuffle_i32x4::<0xdd>(a[4 + c], a[12 + c]);
        }
        b
    }
}

//! Products of factors rounded to bfloat16, summed in `f32`: where a processor multiplies such numbers faster.
//!
//! Both factors are rounded to the nearest of eight significant bits, an error of at most 2⁻⁸ of each number, so that a
//! sum of products is off by at most `2⁻⁷·Σ|a·b|`, and by far less where errors of either sign meet.
//!
//! Two units can do it: Intel's matrix unit, AMX, with tiles of 16 × 32 numbers ([`tiles`]), and AVX-512's dot products
//! of pairs ([`dots`]), which AMD's processors do at twice the rate of `f32`, Intel's at half of it. Both read the same
//! packings: the left factor's rows, padded to whole tiles; of the right one, 16 columns side by side, two numbers of
//! each column together.

#[cfg(target_arch = "x86_64")]
mod dots;
mod layout;
mod packing;
#[cfg(target_arch = "x86_64")]
mod tiles;

use super::buffer::CpuBuffer;
use super::panels::Finish;
use crate::tensor::{MatmulShape, Transpose};
use layout::{BLOCK, DEPTH, Packed, SIDE};
use std::cell::RefCell;
use std::sync::OnceLock;

/// What multiplies bfloat16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// AVX-512's dot products of pairs.
    Dots,
    /// Intel's matrix unit.
    Tiles,
}

/// The faster unit of this machine, if it has one that is faster than `f32`. The same from run to run.
pub fn unit() -> Option<Unit> {
    static UNIT: OnceLock<Option<Unit>> = OnceLock::new();
    *UNIT.get_or_init(|| {
        let units = units();
        let faster = |unit: &Unit| *unit == Unit::Tiles || amd();
        units.into_iter().rev().find(faster)
    })
}

/// All units of this machine, the slower first.
#[cfg(target_arch = "x86_64")]
pub fn units() -> Vec<Unit> {
    let mut units = Vec::new();
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512bf16")
    {
        units.push(Unit::Dots);
        units.extend(tiles::ready().then_some(Unit::Tiles));
    }
    units
}

#[cfg(not(target_arch = "x86_64"))]
pub fn units() -> Vec<Unit> {
    Vec::new()
}

/// Whether AMD made the processor.
#[cfg(target_arch = "x86_64")]
fn amd() -> bool {
    let id = std::arch::x86_64::__cpuid(0);
    let words = [id.ebx, id.edx, id.ecx].map(u32::to_le_bytes);
    words.as_flattened() == b"AuthenticAMD"
}

#[cfg(not(target_arch = "x86_64"))]
fn amd() -> bool {
    false
}

/// The right factor.
#[derive(Clone, Copy)]
pub enum Right<'a> {
    /// As [`packed`] has it.
    Packed(&'a CpuBuffer),
    /// Row after row.
    Rows(&'a [f32]),
}

/// A right factor `B[k,n]` as products read it, `n` a multiple of 16; `transposed`: it lies as `[n,k]`. Only where there is
/// a [`Unit`].
pub fn packed(b: &[f32], k: usize, n: usize, transposed: bool) -> CpuBuffer {
    let depth = k.max(1).next_multiple_of(DEPTH);
    let mut into = CpuBuffer::filled((depth * n).div_ceil(2), 0.0);
    let halves: &mut [u16] = bytemuck::cast_slice_mut(into.as_mut_slice());
    if transposed {
        packing::pairs_of_columns(b, k, n, depth, halves);
    } else {
        packing::pairs_of_rows(b, k, n, depth, halves);
    }
    into
}

thread_local! {
    /// What a thread packs factors into: the left one, the right one, and the left one before it is turned.
    static SCRATCH: RefCell<[Vec<[u16; 32]>; 3]> = RefCell::default();
}

/// Room for so many numbers, whatever it holds, in whole cache lines.
fn room(scratch: &mut Vec<[u16; 32]>, len: usize) -> &mut [u16] {
    let lines = len.div_ceil(32);
    if scratch.len() < lines {
        scratch.resize(lines, [0; 32]);
    }
    scratch[..lines].as_flattened_mut()
}

/// `C = relu?(accumulate?·C + A·B + bias)`; `n` a multiple of 16, and `B` packed or not transposed.
pub fn product(unit: Unit, shape: MatmulShape, a: &[f32], b: Right, c: &mut [f32], finish: Finish) {
    let MatmulShape { m, k, n, transpose } = shape;
    assert!(a.len() == m * k && c.len() == m * n && n.is_multiple_of(SIDE), "half product: lengths");
    assert!(finish.bias.is_none_or(|bias| bias.len() == n), "half product: bias");
    let (rows, depth) = (m.next_multiple_of(BLOCK), k.max(1).next_multiple_of(DEPTH));
    SCRATCH.with_borrow_mut(|[left, right, turned]| {
        let left = room(left, rows * depth);
        if transpose == Transpose::First {
            let wide = m.next_multiple_of(SIDE);
            let turned = room(turned, wide * depth);
            packing::pairs_of_rows(a, k, m, depth, turned);
            packing::turn(turned, wide, depth, left);
        } else {
            packing::rows(a, m, k, depth, left);
        }
        let b = match b {
            Right::Packed(packed) => bytemuck::cast_slice(packed.as_slice()),
            Right::Rows(b) => {
                assert!(
                    transpose != Transpose::Second,
                    "half product: a transposed factor that is not packed"
                );
                let right = room(right, depth * n);
                packing::pairs_of_rows(b, k, n, depth, right);
                right
            }
        };
        assert!(b.len() >= depth * n, "half product: B");
        run(unit, Packed { m, n, depth, a: left, b: &b[..depth * n], c, finish });
    });
}

#[cfg(target_arch = "x86_64")]
fn run(unit: Unit, packed: Packed) {
    assert!(units_have(unit), "half product: {unit:?} is not there");
    // SAFETY: the unit is there, as asserted; the packings are as long as their description says.
    unsafe {
        match unit {
            Unit::Dots => dots::product(packed),
            Unit::Tiles => tiles::product(packed),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn units_have(unit: Unit) -> bool {
    static UNITS: OnceLock<Vec<Unit>> = OnceLock::new();
    UNITS.get_or_init(units).contains(&unit)
}

#[cfg(not(target_arch = "x86_64"))]
fn run(unit: Unit, packed: Packed) {
    let Packed { m, n, depth, a, b, c, finish } = packed;
    unreachable!("{unit:?}: {m} {n} {depth} {} {} {} {}", a.len(), b.len(), c.len(), finish.relu)
}

#[cfg(test)]
mod tests;

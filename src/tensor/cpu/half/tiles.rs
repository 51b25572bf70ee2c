//! bfloat16 products by Intel's matrix unit (AMX): four tiles of 16 × 16 sums, each step of 32 numbers contracted.
//!
//! The instructions stand as text, since Rust's own for them are not stable yet.

use super::dots::finish;
use super::layout::{BLOCK, DEPTH, Packed, SIDE};
use core::arch::asm;
use core::arch::x86_64::*;

/// Whether the processor has the unit and the system lets this process use it, which it is asked for here.
#[cfg(target_os = "linux")]
pub fn ready() -> bool {
    /// Of `arch_prctl`: ask for a part of the processor's state; and the part, the tiles' data.
    const REQUEST: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    // of leaf 7: AMX-BF16 and AMX-TILE
    let (half, tile) = (1 << 22, 1 << 24);
    let leaves = __cpuid(0).eax;
    let has = leaves >= 7 && __cpuid_count(7, 0).edx & (half | tile) == half | tile;
    // SAFETY: the call reads no memory; it fails where the system does not know it.
    has && unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST, TILE_DATA) } == 0
}

/// Elsewhere it is not asked for.
#[cfg(not(target_os = "linux"))]
pub fn ready() -> bool {
    false
}

/// What `ldtilecfg` reads: palette 1, eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Shape {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

static SHAPE: Shape = {
    let (mut bytes, mut rows) = ([0; 16], [0; 16]);
    let mut i = 0;
    while i < 8 {
        bytes[i] = 64;
        rows[i] = 16;
        i += 1;
    }
    Shape { palette: 1, start: 0, reserved: [0; 14], bytes, rows }
};

/// A block of sums in memory.
#[repr(C, align(64))]
struct Sums([[f32; BLOCK]; BLOCK]);

/// Where the four tiles of a block lie: the first of their numbers, and bytes from row to row.
#[derive(Clone, Copy)]
struct Place<T> {
    first: T,
    row: usize,
}

/// # Safety
/// The unit is [`ready`], AVX-512 is there, and the lengths are those that [`Packed`] states.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub unsafe fn product(packed: Packed) {
    let Packed { m, n, depth, a, b, c, finish: end } = packed;
    let zeros = [0.0f32; BLOCK];
    let nothing = Place { first: zeros.as_ptr(), row: 0 };
    let mut sums = Sums([[0.0; BLOCK]; BLOCK]);
    // sums begin with the bias or with what is there, not with both
    let both = end.accumulate && end.bias.is_some();
    let plain = !(end.relu || both);
    // SAFETY: the unit is ready; the shape is read whole.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPE, options(nostack, readonly, preserves_flags)) };
    for j in (0..n).step_by(BLOCK) {
        let columns = (n - j).min(BLOCK);
        // SAFETY: the sides that are there; of the second the first is taken again where it is the last.
        let (right, second) = unsafe {
            let right = b.as_ptr().add(j * depth);
            (right, if columns > SIDE { right.add(SIDE * depth) } else { right })
        };
        for i in (0..m).step_by(BLOCK) {
            // SAFETY: the left factor has whole blocks of rows; the result is written where it has this block whole,
            // else by rows and sides that are there. A row of no bytes repeats what it begins with.
            unsafe {
                let left = a.as_ptr().add(i * depth);
                if plain && columns == BLOCK && m - i >= BLOCK {
                    let to = Place { first: c.as_mut_ptr().add(i * n + j), row: 4 * n };
                    let from = match end.bias {
                        Some(bias) => Place { first: bias.as_ptr().add(j), row: 0 },
                        None if end.accumulate => Place { first: to.first.cast_const(), row: to.row },
                        None => nothing,
                    };
                    block(left, right, second, depth, from, to);
                    continue;
                }
                let to = Place { first: sums.0.as_mut_ptr().cast(), row: 4 * BLOCK };
                block(left, right, second, depth, nothing, to);
                for (r, sums) in sums.0.iter().enumerate().take(m - i) {
                    for v in (0..columns).step_by(SIDE) {
                        let sum = _mm512_loadu_ps(sums.as_ptr().add(v));
                        let bias = end.bias.map(|bias| bias.as_ptr().wrapping_add(j + v));
                        finish(sum, c.as_mut_ptr().add((i + r) * n + j + v), bias, end.relu, end.accumulate);
                    }
                }
            }
        }
    }
    // SAFETY: the unit is ready; nothing is in its tiles any more.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
}

/// `to = from + ` 32 rows of `left` times 16 columns of each of two sides.
///
/// # Safety
/// The tiles are configured, the left factor has 32 rows of `depth`, a multiple of 32, and each side as many pairs; both
/// places have 32 rows of 32 numbers, or one to be repeated.
unsafe fn block(
    left: *const u16,
    right: *const u16,
    second: *const u16,
    depth: usize,
    from: Place<*const f32>,
    to: Place<*mut f32>,
) {
    // SAFETY: the caller's promise; the compiler has nothing in tiles.
    unsafe {
        asm!(
            "tileloadd tmm0, [{from} + {from_row}*1]",
            "tileloadd tmm1, [{from} + {from_row}*1 + 64]",
            // sixteen rows on
            "lea {from}, [{from} + {from_row}*8]",
            "lea {from}, [{from} + {from_row}*8]",
            "tileloadd tmm2, [{from} + {from_row}*1]",
            "tileloadd tmm3, [{from} + {from_row}*1 + 64]",
            "2:",
            "tileloadd tmm4, [{upper} + {row}*1]",
            "tileloadd tmm6, [{right} + {line}*1]",
            "tileloadd tmm7, [{second} + {line}*1]",
            "tileloadd tmm5, [{lower} + {row}*1]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {upper}, 64",
            "add {lower}, 64",
            "add {right}, 1024",
            "add {second}, 1024",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{to} + {to_row}*1], tmm0",
            "tilestored [{to} + {to_row}*1 + 64], tmm1",
            "lea {to}, [{to} + {to_row}*8]",
            "lea {to}, [{to} + {to_row}*8]",
            "tilestored [{to} + {to_row}*1], tmm2",
            "tilestored [{to} + {to_row}*1 + 64], tmm3",
            upper = inout(reg) left => _,
            lower = inout(reg) left.add(SIDE * depth) => _,
            right = inout(reg) right => _,
            second = inout(reg) second => _,
            row = in(reg) 2 * depth,
            line = in(reg) 64usize,
            steps = inout(reg) depth / DEPTH => _,
            from = inout(reg) from.first => _,
            from_row = in(reg) from.row,
            to = inout(reg) to.first => _,
            to_row = in(reg) to.row,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

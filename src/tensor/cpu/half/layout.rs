//! How factors lie for the units of [`super`].

use crate::tensor::cpu::panels::Finish;

/// Rows and columns of the result that a block has.
pub const BLOCK: usize = 32;
/// Numbers contracted at once: a tile's.
pub const DEPTH: usize = 32;
/// Columns side by side in a packing of the right factor.
pub const SIDE: usize = 16;

/// Both factors packed, and what becomes of their product.
pub struct Packed<'a> {
    pub m: usize,
    pub n: usize,
    /// The contracted size in whole tiles.
    pub depth: usize,
    /// `[m in whole blocks][depth]`.
    pub a: &'a [u16],
    /// `[n/16][depth/2][16][2]`.
    pub b: &'a [u16],
    pub c: &'a mut [f32],
    pub finish: Finish<'a>,
}

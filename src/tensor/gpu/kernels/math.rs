//! Elementary functions with errors of their own choosing. WGSL promises little of its `sin`, `cos`
//! and `log` (an absolute error of 2⁻¹¹ for the first two, and only on −π … π), so noise and time
//! features are made of the single-precision polynomials of Cephes (Moshier 1992: `logf.c`,
//! `sinf.c`), whose errors are a few units in the last place on every device.

use cubecl::prelude::*;

/// `ln x` of a normal, positive `x`.
#[cube]
pub fn logarithm(x: f32) -> f32 {
    let bits = u32::reinterpret(x);
    // mantissa in ½ … 1 and its exponent, then in √½ … √2
    let mantissa = f32::reinterpret((bits & 0x007f_ffffu32) | 0x3f00_0000u32);
    let exponent = f32::cast_from(bits >> 23u32) - 126.0f32;
    let low = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let r = select(low, mantissa + mantissa, mantissa) - 1.0f32;
    let e = select(low, exponent - 1.0f32, exponent);
    let z = r * r;
    let mut p = 7.037_683_6e-2f32;
    p = fma(p, r, -1.151_461e-1f32);
    p = fma(p, r, 1.167_699_9e-1f32);
    p = fma(p, r, -1.242_014_1e-1f32);
    p = fma(p, r, 1.424_932_3e-1f32);
    p = fma(p, r, -1.666_805_8e-1f32);
    p = fma(p, r, 2.000_071_5e-1f32);
    p = fma(p, r, -2.499_999_4e-1f32);
    p = fma(p, r, 3.333_333e-1f32);
    let y = fma(e, -2.121_944_4e-4f32, p * r * z) - 0.5f32 * z;
    fma(e, 0.693_359_4f32, r + y)
}

/// The cosine of `r + quadrant·π/2`, |r| ≤ π/4; the sine is the cosine three quadrants on.
#[cube]
pub fn cosine(r: f32, quadrant: u32) -> f32 {
    let z = r * r;
    let sine = fma(fma(fma(-1.951_529_6e-4f32, z, 8.332_161e-3f32), z, -1.666_665_5e-1f32) * z, r, r);
    let tail = fma(fma(2.443_315_7e-5f32, z, -1.388_731_6e-3f32), z, 4.166_664_6e-2f32);
    let cosine = fma(tail * z, z, 1.0f32 - 0.5f32 * z);
    let size = select((quadrant & 1u32) == 1u32, sine, cosine);
    // quadrants 1 and 2 are negative
    select(((quadrant + 1u32) & 2u32) == 2u32, -size, size)
}

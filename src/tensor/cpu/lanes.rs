//! Vectorised loops: run-time dispatch, and the few shapes of loop that the operations are made of.
//!
//! [`vectorised!`] compiles a function's body for each instruction set and picks one at run time.
//! Everything it calls must be `#[inline(always)]`, or it would be compiled for the baseline.

/// Floats in one AVX2 register; loops run over chunks of this many.
pub const LANES: usize = 8;

/// Defines a function whose body is compiled for SSE2, AVX2+FMA and AVX-512 and dispatched at run
/// time. Borrowed arguments take the lifetime `'a`; a type parameter, of which there may be one, stands in square
/// brackets with its trait.
macro_rules! vectorised {
    ($(#[$meta:meta])* pub fn $name:ident $([$kind:ident: $formula:path])? (
        $($argument:ident: $type:ty),* $(,)?
    ) $(-> $result:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        pub fn $name<'a $(, $kind: $formula)?>($($argument: $type),*) $(-> $result)? {
            struct Op<'a $(, $kind)?> {
                $($argument: $type,)*
                _types: std::marker::PhantomData<(&'a (), $($kind)?)>,
            }
            impl<'a $(, $kind: $formula)?> pulp::NullaryFnOnce for Op<'a $(, $kind)?> {
                type Output = vectorised!(@result $($result)?);
                #[inline(always)]
                fn call(self) -> Self::Output {
                    let Op { $($argument,)* _types } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Op::<$($kind)?> { $($argument,)* _types: std::marker::PhantomData })
        }
    };
    (@result) => { () };
    (@result $result:ty) => { $result };
}
pub(super) use vectorised;

/// `a·b + c`, one instruction where the processor has it.
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    a.mul_add(b, c)
}

/// `Σ a·b`, in eight interleaved partial sums.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a8, b8) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let (ra, rb) = (a8.remainder(), b8.remainder());
    for (x, y) in a8.zip(b8) {
        for l in 0..LANES {
            sums[l] = fma(x[l], y[l], sums[l]);
        }
    }
    let mut total = horizontal(sums);
    for (x, y) in ra.iter().zip(rb) {
        total = fma(*x, *y, total);
    }
    total
}

/// `Σ a`, in eight interleaved partial sums.
#[inline(always)]
pub fn sum(a: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let a8 = a.chunks_exact(LANES);
    let rest = a8.remainder();
    for x in a8 {
        for l in 0..LANES {
            sums[l] += x[l];
        }
    }
    rest.iter().fold(horizontal(sums), |total, x| total + x)
}

/// `y += s·x`.
#[inline(always)]
pub fn axpy(s: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = fma(s, *x, *y);
    }
}

#[inline(always)]
fn horizontal(s: [f32; LANES]) -> f32 {
    ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))
}

/// What [`exp`] is made of: 2ⁿ·eʳ with |r| ≤ ln 2 / 2, and the polynomial of Cephes' `expf`.
pub mod exponential {
    /// eˣ below it is taken for this: 2⁻¹²⁶ is the least normal number.
    pub const LEAST: f32 = -87.0;
    /// Added to a number, leaves that number rounded in the lowest bits, with an exponent's bias of 127.
    pub const MAGIC: f32 = 12_582_912.0 + 127.0;
    /// ln 2 in two parts, the first of few bits.
    pub const LN2_HIGH: f32 = 0.693_359_4;
    /// The rest of it.
    pub const LN2_LOW: f32 = -2.121_944_4e-4;
    /// (eʳ − 1 − r)/r², the highest power first.
    pub const POLYNOMIAL: [f32; 6] =
        [1.987_569_2e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
}

/// `eˣ` to about 2 units in the last place, without branches or conversions so that it vectorises.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    use exponential::*;
    let x = x.clamp(LEAST, 88.0);
    // a cast to an integer would be made number by number
    let shifted = fma(x, std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x));
    let p = POLYNOMIAL.into_iter().reduce(|p, c| fma(p, r, c)).unwrap_or_default();
    let y = fma(p * r, r, r) + 1.0;
    y * f32::from_bits(shifted.to_bits() << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate_over_its_range() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 3e-7, "exp({x}): relative error {error}");
        }
    }

    #[test]
    fn sums_take_the_remainder() {
        let a: Vec<f32> = (0..19).map(|i| i as f32).collect();
        assert_eq!(sum(&a), 171.0);
        assert_eq!(dot(&a, &a), 2109.0);
    }
}

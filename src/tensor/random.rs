//! The random stream that every device draws from: Philox4x32-10 (Salmon et al., *Parallel random
//! numbers: as easy as 1, 2, 3*, SC 2011), counter-based, so that an element's number depends only on
//! (seed, stream, index) and a checkpoint need only keep two integers.
//!
//! Element `i` uses word `i mod 4` of the block whose counter is `(i / 4, 0, stream low, stream high)`
//! and whose key is `(seed low, seed high)`.

/// The first multiplier.
pub const M0: u32 = 0xD251_1F53;
/// The second multiplier.
pub const M1: u32 = 0xCD9E_8D57;
/// The first key increment.
pub const W0: u32 = 0x9E37_79B9;
/// The second key increment.
pub const W1: u32 = 0xBB67_AE85;
/// The number of rounds.
pub const ROUNDS: usize = 10;

/// One block of four words.
#[inline(always)]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let p0 = u64::from(M0) * u64::from(counter[0]);
        let p1 = u64::from(M1) * u64::from(counter[2]);
        counter = [
            (p1 >> 32) as u32 ^ counter[1] ^ key[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ counter[3] ^ key[1],
            p0 as u32,
        ];
        key = [key[0].wrapping_add(W0), key[1].wrapping_add(W1)];
    }
    counter
}

/// The block that holds elements `4·block …` of a stream.
#[inline(always)]
pub fn block(seed: u64, stream: u64, block: u32) -> [u32; 4] {
    philox([block, 0, stream as u32, (stream >> 32) as u32], [seed as u32, (seed >> 32) as u32])
}

/// A word as a number in the open interval (0, 1): `(word / 512 + 0.5) / 2²³`.
#[inline(always)]
pub fn uniform(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

/// Two words as two independent standard normal numbers (Box and Muller 1958).
#[inline(always)]
pub fn normal_pair(a: u32, b: u32) -> (f32, f32) {
    let radius = (-2.0 * uniform(a).ln()).sqrt();
    let angle = std::f32::consts::TAU * uniform(b);
    (radius * angle.cos(), radius * angle.sin())
}

/// Fills `into` with the standard normal numbers of a stream, from its first on: four a block, in two pairs.
pub fn fill_normal(into: &mut [f32], seed: u64, stream: u64) {
    for (index, part) in into.chunks_mut(4).enumerate() {
        let words = block(seed, stream, index as u32);
        let (a, b) = normal_pair(words[0], words[1]);
        let (c, d) = normal_pair(words[2], words[3]);
        part.copy_from_slice(&[a, b, c, d][..part.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known-answer vectors published with the authors' Random123 library (`kat_vectors`).
    #[test]
    fn philox_gives_the_published_vectors() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn uniforms_stay_inside_the_open_interval() {
        assert!(uniform(0) > 0.0 && uniform(u32::MAX) < 1.0);
    }
}

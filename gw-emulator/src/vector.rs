//! Embedding vectors for every format that has embeddings. They depend on the input alone and must not be
//! mistaken for a meaning: near texts are not near.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Length of a vector when the request sets none.
pub(crate) const DEFAULT_DIMENSIONS: u64 = 1536;

/// Longest vector.
pub(crate) const MAX_DIMENSIONS: u64 = 4096;

/// A unit vector that depends on `seed` alone.
pub(crate) fn vector(seed: u64, dimensions: u64) -> Vec<f32> {
    let mut state = seed;
    let raw: Vec<f32> = (0..dimensions)
        .map(|_| {
            // xorshift64*: fast, and well spread for a seed that is a hash.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let high = u16::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 48).unwrap_or(0);
            f32::from(high) / 32768.0 - 1.0
        })
        .collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    raw.into_iter().map(|x| x / length).collect()
}

/// A vector as base64 of little-endian 32-bit floats.
pub(crate) fn base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

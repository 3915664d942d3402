//! Attention of a text's tokens to each other, head by head. It must not see two texts at once: what a batch
//! holds besides has no influence on a text's vector.

use super::function::softmax;
use pulp::Arch;

/// How a row of a token is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    /// How many heads.
    pub(crate) count: usize,
    /// Numbers per head.
    pub(crate) size: usize,
}

/// From one text's rows of query, key and value (side by side) to one row of context per token.
pub(crate) fn attend(qkv: &[f32], heads: Heads, out: &mut [f32]) {
    let hidden = heads.count * heads.size;
    let tokens = qkv.len() / (3 * hidden);
    let mut keys = vec![0.0; heads.size * tokens];
    let mut weights = vec![0.0; tokens];
    let factor = 1.0 / (heads.size as f32).sqrt();
    Arch::new().dispatch(|| {
        for head in 0..heads.count {
            let query = head * heads.size;
            let (key, value) = (hidden + query, 2 * hidden + query);
            // Keys by column, so that the loops over tokens run through memory in order.
            for (token, row) in qkv.chunks_exact(3 * hidden).enumerate() {
                for (column, x) in row[key..key + heads.size].iter().enumerate() {
                    keys[column * tokens + token] = *x;
                }
            }
            for (row, out) in qkv.chunks_exact(3 * hidden).zip(out.chunks_exact_mut(hidden)) {
                weights.fill(0.0);
                for (x, keys) in row[query..query + heads.size].iter().zip(keys.chunks_exact(tokens)) {
                    let x = x * factor;
                    for (weight, key) in weights.iter_mut().zip(keys) {
                        *weight += x * key;
                    }
                }
                softmax(&mut weights);
                let out = &mut out[query..query + heads.size];
                out.fill(0.0);
                for (weight, row) in weights.iter().zip(qkv.chunks_exact(3 * hidden)) {
                    for (out, x) in out.iter_mut().zip(&row[value..value + heads.size]) {
                        *out += weight * x;
                    }
                }
            }
        }
    });
}

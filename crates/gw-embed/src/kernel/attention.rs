//! Attention of a text's tokens to each other, head by head. It must not see two texts at once: what a batch
//! holds besides has no influence on a text's vector.

use super::function::softmax;
use pulp::Arch;

/// Numbers that are summed side by side; what is shorter is filled up with zeros.
const LANES: usize = 32;

/// How a row of a token is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    /// How many heads.
    pub(crate) count: usize,
    /// Numbers per head.
    pub(crate) size: usize,
}

/// One head's keys and values, laid out for the loops.
struct Head {
    /// By groups of [`LANES`] tokens, and in them by column.
    keys: Vec<[f32; LANES]>,
    /// By groups of [`LANES`] columns, and in them by token.
    values: Vec<[f32; LANES]>,
    tokens: usize,
    size: usize,
}

/// From one text's rows of query, key and value (side by side) to one row of context per token.
pub(crate) fn attend(qkv: &[f32], heads: Heads, out: &mut [f32]) {
    let hidden = heads.count * heads.size;
    let tokens = qkv.len() / (3 * hidden);
    let mut head = Head::new(tokens, heads.size);
    let mut weights = vec![[0.0; LANES]; tokens.div_ceil(LANES)];
    Arch::new().dispatch(|| {
        for start in (0..hidden).step_by(heads.size) {
            head.fill(qkv, hidden, start);
            for (row, out) in qkv.chunks_exact(3 * hidden).zip(out.chunks_exact_mut(hidden)) {
                let range = start..start + heads.size;
                head.context(&row[range.clone()], &mut weights, &mut out[range]);
            }
        }
    });
}

impl Head {
    fn new(tokens: usize, size: usize) -> Self {
        let keys = vec![[0.0; LANES]; tokens.div_ceil(LANES) * size];
        let values = vec![[0.0; LANES]; size.div_ceil(LANES) * tokens];
        Self { keys, values, tokens, size }
    }

    /// Takes the head whose columns begin at `start`.
    #[inline(always)]
    fn fill(&mut self, qkv: &[f32], hidden: usize, start: usize) {
        for (token, row) in qkv.chunks_exact(3 * hidden).enumerate() {
            let key = &row[hidden + start..][..self.size];
            for (slot, x) in self.keys[token / LANES * self.size..].iter_mut().zip(key) {
                slot[token % LANES] = *x;
            }
            let value = &row[2 * hidden + start..][..self.size];
            for (group, part) in value.chunks(LANES).enumerate() {
                self.values[group * self.tokens + token][..part.len()].copy_from_slice(part);
            }
        }
    }

    /// The values' mean, weighted by how well their keys fit the query.
    #[inline(always)]
    fn context(&self, query: &[f32], weights: &mut [[f32; LANES]], out: &mut [f32]) {
        let factor = 1.0 / (self.size as f32).sqrt();
        for (weights, keys) in weights.iter_mut().zip(self.keys.chunks_exact(self.size)) {
            *weights = weighted(query, keys).map(|x| x * factor);
        }
        let weights = &mut weights.as_flattened_mut()[..self.tokens];
        softmax(weights);
        for (out, values) in out.chunks_mut(LANES).zip(self.values.chunks_exact(self.tokens)) {
            out.copy_from_slice(&weighted(weights, values)[..out.len()]);
        }
    }
}

/// The sum of rows, each times its weight.
#[inline(always)]
fn weighted(weights: &[f32], rows: &[[f32; LANES]]) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (weight, row) in weights.iter().zip(rows) {
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += weight * x;
        }
    }
    sums
}

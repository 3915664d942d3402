//! `x * W^T + b` in f32. Weights are laid out once, in panels of as many columns as two vectors hold, so that
//! the inner loop reads memory in order. It must not allocate per row.

use super::ROWS;
use pulp::{Arch, Simd, WithSimd, bytemuck};

/// A linear layer in f32.
#[derive(Debug)]
pub(crate) struct Dense {
    panels: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
    /// Columns per panel.
    width: usize,
}

impl Dense {
    /// From weights as files have them: one row of inputs per output.
    pub(crate) fn new(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        let width = 2 * Arch::new().dispatch(Lanes);
        let mut panels = vec![0.0; bias.len().div_ceil(width) * width * inputs];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let start = output / width * width * inputs + output % width;
            for (slot, weight) in panels.iter_mut().skip(start).step_by(width).zip(row) {
                *slot = *weight;
            }
        }
        Self { panels, bias, inputs, width }
    }

    /// One row of outputs per row of inputs.
    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let rows = x.len() / self.inputs;
        let mut out = vec![0.0; rows * self.bias.len()];
        let blocks = interleave(x, self.inputs);
        Arch::new().dispatch(Product { layer: self, blocks: &blocks, out: &mut out });
        out
    }
}

/// Groups of [`ROWS`] rows, by column: what the inner loop takes at once lies together.
fn interleave(x: &[f32], inputs: usize) -> Vec<[f32; ROWS]> {
    let rows = x.len() / inputs;
    let mut blocks = vec![[0.0; ROWS]; rows.div_ceil(ROWS) * inputs];
    for (group, block) in x.chunks(inputs * ROWS).zip(blocks.chunks_exact_mut(inputs)) {
        for (lane, row) in group.chunks_exact(inputs).enumerate() {
            for (slot, value) in block.iter_mut().zip(row) {
                slot[lane] = *value;
            }
        }
    }
    blocks
}

/// How many numbers a vector has.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

struct Product<'a> {
    layer: &'a Dense,
    blocks: &'a [[f32; ROWS]],
    out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer: Dense { panels, bias, inputs, width }, blocks, out } = self;
        let outputs = bias.len();
        for (panel, weights) in panels.chunks_exact(inputs * width).enumerate() {
            let (weights, _) = S::as_simd_f32s(weights);
            let (weights, _) = weights.as_chunks::<2>();
            let first = panel * width;
            let last = outputs.min(first + width);
            for (block, out) in blocks.chunks_exact(*inputs).zip(out.chunks_mut(ROWS * outputs)) {
                let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
                for (values, [left, right]) in block.iter().zip(weights) {
                    for (sum, value) in sums.iter_mut().zip(values) {
                        let value = simd.splat_f32s(*value);
                        sum[0] = simd.mul_add_e_f32s(value, *left, sum[0]);
                        sum[1] = simd.mul_add_e_f32s(value, *right, sum[1]);
                    }
                }
                for (sum, row) in sums.iter().zip(out.chunks_exact_mut(outputs)) {
                    let sum: &[f32] = bytemuck::cast_slice(sum);
                    for ((slot, sum), bias) in row[first..last].iter_mut().zip(sum).zip(&bias[first..last]) {
                        *slot = sum + bias;
                    }
                }
            }
        }
    }
}

//! `x * W^T + b` with 8-bit weights and inputs: a scale per output and, at run time, one per row of inputs; sums
//! are whole numbers and exact. Also a table of 8-bit rows. It must not depend on the width of vectors in what
//! it returns.

use super::ROWS;
use pulp::bytemuck::{self, Pod};
#[cfg(target_arch = "x86_64")]
use pulp::{
    NullaryFnOnce,
    x86::{V3, V4},
};

/// The largest whole number; -128 is left out, so that the range is the same on both sides.
const TOP: f32 = 127.0;

/// A linear layer in 8 bits.
#[derive(Debug)]
pub(crate) struct Quantised {
    panels: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    /// Of the layer, rounded up to an even number: products are added in pairs.
    inputs: usize,
    processor: Processor,
}

/// Which vectors there are.
#[derive(Clone, Copy, Debug)]
enum Processor {
    #[cfg(target_arch = "x86_64")]
    Wide(V4),
    #[cfg(target_arch = "x86_64")]
    Middle(V3),
    Any,
}

impl Processor {
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(wide) = V4::try_new() {
                return Self::Wide(wide);
            }
            if let Some(middle) = V3::try_new() {
                return Self::Middle(middle);
            }
        }
        Self::Any
    }

    /// Columns per panel: those of two vectors.
    fn width(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(_) => 2 * V4::COLUMNS,
            #[cfg(target_arch = "x86_64")]
            Self::Middle(_) => 2 * V3::COLUMNS,
            Self::Any => 2 * Portable::COLUMNS,
        }
    }
}

impl Quantised {
    /// From weights as files have them: one row of inputs per output.
    pub(crate) fn new(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        Self::on(Processor::detect(), weights, bias, inputs)
    }

    /// The same without vectors of a certain width.
    #[cfg(test)]
    pub(super) fn portable(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        Self::on(Processor::Any, weights, bias, inputs)
    }

    fn on(processor: Processor, weights: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        let width = processor.width();
        let even = inputs.next_multiple_of(2);
        let mut panels = vec![0; bias.len().div_ceil(width) * width * even];
        let mut scales = Vec::with_capacity(bias.len());
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let (scale, inverse) = scale(row);
            scales.push(scale);
            // Both weights of a pair of inputs lie side by side, then those of the next output.
            let start = output / width * width * even + output % width * 2;
            for (input, weight) in row.iter().enumerate() {
                panels[start + input / 2 * 2 * width + input % 2] = (weight * inverse).round() as i8;
            }
        }
        Self { panels, scales, bias, inputs: even, processor }
    }

    /// One row of outputs per row of inputs, which has as many numbers as the weights' rows.
    pub(crate) fn apply(&self, x: &[f32], inputs: usize) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / inputs * self.bias.len()];
        let job = Job { layer: self, x, inputs, out: &mut out };
        match self.processor {
            #[cfg(target_arch = "x86_64")]
            Processor::Wide(v4) => v4.vectorize(On(v4, job)),
            #[cfg(target_arch = "x86_64")]
            Processor::Middle(v3) => v3.vectorize(On(v3, job)),
            Processor::Any => product(Portable, job),
        }
        out
    }
}

/// A table of rows in 8 bits, each with its scale.
#[derive(Debug)]
pub(crate) struct Table {
    numbers: Vec<i8>,
    scales: Vec<f32>,
    columns: usize,
}

impl Table {
    pub(crate) fn new(rows: &[f32], columns: usize) -> Self {
        let mut numbers = Vec::with_capacity(rows.len());
        let mut scales = Vec::with_capacity(rows.len() / columns);
        for row in rows.chunks_exact(columns) {
            let (scale, inverse) = scale(row);
            scales.push(scale);
            numbers.extend(row.iter().map(|x| (x * inverse).round() as i8));
        }
        Self { numbers, scales, columns }
    }

    /// One row; nothing if there is none.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = f32> {
        let scale = self.scales.get(row).copied().unwrap_or_default();
        let numbers = self.numbers.chunks_exact(self.columns).nth(row).unwrap_or_default();
        numbers.iter().map(move |x| f32::from(*x) * scale)
    }
}

/// What one step is worth, and how many steps one is.
#[inline(always)]
fn scale(row: &[f32]) -> (f32, f32) {
    let largest = row.iter().fold(0.0f32, |largest, x| if x.abs() > largest { x.abs() } else { largest });
    // What is no number stays none: whole numbers would hide it.
    if row.iter().any(|x| x.is_nan()) {
        return (f32::NAN, 0.0);
    }
    if largest == 0.0 { (0.0, 0.0) } else { (largest / TOP, TOP / largest) }
}

struct Job<'a> {
    layer: &'a Quantised,
    x: &'a [f32],
    inputs: usize,
    out: &'a mut [f32],
}

#[cfg(target_arch = "x86_64")]
struct On<'a, P>(P, Job<'a>);

#[cfg(target_arch = "x86_64")]
impl<P: Pairs> NullaryFnOnce for On<'_, P> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        product(self.0, self.1);
    }
}

/// The instructions that the inner loop is made of.
trait Pairs: Copy {
    /// The weights of one vector.
    type Bytes: Pod;
    /// The same in 16 bits.
    type Words: Copy;
    /// Sums of as many columns.
    type Sums: Pod;
    /// How many columns that is.
    const COLUMNS: usize;

    fn zero(self) -> Self::Sums;
    fn widen(self, bytes: Self::Bytes) -> Self::Words;
    /// Adds both products of each column; `pair` has an input in its lower and one in its upper half.
    fn add(self, sums: Self::Sums, pair: i32, weights: Self::Words) -> Self::Sums;
}

#[inline(always)]
fn product<P: Pairs>(p: P, job: Job<'_>) {
    let Job { layer: Quantised { panels, scales, bias, inputs: even, .. }, x, inputs, out } = job;
    let (blocks, steps) = interleave(x, inputs);
    let (outputs, width) = (bias.len(), 2 * P::COLUMNS);
    for (panel, weights) in panels.chunks_exact(even * width).enumerate() {
        let (weights, _) = bytemuck::cast_slice::<i8, P::Bytes>(weights).as_chunks::<2>();
        let first = panel * width;
        let last = outputs.min(first + width);
        let rows = out.chunks_mut(ROWS * outputs).zip(steps.chunks(ROWS));
        for (block, (out, steps)) in blocks.chunks_exact(even / 2).zip(rows) {
            let mut sums = [[p.zero(); 2]; ROWS];
            for (pairs, [left, right]) in block.iter().zip(weights) {
                let (left, right) = (p.widen(*left), p.widen(*right));
                for (sum, pair) in sums.iter_mut().zip(pairs) {
                    sum[0] = p.add(sum[0], *pair, left);
                    sum[1] = p.add(sum[1], *pair, right);
                }
            }
            for ((sum, row), step) in sums.iter().zip(out.chunks_exact_mut(outputs)).zip(steps) {
                let sum: &[i32] = bytemuck::cast_slice(sum);
                let columns = sum.iter().zip(&scales[first..last]).zip(&bias[first..last]);
                for (slot, ((sum, scale), bias)) in row[first..last].iter_mut().zip(columns) {
                    *slot = *sum as f32 * (scale * step) + bias;
                }
            }
        }
    }
}

/// Groups of [`ROWS`] rows, by pairs of columns, in 8 bits; and what a step of each row is worth.
#[inline(always)]
fn interleave(x: &[f32], inputs: usize) -> (Vec<[i32; ROWS]>, Vec<f32>) {
    let rows = x.len() / inputs;
    let pairs = inputs.div_ceil(2);
    let mut blocks = vec![[0; ROWS]; rows.div_ceil(ROWS) * pairs];
    let mut steps = Vec::with_capacity(rows);
    for (group, block) in x.chunks(inputs * ROWS).zip(blocks.chunks_exact_mut(pairs)) {
        for (lane, row) in group.chunks_exact(inputs).enumerate() {
            let (step, inverse) = scale(row);
            steps.push(step);
            for (slot, pair) in block.iter_mut().zip(row.chunks(2)) {
                let low = whole(pair[0] * inverse);
                let high = pair.get(1).map_or(0, |x| whole(x * inverse));
                slot[lane] = (low & 0xffff) | (high << 16);
            }
        }
    }
    (blocks, steps)
}

/// The nearest whole number, for what is well below 2^22: adding 1.5 * 2^23 leaves it in the lowest bits. The
/// library's rounding is a call on processors without SSE 4.1, which is what we are built for.
#[inline(always)]
fn whole(x: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT).to_bits() as i32 - SHIFT.to_bits() as i32
}

/// For every processor.
#[derive(Clone, Copy)]
struct Portable;

impl Pairs for Portable {
    type Bytes = [i8; 16];
    type Words = [i32; 16];
    type Sums = [i32; 8];
    const COLUMNS: usize = 8;

    #[inline(always)]
    fn zero(self) -> [i32; 8] {
        [0; 8]
    }

    #[inline(always)]
    fn widen(self, bytes: [i8; 16]) -> [i32; 16] {
        bytes.map(i32::from)
    }

    #[inline(always)]
    fn add(self, mut sums: [i32; 8], pair: i32, weights: [i32; 16]) -> [i32; 8] {
        let (low, high) = (i32::from(pair as i16), pair >> 16);
        for (sum, [a, b]) in sums.iter_mut().zip(weights.as_chunks::<2>().0) {
            *sum += low * a + high * b;
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
impl Pairs for V3 {
    type Bytes = [i8; 16];
    type Words = std::arch::x86_64::__m256i;
    type Sums = std::arch::x86_64::__m256i;
    const COLUMNS: usize = 8;

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        self.avx._mm256_setzero_si256()
    }

    #[inline(always)]
    fn widen(self, bytes: [i8; 16]) -> Self::Words {
        self.avx2._mm256_cvtepi8_epi16(bytemuck::cast(bytes))
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, pair: i32, weights: Self::Words) -> Self::Sums {
        let pair = self.avx._mm256_set1_epi32(pair);
        self.avx2._mm256_add_epi32(sums, self.avx2._mm256_madd_epi16(pair, weights))
    }
}

#[cfg(target_arch = "x86_64")]
impl Pairs for V4 {
    type Bytes = [i8; 32];
    type Words = std::arch::x86_64::__m512i;
    type Sums = std::arch::x86_64::__m512i;
    const COLUMNS: usize = 16;

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        self.avx512f._mm512_setzero_si512()
    }

    #[inline(always)]
    fn widen(self, bytes: [i8; 32]) -> Self::Words {
        self.avx512bw._mm512_cvtepi8_epi16(bytemuck::cast(bytes))
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, pair: i32, weights: Self::Words) -> Self::Sums {
        let pair = self.avx512f._mm512_set1_epi32(pair);
        self.avx512f._mm512_add_epi32(sums, self.avx512bw._mm512_madd_epi16(pair, weights))
    }
}

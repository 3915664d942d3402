//! What stands between matrix products: normalisation, GELU, softmax. Loops are written so that the compiler can
//! turn them into vectors: sums run in lanes, and exponentials are polynomials, within 1e-6 of the library's.
//! Nothing here may allocate.

use pulp::Arch;

/// Sums that run side by side.
const LANES: usize = 16;

/// Adds `residual` to `x`, brings each row to mean 0 and variance 1, and scales it.
pub(crate) fn add_and_norm(x: &mut [f32], residual: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let columns = weight.len();
    let count = columns as f32;
    Arch::new().dispatch(|| {
        for (row, residual) in x.chunks_exact_mut(columns).zip(residual.chunks_exact(columns)) {
            for (x, residual) in row.iter_mut().zip(residual) {
                *x += residual;
            }
            let mean = sum(row, |x| x) / count;
            let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for ((x, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                *x = (*x - mean) * factor * weight + bias;
            }
        }
    });
}

/// `x / 2 * (1 + erf(x / sqrt 2))`, as BERT has it.
pub(crate) fn gelu(x: &mut [f32]) {
    Arch::new().dispatch(|| {
        for x in x.iter_mut() {
            *x = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
        }
    });
}

/// The sum of rows.
pub(crate) fn add_rows(rows: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    for row in rows.chunks_exact(columns) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    sums
}

/// Brings a vector to length 1; one of length 0 stays as it is.
pub(crate) fn normalise(x: &mut [f32]) {
    let length = sum(x, |x| x * x).sqrt();
    if length > 0.0 {
        for x in x.iter_mut() {
            *x /= length;
        }
    }
}

/// Exponentials that add up to 1.
#[inline(always)]
pub(crate) fn softmax(x: &mut [f32]) {
    let largest = x.iter().fold(f32::MIN, |largest, x| if *x > largest { *x } else { largest });
    for x in x.iter_mut() {
        *x = exp(*x - largest);
    }
    let factor = 1.0 / sum(x, |x| x);
    for x in x.iter_mut() {
        *x *= factor;
    }
}

/// A chance from the logarithm of its odds.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += of(*x);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| of(*x)).sum::<f32>()
}

/// The error function by Abramowitz and Stegun's formula 7.1.26.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let series =
        ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - series * exp(-size * size)).copysign(x)
}

/// `e^x`: a power of two, put together from its bits, times a polynomial for the rest.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it leaves the nearest whole number in the lowest bits.
    const SHIFT: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first of which has few bits, so that its multiples are exact.
    const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let power = shifted - SHIFT;
    let rest = x - power * LN2[0] - power * LN2[1];
    let series = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.0 / 6.0
                                + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest * (1.0 / 720.0))))));
    let exponent = (shifted.to_bits().wrapping_sub(SHIFT.to_bits())).wrapping_add(127) << 23;
    f32::from_bits(exponent) * series
}

//! Kernels against the plain way to say the same, in sizes that fill no vector.

use super::function::{erf, exp};
use super::{Dense, Heads, Quantised, Table, add_and_norm, attend, normalise};

fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count).map(|_| random.f32() * 2.0 - 1.0).collect()
}

fn plain(x: &[f32], weights: &[f32], bias: &[f32], inputs: usize) -> Vec<f32> {
    let product = |row: &[f32], weights: &[f32]| row.iter().zip(weights).map(|(a, b)| a * b).sum::<f32>();
    let outputs = |row| weights.chunks(inputs).zip(bias).map(move |(w, bias)| product(row, w) + bias);
    x.chunks(inputs).flat_map(outputs).collect()
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn products_are_those_of_plain_loops() {
    for (rows, inputs, outputs) in [(1, 1, 1), (5, 7, 3), (6, 32, 32), (7, 33, 65), (50, 384, 100)] {
        let (x, weights) = (numbers(1, rows * inputs), numbers(2, inputs * outputs));
        let bias = numbers(3, outputs);
        let expected = plain(&x, &weights, &bias, inputs);
        let found = Dense::new(&weights, bias, inputs).apply(&x);
        assert!(furthest(&found, &expected) < 1e-4, "{rows} x {inputs} x {outputs}");
    }
}

#[test]
fn eight_bits_are_close_and_the_same_on_every_processor() {
    for (rows, inputs, outputs) in [(1, 1, 1), (5, 7, 3), (7, 33, 65), (50, 384, 100)] {
        let (x, weights) = (numbers(1, rows * inputs), numbers(2, inputs * outputs));
        let bias = numbers(3, outputs);
        let expected = plain(&x, &weights, &bias, inputs);
        let found = Quantised::new(&weights, bias.clone(), inputs).apply(&x, inputs);
        // Each product is off by a step of either side at most, and errors add up like a random walk.
        assert!(furthest(&found, &expected) < 0.02 * (inputs as f32).sqrt(), "{rows} x {inputs} x {outputs}");
        let portable = Quantised::portable(&weights, bias, inputs).apply(&x, inputs);
        assert_eq!(found, portable);
    }
}

#[test]
fn rows_of_nothing_stay_nothing_in_eight_bits() {
    let layer = Quantised::new(&[0.0, 0.0, 1.0, 2.0], vec![0.5, 0.25], 2);
    assert_eq!(layer.apply(&[0.0, 0.0, 1.0, 1.0], 2)[..3], [0.5, 0.25, 0.5]);
    let table = Table::new(&[0.0, 0.0, 1.0, -2.0], 2);
    assert_eq!(table.row(0).collect::<Vec<_>>(), [0.0, 0.0]);
    assert!(furthest(&table.row(1).collect::<Vec<_>>(), &[1.0, -2.0]) < 0.01);
    assert_eq!(table.row(2).count(), 0);
}

#[test]
fn functions_are_close_to_the_library_s() {
    for step in -800..=800 {
        let x = step as f32 / 10.0;
        assert!((exp(x) / x.exp() - 1.0).abs() < 1e-6, "exp {x}");
    }
    assert_eq!(exp(f32::MIN), exp(-87.0));
    // Values of the error function from tables.
    for (x, value) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (4.0, 1.0)] {
        assert!((erf(x) - value).abs() < 1e-6 && (erf(-x) + value).abs() < 1e-6, "erf {x}");
    }
}

#[test]
fn rows_are_brought_to_one_scale() {
    let mut x = numbers(4, 3 * 37);
    let residual = numbers(5, 3 * 37);
    add_and_norm(&mut x, &residual, &[2.0; 37], &[1.0; 37], 1e-12);
    for row in x.chunks(37) {
        let mean = row.iter().sum::<f32>() / 37.0;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
        assert!((mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4, "{mean} {variance}");
    }
    let mut nothing = [0.0; 4];
    normalise(&mut nothing);
    assert_eq!(nothing, [0.0; 4]);
}

#[test]
fn attention_is_the_weighted_mean_of_values() {
    let heads = Heads { count: 2, size: 3 };
    let (tokens, hidden) = (4, 6);
    let qkv = numbers(6, tokens * 3 * hidden);
    let at = |token: usize, part: usize, head: usize, i: usize| {
        qkv[token * 3 * hidden + part * hidden + head * heads.size + i]
    };
    let mut found = vec![0.0; tokens * hidden];
    attend(&qkv, heads, &mut found);
    for token in 0..tokens {
        for head in 0..heads.count {
            let score = |other: usize| {
                let dot: f32 = (0..3).map(|i| at(token, 0, head, i) * at(other, 1, head, i)).sum();
                (dot / 3.0f32.sqrt()).exp()
            };
            let total: f32 = (0..tokens).map(score).sum();
            for i in 0..3 {
                let mean: f32 = (0..tokens).map(|other| score(other) / total * at(other, 2, head, i)).sum();
                assert!((found[token * hidden + head * 3 + i] - mean).abs() < 1e-5);
            }
        }
    }
}

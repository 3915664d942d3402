//! With real weights (`docs/guides/embeddings-in-process.md` says where tests look for them): vectors are those
//! of the model's own framework.

#[path = "../testdata/weights.rs"]
mod real_weights;

use gw_embed::{Model, Precision};

/// Text, tokens, the first numbers of its vector, and the sum of all 384. From the same weights in Python, in
/// 64 bits with numpy, tokens by the `tokenizers` package 0.23.
const REFERENCE: &[(&str, usize, [f32; 8], f32)] = &[
    (
        "How do I sort a list of tuples by the second element in Python?",
        18,
        [0.04124, 0.00632, 0.06034, -0.0255, 0.06197, -0.07398, 0.06209, -0.04147],
        0.06786,
    ),
    (
        "Ünïcödé déjà vu: 東京 и Москва, naïve café — “quotes” & 10€!",
        27,
        [0.04199, 0.04788, 0.08577, 0.0074, -0.00193, -0.02836, 0.0268, -0.02458],
        -0.09051,
    ),
    ("", 2, [-0.11884, 0.0483, -0.00255, -0.01101, 0.05195, 0.01029, 0.11543, 0.0007], 0.62907),
];

/// The 60 times repeated sentence is longer than what is read.
const LONG: (&str, usize, [f32; 8], f32) = (
    "Summarise this. ",
    256,
    [-0.02334, -0.01046, -0.00506, 0.01181, -0.04414, 0.02348, -0.00901, 0.00357],
    -1.48876,
);

#[test]
fn vectors_are_those_of_the_model_s_framework() {
    let Some(folder) = real_weights::folder("embed-model") else { return };
    let model = Model::load(&folder, Precision::F32).unwrap();
    let long = LONG.0.repeat(60);
    let long = (long.as_str(), LONG.1, LONG.2, LONG.3);
    for (text, tokens, first, sum) in REFERENCE.iter().chain([&long]) {
        assert_eq!(model.count_tokens(text), *tokens, "{text}");
        let vector = &model.embed(&[text])[0];
        for (found, expected) in vector.iter().zip(first) {
            assert!((found - expected).abs() < 2e-5, "{text}: {found} and not {expected}");
        }
        assert!((vector.iter().sum::<f32>() - sum).abs() < 2e-4, "{text}");
    }
}

#[test]
fn eight_bits_mean_the_same() {
    let Some(folder) = real_weights::folder("embed-model") else { return };
    // An empty text has no meaning to keep.
    let texts: Vec<&str> = REFERENCE.iter().map(|(text, ..)| *text).filter(|text| !text.is_empty()).collect();
    let exact = Model::load(&folder, Precision::F32).unwrap().embed(&texts);
    let coarse = Model::load(&folder, Precision::Int8).unwrap().embed(&texts);
    for (text, (exact, coarse)) in texts.iter().zip(exact.iter().zip(&coarse)) {
        let similarity: f32 = exact.iter().zip(coarse).map(|(a, b)| a * b).sum();
        assert!(similarity > 0.995, "{text}: {similarity}");
    }
}

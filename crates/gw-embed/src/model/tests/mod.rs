//! Models from a folder: what vectors are, and what is refused. Weights are random; what vectors mean is tested
//! in `tests/`, with real ones.

mod heads;
#[path = "../../../testdata/tiny.rs"]
pub(crate) mod tiny;

use super::safetensors::half;
use super::wordpiece::WordPiece;
use super::{MAX_TOKENS, Model, Precision};
use crate::error::LoadReason;
use serde_json::json;
use std::fs;
use std::path::Path;

const TEXTS: [&str; 4] = ["the cat sat on the mat.", "cats", "", "unwanted, running! the café 東京"];

fn load(folder: &Path) -> Model {
    Model::load(folder, Precision::F32).unwrap()
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn vectors_have_the_model_s_size_and_length_one() {
    let folder = tiny::folder();
    for precision in [Precision::F32, Precision::Int8] {
        let model = Model::load(folder.path(), precision).unwrap();
        assert_eq!(model.dimensions(), 32);
        let vectors = model.embed(&TEXTS);
        assert_eq!(vectors.len(), TEXTS.len());
        for vector in &vectors {
            assert_eq!(vector.len(), 32);
            let length: f32 = vector.iter().map(|x| x * x).sum();
            assert!((length - 1.0).abs() < 1e-5, "{length}");
        }
        assert!(furthest(&vectors[0], &vectors[3]) > 0.01, "different texts, different vectors");
    }
    assert!(load(folder.path()).embed(&[]).is_empty());
}

#[test]
fn a_text_has_the_same_vector_alone_and_in_a_batch() {
    let folder = tiny::folder();
    for precision in [Precision::F32, Precision::Int8] {
        let model = Model::load(folder.path(), precision).unwrap();
        for (text, together) in TEXTS.iter().zip(model.embed(&TEXTS)) {
            let alone = model.embed(&[text]);
            assert!(furthest(&alone[0], &together) < 1e-4, "{text}");
        }
    }
}

#[test]
fn eight_bits_stay_close() {
    let folder = tiny::folder();
    let exact = load(folder.path()).embed(&TEXTS);
    let coarse = Model::load(folder.path(), Precision::Int8).unwrap().embed(&TEXTS);
    for (exact, coarse) in exact.iter().zip(&coarse) {
        let similarity: f32 = exact.iter().zip(coarse).map(|(a, b)| a * b).sum();
        assert!(similarity > 0.99, "{similarity}");
        assert_ne!(exact, coarse);
    }
}

#[test]
fn what_is_beyond_the_limit_has_no_influence() {
    let folder = tiny::folder();
    let model = load(folder.path());
    let long = "cat ".repeat(MAX_TOKENS - 2);
    let longer = format!("{long} mat mat mat");
    assert_eq!(model.count_tokens(&long), MAX_TOKENS);
    assert_eq!(model.count_tokens(&longer), MAX_TOKENS);
    assert_eq!(model.embed(&[&long]), model.embed(&[&longer]));
    let shorter = "cat ".repeat(MAX_TOKENS - 3);
    assert_eq!(model.count_tokens(&shorter), MAX_TOKENS - 1);
    assert_ne!(model.embed(&[&shorter]), model.embed(&[&long]));
}

#[test]
fn the_position_of_words_counts() {
    let folder = tiny::folder();
    let vectors = load(folder.path()).embed(&["cat mat", "mat cat"]);
    assert!(furthest(&vectors[0], &vectors[1]) > 1e-3);
}

#[test]
fn texts_are_cut_into_the_longest_known_pieces() {
    let folder = tiny::folder();
    let tokens = WordPiece::load(&folder.path().join("tokenizer.json")).unwrap();
    let long = "a".repeat(100);
    let too_long = "a".repeat(101);
    for (text, expected) in [
        ("", vec![]),
        (" \t\n\u{a0}", vec![]),
        ("The CAT", vec![4, 5]),
        ("unwanted cats", vec![9, 10, 11, 5, 12]),
        ("running,cat.", vec![13, 14, 15, 5, 16]),
        ("dog cat unknown", vec![1, 5, 1]),
        ("Cafe\u{301} café", vec![18, 18]),
        ("東京cat", vec![19, 20, 5]),
        ("c\u{0}a\u{200b}t\u{fffd}", vec![5]),
        // A mark in a text is text.
        ("[SEP]", vec![23, 25, 24]),
        ("“cat", vec![26, 5]),
        ("ẞ", vec![27]),
        (too_long.as_str(), vec![1]),
    ] {
        let mut whole = vec![2];
        whole.extend(expected);
        whole.push(3);
        assert_eq!(tokens.encode(text, 50), whole, "{text:?}");
    }
    assert_eq!(tokens.encode(&long, 500).len(), 102);
    assert_eq!(tokens.encode("cat cat cat", 4), [2, 5, 5, 3]);
    assert_eq!(tokens.encode("unwanted", 4), [2, 9, 10, 3]);
}

/// Writes a model, changes it, and gives the error with the file that it names.
fn refused(change: impl Fn(&Path)) -> (String, LoadReason) {
    let folder = tiny::folder();
    change(folder.path());
    let error = Model::load(folder.path(), Precision::F32).unwrap_err();
    assert!(error.to_string().contains(&error.path.display().to_string()));
    let path = error.path.strip_prefix(folder.path()).unwrap().display().to_string();
    (path, error.reason)
}

#[test]
fn missing_files_and_wrong_settings_are_named() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let (path, reason) = refused(|folder| fs::remove_file(folder.join(file)).unwrap());
        assert_eq!(path, file);
        assert!(matches!(reason, LoadReason::Read(_)), "{reason}");
    }
    let change = |member: &'static str, value: serde_json::Value| {
        refused(move |folder| {
            let mut config = tiny::config();
            config[member] = value.clone();
            fs::write(folder.join("config.json"), config.to_string()).unwrap();
        })
        .1
    };
    assert!(matches!(change("hidden_act", json!("relu")), LoadReason::Unsupported(_)));
    assert!(matches!(change("model_type", json!("t5")), LoadReason::Unsupported(_)));
    assert!(matches!(change("hidden_size", json!(1u64 << 40)), LoadReason::Unsupported(_)));
    assert!(matches!(change("num_attention_heads", json!(0)), LoadReason::Unsupported(_)));
    assert!(matches!(change("num_attention_heads", json!(5)), LoadReason::Malformed(_)));
    assert!(matches!(change("hidden_size", json!("many")), LoadReason::Json(_)));
    assert!(matches!(change("num_hidden_layers", json!(3)), LoadReason::MissingTensor(_)));
    assert!(matches!(change("intermediate_size", json!(65)), LoadReason::Shape { .. }));
    assert!(matches!(change("layer_norm_eps", json!(-1e9)), LoadReason::Malformed(_)));
    // A vocabulary that the model has no vectors for.
    assert!(matches!(change("vocab_size", json!(3)), LoadReason::Malformed(_)));
    let (path, reason) = refused(|folder| {
        fs::create_dir(folder.join("1_Pooling")).unwrap();
        let pooling = json!({"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true});
        fs::write(folder.join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    });
    assert_eq!(
        (path.as_str(), matches!(reason, LoadReason::Unsupported(_))),
        ("1_Pooling/config.json", true)
    );
}

#[test]
fn other_tokenizers_are_refused() {
    let change = |pointer: &'static str, value: serde_json::Value| {
        refused(move |folder| {
            let mut tokenizer = tiny::tokenizer();
            *tokenizer.pointer_mut(pointer).unwrap() = value.clone();
            fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
        })
        .1
    };
    assert!(matches!(change("/model/type", json!("BPE")), LoadReason::Unsupported(_)));
    assert!(matches!(change("/normalizer", json!(null)), LoadReason::Unsupported(_)));
    assert!(matches!(change("/model/unk_token", json!("<unk>")), LoadReason::Malformed(_)));
}

#[test]
fn weights_that_are_cut_off_or_lie_are_refused() {
    let change = |with: fn(Vec<u8>) -> Vec<u8>| {
        let (path, reason) = refused(move |folder| {
            let file = folder.join("model.safetensors");
            let bytes = fs::read(&file).unwrap();
            fs::write(&file, with(bytes)).unwrap();
        });
        assert_eq!(path, "model.safetensors");
        reason
    };
    assert!(matches!(change(|_| Vec::new()), LoadReason::Read(_)));
    assert!(matches!(change(|b| b[..b.len() - 100].to_vec()), LoadReason::Malformed(_)));
    assert!(matches!(change(|b| [&u64::MAX.to_le_bytes(), &b[8..]].concat()), LoadReason::TooLarge { .. }));
    assert!(matches!(change(|b| [&b[..8], b"x", &b[9..]].concat()), LoadReason::Json(_)));
    let numbers = |with: fn(&mut Vec<f32>)| {
        refused(move |folder| {
            let mut tensors = tiny::tensors();
            with(&mut tensors[0].2);
            tiny::write_tensors(&folder.join("model.safetensors"), &tensors);
        })
        .1
    };
    assert!(matches!(numbers(|x| x.truncate(10)), LoadReason::Malformed(_)));
    assert!(matches!(numbers(|x| x[5] = f32::NAN), LoadReason::Malformed(_)));
}

#[test]
fn names_may_have_the_prefix_of_larger_models() {
    let folder = tiny::folder();
    let vectors = load(folder.path()).embed(&TEXTS);
    let mut tensors = tiny::tensors();
    tensors.iter_mut().for_each(|(name, ..)| *name = format!("bert.{name}"));
    tiny::write_tensors(&folder.path().join("model.safetensors"), &tensors);
    assert_eq!(load(folder.path()).embed(&TEXTS), vectors);
}

#[test]
fn numbers_of_sixteen_bits_are_read() {
    for (bits, value) in
        [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_95), (0x0001, 5.960_464_5e-8), (0, 0.0)]
    {
        assert_eq!(half(bits), value);
    }
    assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
}

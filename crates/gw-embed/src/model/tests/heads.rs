//! Models that say what texts are or have in them: windows, labels, and what is refused. What they say is random here; what it
//! means is tested in `tests/`, with real weights.

use super::tiny;
use crate::error::{LoadReason, PoolError};
use crate::model::windows::{Window, windows};
use crate::model::wordpiece::WordPiece;
use crate::model::{ClassModel, Entity, EntityModel, Labelled, Precision, joined};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A model with a head for these labels; `more` goes into its configuration.
fn folder(labels: &[&str], more: Value) -> tempfile::TempDir {
    let folder = tiny::folder();
    tiny::write_head(folder.path(), labels, more);
    folder
}

fn entities(labels: &[&str]) -> EntityModel {
    EntityModel::load(folder(labels, json!({})).path(), Precision::F32).unwrap()
}

#[test]
fn words_stand_where_the_text_has_them() {
    let folder = tiny::folder();
    let tokens = WordPiece::load(&folder.path().join("tokenizer.json")).unwrap();
    let text = " The unwanted\u{a0}Café, 東京cat\u{200b}s!";
    let cut = tokens.cut(text);
    let said: Vec<&str> = cut.words.iter().map(|word| &text[word.bytes.clone()]).collect();
    assert_eq!(said, ["The", "unwanted", "Café", ",", "東", "京", "cat\u{200b}s", "!"]);
    let sizes: Vec<usize> = cut.words.iter().map(|word| word.tokens.len()).collect();
    assert_eq!(sizes, [1, 3, 1, 1, 1, 1, 2, 1]);
    assert_eq!(cut.words.last().unwrap().tokens.end, cut.tokens.len());
}

#[test]
fn nothing_joins_words_to_one_that_nobody_knows() {
    let folder = tiny::folder();
    let tokens = WordPiece::load(&folder.path().join("tokenizer.json")).unwrap();
    let long = format!("{}cat", "a".repeat(100));
    for (text, expected) in [
        ("cat🌹mat", vec!["cat", "🌹", "mat"]),
        ("cat\u{2800}mat\u{3164}sat", vec!["cat", "mat", "sat"]),
        ("cat\u{301} mat", vec!["cat\u{301}", "mat"]),
        ("cat\u{e000}mat\u{fffd}sat", vec!["cat", "mat", "sat"]),
        ("ca\u{fe0f}t\u{34f}", vec!["ca\u{fe0f}t"]),
        (long.as_str(), vec![&long[..100], "cat"]),
        ("\u{e0063}\u{e0061}\u{e0074}", vec!["\u{e0063}\u{e0061}\u{e0074}"]),
    ] {
        let cut = tokens.cut(text);
        let said: Vec<&str> = cut.words.iter().map(|word| &text[word.bytes.clone()]).collect();
        assert_eq!(said, expected);
    }
    // Letters that nobody sees are read as what they are.
    assert_eq!(tokens.cut("\u{e0063}\u{e0061}\u{e0074}").tokens, tokens.cut("cat").tokens);
}

#[test]
fn numbers_that_are_none_are_no_verdict() {
    let folder = folder(&["O", "B-A"], json!({}));
    let mut tensors = tiny::tensors();
    // As large as numbers get: products of theirs are none.
    tensors.iter_mut().for_each(|(_, _, numbers)| numbers.iter_mut().for_each(|x| *x *= f32::MAX));
    tiny::write_tensors(&folder.path().join("model.safetensors"), &tiny::with_head(tensors, 2));
    let entities = EntityModel::load(folder.path(), Precision::F32).unwrap();
    assert_eq!(entities.read("the cat"), Err(PoolError::Garbled));
    for activation in ["tanh", "relu"] {
        let mut config: Value =
            serde_json::from_slice(&fs::read(folder.path().join("config.json")).unwrap()).unwrap();
        config["classifier_activation"] = json!(activation);
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        for precision in [Precision::F32, Precision::Int8] {
            let classes = ClassModel::load(folder.path(), precision).unwrap();
            assert_eq!(classes.read("the cat"), Err(PoolError::Garbled), "{activation} {precision:?}");
        }
    }
}

#[test]
fn files_that_say_more_of_themselves_than_they_hold_are_refused() {
    let folder = folder(&["A", "B"], json!({}));
    let file = folder.path().join("model.safetensors");
    for (rows, expected) in [(0, "are 1 to 4096"), (1 << 40, "are 1 to 4096"), (4_000, "ends behind")] {
        let bytes = fs::read(&file).unwrap();
        let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let start = header["pooler.dense.weight"]["data_offsets"][0].as_u64().unwrap();
        header["pooler.dense.weight"] =
            json!({"dtype": "F32", "shape": [rows, 32], "data_offsets": [start, start + rows * 32 * 4]});
        let written = header.to_string();
        let size = (written.len() as u64).to_le_bytes();
        fs::write(&file, [size.as_slice(), written.as_bytes(), &bytes[8 + length..]].concat()).unwrap();
        let reason = ClassModel::load(folder.path(), Precision::F32).unwrap_err().reason.to_string();
        assert!(reason.contains(expected), "{rows}: {reason}");
    }
}

#[test]
fn each_word_is_of_one_window_and_stands_in_it() {
    let folder = tiny::folder();
    let tokens = WordPiece::load(&folder.path().join("tokenizer.json")).unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        let words: Vec<&str> = (0..random.usize(..80))
            .map(|_| *random.choice(["cat", "unwanted", "running", "aaaaaaaaaaaa"].iter()).unwrap())
            .collect();
        let cut = tokens.cut(&words.join(" "));
        let (most, overlap) = (random.usize(3..30), random.usize(..15));
        let all = windows(&cut, most, overlap);
        let owned: Vec<usize> = all.iter().flat_map(|window| window.own.clone()).collect();
        assert_eq!(owned, (0..words.len()).collect::<Vec<_>>());
        for Window { words, own } in &all {
            assert!(words.start <= own.start && own.end <= words.end && !words.is_empty());
            let size = cut.words[words.end - 1].tokens.end - cut.words[words.start].tokens.start;
            assert!(size <= most || words.len() == 1, "{size} of {most}");
        }
    }
}

#[test]
fn labels_of_all_schemes_are_kinds() {
    let model = entities(&["O", "B-GIVEN_NAME", "I-GIVEN_NAME", "S-PER", "E-PER", "U-LOC", "L-LOC", "misc"]);
    let kinds: Vec<&str> = model.kinds().iter().map(AsRef::as_ref).collect();
    assert_eq!(kinds, ["given_name", "per", "loc", "misc"]);
}

#[test]
fn what_a_long_text_has_is_found_in_its_windows() {
    let model = entities(&["O", "B-A", "I-A"]);
    let text = "the unwanted cat sat on the mat, running. ".repeat(40);
    let found = model.read(&text).unwrap();
    assert!(found.iter().all(|word| word.score > 0.0 && word.score <= 1.0001));
    assert!(found.is_sorted_by(|a, b| a.bytes.end <= b.bytes.start), "each word once, in order");
    assert!(found.last().unwrap().bytes.end > text.len() - 20, "to the end");
    // A text of one window is read as one.
    let short = model.read("the cat sat").unwrap();
    assert!(short.iter().zip(&model.read("the cat sat").unwrap()).all(|(a, b)| a == b));
    assert!(model.read("").unwrap().is_empty() && model.read(" \n").unwrap().is_empty());
}

#[test]
fn words_that_follow_each_other_are_one_thing() {
    let word = |word: usize, bytes: std::ops::Range<usize>, kind: usize, begins: bool, score: f32| Labelled {
        word,
        bytes,
        kind,
        begins,
        score,
    };
    let words = [
        word(0, 0..4, 0, true, 0.9),
        word(1, 5..10, 0, false, 0.6),
        // Another begins at once; and one that touches, as behind an apostrophe, begins nothing.
        word(2, 11..15, 0, true, 0.8),
        word(3, 15..16, 0, true, 0.7),
        word(4, 17..20, 0, false, 0.2),
        word(5, 21..25, 0, false, 0.5),
        word(6, 26..30, 1, false, 0.5),
    ];
    let found: Vec<(std::ops::Range<usize>, usize)> =
        joined(&words, 0.5).into_iter().map(|Entity { bytes, kind, .. }| (bytes, kind)).collect();
    assert_eq!(found, [(0..10, 0), (11..16, 0), (21..25, 0), (26..30, 1)]);
    assert_eq!(joined(&words, 0.1).len(), 3);
    assert!(joined(&words, 0.95).is_empty());
}

#[test]
fn chances_are_of_all_labels_and_the_largest_of_any_window() {
    for (labels, more, is_each) in [
        (&["SAFE", "INJECTION"][..], json!({}), false),
        (&["a", "b", "c"], json!({"problem_type": "multi_label_classification"}), true),
        (&["bad"], json!({"classifier_pooling": "mean", "classifier_activation": "relu"}), true),
    ] {
        let folder = folder(labels, more);
        for precision in [Precision::F32, Precision::Int8] {
            let model = ClassModel::load(folder.path(), precision).unwrap();
            assert_eq!(model.labels().len(), labels.len());
            let chances = model.read("the cat sat on the mat").unwrap();
            assert!(chances.iter().all(|chance| (0.0..=1.0).contains(chance)), "{chances:?}");
            let sum: f32 = chances.iter().sum();
            assert!(is_each || (sum - 1.0).abs() < 1e-5, "{sum}");
            let long = format!("{} unwanted", "cat ".repeat(700));
            let (whole, end) = (model.read(&long).unwrap(), model.read(&long[long.len() - 500..]).unwrap());
            assert_eq!(whole.len(), end.len());
            assert!(model.read(" ").unwrap().iter().all(|chance| *chance == 0.0));
        }
    }
}

fn refused(labels: Value, more: Value) -> LoadReason {
    let folder = folder(&["O", "B-A"], json!({}));
    let mut config = tiny::config();
    config["id2label"] = labels;
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let check = EntityModel::check(folder.path()).and_then(|_| ClassModel::check(folder.path()));
    let error = check
        .map(|_| ())
        .and_then(|()| EntityModel::load(folder.path(), Precision::F32).map(|_| ()))
        .and_then(|()| ClassModel::load(folder.path(), Precision::F32).map(|_| ()))
        .unwrap_err();
    error.reason
}

#[test]
fn labels_and_heads_that_do_not_fit_are_refused() {
    let good = json!({"0": "O", "1": "B-A"});
    assert!(matches!(refused(Value::Null, json!({})), LoadReason::Json(_)));
    assert!(matches!(refused(json!({}), json!({})), LoadReason::Unsupported(_)));
    assert!(matches!(refused(json!({"1": "O", "2": "B-A"}), json!({})), LoadReason::Malformed(_)));
    assert!(matches!(refused(json!({"0": "O", "1": ""}), json!({})), LoadReason::Malformed(_)));
    assert!(matches!(refused(json!({"0": "O", "1": "a\nb"}), json!({})), LoadReason::Malformed(_)));
    assert!(matches!(refused(json!({"0": "O", "1": "o"}), json!({})), LoadReason::Malformed(_)));
    let three = json!({"0": "O", "1": "B-A", "2": "I-A"});
    assert!(matches!(refused(three, json!({})), LoadReason::Shape { .. }));
    let regression = json!({"problem_type": "regression"});
    assert!(matches!(refused(good.clone(), regression), LoadReason::Unsupported(_)));
    assert!(matches!(refused(good, json!({"classifier_pooling": "max"})), LoadReason::Json(_)));
    // A model for embeddings has neither labels nor a head.
    let folder = tiny::folder();
    assert!(matches!(EntityModel::check(folder.path()).unwrap_err().reason, LoadReason::Json(_)));
    write_labels(folder.path());
    let reason = EntityModel::load(folder.path(), Precision::F32).unwrap_err().reason;
    assert!(matches!(reason, LoadReason::MissingTensor(_)), "{reason}");
}

fn write_labels(folder: &Path) {
    let mut config = tiny::config();
    config["id2label"] = json!({"0": "O", "1": "B-A"});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

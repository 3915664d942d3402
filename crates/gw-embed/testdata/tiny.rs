//! A model folder of two layers with random weights, so that all but the meaning of what models say can be tested
//! without a download, for the tests of every crate that runs some.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const HIDDEN: usize = 32;
const WIDE: usize = 64;

/// Pieces of the vocabulary; a token's number is its place.
const PIECES: &[&str] = &[
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "sat", "on", "mat", "un", "##want", "##ed", "##s",
    "runn", "##ing", ",", ".", "!", "cafe", "東", "京", "a", "##a", "[", "]", "sep", "“", "ß", "0", "##0",
];

/// Writes the three files.
pub(crate) fn write(folder: &Path) {
    fs::write(folder.join("config.json"), config().to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), tokenizer().to_string()).unwrap();
    write_tensors(&folder.join("model.safetensors"), &tensors());
}

/// A tensor: name, shape, numbers.
type Tensor = (String, Vec<usize>, Vec<f32>);

/// The same tensors, and those of a pooler and a head for so many labels.
pub(crate) fn with_head(mut tensors: Vec<Tensor>, labels: usize) -> Vec<Tensor> {
    let mut random = fastrand::Rng::with_seed(11);
    let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| random.f32() - 0.5).collect() };
    for (name, outputs) in [("pooler.dense", HIDDEN), ("classifier", labels)] {
        tensors.push((format!("{name}.weight"), vec![outputs, HIDDEN], numbers(outputs * HIDDEN)));
        tensors.push((format!("{name}.bias"), vec![outputs], numbers(outputs)));
    }
    tensors
}

/// Puts a head for so many labels on a model, with a pooler below it; `more` goes into its configuration.
pub(crate) fn write_head(folder: &Path, labels: &[&str], more: Value) {
    write_tensors(&folder.join("model.safetensors"), &with_head(tensors(), labels.len()));
    let mut config = config();
    let named: serde_json::Map<String, Value> =
        labels.iter().enumerate().map(|(number, label)| (number.to_string(), json!(label))).collect();
    config["id2label"] = Value::Object(named);
    if let (Value::Object(config), Value::Object(more)) = (&mut config, more) {
        config.extend(more);
    }
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

/// A folder with a model in it.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    folder
}

pub(crate) fn config() -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": HIDDEN, "intermediate_size": WIDE,
        "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 300, "type_vocab_size": 2,
        "vocab_size": PIECES.len(), "layer_norm_eps": 1e-12,
    })
}

pub(crate) fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<String, Value> =
        PIECES.iter().enumerate().map(|(id, piece)| ((*piece).to_owned(), json!(id))).collect();
    json!({
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

/// Name, shape and numbers of every tensor.
pub(crate) fn tensors() -> Vec<Tensor> {
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![PIECES.len(), HIDDEN]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![300, HIDDEN]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![HIDDEN]),
        ("embeddings.LayerNorm.bias".to_owned(), vec![HIDDEN]),
    ];
    for layer in 0..2 {
        for (name, outputs, inputs) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", WIDE, HIDDEN),
            ("output.dense", HIDDEN, WIDE),
        ] {
            shapes.push((format!("encoder.layer.{layer}.{name}.weight"), vec![outputs, inputs]));
            shapes.push((format!("encoder.layer.{layer}.{name}.bias"), vec![outputs]));
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{layer}.{name}.weight"), vec![HIDDEN]));
            shapes.push((format!("encoder.layer.{layer}.{name}.bias"), vec![HIDDEN]));
        }
    }
    let mut random = fastrand::Rng::with_seed(7);
    let mut numbers =
        |shape: &[usize]| -> Vec<f32> { (0..shape.iter().product()).map(|_| random.f32() - 0.5).collect() };
    shapes.into_iter().map(|(name, shape)| (name, shape.clone(), numbers(&shape))).collect()
}

pub(crate) fn write_tensors(path: &Path, tensors: &[Tensor]) {
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
    let mut data: Vec<u8> = Vec::new();
    for (name, shape, numbers) in tensors {
        let start = data.len();
        data.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        header.insert(
            name.clone(),
            json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]}),
        );
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(&data);
    fs::write(path, file).unwrap();
}

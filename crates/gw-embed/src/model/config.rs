//! `config.json`: the model's sizes. What would give other vectors than the model was trained for is refused,
//! and so are sizes that no model of this class has.

use super::read;
use crate::error::{LoadError, LoadReason};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

const MAX_BYTES: u64 = 1 << 20;

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    pub(super) model_type: String,
    pub(super) hidden_act: String,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) vocab_size: usize,
    pub(super) layer_norm_eps: f32,
    #[serde(default = "absolute")]
    pub(super) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// How sentence-transformers says what becomes of the tokens' vectors.
#[derive(Deserialize)]
struct Pooling {
    pooling_mode_mean_tokens: bool,
}

impl Config {
    pub(super) fn load(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join("config.json");
        let config: Self = parse(&path)?;
        config.check().map_err(|reason| reason.at(&path))?;
        let path = folder.join("1_Pooling").join("config.json");
        if path.exists() && !parse::<Pooling>(&path)?.pooling_mode_mean_tokens {
            return Err(LoadReason::Unsupported("a pooling other than the mean".to_owned()).at(&path));
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), LoadReason> {
        for (member, value, known) in [
            ("model_type", &self.model_type, "bert"),
            ("hidden_act", &self.hidden_act, "gelu"),
            ("position_embedding_type", &self.position_embedding_type, "absolute"),
        ] {
            if value != known {
                return Err(LoadReason::Unsupported(format!("{member} '{value}'; only '{known}' is")));
            }
        }
        for (member, value, most) in [
            ("hidden_size", self.hidden_size, 1_024),
            ("intermediate_size", self.intermediate_size, 4_096),
            ("num_hidden_layers", self.num_hidden_layers, 24),
            ("num_attention_heads", self.num_attention_heads, 64),
            ("max_position_embeddings", self.max_position_embeddings, 8_192),
            ("type_vocab_size", self.type_vocab_size, 16),
            ("vocab_size", self.vocab_size, 300_000),
        ] {
            if !(1..=most).contains(&value) {
                return Err(LoadReason::Unsupported(format!("{member} {value}; it is 1 to {most}")));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(LoadReason::Malformed(
                "hidden_size is no multiple of num_attention_heads".to_owned(),
            ));
        }
        if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps > 0.0) {
            return Err(LoadReason::Malformed("layer_norm_eps is no number above 0".to_owned()));
        }
        if self.max_position_embeddings < 3 {
            return Err(LoadReason::Malformed(
                "max_position_embeddings leaves no room for a token".to_owned(),
            ));
        }
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    serde_json::from_slice(&read(path, MAX_BYTES)?).map_err(|e| LoadReason::Json(e).at(path))
}

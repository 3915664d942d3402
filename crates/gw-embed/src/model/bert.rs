//! BERT's encoder: embeddings, layers of attention and a two-step product; a row of numbers per token. The tokens of a
//! batch's texts lie below each other without padding; only attention sees where a text ends, and so a text's
//! rows are the same alone and in a batch.

use super::Precision;
use super::config::Config;
use super::safetensors::Tensors;
use crate::error::LoadError;
use crate::kernel::{Dense, Heads, Quantised, Table, add_and_norm, attend, gelu};

#[derive(Debug)]
pub(super) struct Bert {
    words: Words,
    /// Of each position, with that of the only segment added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: Heads,
    epsilon: f32,
}

#[derive(Debug)]
enum Words {
    F32(Vec<f32>),
    Int8(Table),
}

#[derive(Debug)]
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    /// Query, key and value in one product.
    qkv: Linear,
    context: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

#[derive(Debug)]
enum Linear {
    F32(Dense),
    Int8(Quantised, usize),
}

impl Linear {
    fn new(precision: Precision, weights: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        match precision {
            Precision::F32 => Self::F32(Dense::new(weights, bias, inputs)),
            Precision::Int8 => Self::Int8(Quantised::new(weights, bias, inputs), inputs),
        }
    }

    fn apply(&self, x: &[f32]) -> Vec<f32> {
        match self {
            Self::F32(layer) => layer.apply(x),
            Self::Int8(layer, inputs) => layer.apply(x, *inputs),
        }
    }
}

const WORDS: &str = "embeddings.word_embeddings.weight";

/// What stands before the encoder's names; files of larger models have something there.
pub(super) fn prefix(tensors: &Tensors) -> &'static str {
    if tensors.has(&format!("bert.{WORDS}")) { "bert." } else { "" }
}

/// Reads the tensors of a model.
struct Loader<'a> {
    tensors: &'a mut Tensors,
    prefix: &'static str,
    precision: Precision,
}

impl Loader<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        self.tensors.take(&format!("{}{name}", self.prefix), shape)
    }

    fn norm(&mut self, name: &str, size: usize) -> Result<Norm, LoadError> {
        let weight = self.take(&format!("{name}.weight"), &[size])?;
        Ok(Norm { weight, bias: self.take(&format!("{name}.bias"), &[size])? })
    }

    /// Several layers of the same inputs as one.
    fn linear(&mut self, names: &[String], outputs: usize, inputs: usize) -> Result<Linear, LoadError> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weights.append(&mut self.take(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.append(&mut self.take(&format!("{name}.bias"), &[outputs])?);
        }
        Ok(Linear::new(self.precision, &weights, bias, inputs))
    }

    fn layer(&mut self, number: usize, config: &Config) -> Result<Layer, LoadError> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let at = |name: &str| format!("encoder.layer.{number}.{name}");
        let qkv = ["query", "key", "value"].map(|name| at(&format!("attention.self.{name}")));
        Ok(Layer {
            qkv: self.linear(&qkv, hidden, hidden)?,
            context: self.linear(&[at("attention.output.dense")], hidden, hidden)?,
            attention_norm: self.norm(&at("attention.output.LayerNorm"), hidden)?,
            up: self.linear(&[at("intermediate.dense")], wide, hidden)?,
            down: self.linear(&[at("output.dense")], hidden, wide)?,
            norm: self.norm(&at("output.LayerNorm"), hidden)?,
        })
    }
}

impl Bert {
    pub(super) fn load(
        tensors: &mut Tensors,
        config: &Config,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let prefix = prefix(tensors);
        let mut loader = Loader { tensors, prefix, precision };
        let hidden = config.hidden_size;
        let words = loader.take(WORDS, &[config.vocab_size, hidden])?;
        let words = match precision {
            Precision::F32 => Words::F32(words),
            Precision::Int8 => Words::Int8(Table::new(&words, hidden)),
        };
        let shape = [config.max_position_embeddings, hidden];
        let mut positions = loader.take("embeddings.position_embeddings.weight", &shape)?;
        let shape = [config.type_vocab_size, hidden];
        let segments = loader.take("embeddings.token_type_embeddings.weight", &shape)?;
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&segments).for_each(|(x, segment)| *x += segment);
        }
        let norm = loader.norm("embeddings.LayerNorm", hidden)?;
        let layers = (0..config.num_hidden_layers).map(|number| loader.layer(number, config));
        let layers = layers.collect::<Result<_, _>>()?;
        let heads = Heads { count: config.num_attention_heads, size: hidden / config.num_attention_heads };
        Ok(Self { words, positions, norm, layers, heads, epsilon: config.layer_norm_eps })
    }

    /// Numbers per vector.
    pub(super) fn hidden(&self) -> usize {
        self.norm.weight.len()
    }

    /// A row per token of all texts, in order.
    pub(super) fn encode(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let mut x = self.rows(texts);
        for layer in &self.layers {
            x = self.layer(layer, &x, texts);
        }
        x
    }

    /// What a token means and where it stands, one row per token of all texts.
    fn rows(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let hidden = self.hidden();
        let mut x = Vec::with_capacity(texts.iter().map(Vec::len).sum::<usize>() * hidden);
        let mut places = Vec::with_capacity(x.capacity());
        for text in texts {
            for (token, place) in text.iter().zip(self.positions.chunks_exact(hidden)) {
                let token = *token as usize;
                match &self.words {
                    Words::F32(rows) => x.extend_from_slice(&rows[token * hidden..][..hidden]),
                    Words::Int8(table) => x.extend(table.row(token)),
                }
                places.extend_from_slice(place);
            }
        }
        self.add_and_norm(&mut x, &places, &self.norm);
        x
    }

    fn layer(&self, layer: &Layer, x: &[f32], texts: &[Vec<u32>]) -> Vec<f32> {
        let qkv = layer.qkv.apply(x);
        let mut context = vec![0.0; x.len()];
        let mut done = 0;
        for text in texts {
            let range = done..done + text.len() * self.hidden();
            attend(&qkv[3 * range.start..3 * range.end], self.heads, &mut context[range.clone()]);
            done = range.end;
        }
        let mut middle = layer.context.apply(&context);
        self.add_and_norm(&mut middle, x, &layer.attention_norm);
        let mut wide = layer.up.apply(&middle);
        gelu(&mut wide);
        let mut out = layer.down.apply(&wide);
        self.add_and_norm(&mut out, &middle, &layer.norm);
        out
    }

    fn add_and_norm(&self, x: &mut [f32], residual: &[f32], norm: &Norm) {
        add_and_norm(x, residual, &norm.weight, &norm.bias, self.epsilon);
    }
}

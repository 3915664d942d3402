//! A model that says what a text is: an attempt to take over a model, an insult (BERT for sequence classification). A long
//! text is read in windows, large ones for what takes long to say and small ones for what is hidden among other things; what
//! one of them is, the text is.

use super::bert::{Bert, prefix};
use super::head::Head;
use super::labels::Labels;
use super::windows::{Reading, Step, Window, windows};
use super::wordpiece::WordPiece;
use super::{Precision, open, read};
use crate::error::{LoadError, LoadReason, PoolError};
use crate::kernel::{Dense, add_rows};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// Most tokens of a window, the two marks included, and how many it shares with the next. A sentence among many others would
/// not be seen in a large one: models judge by the whole of what they read.
const WINDOWS: [(usize, usize); 2] = [(256, 64), (64, 32)];
/// Most numbers between the encoder and the labels.
const MAX_WIDTH: usize = 4_096;
const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// Windows that one pass through the model takes: one large one, or some small ones.
const BATCH: usize = 4;

/// A loaded model of that kind.
#[derive(Debug)]
pub struct ClassModel {
    tokens: WordPiece,
    bert: Bert,
    pooling: Pooling,
    pooler: Dense,
    activation: Activation,
    head: Head,
    labels: Vec<Arc<str>>,
    max_tokens: usize,
}

/// What of a text is looked at, and through which function, as `config.json` says it (the names are ModernBERT's).
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    classifier_pooling: Pooling,
    #[serde(default)]
    classifier_activation: Activation,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pooling {
    /// The row of the first mark, as BERT has it.
    #[default]
    Cls,
    /// The mean of all rows.
    Mean,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Activation {
    /// As BERT has it.
    #[default]
    Tanh,
    Relu,
}

impl Settings {
    fn load(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join("config.json");
        serde_json::from_slice(&read(&path, MAX_CONFIG_BYTES)?).map_err(|e| LoadReason::Json(e).at(&path))
    }
}

impl Pooling {
    /// The row of a text.
    fn row(self, rows: &[f32], hidden: usize) -> Vec<f32> {
        match self {
            Self::Cls => rows[..hidden].to_vec(),
            Self::Mean => {
                let mut mean = add_rows(rows, hidden);
                let count = rows.len() as f32 / hidden as f32;
                mean.iter_mut().for_each(|x| *x /= count);
                mean
            }
        }
    }
}

impl Activation {
    fn of(self, x: f32) -> f32 {
        match self {
            Self::Tanh => x.tanh(),
            // Not by `max`, which takes what is no number for 0.
            Self::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
        }
    }
}

impl ClassModel {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` of a folder.
    ///
    /// # Errors
    /// The file that can not be used, and why.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, LoadError> {
        let (config, tokens, mut tensors) = open(folder)?;
        let labels = Labels::load(folder)?;
        let bert = Bert::load(&mut tensors, &config, precision)?;
        let hidden = bert.hidden();
        let settings = Settings::load(folder)?;
        let name = format!("{}pooler.dense", prefix(&tensors));
        // Some are narrower than the encoder.
        let width = tensors.first(&format!("{name}.weight")).unwrap_or(hidden);
        if !(1..=MAX_WIDTH).contains(&width) {
            let what = format!("tensor '{name}.weight' has {width} rows; they are 1 to {MAX_WIDTH}");
            return Err(LoadReason::Unsupported(what).at(&folder.join("model.safetensors")));
        }
        let weights = tensors.take(&format!("{name}.weight"), &[width, hidden])?;
        let pooler = Dense::new(&weights, tensors.take(&format!("{name}.bias"), &[width])?, hidden);
        let head = Head::load(&mut tensors, &labels, width)?;
        let (pooling, activation) = (settings.classifier_pooling, settings.classifier_activation);
        let max_tokens = config.max_position_embeddings;
        Ok(Self { tokens, bert, pooling, pooler, activation, head, labels: labels.names, max_tokens })
    }

    /// Looks whether the files of a folder are there and are what they should be, without reading the weights: quick,
    /// but [`Self::load`] has the last word. What the model may say, as [`Self::labels`].
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(folder: &Path) -> Result<Vec<Arc<str>>, LoadError> {
        open(folder)?;
        Settings::load(folder)?;
        Labels::load(folder).map(|labels| labels.names)
    }

    /// What it may say, as its configuration names it.
    #[must_use]
    pub fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    /// The chance of each label, 0 to 1: the largest of any window. Takes as long as it takes.
    ///
    /// # Errors
    /// The model's numbers came out as none.
    pub fn read(&self, text: &str) -> Result<Vec<f32>, PoolError> {
        self.begin(text).through(|work| self.go_on(work))
    }

    pub(crate) fn begin(&self, text: &str) -> Reading<Vec<f32>> {
        let cut = self.tokens.cut(text);
        let mut all: Vec<Window> = Vec::new();
        for (size, overlap) in WINDOWS {
            let windows = windows(&cut, size.min(self.max_tokens) - 2, overlap);
            if windows != all {
                all.extend(windows);
            }
        }
        Reading { cut, windows: all, done: 0, found: vec![0.0; self.labels.len()] }
    }

    /// Reads some windows more.
    pub(crate) fn go_on(&self, work: &mut Reading<Vec<f32>>) -> Step<Vec<f32>> {
        let Reading { cut, windows, done, found } = work;
        let most = WINDOWS[0].0.min(self.max_tokens) - 2;
        let mut room = most;
        let fits = |window: &&Window| {
            let size = window.tokens(cut, most).len();
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        };
        let rest = windows.get(*done..).unwrap_or_default();
        let batch: Vec<&Window> = rest.iter().take(BATCH).take_while(fits).collect();
        let inputs: Vec<Vec<u32>> =
            batch.iter().map(|window| self.tokens.marked(window.tokens(cut, most))).collect();
        let rows = self.bert.encode(&inputs);
        let hidden = self.bert.hidden();
        let mut of_texts = Vec::with_capacity(inputs.len() * hidden);
        let mut rest = rows.as_slice();
        for input in &inputs {
            let (rows, after) = rest.split_at(input.len() * hidden);
            rest = after;
            of_texts.append(&mut self.pooling.row(rows, hidden));
        }
        let mut pooled = self.pooler.apply(&of_texts);
        pooled.iter_mut().for_each(|x| *x = self.activation.of(*x));
        let chances = self.head.chances(&pooled);
        if chances.iter().any(|chance| !chance.is_finite()) {
            return Step::Garbled;
        }
        for row in chances.chunks_exact(self.labels.len()) {
            found.iter_mut().zip(row).for_each(|(most, chance)| *most = most.max(*chance));
        }
        *done += batch.len();
        if *done < windows.len() { Step::More } else { Step::Done(std::mem::take(found)) }
    }
}

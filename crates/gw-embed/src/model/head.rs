//! What stands on the encoder: a linear layer from a row of numbers to one number a label, and the chances that they stand for.

use super::labels::Labels;
use super::safetensors::Tensors;
use crate::error::LoadError;
use crate::kernel::{Dense, sigmoid, softmax};

#[derive(Debug)]
pub(super) struct Head {
    layer: Dense,
    labels: usize,
    /// Each label has a chance of its own.
    is_each: bool,
}

impl Head {
    /// Reads `classifier`. What has a single label says how likely that one is.
    pub(super) fn load(tensors: &mut Tensors, labels: &Labels, hidden: usize) -> Result<Self, LoadError> {
        let count = labels.names.len();
        let weights = tensors.take("classifier.weight", &[count, hidden])?;
        let bias = tensors.take("classifier.bias", &[count])?;
        let is_each = count == 1 || labels.are_several;
        Ok(Self { layer: Dense::new(&weights, bias, hidden), labels: count, is_each })
    }

    /// The chance of each label, 0 to 1, for each row.
    pub(super) fn chances(&self, rows: &[f32]) -> Vec<f32> {
        let mut chances = self.layer.apply(rows);
        if self.is_each {
            chances.iter_mut().for_each(|x| *x = sigmoid(*x));
        } else {
            chances.chunks_exact_mut(self.labels).for_each(softmax);
        }
        chances
    }
}

//! What a model asks for besides the answer of one target: a copy to another model, or an answer made of several. Part
//! of the configuration. It must not know how any of it is carried out.

use crate::money::NanoUsd;
use crate::snapshot::Model;
use std::sync::Arc;

/// Most sub-calls that one request may start.
pub const MAX_SUB_CALLS: u8 = 8;

/// Some requests are copied to another model; nobody gets its answers.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// The other model.
    pub model: Arc<Model>,
    /// How many of a hundred requests.
    pub percent: u32,
    /// Most copies at the same time; further ones are left out.
    pub max_in_flight: u32,
}

/// Several answers to the same request, of which one is made.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// Who is asked; at most [`MAX_SUB_CALLS`]. Each answers under the ensemble's name.
    pub panel: Vec<Arc<Model>>,
    /// Who makes one answer of theirs; without one, the majority decides.
    pub judge: Option<Arc<Model>>,
    /// What the judge is told, in place of the gateway's own words.
    pub prompt: Option<Arc<str>>,
    /// How many answers are enough.
    pub quorum: usize,
    /// How long the panel has, in milliseconds.
    pub timeout_ms: u64,
    /// How long the others still have once there are enough, in milliseconds.
    pub straggler_ms: u64,
    /// Most that all calls of one request may cost together.
    pub max_cost: Option<NanoUsd>,
}

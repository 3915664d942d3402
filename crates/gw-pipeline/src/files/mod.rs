//! Files and batches, and whatever else names things by ids that outlive a call: whose they are. A stage between
//! receive and authorize: what another key owns does not exist for the caller, so nothing later may see its id. The
//! way back is in [`answer`]. It must not talk to a provider.

pub(crate) mod answer;
mod batch;
mod choose;
mod claim;
mod collections;
mod foreign;
mod lines;
mod named;
mod reach;
mod settle;
mod turn;
mod upload;

pub(crate) use claim::{Claimed, claim};
pub(crate) use turn::Settling;

use gw_store::objects::Object;
use std::sync::Arc;

/// Separates what a file's note holds.
const NOTE_SEPARATOR: char = '\n';

/// What the way back must know of an object that a call is about.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// The object that is named, when the gateway knows it.
    pub(crate) object: Option<Arc<Object>>,
    /// The model of what is made.
    pub(crate) model: String,
    /// What is to be remembered of what is made.
    pub(crate) note: String,
    /// How many entries of a list the caller wants; the provider is asked for as many as it gives.
    pub(crate) limit: usize,
}

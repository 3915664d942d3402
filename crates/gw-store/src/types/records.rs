//! What is kept of calls besides their records. Plain data.

use gw_model::{Micros, RequestId};

/// Bodies of a call, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBodies {
    /// Whose.
    pub request: RequestId,
    /// Until when they are kept.
    pub expires: Micros,
    /// See [`crate::bodies::BodySealer`].
    pub sealed: Vec<u8>,
}

/// What somebody says about a call afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Its id; random, and in the order of time.
    pub id: u128,
    /// About which call.
    pub request: RequestId,
    /// When it was said.
    pub time: Micros,
    /// Who said it.
    pub author: String,
    /// How good it was, in whatever measure the application has.
    pub score: Option<i64>,
    /// A word for it.
    pub label: Option<String>,
    /// In words.
    pub comment: Option<String>,
}

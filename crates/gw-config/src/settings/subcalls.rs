//! What an alias asks for besides the answer of one target: copies to another model, answers made of several.

use crate::shape::{Text, Usd, Whole, settings};

settings! {
    /// Some requests are copied to another model, whose answers are thrown away.
    pub struct MirrorSettings {
        /// The other model: an alias, or `provider/model`.
        required model: Text,
        /// How many of a hundred requests.
        default(10) percent: Whole<0, 100>,
        /// Most copies at the same time; further ones are left out.
        default(32) max_in_flight: Whole<1, 10_000>,
    }
}

settings! {
    /// How one answer is made of those of the panel, which are the alias's targets.
    pub struct EnsembleSettings {
        /// The model that makes it: an alias, or `provider/model`.
        optional judge: Text,
        /// In place of a judge: the answer that most give, the first of them when as many give others.
        default(false) majority: bool,
        /// How many answers are enough.
        default(2) quorum: Whole<1, 8>,
        /// How long the panel has.
        default(60_000) timeout_ms: Whole<1, 3_600_000>,
        /// How long the others still have once there are enough.
        default(500) straggler_ms: Whole<0, 600_000>,
        /// Most that all calls of one request may cost together, in US dollars.
        optional max_cost_usd: Usd,
        /// What the judge is told, in place of the gateway's own words.
        optional prompt: Text,
    }
}

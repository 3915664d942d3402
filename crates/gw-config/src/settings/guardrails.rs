//! Content policies. The stage is a pass-through in this version, so every guardrail is refused when the
//! settings are compiled: a policy that nothing enforces must not look as if it held.

use crate::place::At;
use crate::shape::{Text, choices, settings};

settings! {
    /// One content policy. Not in this version.
    pub struct GuardrailSettings {
        /// What is looked for, such as `pii` or `secrets`.
        required kind: Text,
        /// What is looked at: `request`, `response`.
        required on: Vec<At<GuardSide>>,
        /// What happens: `flag`, `block`, `redact` or `tokenize`.
        required action: GuardAction,
        /// Applies to every request, not only where a key names it.
        default(false) mandatory: bool,
    }
}

choices! {
    /// Side of the call.
    pub enum GuardSide {
        /// What the caller sends.
        Request = "request",
        /// What the model answers.
        Response = "response",
    }
}

choices! {
    /// What a finding leads to.
    pub enum GuardAction {
        /// A note in the record.
        Flag = "flag",
        /// A refusal.
        Block = "block",
        /// The finding is blanked.
        Redact = "redact",
        /// The finding is masked upstream and restored for the caller.
        Tokenize = "tokenize",
    }
}

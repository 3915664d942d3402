//! A guardrail made ready: its specification and its check. Serves whoever holds a configuration.

use crate::check::{Check, CheckError};
use gw_model::guardrail::{GuardAction, GuardrailSpec, Speaker};
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug)]
pub struct Guardrail {
    /// As configured.
    pub spec: Arc<GuardrailSpec>,
    check: Check,
}

impl Guardrail {
    /// Makes one ready.
    ///
    /// # Errors
    /// What of its check can not be used.
    pub fn compile(spec: Arc<GuardrailSpec>) -> Result<Self, CheckError> {
        let names_calls = spec.speakers.names(Speaker::ToolCall);
        Check::compile(&spec.check).map(|check| Self { spec, check: check.naming_calls(names_calls) })
    }

    /// Its check.
    #[must_use]
    pub const fn check(&self) -> &Check {
        &self.check
    }

    /// Does a finding change what goes on? Else it is only written down.
    #[must_use]
    pub fn enforces(&self) -> bool {
        !self.spec.shadow && self.spec.action != GuardAction::Flag
    }

    /// May what others say about a text change it? They can say so of what they find, or it is what becomes of any finding.
    #[must_use]
    pub fn may_change_when_asked(&self) -> bool {
        let Some(ask) = self.check.asked().filter(|_| self.enforces()) else { return false };
        match self.spec.action {
            GuardAction::Flag => false,
            GuardAction::Tokenize | GuardAction::Rewrite | GuardAction::Redact => ask.who.finds_spans(),
            GuardAction::Route | GuardAction::Block => ask.who.may_replace(),
        }
    }
}

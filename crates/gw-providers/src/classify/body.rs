//! Words in error bodies that change what a status means.

use gw_model::catalog::ProviderKind;
use memchr::memmem;

/// Anthropic answers 400 when the account has no credit left: nothing that the caller could mend.
pub(super) fn is_credit_error(body: &[u8], kind: ProviderKind) -> bool {
    kind == ProviderKind::Anthropic && memmem::find(body, b"credit balance is too low").is_some()
}

/// OpenAI answers 429 when the account's quota is used up: waiting does not help.
pub(super) fn is_quota_error(body: &[u8]) -> bool {
    memmem::find(body, b"insufficient_quota").is_some()
}

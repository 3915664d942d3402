//! Words in error bodies that change what a status means.

use gw_model::catalog::ProviderKind;
use memchr::memmem;

/// Whether a 400 is about the gateway's own account: nothing that the caller could mend.
pub(super) fn is_our_fault(body: &[u8], kind: ProviderKind) -> bool {
    is_credit_error(body, kind) || is_key_error(body, kind)
}

/// Google answers 400 to a key that is not valid.
fn is_key_error(body: &[u8], kind: ProviderKind) -> bool {
    matches!(kind, ProviderKind::Gemini | ProviderKind::Vertex)
        && [&b"API_KEY_INVALID"[..], b"API key not valid", b"API key expired"]
            .iter()
            .any(|words| memmem::find(body, words).is_some())
}

/// Anthropic answers 400 when the account has no credit left.
fn is_credit_error(body: &[u8], kind: ProviderKind) -> bool {
    kind == ProviderKind::Anthropic && memmem::find(body, b"credit balance is too low").is_some()
}

/// Whether a 403 is about what the caller sent: xAI's and OpenRouter's content policies answer so.
pub(super) fn is_policy(body: &[u8]) -> bool {
    let words = [&b"violates usage guidelines"[..], b"input was flagged", b"content_policy_violation"];
    words.iter().any(|words| memmem::find(body, words).is_some())
}

/// OpenAI answers 429 when the account's quota is used up: waiting does not help.
pub(super) fn is_quota_error(body: &[u8]) -> bool {
    memmem::find(body, b"insufficient_quota").is_some()
}

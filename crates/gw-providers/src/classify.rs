//! What a reply's head means for the attempt: done, worth another try, another target's turn, or an error
//! that is the caller's. Serves the attempt stage; the waiting itself is not done here.

mod body;
mod class;
mod retry_after;

pub use class::{class, class_of};
pub use retry_after::retry_after_ms;

use gw_model::ErrorClass;
use gw_model::catalog::ProviderKind;
use gw_model::snapshot::Provider;
use http::HeaderMap;

/// What to do with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A good answer: pass it on.
    Done,
    /// Worth another try at the same target, then at the next.
    Retry {
        /// The upstream's own wish, in milliseconds from now.
        after_ms: Option<u64>,
        /// Why, in a word.
        reason: &'static str,
    },
    /// No use in trying this target again; the next may do better.
    Next {
        /// Why, in a word.
        reason: &'static str,
    },
    /// The request is at fault: the caller gets this status and the upstream's message.
    Refuse {
        /// The upstream's status, but for a content policy that answers 403.
        pass_status: u16,
    },
    /// The gateway's credential was refused or has no credit: `upstream_error` outward, and the next target.
    /// The upstream's text must not reach the caller.
    OurCredential,
}

impl Verdict {
    /// The word that stands in an attempt's record; empty for a good answer.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Done => "",
            Self::Retry { reason, .. } | Self::Next { reason } => reason,
            Self::Refuse { .. } => "refused",
            Self::OurCredential => "credential",
        }
    }
}

/// Judges a reply by its status, headers and the first bytes of its body (a few hundred suffice, and none
/// are needed for 2xx). What the body says is read as [`class`] reads it.
#[must_use]
pub fn classify(status: u16, headers: &HeaderMap, body_head: &[u8], kind: ProviderKind) -> Verdict {
    judge(status, headers, body_head, || class(status, headers, body_head, kind))
}

/// As [`classify`], with what the catalogue knows of the provider.
#[must_use]
pub fn classify_of(provider: &Provider, status: u16, headers: &HeaderMap, body_head: &[u8]) -> Verdict {
    judge(status, headers, body_head, || class_of(provider, status, headers, body_head))
}

fn judge(status: u16, headers: &HeaderMap, body_head: &[u8], class: impl Fn() -> ErrorClass) -> Verdict {
    match status {
        200..=299 => Verdict::Done,
        // A policy's word on the input is the caller's to hear, and no permission that is missing.
        403 if class() == ErrorClass::ContentPolicy => Verdict::Refuse { pass_status: 400 },
        401..=403 => Verdict::OurCredential,
        // About the gateway's own account: nothing that the caller could mend.
        400 if class().blames_credential() => Verdict::OurCredential,
        400 | 404 | 409 | 413 | 422 => Verdict::Refuse { pass_status: status },
        429 => match class() {
            ErrorClass::QuotaExhausted => Verdict::Next { reason: "quota" },
            // No pause makes room for it.
            ErrorClass::ContextLength => Verdict::Next { reason: "429" },
            _ => retry(status, headers, body_head),
        },
        408 | 500..=599 => retry(status, headers, body_head),
        300..=399 => Verdict::Next { reason: "redirect" },
        _ => Verdict::Next { reason: "status" },
    }
}

fn retry(status: u16, headers: &HeaderMap, body_head: &[u8]) -> Verdict {
    let reason = match status {
        408 => "timeout",
        429 => "429",
        _ => "5xx",
    };
    // OpenAI's and Anthropic's servers say so when another try is of no use.
    let told = headers.get("x-should-retry").map(http::HeaderValue::as_bytes);
    // 501 and 505 will be the same the next time.
    if told == Some(b"false") || (matches!(status, 501 | 505) && told != Some(b"true")) {
        return Verdict::Next { reason };
    }
    Verdict::Retry { after_ms: retry_after_ms(headers, body_head), reason }
}

#[cfg(test)]
mod tests;

//! Tries that failed: what the reply or its absence means, what the caller is to hear of it, and what stands in the
//! record. It must not decide whether to try again.

use super::exchange::{Exchange, Tried, TryFailure, read_head, refusal};
use super::{Again, Failure, FailureKind};
use gw_model::snapshot::Target;
use gw_model::{ErrorClass, ErrorCode, Refusal, Usage, UsageSource, WireFormat};
use gw_providers::Verdict;
use gw_upstream::{SendError, SendErrorKind, UpstreamResponse};
use std::sync::Arc;
use std::time::Duration;

/// How much of a hidden error's text stands in the record, in bytes.
const MAX_ERROR_DETAIL: usize = 1024;

impl Exchange {
    /// The upstream answered with something other than success.
    pub(super) async fn failed_status(
        &mut self,
        target: &Arc<Target>,
        format: WireFormat,
        response: UpstreamResponse,
    ) -> Tried {
        let status = response.status.as_u16();
        let headers = response.headers;
        let body = read_head(response.body, Duration::from_millis(self.remaining_ms())).await;
        let verdict = gw_providers::classify_of(&target.provider, status, &headers, &body);
        let class = gw_providers::class_of(&target.provider, status, &headers, &body);
        self.ticket.note_class(class);
        self.ticket.close_attempt(status, verdict.reason(), Usage::default(), UsageSource::None);
        let passed_status = match verdict {
            Verdict::Refuse { pass_status } => pass_status,
            _ => status,
        };
        // A caller of a provider's own path speaks its format, whichever that is.
        let is_raw = self.call.raw.is_some();
        let format = match is_raw {
            true => self.call.format,
            false => gw_providers::error_format(target.provider.kind, format, &body),
        };
        let blames_credential = status == 429 || verdict == Verdict::OurCredential;
        let again = match verdict {
            Verdict::Retry { after_ms, .. } => Some(Again { kind: FailureKind::Status(status), after_ms }),
            Verdict::Refuse { .. } => None,
            // A path of a provider has no other target.
            Verdict::Next { .. } if is_raw => None,
            _ => Some(Again { kind: FailureKind::Final, after_ms: None }),
        };
        let is_shown = match verdict {
            Verdict::Refuse { .. } => true,
            Verdict::OurCredential => false,
            _ => is_raw || status == 429,
        };
        let failure = if is_shown {
            let target = Arc::clone(target);
            Failure::Passed { status: passed_status, headers, body, format, target }
        } else {
            self.keep_detail(format, status, &body);
            let refused = match verdict {
                Verdict::OurCredential => our_credential(),
                _ => bad_upstream(target, status),
            };
            refusal(target, refused)
        };
        Tried::Failed(TryFailure { failure, class, again, blames_credential })
    }

    /// No answer came.
    pub(super) fn not_sent(&mut self, target: &Arc<Target>, error: &SendError) -> TryFailure {
        let kind = match (error.is_timeout(), error.retryable_same_target()) {
            (true, _) => FailureKind::Timeout,
            // What is not to be done twice is not sent twice.
            (false, true) if self.is_sent_once() && error.request_was_sent() => FailureKind::Final,
            (false, true) => FailureKind::Connect,
            (false, false) => FailureKind::Final,
        };
        let class = match kind {
            FailureKind::Timeout => ErrorClass::Timeout,
            _ if error.is_ours() => ErrorClass::BadRequest,
            _ => ErrorClass::Connection,
        };
        self.ticket.note_class(class);
        // A request that was sent and timed out may well be billed, but the provider does not say.
        self.ticket.close_attempt(0, send_word(error.kind()), Usage::default(), UsageSource::None);
        self.ticket.record.error_detail = truncated(&error.to_string());
        tracing::warn!(
            request_id = %self.ticket.record.id, provider = %target.provider.name, %error, "an upstream request failed"
        );
        let provider = &target.provider.name;
        let refused = match kind {
            FailureKind::Timeout => Refusal::new(
                ErrorCode::UpstreamTimeout,
                format!("the provider '{provider}' did not answer in time"),
            ),
            _ => Refusal::new(
                ErrorCode::UpstreamError,
                format!("the provider '{provider}' could not be reached"),
            )
            .final_if(matches!(
                error.kind(),
                SendErrorKind::InvalidRequest | SendErrorKind::ForbiddenAddress
            )),
        };
        let again = Some(Again { kind, after_ms: None });
        TryFailure { failure: refusal(target, refused), class, again, blames_credential: false }
    }

    /// Keeps an upstream's text that the caller does not see.
    fn keep_detail(&mut self, format: WireFormat, status: u16, body: &[u8]) {
        let message = gw_wire::errors::message(format, body).unwrap_or_else(|| {
            String::from_utf8_lossy(body.get(..MAX_ERROR_DETAIL).unwrap_or(body)).into_owned()
        });
        self.ticket.record.error_detail = truncated(&format!("{status}: {message}"));
    }
}

fn our_credential() -> Refusal {
    let text = "the provider refused the gateway's own credential; its operator must look at the log";
    Refusal::new(ErrorCode::UpstreamError, text).final_if(true)
}

fn bad_upstream(target: &Target, status: u16) -> Refusal {
    let provider = &target.provider.name;
    if status == 408 || status == 504 {
        Refusal::new(ErrorCode::UpstreamTimeout, format!("the provider '{provider}' answered {status}"))
    } else {
        Refusal::new(ErrorCode::UpstreamError, format!("the provider '{provider}' answered {status}"))
            .final_if(matches!(status, 501 | 505))
    }
}

/// The reason of a try without an answer, as it stands in records and metrics.
const fn send_word(kind: SendErrorKind) -> &'static str {
    use SendErrorKind as K;
    match kind {
        K::InvalidRequest => "invalid_request",
        K::TooManyConnections => "connections",
        K::Resolve => "resolve",
        K::ForbiddenAddress => "forbidden_address",
        K::Connect => "connect",
        K::ConnectTimeout | K::FirstByteTimeout => "timeout",
        K::Proxy => "proxy",
        K::Tls => "tls",
        K::Broken | K::HeadCut => "broken",
        K::Protocol(_) => "protocol",
    }
}

/// At most [`MAX_ERROR_DETAIL`] bytes, cut at a character.
fn truncated(text: &str) -> String {
    let mut end = text.len().min(MAX_ERROR_DETAIL);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

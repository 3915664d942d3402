//! The ways a session ends, and what each side is told. One value says it all, so that the record, the client and the
//! provider hear the same.

use gw_model::{ErrorCode, Outcome, Refusal};
use gw_wire::websocket::{CloseCode, Fault};

/// See the module.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    /// Why the try ended, in a word.
    pub(super) reason: &'static str,
    /// Told to the client in an event, before the close.
    pub(super) refusal: Option<Refusal>,
    /// How the client's side is closed; `None` when it is gone, or closed already.
    pub(super) close: Option<CloseCode>,
    /// The rule that the provider broke: what it says is not heard any more, and it is told so.
    pub(super) upstream_fault: Option<Fault>,
}

impl Ending {
    /// Both sides have said goodbye. `upstream_code` is the provider's, when it began.
    pub(super) const fn closed(upstream_code: Option<u16>) -> Self {
        let (outcome, reason) = match upstream_code {
            // 1005 stands for a close without a code.
            None | Some(1000 | 1001 | 1005) => (Outcome::Success, ""),
            Some(_) => (Outcome::UpstreamError, "closed"),
        };
        Self { outcome, reason, refusal: None, close: None, upstream_fault: None }
    }

    /// The client said goodbye, and the provider went without a proper one.
    pub(super) const fn left() -> Self {
        let mut ending = Self::closed(None);
        ending.close = Some(CloseCode::Normal);
        ending
    }

    /// The client is not there any more.
    pub(super) const fn client_gone() -> Self {
        let mut ending = Self::closed(None);
        (ending.outcome, ending.reason) = (Outcome::ClientDisconnect, "abandoned");
        ending
    }

    /// The provider is not there any more.
    pub(super) fn upstream_gone(reason: &'static str) -> Self {
        let text = "the provider's connection broke off";
        Self {
            outcome: Outcome::StreamCut,
            reason,
            refusal: Some(Refusal::new(ErrorCode::UpstreamError, text)),
            close: Some(CloseCode::Internal),
            upstream_fault: None,
        }
    }

    /// The gateway cuts it: the key may not go on, or there is no money left.
    pub(super) fn cut(refusal: Refusal) -> Self {
        let reason = match refusal.code {
            ErrorCode::BudgetExceeded => "budget",
            ErrorCode::StorageFull => "storage",
            _ => "key",
        };
        let close =
            if refusal.code == ErrorCode::StorageFull { CloseCode::Internal } else { CloseCode::Policy };
        Self {
            outcome: Outcome::StreamCut,
            reason,
            refusal: Some(refusal),
            close: Some(close),
            upstream_fault: None,
        }
    }

    /// Its time is up.
    pub(super) fn expired(limit_ms: u64) -> Self {
        let text = format!("a session may last {} seconds here; open another one", limit_ms / 1000);
        Self {
            outcome: Outcome::StreamCut,
            reason: "session_time",
            refusal: Some(Refusal::new(ErrorCode::RequestTimeout, text)),
            close: Some(CloseCode::GoingAway),
            upstream_fault: None,
        }
    }

    /// The client broke the rules of the protocol.
    pub(super) fn client_fault(fault: Fault) -> Self {
        let code = match fault {
            Fault::TooLarge => ErrorCode::RequestTooLarge,
            _ => ErrorCode::InvalidRequest,
        };
        Self {
            outcome: Outcome::StreamCut,
            reason: "client_protocol",
            refusal: Some(Refusal::new(code, fault.to_string())),
            close: Some(fault.close_code()),
            upstream_fault: None,
        }
    }

    /// The provider did.
    pub(super) fn upstream_fault(fault: Fault) -> Self {
        Self {
            upstream_fault: Some(fault),
            refusal: Some(Refusal::new(ErrorCode::UpstreamError, "the provider's messages can not be read")),
            ..Self::upstream_gone("protocol")
        }
    }

    /// The gateway stops.
    pub(super) fn shutdown() -> Self {
        Self {
            outcome: Outcome::Shutdown,
            reason: "shutdown",
            refusal: None,
            close: Some(CloseCode::GoingAway),
            upstream_fault: None,
        }
    }

    /// The code that stands in the record.
    pub(super) fn code(&self) -> &'static str {
        match (&self.refusal, self.outcome) {
            (Some(refusal), _) => refusal.code.as_str(),
            (None, Outcome::UpstreamError) => ErrorCode::UpstreamError.as_str(),
            (None, _) => "",
        }
    }
}

//! Whether an event of the client may go upstream: a session runs the model that was authorized, and every response is
//! paid for before it begins. Serves the conversation, which holds a message until this has been asked.

use super::ledger::Ledger;
use crate::authorize::{
    check_parameter_names, check_region, check_tool_names, may_use, not_allowed, permits,
};
use crate::live::Live;
use crate::reserve::hold_refusal;
use gw_model::catalog::ModelInfo;
use gw_model::snapshot::Target;
use gw_model::{ErrorCode, Refusal, WireFormat};
use gw_store::memory::HoldRefused;
use gw_wire::json::escape_into;
use gw_wire::openai_realtime::client::{self, Asks, ClientEvent, Named};
use std::sync::Arc;

/// What becomes of an event.
pub(super) enum Verdict {
    /// It goes on as it came.
    Forward,
    /// This goes on in its place.
    Rewrite(Vec<u8>),
    /// It goes no further; the client is told why, and the session goes on.
    Refuse {
        /// Why.
        refusal: Refusal,
        /// The client's name for the event.
        event_id: Option<String>,
    },
    /// The session is over.
    Cut(Refusal),
}

/// What a session was authorized for.
pub(super) struct Policy {
    pub(super) live: Arc<Live>,
    /// The model as the caller named it.
    pub(super) asked: String,
    pub(super) target: Arc<Target>,
}

/// Tools and parameters that an event brings for the session, or for a response, are as those of a request.
fn check_brought(message: &[u8], event: &ClientEvent, ledger: &Ledger) -> Result<(), Refusal> {
    let (Some(ticket), Asks::Response | Asks::Session) = (ledger.ticket(), event.asks) else { return Ok(()) };
    check_tool_names(ticket, || client::tool_names(message).ok())?;
    check_parameter_names(ticket, || client::parameters(message).ok())
}

impl Policy {
    /// May the key still have what the session was opened for? Its policy may be another by now.
    pub(super) fn check(&self, ledger: &Ledger) -> Result<(), Refusal> {
        let Some(ticket) = ledger.ticket() else { return Ok(()) };
        may_use(ticket, WireFormat::OpenAiRealtime)?;
        let Some(key) = ticket.key() else { return Ok(()) };
        let provider = &*self.target.provider.name;
        let is_there = key.allows_provider(provider) && ticket.beside_allows(|p| p.allows_provider(provider));
        check_region(ticket, &self.target.provider)?;
        if is_there && key.allows_every_model() && ticket.beside_allows(|policy| policy.models.is_none()) {
            return Ok(());
        }
        let resolved = self.live.resolve(&self.asked, WireFormat::OpenAiRealtime);
        let is_allowed =
            is_there && resolved.is_ok_and(|resolution| permits(ticket, &self.asked, &resolution));
        if is_allowed { Ok(()) } else { Err(not_allowed(&self.asked)) }
    }

    /// Judges an event.
    pub(super) fn judge(&self, message: &[u8], ledger: &mut Ledger) -> Verdict {
        if let Some(Err(refusal)) = ledger.ticket().map(|ticket| ticket.check_key()) {
            return Verdict::Cut(refusal);
        }
        let mut event = match client::read(message) {
            Ok(event) => event,
            Err(error) if client::may_steer(message) => {
                let text = format!("the event can not be read: {error}");
                let refusal = Refusal::new(ErrorCode::InvalidRequest, text);
                return Verdict::Refuse { refusal, event_id: None };
            }
            // No event of this protocol: for the provider to say so.
            Err(_) => return Verdict::Forward,
        };
        let event_id = event.event_id.take();
        if let Err(refusal) =
            self.check_models(&event, ledger).and_then(|()| check_brought(message, &event, ledger))
        {
            return Verdict::Refuse { refusal, event_id };
        }
        if event.asks == Asks::Response
            && let Err(refused) = ledger.ask(event.max_output_tokens)
        {
            let refusal = hold_refusal(&refused);
            return match refused {
                HoldRefused::Limit(_) | HoldRefused::TooLarge { .. } => Verdict::Refuse { refusal, event_id },
                HoldRefused::Budget { .. }
                | HoldRefused::Cap { .. }
                | HoldRefused::Unavailable
                | HoldRefused::NotRecorded => Verdict::Cut(refusal),
            };
        }
        ledger.heard(message.len(), event.asks == Asks::Audio);
        match self.renamed(message, &event.models) {
            Some(text) => Verdict::Rewrite(text),
            None => Verdict::Forward,
        }
    }

    /// The model that speech is written down with, and its prices.
    pub(super) fn transcription(&self, model: &str) -> Option<Arc<ModelInfo>> {
        let provider = &self.target.provider;
        let snapshot = &self.live.snapshot;
        let own = snapshot.custom_info(&provider.name, model);
        own.or_else(|| snapshot.catalog.model(&provider.price_key, model).map(Arc::new))
    }

    /// A session's model is the one that it was opened for, under whichever of its names.
    fn check_models(&self, event: &ClientEvent, ledger: &Ledger) -> Result<(), Refusal> {
        for Named { name, param, .. } in &event.models {
            if *name == *self.target.model || *name == self.asked {
                continue;
            }
            let resolved = self.live.resolve(name, WireFormat::OpenAiRealtime);
            let ticket = ledger.ticket().filter(|ticket| ticket.key().is_some());
            let permitted = ticket.is_none_or(|ticket| {
                resolved.as_ref().is_ok_and(|resolution| permits(ticket, name, resolution))
            });
            if !permitted {
                let text = format!("this key may not call the model '{name}'");
                return Err(Refusal::new(ErrorCode::ModelNotAllowed, text).param(*param));
            }
            let same = resolved.is_ok_and(|resolution| {
                let targets = &resolution.model.targets;
                targets.len() == 1
                    && targets.iter().all(|target| {
                        target.model == self.target.model && target.provider.name == self.target.provider.name
                    })
            });
            if !same {
                let text = format!(
                    "the model of a session can not be changed to '{name}'; open another session for it"
                );
                return Err(Refusal::new(ErrorCode::InvalidRequest, text).param(*param));
            }
        }
        Ok(())
    }

    /// The event with the provider's own name in place of the caller's; `None` when it has no other.
    fn renamed(&self, message: &[u8], models: &[Named]) -> Option<Vec<u8>> {
        if models.iter().all(|named| *named.name == *self.target.model) {
            return None;
        }
        let mut spans: Vec<_> = models.iter().map(|named| named.span).collect();
        spans.sort_unstable_by_key(|span| span.start);
        let mut out = Vec::with_capacity(message.len() + 64);
        let mut from = 0;
        for span in spans {
            out.extend_from_slice(message.get(from..span.start).unwrap_or_default());
            out.push(b'"');
            escape_into(&mut out, &self.target.model);
            out.push(b'"');
            from = span.end;
        }
        out.extend_from_slice(message.get(from..).unwrap_or_default());
        Some(out)
    }
}

//! One try at one target: journal, prepare, send, classify. It must not decide whether to try again.

use super::queue::Step;
use super::race::Progress;
use super::{Again, Failure, FailureKind, handshake, opening};
use crate::credentials::{Hand, Ready as Carried};
use crate::health::{Entry, NotNow, Slot, Visit};
use crate::lineup::Lineup;
use crate::live::{Live, ProviderEndpoint};
use crate::ticket::Ticket;
use crate::ticket::quota::Quota;
use bytes::Bytes;
use gw_model::snapshot::Target;
use gw_model::{Call, ErrorClass, ErrorCode, Refusal, WireFormat};
use gw_providers::{PrepareInput, PreparedProvider, UpstreamParts};
use gw_upstream::{PhaseTimeouts, SendError, UpstreamBody, UpstreamRequest, UpstreamResponse};
use gw_wire::adapt::Adapted;
use gw_wire::codec::Options;
use gw_wire::json::splice::Edit;
use gw_wire::translate::ToolNames;
use http::StatusCode;
use smallvec::SmallVec;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How much of an error's body is read, in bytes.
const MAX_ERROR_BODY: usize = 64 << 10;

/// How long a call waits for a credential that nobody could obtain yet, in milliseconds.
const TOKEN_WAIT_MS: u64 = 5_000;
/// How long a credential goes behind others after a 401 or 403, in milliseconds.
const REFUSED_REST_MS: u64 = 30_000;
/// How long after a 429 that says nothing of a pause.
const LIMITED_REST_MS: u64 = 1_000;
/// How long at most, whatever the provider asks for.
const MAX_REST_MS: u64 = 600_000;

/// A request between its tries.
pub(super) struct Exchange {
    pub(super) ticket: Ticket,
    pub(super) live: Arc<Live>,
    pub(super) call: Box<Call>,
    pub(super) model: Arc<Lineup>,
    pub(super) enforce_output: Option<u64>,
    pub(super) deadline: i64,
    /// In a race: how far the try is.
    pub(super) progress: Option<Rc<Cell<Progress>>>,
    /// It is asked besides another one.
    pub(super) is_rival: bool,
    /// A place at a target that was waited for.
    pub(super) slot: Option<Slot>,
    /// Tries so far, by target.
    pub(super) tries: SmallVec<[(usize, u32); 2]>,
}

/// What went upstream, as far as the way back must know.
pub(crate) struct Sent {
    /// The format spoken.
    pub(crate) format: WireFormat,
    /// Parameters that were left out for the target.
    pub(crate) dropped: Vec<String>,
    /// Parameters that were lowered for it: `max_tokens=8192`.
    pub(crate) clamped: Vec<String>,
    /// Names of tools that a translation spelled otherwise.
    pub(crate) tool_names: ToolNames,
    /// The stream's usage frame was asked for by us, not by the caller.
    pub(crate) hide_usage: bool,
    /// Answers to the call's earlier parts, where the target takes one input at a time.
    pub(crate) earlier: Vec<Bytes>,
}

impl Sent {
    /// Nothing was changed for the target.
    pub(crate) fn new(format: WireFormat, hide_usage: bool) -> Self {
        Self {
            format,
            dropped: Vec::new(),
            clamped: Vec::new(),
            tool_names: ToolNames::default(),
            hide_usage,
            earlier: Vec::new(),
        }
    }
}

/// What is to be sent in one try.
struct Ready {
    sent: Sent,
    /// Parts of the call that go before.
    earlier: Vec<UpstreamRequest>,
    request: UpstreamRequest,
}

/// The request at its deployment, and what it takes of limits, where those are counted.
type Entered = (Option<Visit>, Option<Box<Quota>>);

/// What came of one try.
pub(super) enum Tried {
    /// A 2xx head; the body is still to come.
    Answered { sent: Sent, response: UpstreamResponse },
    /// It failed.
    Failed(TryFailure),
    /// The credential at hand is not there; another one may be.
    Unready(Refusal),
    /// This target has no way to count tokens, or none for this request.
    Counted,
    /// This target cannot do what the request asks; another one may.
    Unfit(Refusal),
    /// The limits of its deployment or provider let nothing through now.
    Limited(Refusal),
    /// The target is taken for down, and this request is not the one to try it.
    Closed,
    /// The target has no place.
    Full,
    /// The gateway itself cannot go on.
    Rejected(Refusal),
}

/// A failed try. `again` is `None` when the request itself is at fault, so that no other try can help.
pub(super) struct TryFailure {
    pub(super) failure: Failure,
    pub(super) class: ErrorClass,
    pub(super) again: Option<Again>,
    /// The trouble is the credential's: another one of the same target may do.
    pub(super) blames_credential: bool,
}

impl Exchange {
    /// Milliseconds left of the request's total time.
    pub(super) fn remaining_ms(&self) -> u64 {
        u64::try_from(self.deadline - self.ticket.worker().now()).unwrap_or(0) / 1000
    }

    pub(super) async fn pause(&self, wait_ms: u64) {
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }

    /// The credentials that this call may use at the target, in order. Errors: the one it is bound to is not there.
    pub(super) fn deal(&self, target: &Target) -> Result<Hand, Refusal> {
        let worker = self.ticket.worker();
        let named = self.ticket.bound_credential(target);
        if named.is_none() && target.provider.credentials.is_empty() {
            return Ok(Hand::default());
        }
        let Some(endpoint) = self.live.endpoint(&target.provider) else { return Ok(Hand::default()) };
        endpoint.credentials.deal(named, worker.now(), || worker.random_u64())
    }

    pub(super) async fn attempt(&mut self, step: Step, target: &Arc<Target>, hand: &Hand) -> Tried {
        // A back-off may lie behind us.
        if let Err(refusal) = self.ticket.check_key() {
            return Tried::Rejected(refusal);
        }
        let live = Arc::clone(&self.live);
        let Some(endpoint) = live.endpoint(&target.provider) else {
            let refusal = Refusal::new(ErrorCode::NoHealthyTarget, "the target's provider is gone");
            return Tried::Unfit(refusal);
        };
        let carried = match self.carried(endpoint, hand).await {
            Ok(carried) => carried,
            Err(refusal) => return Tried::Unready(refusal),
        };
        let name = hand.current().and_then(|index| endpoint.credentials.name(index));
        self.ticket.credential = name.map(Arc::clone);
        let format = match &self.call.raw {
            // What goes on as it is needs none.
            Some(line) => Some(line.format.unwrap_or(self.call.format)),
            None => gw_providers::upstream_format(&target.provider, &target.model, self.call.format),
        };
        let Some(format) = format else {
            return match self.call.format.counts() {
                Some(_) => Tried::Counted,
                None => Tried::Unfit(cannot_do()),
            };
        };
        let counts_elsewhere = self.call.format.counts().is_some() && format != self.call.format;
        let Ready { mut sent, mut earlier, mut request } = match self.prepare(target, &carried, format) {
            Ok(ready) => ready,
            Err(_) if counts_elsewhere => return Tried::Counted,
            Err(refusal) => return Tried::Unfit(refusal),
        };
        let (visit, quota) = match self.go_to(step, target).await {
            Ok(entered) => entered,
            Err(tried) => return tried,
        };
        if let Err(refusal) = self.ticket.open_attempt(target, visit, quota).await {
            return Tried::Rejected(refusal);
        }
        for request in earlier.iter_mut().chain([&mut request]) {
            self.ticket.tell_trace(&mut request.headers);
        }
        self.note_progress(Progress::Asked);
        if !earlier.is_empty()
            && let Err(tried) = Box::pin(self.earlier(target, endpoint, &mut sent, &earlier)).await
        {
            return tried;
        }
        let answer = self.send(target, endpoint, format, request).await;
        if let Ok(response) = &answer {
            self.ticket.note_head(response.timing.connect_us);
        }
        match answer {
            Ok(response) if self.is_answer(format, response.status) => {
                self.note_headroom(step, &response);
                if !opening::is_stream(&self.call, &response) {
                    self.note_progress(Progress::Answering);
                }
                Tried::Answered { sent, response }
            }
            Ok(response) => match self.failed_status(target, sent.format, response).await {
                Tried::Failed(failed) if failed.blames_credential => {
                    self.rest(endpoint, hand, &failed);
                    Tried::Failed(failed)
                }
                // Not every model that the provider has can be counted for.
                Tried::Failed(TryFailure { again: None, .. }) if counts_elsewhere => Tried::Counted,
                tried => tried,
            },
            Err(error) => Tried::Failed(self.not_sent(target, &error)),
        }
    }

    /// Sends a request; which way depends on what it is for.
    async fn send(
        &self,
        target: &Target,
        endpoint: &ProviderEndpoint,
        format: WireFormat,
        request: UpstreamRequest,
    ) -> Result<UpstreamResponse, SendError> {
        let upstream = std::rc::Rc::clone(&self.ticket.worker().upstream);
        let line = self.call.raw.as_ref();
        let to = endpoint.destination(if line.is_some() { self.call.format } else { format });
        let phases = self.phases(target);
        match format {
            // What makes something there, and not just an answer, must not be made twice.
            _ if line.is_some_and(|line| !line.is_idempotent() && line.format.is_none()) => {
                upstream.send_once(to, &request, phases).await
            }
            // Boxed, since it is rare and large.
            WireFormat::OpenAiRealtime if line.is_none() => {
                Box::pin(handshake::open(&upstream, to, request, phases, &self.ticket)).await
            }
            _ => upstream.send(to, &request, phases).await,
        }
    }

    /// Goes to the deployment, within the limits of what is called. Errors: it does not go there now.
    async fn go_to(&mut self, step: Step, target: &Target) -> Result<Entered, Tried> {
        let is_limited = !self.model.quotas_at(step.target).is_empty() || self.ticket.chain().counts_tries();
        let quota = match is_limited {
            false => None,
            // Boxed, since few calls have any.
            true => Some(Box::pin(self.quota(step, target)).await.map_err(Tried::Limited)?),
        };
        match self.visit(step) {
            Ok(visit) => Ok((visit, quota)),
            Err(NotNow::Closed) => Err(Tried::Closed),
            Err(NotNow::Full) => Err(Tried::Full),
        }
    }

    /// Goes to the deployment. Errors: it is taken for down, or full.
    fn visit(&mut self, step: Step) -> Result<Option<Visit>, NotNow> {
        let slot = self.slot.take();
        let Some(deployment) = self.model.deployment(step.target) else { return Ok(None) };
        let slot = slot.filter(|slot| slot.is_at(deployment));
        let entry = Entry {
            // A place was waited for since nothing else is left.
            is_forced: step.is_forced || slot.is_some(),
            slot,
            most: self.most_at(step.target),
            tokens: self.call.facts.input_tokens,
        };
        let visit = Visit::begin(deployment, entry, self.ticket.worker().now())?;
        Ok(Some(visit.of_stream(self.call.facts.stream)))
    }

    /// Keeps what the provider says is left of its limits, where a strategy asks.
    fn note_headroom(&self, step: Step, response: &UpstreamResponse) {
        if !self.model.asks_headroom() {
            return;
        }
        let now = self.ticket.worker().now();
        if let Some(deployment) = self.model.deployment(step.target) {
            deployment.state(&gw_providers::headroom(&response.headers, now), now);
        }
    }

    pub(super) fn phases(&self, target: &Target) -> PhaseTimeouts {
        let times = self.model.timeouts_at(target);
        let remaining = self.remaining_ms();
        PhaseTimeouts {
            connect_ms: times.connect_ms.min(remaining),
            first_byte_ms: times.first_byte_ms.min(remaining),
            idle_ms: times.idle_ms,
        }
    }

    /// The provider with the credential at hand. Errors: it is not there.
    async fn carried<'e>(&self, endpoint: &'e ProviderEndpoint, hand: &Hand) -> Result<Carried<'e>, Refusal> {
        let Some(index) = hand.current() else { return Ok(Carried::Fixed(&endpoint.prepared)) };
        let wait_ms = self.remaining_ms().min(TOKEN_WAIT_MS);
        endpoint.credentials.ready(index, self.ticket.worker().now(), wait_ms).await
    }

    /// A credential that was refused, or told to pause, goes behind others for a while.
    fn rest(&self, endpoint: &ProviderEndpoint, hand: &Hand, failed: &TryFailure) {
        let Some(index) = hand.current() else { return };
        let asked = failed.again.as_ref().and_then(|again| again.after_ms);
        let is_refused = matches!(failed.again, Some(Again { kind: FailureKind::Final, .. }));
        let pause_ms = asked.unwrap_or(if is_refused { REFUSED_REST_MS } else { LIMITED_REST_MS });
        let until = self.ticket.worker().now().saturating_add(super::micros(pause_ms.min(MAX_REST_MS)));
        endpoint.credentials.rest(index, until, is_refused);
    }

    pub(super) fn is_sent_once(&self) -> bool {
        self.call.raw.as_ref().is_some_and(|line| !line.is_idempotent())
    }

    /// Does the head begin an answer? A caller of a provider's own path also gets redirects and the like; a session
    /// begins with another status than an answer does.
    fn is_answer(&self, format: WireFormat, status: StatusCode) -> bool {
        match format {
            WireFormat::OpenAiRealtime if self.call.raw.is_none() => {
                status == StatusCode::SWITCHING_PROTOCOLS
            }
            _ => status.is_success() || (self.call.raw.is_some() && status.is_redirection()),
        }
    }

    /// Builds the upstream request: the caller's bytes with edits, or a translation.
    fn prepare(
        &self,
        target: &Arc<Target>,
        prepared: &PreparedProvider,
        format: WireFormat,
    ) -> Result<Ready, Refusal> {
        if let Some(line) = &self.call.raw {
            let now = self.ticket.worker().now();
            let parts = gw_providers::prepare_raw(line, &self.call.body, prepared, now)?;
            return Ok(Ready {
                sent: Sent::new(format, false),
                earlier: Vec::new(),
                request: upstream_request(parts),
            });
        }
        self.refuse_unstorable(format)?;
        let mut adapted = self.adapted(target, format)?;
        let clamp = gw_providers::adapt::clamp(&self.call, target);
        if let Some(most) = clamp {
            adapted.clamped.push(gw_providers::adapt::clamped(&self.call, most));
        }
        let bound = match (self.enforce_output, clamp) {
            (Some(enforced), Some(most)) => Some(enforced.min(most)),
            (enforced, clamp) => enforced.or(clamp),
        };
        let (mut parts, mut tool_names) = (Vec::new(), ToolNames::default());
        let translated = if format == self.call.format {
            None
        } else {
            self.check_version()?;
            let reserve = self.live.snapshot.settings.reserve_output_tokens;
            let default = match target.info.max_output_tokens {
                0 => reserve,
                max => u64::from(max).min(reserve),
            };
            let options = Options {
                default_max_output_tokens: Some(default),
                clamp_max_output_tokens: bound,
                ..gw_providers::write_options(&self.call, target, prepared, format)
            };
            let path = gw_wire::translate::PathFacts {
                model: &self.call.facts.model,
                stream: self.call.facts.stream,
            };
            let (from, body) =
                (self.call.format, gw_wire::adapt::apply(self.call.full(), &mut adapted.edits));
            let mut written = gw_wire::translate::request(from, format, &body, path, &options)?;
            parts = std::mem::take(&mut written.more);
            tool_names = written.tool_names;
            adapted.dropped.extend(written.dropped);
            Some(written.body)
        };
        let edits = (bound, adapted.edits.as_slice());
        let (mut request, hide_usage) = self.request(target, prepared, format, translated, edits)?;
        let mut earlier = Vec::new();
        // The last part is answered as a call in one part is.
        for part in parts {
            let (next, _) = self.request(target, prepared, format, Some(part), edits)?;
            earlier.push(std::mem::replace(&mut request, next));
        }
        let Adapted { dropped, clamped, .. } = adapted;
        let sent = Sent { dropped, clamped, tool_names, ..Sent::new(format, hide_usage) };
        Ok(Ready { sent, earlier, request })
    }

    /// One upstream request; true when usage was asked for that the caller did not ask for.
    fn request(
        &self,
        target: &Arc<Target>,
        prepared: &PreparedProvider,
        format: WireFormat,
        translated: Option<Vec<u8>>,
        (bound, edits): (Option<u64>, &[Edit]),
    ) -> Result<(UpstreamRequest, bool), Refusal> {
        let parts = gw_providers::prepare(PrepareInput {
            call: &self.call,
            target,
            prepared,
            upstream_format: format,
            translated,
            max_output_tokens: bound,
            adapted: edits,
            now: self.ticket.worker().now(),
        })?;
        let hide_usage = parts.hide_usage;
        Ok((upstream_request(parts), hide_usage))
    }

    /// What must change for the target, in the text that is to be forwarded or translated.
    fn adapted(&self, target: &Target, format: WireFormat) -> Result<Adapted, Refusal> {
        if format == self.call.format || std::ptr::eq(self.call.full(), &raw const self.call.body) {
            return gw_providers::adapt(&self.call, target);
        }
        let full = Call { body: self.call.full().clone(), ..Call::clone(&self.call) };
        gw_providers::adapt(&full, target)
    }

    /// An answer that the gateway is to store must not fail only when it is made.
    fn refuse_unstorable(&self, format: WireFormat) -> Result<(), Refusal> {
        let limit = self.live.snapshot.settings.max_stored_response_bytes;
        let size = self.call.full().len();
        if format == self.call.format || !self.call.facts.stores || size <= limit {
            return Ok(());
        }
        let text = format!(
            "this conversation has {size} bytes, and the gateway stores up to {limit} \
             ('storage.max_stored_response_bytes'); send \"store\": false with the whole conversation in 'input'"
        );
        Err(Refusal::new(ErrorCode::RequestTooLarge, text).param("store"))
    }

    /// A caller of a later version of Anthropic's API gets its rules, though another API answers.
    fn check_version(&self) -> Result<(), Refusal> {
        if self.call.format != WireFormat::AnthropicMessages {
            return Ok(());
        }
        let stated = self.call.forward_headers.iter().find(|(name, _)| *name == "anthropic-version");
        stated.map_or(Ok(()), |(_, version)| gw_wire::anthropic::version::check(version, &self.call.body))
    }
}

fn cannot_do() -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, "the target cannot do this kind of request")
}

fn upstream_request(parts: UpstreamParts) -> UpstreamRequest {
    UpstreamRequest {
        method: parts.method,
        path_and_query: parts.path_and_query.as_str().to_owned(),
        headers: parts.headers,
        body: parts.body,
    }
}

pub(super) fn refusal(target: &Arc<Target>, refusal: Refusal) -> Failure {
    Failure::Refusal { refusal, target: Some(Arc::clone(target)) }
}

/// Reads an error's body as far as it is wanted and in time; what breaks off is taken as it is.
pub(crate) async fn read_head(mut body: UpstreamBody, limit: Duration) -> Bytes {
    let mut head = Vec::new();
    let read = async {
        while let Some(Ok(piece)) = body.next().await {
            let room = MAX_ERROR_BODY.saturating_sub(head.len());
            head.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if head.len() >= MAX_ERROR_BODY {
                break;
            }
        }
    };
    // Late or not, what has come is what there is.
    let _ = tokio::time::timeout(limit, read).await;
    head.into()
}

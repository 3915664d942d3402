//! An answer that a provider stores: the request goes there, announced and recorded as a call's attempt is, and what
//! comes back flows on unread. Serves [`super`].

use super::{FORMAT, StoredAction, StoredRequest};
use crate::attempt::held::{Held, hold};
use crate::attempt::{Attempted, Failed, Failure, read_head};
use crate::guard::{self, Chosen, Guarded};
use crate::live::Live;
use crate::reply::{Reply, ReplyBody};
use crate::respond::large::LargeBody;
use crate::respond::{self, headers};
use crate::route::resolve;
use crate::ticket::{Rejected, Ticket};
use gw_model::snapshot::{Target, Timeouts};
use gw_model::{ErrorCode, Outcome, Refusal, Usage, UsageSource};
use gw_providers::{StoredInput, UpstreamParts, prepare_stored};
use gw_store::objects::{Object, ObjectKind};
use gw_upstream::{PhaseTimeouts, SendError, UpstreamRequest, UpstreamResponse};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// Tries; only what surely did not reach the provider is tried again.
const TRIES: usize = 2;

pub(super) async fn serve(
    ticket: Ticket,
    request: StoredRequest,
    object: Arc<Object>,
) -> Result<Reply, Rejected> {
    let live = ticket.worker().gateway().live();
    let Some(provider) = live.snapshot.providers.get(object.provider.as_str()) else {
        let text =
            format!("the provider '{}', which stores this, is not configured any more", object.provider);
        return Err(ticket.reject(Refusal::new(ErrorCode::NoHealthyTarget, text)));
    };
    let guards = match guards(&ticket, &live, &object, &request) {
        Ok(guards) => guards,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    let model = resolve::single(&live.snapshot, provider, &object.model);
    let Some(target) = model.targets.first().map(Arc::clone) else {
        return Err(ticket.reject(Refusal::new(ErrorCode::Internal, "the provider can not be asked")));
    };
    Asking { ticket, live, target, object, action: request.action, guards }.ask(&request).await
}

/// The guardrails that look at answers of the model: what the call for it was not shown, nobody gets later. Errors: they
/// can not look into what is asked for.
fn guards(
    ticket: &Ticket,
    live: &Live,
    object: &Object,
    request: &StoredRequest,
) -> Result<Option<Chosen>, Refusal> {
    if request.action == StoredAction::Delete {
        return Ok(None);
    }
    let found = match live.resolve(&object.model, FORMAT) {
        Ok(found) => Some(found),
        // The guardrails of an alias that cannot be in force are not known.
        Err(refusal) if live.snapshot.absent.contains(object.model.as_str()) => return Err(refusal),
        Err(_) => None,
    };
    let chosen = guard::of_stored(ticket, live, found.as_ref().map(|found| &*found.model))?;
    let can_not_be_read = |chosen: &&Chosen| request.is_stream() || chosen.holds_answer();
    if let Some(chosen) = chosen.as_ref().filter(can_not_be_read) {
        chosen.pass_unchecked()?;
    }
    Ok(chosen)
}

struct Asking {
    ticket: Ticket,
    live: Arc<Live>,
    target: Arc<Target>,
    object: Arc<Object>,
    action: StoredAction,
    /// Those that look at the answer.
    guards: Option<Chosen>,
}

impl Asking {
    async fn ask(mut self, request: &StoredRequest) -> Result<Reply, Rejected> {
        let mut upstream_request = match self.prepare(request).await {
            Ok(parts) => UpstreamRequest {
                method: parts.method,
                path_and_query: parts.path_and_query.as_str().to_owned(),
                headers: parts.headers,
                body: parts.body,
            },
            Err(refusal) => return Err(self.ticket.reject(refusal)),
        };
        let mut last = None;
        for _ in 0..TRIES {
            if let Err(refusal) = self.ticket.open_attempt(&self.target, None, None).await {
                return Err(self.ticket.reject(refusal));
            }
            self.ticket.tell_trace(&mut upstream_request.headers);
            let answer = self.send(&upstream_request).await;
            if let Some(Ok(response)) = &answer {
                self.ticket.note_head(response.timing.connect_us);
            }
            match answer {
                Some(Ok(response)) if response.status.is_success() => return self.pass(response).await,
                Some(Ok(response)) => return self.fail(response).await,
                Some(Err(error)) => {
                    let again = error.retryable_same_target();
                    last = Some(self.not_sent(&error));
                    if !again {
                        break;
                    }
                }
                None => break,
            }
        }
        let refusal = last.unwrap_or_else(|| {
            Refusal::new(ErrorCode::NoHealthyTarget, "the provider that stores this is gone")
        });
        let target = Some(Arc::clone(&self.target));
        self.give_up(Failure::Refusal { refusal, target }).await
    }

    async fn prepare(&self, request: &StoredRequest) -> Result<UpstreamParts, Refusal> {
        let (method, below) = match self.action {
            StoredAction::Retrieve => (Method::GET, ""),
            StoredAction::InputItems => (Method::GET, "/input_items"),
            StoredAction::Cancel => (Method::POST, "/cancel"),
            StoredAction::Delete => (Method::DELETE, ""),
        };
        let Some(endpoint) = self.live.endpoint(&self.target.provider) else {
            return Err(Refusal::new(ErrorCode::NoHealthyTarget, "the provider that stores this is gone"));
        };
        let input = StoredInput {
            method,
            id: &self.object.id,
            below,
            query: &request.query,
            forward_headers: &request.forward_headers,
        };
        // As the call that made it was authenticated, as far as is known.
        let made_with = Some(&*self.object.credential).filter(|name| !name.is_empty());
        let named = made_with.or_else(|| self.ticket.bound_credential(&self.target));
        let ready = endpoint.ready(named, self.ticket.worker(), Timeouts::default().connect_ms).await?;
        prepare_stored(&ready, &input)
    }

    async fn send(&self, request: &UpstreamRequest) -> Option<Result<UpstreamResponse, SendError>> {
        let times = Timeouts::default();
        let phases = PhaseTimeouts {
            connect_ms: times.connect_ms,
            first_byte_ms: times.first_byte_ms,
            idle_ms: times.idle_ms,
        };
        let upstream = std::rc::Rc::clone(&self.ticket.worker().upstream);
        let endpoint = self.live.endpoint(&self.target.provider)?;
        Some(upstream.send(endpoint.destination(FORMAT), request, phases).await)
    }

    /// What the provider says goes on as it is.
    async fn pass(mut self, response: UpstreamResponse) -> Result<Reply, Rejected> {
        if let Err(refusal) = self.forget_deleted().await {
            self.close(response.status.as_u16(), "");
            return Err(self.ticket.reject(refusal));
        }
        let is_stream = headers::is_event_stream(&response.headers);
        if let Some(chosen) = self.guards.take().filter(|_| !is_stream) {
            return self.look(response, chosen).await;
        }
        let Self { mut ticket, target, object, .. } = self;
        let mut map = headers::passed(response.headers);
        headers::add_route(&mut map, &ticket, &object.model, Some(&target));
        headers::add_attempts(&mut map, ticket.record.attempts.len() + 1);
        ticket.record.status = response.status.as_u16();
        ticket.note_first_byte();
        let deadline = ticket.worker().now().saturating_add(
            i64::try_from(Timeouts::default().total_ms.saturating_mul(1000)).unwrap_or(i64::MAX),
        );
        let body = LargeBody::unbilled(ticket, FORMAT, response.body, deadline);
        let mut reply = Reply::new(ReplyBody::Large(Box::new(body)));
        *reply.status_mut() = response.status;
        *reply.headers_mut() = map;
        Ok(reply)
    }

    /// What guardrails leave of it goes on.
    async fn look(mut self, mut response: UpstreamResponse, chosen: Chosen) -> Result<Reply, Rejected> {
        let status = response.status;
        let limit = self.live.snapshot.settings.max_translated_bytes;
        let left = Duration::from_millis(Timeouts::default().total_ms);
        let held = tokio::time::timeout(left, hold(&mut response.body, &mut self.ticket, limit)).await;
        let Ok(Ok(Held::Complete(body))) = held else {
            self.close(status.as_u16(), "cut");
            let text = format!(
                "the answer broke off, or is larger than {limit} bytes and can not be looked through"
            );
            let target = Some(Arc::clone(&self.target));
            let refusal = Refusal::new(ErrorCode::UpstreamError, text);
            return self.give_up(Failure::Refusal { refusal, target }).await;
        };
        self.close(status.as_u16(), "");
        let guarded = self.ticket.guarded.insert(Box::new(Guarded::new(chosen, bytes::Bytes::new())));
        let body = match respond::guard::any_body(&body, true, guarded).await {
            Ok(changed) => changed.unwrap_or(body),
            Err(stop) => {
                let refusal = guard::blocked(&guarded.chosen, &stop);
                return Err(self.ticket.reject(refusal));
            }
        };
        let Self { mut ticket, target, object, .. } = self;
        let mut map = headers::passed(response.headers);
        headers::add_route(&mut map, &ticket, &object.model, Some(&target));
        headers::add_attempts(&mut map, ticket.record.attempts.len());
        ticket.note_first_byte();
        ticket.finish(Outcome::Success, status.as_u16());
        let mut reply = Reply::new(ReplyBody::whole(body));
        *reply.status_mut() = status;
        *reply.headers_mut() = map;
        Ok(reply)
    }

    /// What the provider deleted is nobody's any more.
    async fn forget_deleted(&self) -> Result<(), Refusal> {
        if self.action != StoredAction::Delete {
            return Ok(());
        }
        let objects = &self.ticket.worker().gateway().objects;
        objects.remove(ObjectKind::Response, &self.object.id).await.map_err(|error| error.refusal())
    }

    /// The provider answered with something other than success.
    async fn fail(mut self, response: UpstreamResponse) -> Result<Reply, Rejected> {
        let status = response.status.as_u16();
        let headers = response.headers;
        let body = read_head(response.body, Duration::from_millis(Timeouts::default().idle_ms)).await;
        let verdict = gw_providers::classify(status, &headers, &body, self.target.provider.kind);
        self.close(status, verdict.reason());
        if status == 404 {
            // It is gone there, whoever deleted it.
            if let Err(refusal) = self.forget_deleted().await {
                return Err(self.ticket.reject(refusal));
            }
        }
        let target = Arc::clone(&self.target);
        let is_callers = matches!(verdict, gw_providers::Verdict::Refuse { .. }) || status == 429;
        let failure = if is_callers {
            Failure::Passed { status, headers, body, format: FORMAT, target }
        } else {
            let text = format!("the provider '{}' answered {status}", target.provider.name);
            Failure::Refusal { refusal: Refusal::new(ErrorCode::UpstreamError, text), target: Some(target) }
        };
        self.give_up(failure).await
    }

    fn not_sent(&mut self, error: &SendError) -> Refusal {
        self.close(0, if error.is_timeout() { "timeout" } else { "connect" });
        let provider = &self.target.provider.name;
        tracing::warn!(request_id = %self.ticket.record.id, %provider, %error, "an upstream request failed");
        match error.is_timeout() {
            true => Refusal::new(
                ErrorCode::UpstreamTimeout,
                format!("the provider '{provider}' did not answer in time"),
            ),
            false => Refusal::new(
                ErrorCode::UpstreamError,
                format!("the provider '{provider}' could not be reached"),
            ),
        }
    }

    fn close(&mut self, status: u16, reason: &str) {
        self.ticket.close_attempt(status, reason, Usage::default(), UsageSource::None);
    }

    async fn give_up(self, failure: Failure) -> Result<Reply, Rejected> {
        let model_name = self.object.model.as_str().into();
        let failed = Failed { ticket: self.ticket, model_name, failure };
        respond::answer(Attempted::Failure(Box::new(failed))).await
    }
}

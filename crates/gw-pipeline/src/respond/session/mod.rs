//! A session over a WebSocket, in place of an answer: both connections are kept until one side has had enough, or
//! the key may not go on. Frames travel as they came; what they say is metered on the way, and each response is paid
//! for before it begins. The opening handshakes lie behind it. It must not know HTTP, or how a listener works.

mod conversation;
mod ending;
mod ledger;
mod outbox;
mod policy;
mod relay;

use crate::attempt::Answered;
use crate::gateway::Gateway;
use crate::reply::{Reply, ReplyBody};
use crate::respond::{headers, refuse};
use bytes::Bytes;
use conversation::Conversation;
use gw_model::{ErrorCode, Outcome, Refusal, Usage, UsageSource};
use gw_upstream::UpstreamSocket;
use http::StatusCode;
use http::header;
use ledger::Ledger;
use policy::Policy;
use std::future::Future;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// See the module. Dropping it ends the call as a client's leaving, or a shutdown.
pub struct Session {
    conversation: Conversation,
    upstream: UpstreamSocket,
    _open: OpenSession,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Counts a session for as long as it lasts.
struct OpenSession(Arc<Gateway>);

impl OpenSession {
    fn new(gateway: Arc<Gateway>) -> Self {
        gateway.metrics.open_sessions.inc();
        Self(gateway)
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.0.metrics.open_sessions.dec();
    }
}

/// The head that takes the upgrade up, with the session as its body. Of the handshake it has only the subprotocol that
/// the provider chose: the rest answers what the client asked, and is the listener's to add.
pub(crate) fn reply(answered: Answered) -> Reply {
    let Answered { mut ticket, live, call, target, model_name, response, output_bound, .. } = answered;
    let Some(upstream) = response.body.into_socket() else {
        let refusal = Refusal::new(ErrorCode::UpstreamError, "the provider did not open a session");
        ticket.close_attempt(0, "protocol", Usage::default(), UsageSource::None);
        let reply = refuse::refusal_reply(call.format, &refusal, Some(ticket.record.id));
        refusal.code.as_str().clone_into(&mut ticket.record.error_code);
        ticket.finish(Outcome::UpstreamError, refusal.code.status());
        return reply;
    };
    let mut map = headers::passed(response.headers);
    map.remove(header::SEC_WEBSOCKET_ACCEPT);
    map.remove(header::CONTENT_TYPE);
    headers::add_route(&mut map, &ticket, &model_name, Some(&target));
    headers::add_attempts(&mut map, ticket.record.attempts.len() + 1);
    ticket.record.status = StatusCode::SWITCHING_PROTOCOLS.as_u16();
    ticket.note_first_byte();
    let (gateway, now) = (Arc::clone(ticket.worker().gateway()), ticket.worker().now());
    let ledger = Ledger::new(ticket, Arc::clone(&target), output_bound);
    let policy = Policy { live, asked: call.facts.model, target };
    let conversation = Conversation::new(ledger, policy, now);
    let session = Session { conversation, upstream, _open: OpenSession::new(gateway) };
    let mut reply = Reply::new(ReplyBody::Session(Box::new(session)));
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *reply.headers_mut() = map;
    reply
}

impl Session {
    /// Runs the session on the client's connection until its end. `first` is what the client sent behind its head;
    /// `stopping` resolves when the process will wait no longer.
    pub async fn run<S>(self: Box<Self>, client: S, first: Bytes, stopping: impl Future<Output = ()>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { mut conversation, upstream, _open } = *self;
        conversation.client.splitter.buffer().extend_from_slice(&first);
        relay::run(conversation, client, upstream, stopping).await;
    }
}

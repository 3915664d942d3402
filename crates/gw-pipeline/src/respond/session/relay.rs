//! The two connections of a session: reads, writes and waits. A side is read only while the other takes what it said,
//! so that a slow reader slows the speaker down and nothing piles up here.

use super::conversation::{Conversation, Side};
use super::ending::Ending;
use bytes::BytesMut;
use gw_model::{Micros, Outcome};
use gw_upstream::UpstreamSocket;
use gw_wire::websocket::{self, CloseCode, Fault, Opcode};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::{interval, timeout};

/// How often the key, the times and held control frames are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Room for one read.
const READ_BYTES: usize = 8 << 10;

/// With less room than this, more is made.
const MIN_ROOM_BYTES: usize = 1 << 10;

/// The gateway's own words that may wait besides what is passed on.
const OWN_BYTES: usize = 256 << 10;

/// How long the other side may take to say goodbye too.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long a message under way may go on when a session is cut.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How long the client may take to read what it is told at the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// What woke the session up.
enum Step {
    Client(io::Result<usize>),
    Upstream(io::Result<usize>),
    ClientWritten(io::Result<()>),
    UpstreamWritten(io::Result<()>),
    Look,
    Stop,
}

struct Wire<S> {
    client_in: ReadHalf<S>,
    client_out: WriteHalf<S>,
    upstream_in: ReadHalf<UpstreamSocket>,
    upstream_out: WriteHalf<UpstreamSocket>,
}

/// Runs a session to its end.
pub(super) async fn run<S>(
    mut talk: Conversation,
    client: S,
    upstream: UpstreamSocket,
    stopping: impl Future<Output = ()>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (client_in, client_out) = split(client);
    let (upstream_in, upstream_out) = split(upstream);
    let mut wire = Wire { client_in, client_out, upstream_in, upstream_out };
    let ending = wire.pass_on(&mut talk, stopping).await;
    if ending.close.is_some() && ending.upstream_fault.is_none() {
        wire.let_finish(&mut talk).await;
    }
    wire.leave_upstream(&mut talk, &ending).await;
    let Wire { client_in, client_out, upstream_in, upstream_out } = wire;
    // The provider's connection is closed before anything else is waited for.
    drop((upstream_in, upstream_out));
    talk.ledger.end(ending.outcome, ending.reason, ending.code());
    leave_client(&mut talk, &ending, client_in, client_out).await;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Passes frames on until something ends it.
    async fn pass_on(&mut self, talk: &mut Conversation, stopping: impl Future<Output = ()>) -> Ending {
        let mut stopping = pin!(stopping);
        let mut look = interval(LOOK_EVERY);
        // What the client sent behind its head is there already.
        if let Err(ending) = talk.hear_client() {
            return ending;
        }
        loop {
            if let Some(ending) = said_goodbye(talk) {
                return ending;
            }
            let limit = talk.limits.buffer_bytes;
            // Who does not listen to what is said of his own events is not read either.
            let own_limit = limit.saturating_add(OWN_BYTES);
            make_room(talk.client.splitter.buffer());
            make_room(talk.upstream.splitter.buffer());
            let Conversation { client, upstream, .. } = &mut *talk;
            let step = tokio::select! {
                read = self.client_in.read_buf(client.splitter.buffer()),
                    if client.closed.is_none() && upstream.out.len() < limit && client.out.len() < own_limit => {
                        Step::Client(read)
                    }
                read = self.upstream_in.read_buf(upstream.splitter.buffer()),
                    if upstream.closed.is_none() && client.out.len() < limit && upstream.out.len() < own_limit => {
                        Step::Upstream(read)
                    }
                written = client.out.drain(&mut self.client_out), if !client.out.is_done() => {
                    Step::ClientWritten(written)
                }
                written = upstream.out.drain(&mut self.upstream_out), if !upstream.out.is_done() => {
                    Step::UpstreamWritten(written)
                }
                _ = look.tick() => Step::Look,
                () = stopping.as_mut() => Step::Stop,
            };
            if let Err(ending) = take(talk, step) {
                return ending;
            }
        }
    }

    /// Lets a message of the provider's that is under way come to its end, so that the client can be told something
    /// behind it.
    async fn let_finish(&mut self, talk: &mut Conversation) {
        let finish = async {
            while !talk.client.out.is_between_messages() && talk.upstream.closed.is_none() {
                make_room(talk.upstream.splitter.buffer());
                let read = self.upstream_in.read_buf(talk.upstream.splitter.buffer()).await;
                if !read.is_ok_and(|n| n > 0) || talk.hear_upstream().is_err() {
                    return;
                }
                if talk.client.out.drain(&mut self.client_out).await.is_err() {
                    return;
                }
            }
        };
        // Late or not, the session ends now.
        let _ = timeout(LAST_WORDS, finish).await;
    }

    /// Says goodbye to a provider that still listens.
    async fn leave_upstream(&mut self, talk: &mut Conversation, ending: &Ending) {
        let code = ending.upstream_fault.map_or(CloseCode::GoingAway, Fault::close_code);
        let mask = talk.mask();
        if talk.client.closed.is_none()
            && talk.upstream.closed.is_none()
            && talk.upstream.out.is_between_frames()
        {
            talk.upstream.out.control(websocket::close(code, "", Some(mask)).into());
        }
        let goodbye = async {
            // Whoever is gone need not hear it.
            let _ = talk.upstream.out.drain(&mut self.upstream_out).await;
            let _ = self.upstream_out.shutdown().await;
        };
        let _ = timeout(LAST_WORDS, goodbye).await;
    }
}

/// What a step means for the session.
fn take(talk: &mut Conversation, step: Step) -> Result<(), Ending> {
    match step {
        Step::Client(Ok(n)) if n > 0 => {
            talk.client.heard_at = talk.now();
            talk.hear_client()
        }
        Step::Client(_) if talk.upstream.closed.is_some() => Err(talk.closed()),
        Step::Client(_) | Step::ClientWritten(Err(_)) => Err(Ending::client_gone()),
        Step::Upstream(Ok(n)) if n > 0 => {
            talk.upstream.heard_at = talk.now();
            talk.hear_upstream()
        }
        Step::Upstream(_) | Step::UpstreamWritten(Err(_)) if talk.client.closed.is_some() => {
            Err(Ending::left())
        }
        // What it said before it broke off may still be on its way.
        Step::UpstreamWritten(Err(_)) => {
            talk.upstream.out.abandon();
            Ok(())
        }
        Step::Upstream(_) => Err(Ending::upstream_gone("cut")),
        Step::ClientWritten(Ok(())) | Step::UpstreamWritten(Ok(())) => Ok(()),
        Step::Look => look(talk),
        Step::Stop => Err(Ending::shutdown()),
    }
}

/// The session is over when both have said goodbye and know it of each other.
fn said_goodbye(talk: &Conversation) -> Option<Ending> {
    let (client, upstream) = (&talk.client, &talk.upstream);
    let both = client.closed.is_some() && upstream.closed.is_some();
    let told = client.out.is_done() && upstream.out.is_done();
    (both && told).then(|| talk.closed())
}

/// Looks at what no frame tells: the key, and the time.
fn look(talk: &mut Conversation) -> Result<(), Ending> {
    talk.ledger.check().map_err(Ending::cut)?;
    talk.policy.check(&talk.ledger).map_err(Ending::cut)?;
    talk.release_controls();
    let now = talk.now();
    let started = talk.ledger.ticket().map_or(now, |ticket| ticket.record.time);
    let limits = talk.limits;
    if now - started > micros(limits.max_session_ms) {
        return Err(Ending::expired(limits.max_session_ms));
    }
    let goodbye = i64::try_from(GOODBYE.as_micros()).unwrap_or(i64::MAX);
    match (talk.client.closed, talk.upstream.closed) {
        (None, None) => {}
        (Some(_), None) if now - talk.client.heard_at > goodbye => {
            return Err(Ending::left());
        }
        (None, Some(_)) if now - talk.upstream.heard_at > goodbye => {
            return Err(talk.closed());
        }
        _ => return Ok(()),
    }
    let ping = talk.random().to_ne_bytes();
    let mask = talk.mask();
    let plain = || websocket::write(Opcode::Ping, &ping, None);
    if is_lost(&mut talk.client, limits.idle_ms, now, plain, ping) {
        return Err(Ending::client_gone());
    }
    let masked = || websocket::write(Opcode::Ping, &ping, Some(mask));
    if is_lost(&mut talk.upstream, limits.idle_ms, now, masked, ping) {
        return Err(Ending::upstream_gone("timeout"));
    }
    Ok(())
}

/// Asks a silent side whether it is there; true when it has not answered for as long again.
fn is_lost(
    side: &mut Side,
    idle_ms: u64,
    now: Micros,
    frame: impl FnOnce() -> Vec<u8>,
    ping: [u8; 8],
) -> bool {
    let idle = micros(idle_ms);
    let silent = now - side.heard_at;
    if idle_ms == 0 || silent < idle {
        return false;
    }
    if side.ping.is_none() && side.out.is_between_frames() {
        side.ping = Some(ping);
        side.out.control(frame().into());
    }
    silent >= idle.saturating_mul(2)
}

/// Tells the client why, and closes its connection in order.
async fn leave_client<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Conversation,
    ending: &Ending,
    mut client_in: ReadHalf<S>,
    mut client_out: WriteHalf<S>,
) {
    // Nothing may stand behind the provider's goodbye.
    let close = ending.close.filter(|_| talk.upstream.closed.is_none());
    if let (Some(refusal), Some(_)) = (&ending.refusal, close)
        && talk.client.out.is_between_messages()
    {
        talk.tell_client(refusal, None);
    }
    let out = &mut talk.client.out;
    if let Some(code) = close.filter(|_| out.is_between_frames()) {
        let reason = ending.refusal.as_ref().map_or("", |refusal| refusal.code.as_str());
        out.control(websocket::close(code, reason, None).into());
    }
    let farewell = async {
        if out.drain(&mut client_out).await.is_err() || client_out.shutdown().await.is_err() {
            return;
        }
        // A socket closed over unread bytes is reset, and what was said last is lost with it.
        let mut rest = [0; 4096];
        while client_in.read(&mut rest).await.is_ok_and(|n| n > 0) {}
    };
    if ending.outcome != Outcome::ClientDisconnect {
        let _ = timeout(FAREWELL, farewell).await;
    }
}

fn make_room(buffer: &mut BytesMut) {
    if buffer.capacity() - buffer.len() < MIN_ROOM_BYTES {
        buffer.reserve(READ_BYTES);
    }
}

/// Milliseconds as microseconds.
fn micros(ms: u64) -> Micros {
    Micros::try_from(ms.saturating_mul(1000)).unwrap_or(Micros::MAX)
}

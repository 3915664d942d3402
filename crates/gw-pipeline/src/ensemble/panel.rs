//! Asks a panel: all members at once, for whole answers, until there are enough and the others had their grace. Who is
//! still at it then is dropped, which closes its connection and settles it by what was seen. It must not judge answers.

use super::ballot::Ballot;
use crate::reserve::Funded;
use crate::run::run_sub_call;
use crate::subcall::drain;
use bytes::{Bytes, BytesMut};
use gw_model::Event;
use gw_model::subcalls::Ensemble;
use http::HeaderMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// A member's answer, in the caller's format.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) events: Vec<Event>,
    pub(super) ballot: Ballot,
    /// What it says, for a judge.
    pub(super) text: String,
}

/// What a panel came to.
pub(super) struct Heard {
    /// In the order of the panel.
    pub(super) answers: Vec<Answer>,
    /// Members that were too late.
    pub(super) cancelled: usize,
}

/// A member that is being asked.
enum Seat {
    Asked(Pin<Box<dyn Future<Output = Option<Answer>>>>),
    Done(Option<Box<Answer>>),
}

/// Asks all members.
pub(super) async fn ask(members: Vec<Funded>, ensemble: &Ensemble) -> Heard {
    let mut seats: Vec<Seat> =
        members.into_iter().map(|member| Seat::Asked(Box::pin(answer_of(member)))).collect();
    let mut timeout = Box::pin(tokio::time::sleep(Duration::from_millis(ensemble.timeout_ms)));
    let mut grace = None;
    poll_fn(|cx| {
        for seat in &mut seats {
            if let Seat::Asked(asked) = seat
                && let Poll::Ready(answer) = asked.as_mut().poll(cx)
            {
                *seat = Seat::Done(answer.map(Box::new));
            }
        }
        let is_open = |seat: &Seat| matches!(seat, Seat::Asked(_));
        let answered = seats.iter().filter(|seat| matches!(seat, Seat::Done(Some(_)))).count();
        if !seats.iter().any(is_open) || timeout.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if answered < ensemble.quorum {
            return Poll::Pending;
        }
        let wait = Duration::from_millis(ensemble.straggler_ms);
        grace.get_or_insert_with(|| Box::pin(tokio::time::sleep(wait))).as_mut().poll(cx)
    })
    .await;
    let cancelled = seats.iter().filter(|seat| matches!(seat, Seat::Asked(_))).count();
    let done = |seat: Seat| match seat {
        Seat::Done(answer) => answer.map(|answer| *answer),
        Seat::Asked(_) => None,
    };
    Heard { answers: seats.into_iter().filter_map(done).collect(), cancelled }
}

/// Takes a member through its stages. `None`: it has no answer that counts.
async fn answer_of(member: Funded) -> Option<Answer> {
    let format = member.call.format;
    let limit = member.live.snapshot.settings.max_translated_bytes;
    let reply = match run_sub_call(member).await {
        Ok(reply) => reply,
        Err(rejected) => {
            rejected.ticket.refused(rejected.refusal.code);
            return None;
        }
    };
    let (head, body) = reply.into_parts();
    let mut read = BytesMut::new();
    let is_whole = drain(body, limit, |piece| read.extend_from_slice(&piece)).await;
    if !is_whole || !head.status.is_success() {
        return None;
    }
    let body = read.freeze();
    let events = gw_wire::translate::answer_events(format, &body).ok()?;
    let (ballot, text) = Ballot::of(&events)?;
    Some(Answer { headers: head.headers, body, events, ballot, text })
}

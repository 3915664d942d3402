//! Answers that others get too, and of which the caller who began them gets no more: its time is up, or a verdict stops
//! it. They are fetched to their end, and paid for by that caller. Serves the way back. It must not end anybody else's
//! answer.

use super::{stream, whole};
use crate::attempt::Answered;
use crate::attempt::held;
use crate::reply::{Reply, ReplyBody};
use gw_model::{ErrorCode, Outcome, Refusal};

/// Does anybody else get the answer?
pub(super) fn get_it(answered: &Answered) -> bool {
    answered.ticket.lead.as_ref().is_some_and(|lead| lead.has_others())
}

/// The caller's time is up in the midst of a whole answer.
pub(super) fn late(mut answered: Box<Answered>, limit: usize) -> Reply {
    let text = "the provider's answer was not there when the request's time was up";
    let refusal = Refusal::new(ErrorCode::UpstreamTimeout, text);
    let reply = whole::told(&answered.ticket, &answered.model_name, &answered.target, &refusal);
    let Some(crew) = answered.ticket.lead.as_ref().map(|lead| lead.crew()) else { return reply };
    crew.go_on(async move {
        let is_here = held::hold(&mut answered.response.body, &mut answered.ticket, limit).await.is_ok();
        let Answered { mut ticket, sent, response, .. } = *answered;
        // What came before the time was up is there too.
        let body = ticket.lead.as_ref().and_then(|lead| lead.body()).unwrap_or_default();
        let usage = held::stated_usage(sent.format, &response.headers, &body).ok().flatten();
        whole::settle_attempt(&mut ticket, response.status.as_u16(), "timeout", usage, &body);
        if let Some(lead) = ticket.lead.as_mut().filter(|_| is_here) {
            lead.note_whole();
        }
        refusal.code.as_str().clone_into(&mut ticket.record.error_code);
        ticket.finish(Outcome::UpstreamError, refusal.code.status());
    });
    reply
}

/// A verdict about the request stops a stream that has not begun for its caller.
pub(super) fn stopped(answered: Answered, refusal: &Refusal) -> Reply {
    let reply = whole::told(&answered.ticket, &answered.model_name, &answered.target, refusal);
    let Some(crew) = answered.ticket.lead.as_ref().map(|lead| lead.crew()) else { return reply };
    if let ReplyBody::Stream(mut body) = stream::reply(answered).into_body() {
        body.mute(Outcome::Refused, "guardrail", refusal.code, Some(reply.status().as_u16()));
        crew.go_on_with(Box::new(ReplyBody::Stream(body)));
    }
    reply
}

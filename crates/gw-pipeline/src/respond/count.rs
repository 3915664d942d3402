//! A count of tokens that no target was able to give: the gateway's own estimate, marked as such. It must not pass
//! for a provider's count.

use super::headers;
use crate::attempt::Counted;
use crate::reply::{Reply, ReplyBody};
use gw_model::{NanoUsd, Outcome};
use http::header::{self, HeaderValue};

/// Ends the call with the estimate that was made of its input when it came.
pub(crate) fn reply(counted: Counted) -> Reply {
    let Counted { mut ticket, call, target, model_name } = counted;
    let body = gw_wire::counting::write_answer(call.format, call.facts.input_tokens);
    let mut reply = Reply::new(ReplyBody::whole(body));
    let map = reply.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers::add_route(map, &ticket, &model_name, Some(&target));
    headers::add_attempts(map, ticket.record.attempts.len());
    headers::mark_estimate(map);
    headers::add_cost(map, NanoUsd::ZERO);
    ticket.note_first_byte();
    ticket.finish(Outcome::Success, 200);
    reply
}

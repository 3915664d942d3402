//! The gateway's own word in a session: an `error` event in OpenAI's shape.

use crate::json::Writer;
use gw_model::Refusal;

/// An `error` event. `event_id` names it, `caused_by` is the client's name for the event that it answers.
#[must_use]
pub fn error_event(refusal: &Refusal, event_id: &str, caused_by: Option<&str>) -> Vec<u8> {
    let mut w = Writer::with_capacity(256 + refusal.message.len());
    w.begin_object();
    w.string_member("type", "error");
    w.string_member("event_id", event_id);
    w.key("error");
    w.begin_object();
    w.string_member("type", crate::errors::openai_kind(refusal.code.status()));
    w.string_member("code", refusal.code.as_str());
    w.string_member("message", &refusal.message);
    match refusal.param.as_deref() {
        Some(param) => w.string_member("param", param),
        None => w.null_member("param"),
    }
    match caused_by {
        Some(id) => w.string_member("event_id", id),
        None => w.null_member("event_id"),
    }
    w.end_object();
    w.end_object();
    w.into_bytes()
}

//! The body of web hooks: documented JSON, in which nothing needs to be escaped by hand.

use crate::notice::Notice;
use gw_model::Micros;
use serde_json::json;

/// The version of the body. It grows when something in it means something else.
pub const VERSION: u8 = 1;

/// The body.
#[must_use]
pub fn body(notice: &Notice, event_id: &str, at: Micros) -> Vec<u8> {
    let mut shown = notice.shown(event_id, at);
    shown["version"] = json!(VERSION);
    shown.to_string().into_bytes()
}

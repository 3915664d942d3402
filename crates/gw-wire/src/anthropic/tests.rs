//! Tests of the Messages codec: each direction on its own, and both together.

mod any_order;
mod request_read;
mod request_write;
mod response;
mod stream_read;
mod stream_write;
mod version;

use crate::codec::WriteContext;
use crate::sse::Framer;
use bytes::Bytes;
use gw_model::event::Event;

/// Pieces of a stream's text, as frames' data.
pub(crate) fn frames(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::new(1 << 20);
    framer.push(Bytes::copy_from_slice(stream));
    let mut out = Vec::new();
    while let Some(frame) = framer.next() {
        out.push(frame.unwrap().data().to_vec());
    }
    out.extend(framer.finish().map(|frame| frame.data().to_vec()));
    out
}

/// Events of a stream's text.
pub(crate) fn events_of(stream: &[u8]) -> Vec<Event> {
    let mut reader = super::stream::Reader::new();
    let mut events = Vec::new();
    for data in frames(stream) {
        reader.frame(&data, &mut events).unwrap();
    }
    events
}

/// The stream that events make.
pub(crate) fn stream_of(events: &[Event]) -> String {
    let mut writer = super::stream::Writer::new(context());
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}

pub(crate) fn context() -> WriteContext {
    WriteContext {
        fallback_id: "msg_fallback".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

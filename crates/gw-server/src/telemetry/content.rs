//! Prompts and answers for spans, of calls whose bodies are kept in records: masked as those are, read by their wire format, and
//! written as the conventions have messages. What cannot be read whole is not told. Calls wait here until their last byte has
//! left, for a bounded time and up to a bounded number.

use bytes::Bytes;
use gw_model::event::Event;
use gw_model::trace::Content;
use gw_model::{Ended, Micros};
use gw_pipeline::{Masks, TelemetryMetrics};
use gw_store::bodies::{BodyContent, BodySide};
use gw_telemetry::content::{Told, answered, asked};
use gw_wire::frames::Framer;
use gw_wire::translate::{PathFacts, answer_events, read_request, stream_events};
use std::collections::VecDeque;

/// How long a call that has ended waits for its last byte.
const WAIT: Micros = 10_000_000;
/// Most calls that wait for it.
const MAX_WAITING: usize = 4_096;
/// Largest frame of a stream.
const MAX_FRAME_BYTES: usize = 1 << 20;

/// See the module.
pub(super) struct Contents {
    waiting: VecDeque<(Micros, Ended)>,
    masks: Option<Masks>,
}

impl Contents {
    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::new(), masks: Masks::new() }
    }

    /// A call that is to be told of, if its content is there, or there is none; else it waits.
    pub(super) fn take(&mut self, ended: Ended, now: Micros) -> Option<Ended> {
        let is_there = ended.trace.content.as_ref().is_none_or(|place| place.is_filled());
        if is_there || self.waiting.len() >= MAX_WAITING {
            return Some(ended);
        }
        self.waiting.push_back((now + WAIT, ended));
        None
    }

    /// Those that waited and need no more; all of them, where nobody can wait.
    pub(super) fn ready(&mut self, now: Micros, is_last: bool) -> Vec<Ended> {
        let is_ready = |(until, ended): &(Micros, Ended)| {
            is_last || *until <= now || ended.trace.content.as_ref().is_none_or(|place| place.is_filled())
        };
        let (ready, waiting): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(is_ready);
        self.waiting = waiting;
        ready.into_iter().map(|(_, ended)| ended).collect()
    }

    /// What is told of a call.
    pub(super) fn told(&self, ended: &Ended, max_bytes: usize, counted: &TelemetryMetrics) -> Option<Told> {
        let place = ended.trace.content.as_ref()?;
        if !place.is_filled() {
            counted.note_untold("late");
            return None;
        }
        // Where there was no room, it is counted already.
        let content = place.content()?;
        let told = self.read(ended, content, max_bytes);
        if told.is_none() {
            counted.note_untold("unreadable");
        }
        told
    }

    fn read(&self, ended: &Ended, content: &Content, max_bytes: usize) -> Option<Told> {
        let mut kept = BodyContent {
            format: content.format.as_str().to_owned(),
            request: BodySide {
                bytes: content.request.clone(),
                content_type: "application/json".to_owned(),
                is_cut: content.is_request_cut,
            },
            response: BodySide {
                bytes: content.response.clone(),
                content_type: content.response_type.clone(),
                is_cut: content.is_response_cut,
            },
            is_masked: false,
        };
        if content.is_masked && !self.masks.as_ref()?.mask(&mut kept) {
            return None;
        }
        let path = PathFacts { model: &ended.record.model, stream: ended.record.stream };
        let request = read_request(content.format, &kept.request.bytes, path).ok()?;
        let mut told = asked(&request, max_bytes);
        // An answer that broke off, or is none, is not told; its span says what became of it.
        if let Some(events) = events(content, kept.response) {
            told.output = answered(&events, max_bytes);
        }
        Some(told)
    }
}

fn events(content: &Content, response: BodySide) -> Option<Vec<Event>> {
    if response.is_cut || response.bytes.is_empty() {
        return None;
    }
    let kind = response.content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/json" => answer_events(content.format, &response.bytes).ok(),
        "text/event-stream" | "application/vnd.amazon.eventstream" => {
            let mut framer = Framer::new(content.format, MAX_FRAME_BYTES);
            stream_events(content.format, &mut framer, Bytes::from(response.bytes)).ok()
        }
        _ => None,
    }
}

//! The frames of a stream through its guardrails. A frame goes on when all text in it may; one in which nothing was
//! replaced goes on as it came. Frames keep their order, so that what waits holds up what is behind it. Serves the
//! stream step. It must not hold more than its limit.

use crate::guard::request::{join, pass, quoted};
use crate::guard::{Guarded, Rails, Sort};
use bytes::Bytes;
use gw_guard::{Blocked, Flow, Form, Place, Side, Terms};
use gw_model::guardrail::Speaker;
use gw_model::{Span, WireFormat};
use gw_wire::frames::{Frame, Framer};
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::unescape;
use gw_wire::sse::SseEvent;
use gw_wire::texts::{Channel, Ended, Text, Written};
use std::collections::VecDeque;

/// Most bytes of frames that wait.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// See the module.
pub(in crate::respond) struct StreamGuard {
    guarded: Box<Guarded>,
    format: WireFormat,
    prose: Rails,
    detail: Rails,
    finder: Option<Terms>,
    flows: Vec<Open>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    texts: usize,
}

/// A text that comes in pieces.
struct Open {
    channel: Channel,
    flow: Flow,
    /// Bytes of it that have come.
    total: usize,
    is_over: bool,
}

struct Waiting {
    frame: Frame,
    pieces: Vec<Piece>,
    /// Of texts that are whole in the frame.
    edits: Vec<Edit>,
}

/// A piece of a text in a frame.
struct Piece {
    span: Span,
    flow: usize,
    start: usize,
    end: usize,
}

impl StreamGuard {
    /// For answers in `format`. Where others are asked about what is left, they come first and then what was masked is
    /// restored: not here.
    pub(in crate::respond) fn new(guarded: Box<Guarded>, format: WireFormat, restores: bool) -> Self {
        let sort = |is_prose| Sort { speaker: Speaker::Assistant, is_prose };
        Self {
            prose: guarded.chosen.of_response(sort(true)),
            detail: guarded.chosen.of_response(sort(false)),
            finder: if restores { guarded.session.vault.finder() } else { None },
            guarded,
            format,
            flows: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            texts: 0,
        }
    }

    /// What is known of the call, back.
    pub(in crate::respond) fn into_guarded(self) -> Box<Guarded> {
        self.guarded
    }

    /// The guardrails of the call, for what its caller is told.
    pub(in crate::respond) const fn guarded(&self) -> &Guarded {
        &self.guarded
    }

    pub(in crate::respond) const fn guarded_mut(&mut self) -> &mut Guarded {
        &mut self.guarded
    }

    /// Takes a frame; [`Self::next`] gives what may go on.
    ///
    /// # Errors
    /// A guardrail stops the stream.
    pub(in crate::respond) fn push(&mut self, frame: Frame) -> Result<(), Blocked> {
        let found = gw_wire::texts::event(self.format, frame.event(), frame.data());
        self.waiting_bytes += frame.raw().len();
        let mut waiting = Waiting { frame, pieces: Vec::new(), edits: Vec::new() };
        if found.is_echo {
            // What was said before is decided before it is repeated.
            self.end(found.ended)?;
        }
        for text in &found.texts {
            // A frame in which something is stopped goes nowhere.
            match text.channel {
                Some(channel) => self.piece(&mut waiting, text, channel)?,
                None => self.whole(&mut waiting, text, found.is_echo)?,
            }
        }
        self.waiting.push_back(waiting);
        self.end(found.ended)?;
        if self.waiting_bytes > MAX_WAITING_BYTES {
            let name = self.prose.iter().find(|rail| rail.enforces()).map(|rail| rail.spec.name.clone());
            return Err(Blocked {
                guardrail: name.unwrap_or_else(|| "".into()),
                kind: "an_answer_too_long_to_hold",
            });
        }
        Ok(())
    }

    /// The stream is over: all that waits may go on.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(in crate::respond) fn finish(&mut self) -> Result<(), Blocked> {
        self.end(Ended::All)
    }

    fn piece(&mut self, waiting: &mut Waiting, text: &Text, channel: Channel) -> Result<(), Blocked> {
        let data = waiting.frame.data();
        let raw =
            data.get(text.span.start + 1..text.span.end - 1).and_then(|raw| std::str::from_utf8(raw).ok());
        let said = unescape(raw.unwrap_or_default());
        let at = self.flow(text, channel);
        let open = &mut self.flows[at];
        let start = open.total;
        open.total += said.len();
        waiting.pieces.push(Piece { span: text.span, flow: at, start, end: open.total });
        let Guarded { session, original, .. } = &mut *self.guarded;
        open.flow.push(&said, session, original)
    }

    /// The text of a channel: the one that is open, or a new one.
    fn flow(&mut self, text: &Text, channel: Channel) -> usize {
        if let Some(at) = self.flows.iter().position(|open| open.channel == channel && !open.is_over) {
            return at;
        }
        let rails = if text.is_prose { &self.prose } else { &self.detail };
        let place = Place { side: Side::Response, speaker: Speaker::Assistant, text: self.texts };
        self.texts += 1;
        let form = if text.written == Written::Json { Form::Json } else { Form::Plain };
        let flow = Flow::new(Rails::clone(rails), self.finder.clone(), place, form);
        self.flows.push(Open { channel, flow, total: 0, is_over: false });
        self.flows.len() - 1
    }

    fn whole(&mut self, waiting: &mut Waiting, text: &Text, is_echo: bool) -> Result<(), Blocked> {
        let changes = self.finder.is_some() || self.detail.iter().any(|rail| rail.enforces());
        if text.written == Written::Tokens && !changes {
            return Ok(());
        }
        let rails = if text.is_prose { &self.prose } else { &self.detail };
        let place = Place { side: Side::Response, speaker: Speaker::Assistant, text: self.texts };
        let Guarded { session, original, .. } = &mut *self.guarded;
        // What was said before was noted when it was.
        let noted = is_echo.then(|| session.notes.clone());
        let passed = pass(waiting.frame.data(), text, rails, self.finder.clone(), place, session, original);
        if let Some(noted) = noted {
            session.notes = noted;
        } else {
            self.texts += 1;
        }
        waiting.edits.extend(passed?);
        Ok(())
    }

    fn end(&mut self, ended: Ended) -> Result<(), Blocked> {
        let Guarded { session, original, .. } = &mut *self.guarded;
        for open in self.flows.iter_mut().filter(|open| !open.is_over) {
            let is_over = match ended {
                Ended::None => false,
                Ended::All => true,
                Ended::Group(group) => open.channel.group == group,
            };
            if is_over {
                open.is_over = true;
                open.flow.finish(session, original)?;
            }
        }
        Ok(())
    }

    /// The next frame that may go on.
    pub(in crate::respond) fn next(&mut self) -> Option<Frame> {
        let first = self.waiting.front()?;
        let is_ready =
            |piece: &Piece| self.flows.get(piece.flow).is_some_and(|open| open.flow.released() >= piece.end);
        if !first.pieces.iter().all(is_ready) {
            return None;
        }
        let Waiting { frame, pieces, mut edits } = self.waiting.pop_front()?;
        self.waiting_bytes -= frame.raw().len().min(self.waiting_bytes);
        for piece in &pieces {
            let Some(open) = self.flows.get_mut(piece.flow) else { continue };
            let changes =
                open.flow.edits(piece.start).any(|edit| edit.start < piece.end && edit.end > piece.start);
            if !changes {
                continue;
            }
            let raw = frame.data().get(piece.span.start + 1..piece.span.end - 1);
            let said = unescape(raw.and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default());
            let changed = gw_guard::apply(&said, piece.start, piece.end, open.flow.edits(piece.start));
            edits.extend(changed.map(|changed| Edit::replace(piece.span, quoted(&changed))));
        }
        if self.waiting.is_empty() {
            self.flows.retain(|open| !open.is_over);
        }
        if edits.is_empty() {
            return Some(frame);
        }
        let data = Bytes::copy_from_slice(frame.data());
        Some(frame.with_data(&join(apply(&data, &mut edits))))
    }
}

/// Events of a stream that is over after checks that only replace; `None` when they cannot be looked through.
pub(crate) fn masked(events: Bytes, guarded: Guarded, format: WireFormat) -> Option<Bytes> {
    let mut framer = Framer::new(format, events.len().saturating_add(1));
    let mut guard = StreamGuard::new(Box::new(guarded), format, false);
    let mut out = Vec::with_capacity(events.len());
    framer.push(events);
    while let Some(frame) = framer.next() {
        guard.push(frame.ok()?).ok()?;
    }
    if let Some(rest) = framer.finish().ok()? {
        guard.push(rest).ok()?;
    }
    guard.finish().ok()?;
    while let Some(frame) = guard.next() {
        out.extend_from_slice(frame.raw());
    }
    Some(out.into())
}

//! The frames of a stream through its guardrails. A frame goes on when all text in it may; one in which nothing was
//! replaced goes on as it came. Frames keep their order, so that what waits holds up what is behind it. The text of all
//! frames that came together is looked at together, and where nothing is found in it they go on in one piece, too. Serves
//! the stream step. It must not hold more than its limit.

mod here;

use super::looking::Looking;
use crate::guard::request::{join, pass, quoted};
use crate::guard::{Guarded, Rails, answering};
use bytes::Bytes;
use gw_guard::{Blocked, Flow, Form, Place, Placeholders, Side};
use gw_model::{Span, WireFormat};
use gw_wire::frames::{Frame, Framer};
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::unescape;
use gw_wire::sse::SseEvent;
use gw_wire::texts::{Channel, Ended, EventReader, Text, Written};
use here::Here;
pub(in crate::respond) use here::Place as FramePlace;
use std::collections::VecDeque;

/// Most bytes of frames that wait.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// Room for what comes of a text at once.
const FRESH_BYTES: usize = 256;

/// See the module.
pub(in crate::respond) struct StreamGuard {
    reader: EventReader,
    said: Said,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Behind those that wait: frames of the piece of the stream that is being taken in.
    here: Vec<Here>,
    /// Of all these frames, in their order.
    pieces: VecDeque<Piece>,
}

/// What the frames say, and who looks at it.
struct Said {
    guarded: Box<Guarded>,
    looking: Looking,
    finder: Option<Placeholders>,
    flows: Vec<Open>,
    texts: usize,
}

/// A text that comes in pieces.
struct Open {
    channel: Channel,
    flow: Flow,
    /// What came of it and was not looked at.
    fresh: String,
    /// Bytes of it that have come.
    total: usize,
    /// Bytes of it that may go on.
    released: usize,
    is_over: bool,
}

struct Waiting {
    frame: Frame,
    /// How many pieces of texts it has.
    pieces: usize,
    /// Of texts that are whole in the frame.
    edits: Vec<Edit>,
}

/// What an event has.
struct Noted {
    pieces: usize,
    edits: Vec<Edit>,
    ended: Ended,
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
        let said = Said {
            looking: Looking::at(&guarded.chosen),
            finder: guarded
                .session
                .vault
                .finder()
                .map(|finder| if restores { finder } else { finder.kept() }),
            guarded,
            flows: Vec::new(),
            texts: 0,
        };
        let (waiting, pieces) = (VecDeque::new(), VecDeque::new());
        Self { reader: EventReader::new(format), said, waiting, waiting_bytes: 0, here: Vec::new(), pieces }
    }

    /// What is known of the call, back.
    pub(in crate::respond) fn into_guarded(self) -> Box<Guarded> {
        self.said.guarded
    }

    /// The guardrails of the call, for what its caller is told.
    pub(in crate::respond) const fn guarded(&self) -> &Guarded {
        &self.said.guarded
    }

    pub(in crate::respond) const fn guarded_mut(&mut self) -> &mut Guarded {
        &mut self.said.guarded
    }

    /// Bytes of texts that are judged when they are over.
    pub(in crate::respond) fn whole_bytes(&self) -> usize {
        self.said.flows.iter().map(|open| open.flow.whole_bytes()).sum()
    }

    /// Takes a frame. What it says is looked at with [`Self::settle`], or as soon as its order among others matters.
    ///
    /// # Errors
    /// A guardrail stops the stream.
    pub(in crate::respond) fn push(&mut self, frame: Frame) -> Result<(), Blocked> {
        self.reader.recognise(frame.event(), frame.data());
        let Noted { pieces, edits, ended } = self.note(frame.event(), frame.data(), frame.raw().len())?;
        self.waiting.push_back(Waiting { frame, pieces, edits });
        self.noted(ended)
    }

    /// Notes what an event of so many bytes says, which the reader was asked about. Errors: it goes nowhere.
    fn note(&mut self, name: Option<&str>, data: &[u8], bytes: usize) -> Result<Noted, Blocked> {
        let Self { reader, said, waiting_bytes, pieces, .. } = self;
        let found = reader.texts(name, data);
        *waiting_bytes += bytes;
        if found.is_echo {
            // What was said before is decided before it is repeated.
            said.end(found.ended)?;
        }
        let before = pieces.len();
        let mut edits = Vec::new();
        for text in &found.texts {
            // A frame in which something is stopped goes nowhere.
            match text.channel {
                Some(channel) => pieces.push_back(said.piece(data, text, channel)),
                None => edits.extend(said.whole(data, text, found.is_echo)?),
            }
        }
        Ok(Noted { pieces: pieces.len() - before, edits, ended: found.ended })
    }

    /// An event was noted, and stands in its place.
    fn noted(&mut self, ended: Ended) -> Result<(), Blocked> {
        self.said.end(ended)?;
        if self.waiting_bytes > MAX_WAITING_BYTES {
            let name = self.said.looking.enforcing().map(|rail| rail.spec.name.clone());
            return Err(Blocked {
                guardrail: name.unwrap_or_else(|| "".into()),
                kind: "an_answer_too_long_to_hold",
            });
        }
        Ok(())
    }

    /// No more frames are there for now: what came is looked at, and [`Self::next`] gives what may go on.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(in crate::respond) fn settle(&mut self) -> Result<(), Blocked> {
        self.said.settle()
    }

    /// The stream is over: all that waits may go on.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(in crate::respond) fn finish(&mut self) -> Result<(), Blocked> {
        self.said.end(Ended::All)
    }

    /// The next frame that may go on.
    pub(in crate::respond) fn next(&mut self) -> Option<Frame> {
        let count = self.waiting.front()?.pieces;
        let flows = &mut self.said.flows;
        let is_ready = |piece: &Piece| flows.get(piece.flow).is_some_and(|open| open.released >= piece.end);
        if !self.pieces.iter().take(count).all(is_ready) {
            return None;
        }
        let Waiting { frame, mut edits, .. } = self.waiting.pop_front()?;
        self.waiting_bytes -= frame.raw().len().min(self.waiting_bytes);
        for piece in self.pieces.drain(..count) {
            let Some(open) = flows.get_mut(piece.flow) else { continue };
            let changes =
                open.flow.edits(piece.start).any(|edit| edit.start < piece.end && edit.end > piece.start);
            if !changes {
                continue;
            }
            let said = piece_of(frame.data(), piece.span);
            let changed = gw_guard::apply(&said, piece.start, piece.end, open.flow.edits(piece.start));
            edits.extend(changed.map(|changed| Edit::replace(piece.span, quoted(&changed))));
        }
        self.forget();
        if edits.is_empty() {
            return Some(frame);
        }
        let data = Bytes::copy_from_slice(frame.data());
        Some(frame.with_data(&join(apply(&data, &mut edits))))
    }

    /// Lets go of the texts that are over, once nothing of them waits.
    fn forget(&mut self) {
        if self.pieces.is_empty() {
            self.said.flows.retain(|open| !open.is_over);
        }
    }
}

impl Said {
    /// Notes a piece of a text.
    fn piece(&mut self, data: &[u8], text: &Text, channel: Channel) -> Piece {
        let at = self.flow(text, channel);
        let open = &mut self.flows[at];
        let start = open.total;
        let said = piece_of(data, text.span);
        open.fresh.push_str(&said);
        open.total += said.len();
        Piece { span: text.span, flow: at, start, end: open.total }
    }

    /// The text of a channel: the one that is open, or a new one.
    fn flow(&mut self, text: &Text, channel: Channel) -> usize {
        if let Some(at) = self.flows.iter().position(|open| open.channel == channel && !open.is_over) {
            return at;
        }
        let rails = self.looking.rails(text);
        let place = Place { side: Side::Response, speaker: answering(text), text: self.texts };
        self.texts += 1;
        let form = if text.written == Written::Json { Form::Json } else { Form::Plain };
        let flow = Flow::new(Rails::clone(rails), self.finder.clone(), place, form);
        let fresh = String::with_capacity(FRESH_BYTES);
        self.flows.push(Open { channel, flow, fresh, total: 0, released: 0, is_over: false });
        self.flows.len() - 1
    }

    fn whole(&mut self, data: &[u8], text: &Text, is_echo: bool) -> Result<Option<Edit>, Blocked> {
        let restores = self.finder.as_ref().is_some_and(Placeholders::restores);
        let changes = restores || self.looking.enforces_in_details();
        if text.written == Written::Tokens && !changes {
            return Ok(None);
        }
        // What came before is masked and noted before.
        self.settle()?;
        let rails = self.looking.rails(text);
        let place = Place { side: Side::Response, speaker: answering(text), text: self.texts };
        let Guarded { session, original, .. } = &mut *self.guarded;
        // What was said before was noted when it was.
        let noted = is_echo.then(|| session.notes.clone());
        let passed = pass(data, text, rails, self.finder.clone(), place, session, original);
        if let Some(noted) = noted {
            session.notes = noted;
        } else {
            self.texts += 1;
        }
        passed
    }

    /// Looks at what came.
    fn settle(&mut self) -> Result<(), Blocked> {
        let Guarded { session, original, .. } = &mut *self.guarded;
        for open in self.flows.iter_mut().filter(|open| !open.fresh.is_empty()) {
            let looked = open.flow.push(&open.fresh, session, original);
            open.fresh.clear();
            open.released = open.flow.released();
            looked?;
        }
        Ok(())
    }

    fn end(&mut self, ended: Ended) -> Result<(), Blocked> {
        if ended == Ended::None {
            return Ok(());
        }
        self.settle()?;
        let Guarded { session, original, .. } = &mut *self.guarded;
        for open in self.flows.iter_mut().filter(|open| !open.is_over) {
            let is_over = match ended {
                Ended::None => false,
                Ended::All => true,
                Ended::Group(group) => open.channel.group == group,
            };
            if is_over {
                open.is_over = true;
                let looked = open.flow.finish(session, original);
                open.released = open.flow.released();
                looked?;
            }
        }
        Ok(())
    }
}

/// What a piece of a text says: its string without quotes and escapes.
fn piece_of(data: &[u8], span: Span) -> std::borrow::Cow<'_, str> {
    let raw = data.get(span.start + 1..span.end - 1).and_then(|raw| std::str::from_utf8(raw).ok());
    unescape(raw.unwrap_or_default())
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

#[cfg(test)]
mod tests;

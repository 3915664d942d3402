//! The frames of a stream that others are asked about, behind the guardrails in the process. Where a verdict decides,
//! everything waits for it; else the frames go on, and it is only written down. What was masked is restored here, so that
//! nobody is told more than the provider was. Serves the stream step. It must not hold more than its limit.

use crate::guard::Guarded;
use crate::guard::asking::{Outcome, Task, ask_all};
use crate::guard::heard::{Heard, only_judged, sorted};
use crate::guard::request::{join, left_out, quoted, said};
use crate::worker::Worker;
use bytes::Bytes;
use gw_guard::asked::{About, AskedText, Told};
use gw_guard::{Blocked, Flow, Form, Guardrail, Place, Session, Side, Terms, pass_told, seen};
use gw_model::guardrail::Speaker;
use gw_model::{Span, WireFormat};
use gw_wire::frames::Frame;
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::unescape;
use gw_wire::sse::SseEvent;
use gw_wire::texts::{Channel, Ended, EventReader, Text, Written};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// Most bytes of frames that wait.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// Verdicts to come.
pub(in crate::respond) type Verdicts = Pin<Box<dyn Future<Output = Vec<Outcome>>>>;

/// See the module.
pub(in crate::respond) struct StreamAsk {
    reader: EventReader,
    about: About,
    finder: Option<Terms>,
    /// Nothing goes on before the verdicts.
    holds: bool,
    heard: Heard,
    flows: Vec<Open>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    texts: usize,
}

/// A text that comes in pieces.
struct Open {
    channel: Channel,
    flow: Flow,
    place: Place,
    is_prose: bool,
    /// Bytes of it that have come, as written.
    total: usize,
    is_over: bool,
    /// Its place among the texts that are asked about.
    index: usize,
}

struct Waiting {
    frame: Frame,
    pieces: Vec<Piece>,
    /// Texts that are whole in the frame, each with its place among those that are asked about.
    wholes: Vec<(Text, usize)>,
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

impl StreamAsk {
    /// For answers in `format`.
    pub(in crate::respond) fn new(guarded: &Guarded, format: WireFormat, about: About) -> Self {
        Self {
            reader: EventReader::new(format),
            about,
            finder: guarded.session.vault.finder(),
            holds: guarded.chosen.holds_answer(),
            heard: Heard::default(),
            flows: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            texts: 0,
        }
    }

    /// Takes a frame; [`Self::next`] gives what may go on.
    ///
    /// # Errors
    /// More waits than may be held.
    pub(in crate::respond) fn push(&mut self, frame: Frame, guarded: &mut Guarded) -> Result<(), Blocked> {
        let found = self.reader.read(frame.event(), frame.data()).clone();
        self.waiting_bytes += frame.raw().len();
        let (mut pieces, mut wholes) = (Vec::new(), Vec::new());
        for text in found.texts {
            let (written, form) = said(frame.data(), &text);
            match text.channel {
                Some(channel) => {
                    let at = self.flow(&text, channel, form);
                    let open = &mut self.flows[at];
                    let start = open.total;
                    open.total += written.len();
                    pieces.push(Piece { span: text.span, flow: at, start, end: open.total });
                    open.flow.push(&written, &mut guarded.session, &guarded.original)?;
                }
                None => {
                    let place = self.place();
                    let is_prose = text.is_prose && text.written != Written::Tokens;
                    let index = self.heard.text(seen(&written, form).into_owned(), place, is_prose);
                    wholes.push((text, index));
                }
            }
        }
        let mut edits = Vec::new();
        if !self.holds {
            for (text, index) in wholes.drain(..) {
                let place = self.heard.texts[index].place;
                let Guarded { session, original, .. } = guarded;
                let finder = self.finder.as_ref();
                edits.extend(whole(&frame, &text, place, Vec::new(), finder, session, original)?);
            }
        }
        self.waiting.push_back(Waiting { frame, pieces, wholes, edits });
        self.end(found.ended, guarded)?;
        if self.waiting_bytes > MAX_WAITING_BYTES {
            let asking = guarded.chosen.asking(Side::Response).next();
            let name = asking.map_or_else(|| "".into(), |asking| asking.rail.spec.name.clone());
            return Err(Blocked { guardrail: name, kind: "an_answer_too_long_to_hold" });
        }
        Ok(())
    }

    const fn place(&mut self) -> Place {
        let place = Place { side: Side::Response, speaker: Speaker::Assistant, text: self.texts };
        self.texts += 1;
        place
    }

    /// The text of a channel: the one that is open, or a new one.
    fn flow(&mut self, text: &Text, channel: Channel, form: Form) -> usize {
        if let Some(at) = self.flows.iter().position(|open| open.channel == channel && !open.is_over) {
            return at;
        }
        let place = self.place();
        let flow = Flow::asked(self.finder.clone(), place, form, self.holds);
        let is_prose = text.is_prose;
        self.flows.push(Open { channel, flow, place, is_prose, total: 0, is_over: false, index: 0 });
        self.flows.len() - 1
    }

    fn end(&mut self, ended: Ended, guarded: &mut Guarded) -> Result<(), Blocked> {
        for open in self.flows.iter_mut().filter(|open| !open.is_over) {
            let is_over = match ended {
                Ended::None => false,
                Ended::All => true,
                Ended::Group(group) => open.channel.group == group,
            };
            if is_over {
                open.is_over = true;
                open.flow.finish(&mut guarded.session, &guarded.original)?;
            }
        }
        Ok(())
    }

    /// The stream is over: everything that was said is asked about.
    pub(in crate::respond) fn question(&mut self, worker: &Rc<Worker>, guarded: &mut Guarded) -> Verdicts {
        // Nobody in the process looks here, so nothing stops it.
        let _ = self.end(Ended::All, guarded);
        for open in &mut self.flows {
            open.index = self.heard.text(open.flow.said().to_owned(), open.place, open.is_prose);
        }
        let tasks: Vec<Task> = self.heard.tasks(guarded.chosen.asking(Side::Response));
        let texts: Vec<AskedText> = self.heard.texts.clone();
        let (worker, about) = (Rc::clone(worker), self.about.clone());
        Box::pin(async move { ask_all(&worker, Side::Response, &about, &texts, &tasks).await })
    }

    /// Takes the verdicts; then [`Self::next`] gives what may go on.
    ///
    /// # Errors
    /// A guardrail stops the stream: nothing that waits goes on.
    pub(in crate::respond) fn tell(
        &mut self,
        outcomes: Vec<Outcome>,
        guarded: &mut Guarded,
    ) -> Result<(), Blocked> {
        guarded.note_asked(&outcomes);
        let Guarded { session, original, .. } = guarded;
        let count = self.heard.texts.len();
        let told = sorted(outcomes, count, Side::Response, &mut session.notes)?;
        if !self.holds {
            return only_judged(&self.heard.texts, &told, session, original);
        }
        let list = |index: usize| told.get(index).cloned().unwrap_or_default();
        let mut noted = vec![false; count];
        for open in &mut self.flows {
            noted[open.index] = true;
            open.flow.tell(list(open.index), session, original)?;
        }
        // What stands whole in frames is judged once here, so that a stop comes before anything goes on.
        for waiting in &self.waiting {
            for (_, index) in &waiting.wholes {
                if std::mem::replace(&mut noted[*index], true) {
                    continue;
                }
                let asked = &self.heard.texts[*index];
                pass_told(list(*index), None, &asked.text, asked.place, Form::Plain, session, original)?;
            }
        }
        let notes = session.notes.clone();
        let finder = self.finder.as_ref();
        for Waiting { frame, wholes, edits, .. } in &mut self.waiting {
            for (text, index) in wholes.drain(..) {
                let place = self.heard.texts[index].place;
                edits.extend(whole(frame, &text, place, list(index), finder, session, original)?);
            }
        }
        session.notes = notes;
        self.holds = false;
        Ok(())
    }

    /// The next frame that may go on.
    pub(in crate::respond) fn next(&mut self) -> Option<Frame> {
        let first = self.waiting.front().filter(|_| !self.holds)?;
        let is_ready =
            |piece: &Piece| self.flows.get(piece.flow).is_some_and(|open| open.flow.released() >= piece.end);
        if !first.pieces.iter().all(is_ready) {
            return None;
        }
        let Waiting { frame, pieces, mut edits, .. } = self.waiting.pop_front()?;
        self.waiting_bytes -= frame.raw().len().min(self.waiting_bytes);
        for piece in &pieces {
            let Some(open) = self.flows.get_mut(piece.flow) else { continue };
            let raw = frame.data().get(piece.span.start + 1..piece.span.end - 1);
            let said = unescape(raw.and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default());
            let changed = gw_guard::apply(&said, piece.start, piece.end, open.flow.edits(piece.start));
            edits.extend(changed.map(|changed| Edit::replace(piece.span, quoted(&changed))));
        }
        if edits.is_empty() {
            return Some(frame);
        }
        let data = Bytes::copy_from_slice(frame.data());
        Some(frame.with_data(&join(apply(&data, &mut edits))))
    }
}

/// A text that is whole in a frame, after what was said about it.
fn whole(
    frame: &Frame,
    text: &Text,
    place: Place,
    told: Vec<(Arc<Guardrail>, Told)>,
    finder: Option<&Terms>,
    session: &mut Session,
    avoid: &[u8],
) -> Result<Option<Edit>, Blocked> {
    let changes = finder.is_some() || !told.is_empty();
    if text.written == Written::Tokens || !changes {
        return Ok((text.written == Written::Tokens && changes).then(|| left_out(text)));
    }
    let (written, form) = said(frame.data(), text);
    let changed = pass_told(told, finder.cloned(), &written, place, form, session, avoid)?;
    Ok(changed.map(|changed| Edit::replace(text.span, quoted(&changed))))
}

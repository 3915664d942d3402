//! The frames of a stream that others are asked about, behind the guardrails in the process. Where a verdict decides,
//! everything waits for it; else the frames go on, and it is only written down. What was masked is restored here, so that
//! nobody is told more than the provider was. Serves the stream step. It must not hold more than its limit.

use crate::guard::asking::{Asking, Outcome, Task, ask_all};
use crate::guard::heard::{Heard, only_judged, sorted};
use crate::guard::request::{join, left_out, quoted, said};
use crate::guard::{Guarded, Matter, Sort, answering};
use crate::worker::Worker;
use bytes::Bytes;
use gw_guard::asked::{About, AskedText, Told};
use gw_guard::{
    Blocked, Edit as Replaced, Flow, Form, Guardrail, Place, Placeholders, Side, compose, pass_told, seen,
};
use gw_model::{Span, WireFormat};
use gw_wire::frames::Frame;
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::unescape;
use gw_wire::sse::SseEvent;
use gw_wire::texts::{Channel, Ended, EventReader, Text, Written};
use std::borrow::Cow;
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
    finder: Option<Placeholders>,
    /// Who is asked, all of a round at the same time, and one round after the other.
    rounds: VecDeque<Vec<Asking>>,
    /// There is more than one: what is left of a text by one is what the next is about.
    is_layered: bool,
    has_begun: bool,
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
    matter: Matter,
    form: Form,
    /// What came of it, as written, where there are several rounds; and what those that are over replace in it.
    written: String,
    edits: Vec<Replaced>,
    /// Bytes of it that have come, as written.
    total: usize,
    is_over: bool,
    /// Its place among the texts that are asked about.
    index: usize,
}

struct Waiting {
    frame: Frame,
    pieces: Vec<Piece>,
    wholes: Vec<Whole>,
    /// Of texts that are whole in the frame.
    edits: Vec<Edit>,
}

/// A text that is whole in a frame.
struct Whole {
    text: Text,
    /// Its place among those that are asked about.
    index: usize,
    place: Place,
    matter: Matter,
    /// What is left of it, where that is something else.
    left: Option<Left>,
}

#[derive(Clone)]
enum Left {
    Text(String),
    Nothing,
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
        let changing = guarded.chosen.changing(Side::Response).into_iter().map(|asking| vec![asking]);
        let judging: Vec<Asking> = guarded.chosen.judging(Side::Response).cloned().collect();
        let rounds: VecDeque<Vec<Asking>> =
            changing.chain(std::iter::once(judging)).filter(|asking| !asking.is_empty()).collect();
        Self {
            is_layered: rounds.len() > 1,
            rounds,
            has_begun: false,
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
                    if self.is_layered {
                        open.written.push_str(&written);
                    }
                    pieces.push(Piece { span: text.span, flow: at, start, end: open.total });
                    open.flow.push(&written, &mut guarded.session, &guarded.original)?;
                }
                None => {
                    let place = self.place(&text);
                    let Sort { matter, .. } = Sort::of_answer(&text);
                    let index = self.heard.text(seen(&written, form).into_owned(), place, matter);
                    let place = self.heard.texts[index].place;
                    wholes.push(Whole { text, index, place, matter, left: None });
                }
            }
        }
        let mut edits = Vec::new();
        if !self.holds {
            for mut whole in wholes.drain(..) {
                whole.pass(&frame, Vec::new(), self.finder.as_ref(), guarded)?;
                edits.extend(whole.edit());
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

    const fn place(&mut self, text: &Text) -> Place {
        let place = Place { side: Side::Response, speaker: answering(text), text: self.texts };
        self.texts += 1;
        place
    }

    /// The text of a channel: the one that is open, or a new one.
    fn flow(&mut self, text: &Text, channel: Channel, form: Form) -> usize {
        if let Some(at) = self.flows.iter().position(|open| open.channel == channel && !open.is_over) {
            return at;
        }
        let place = self.place(text);
        // What was masked is restored in the last round.
        let finder = self.finder.clone().filter(|_| !self.is_layered);
        let flow = Flow::asked(finder, place, form, self.holds);
        let Sort { matter, .. } = Sort::of_answer(text);
        let (written, edits) = (String::new(), Vec::new());
        let (total, is_over, index) = (0, false, 0);
        self.flows.push(Open { channel, flow, place, matter, form, written, edits, total, is_over, index });
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

    /// The stream is over, or a round is: what is left of everything that was said is asked about.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub(in crate::respond) fn question(
        &mut self,
        worker: &Rc<Worker>,
        guarded: &mut Guarded,
    ) -> Result<Verdicts, Blocked> {
        if !std::mem::replace(&mut self.has_begun, true) {
            // Nobody in the process looks here, so nothing stops it.
            let _ = self.end(Ended::All, guarded);
        }
        if self.is_layered {
            self.hear_again(guarded)?;
        }
        for open in &mut self.flows {
            open.index = self.heard.text(open.flow.said().to_owned(), open.place, open.matter);
        }
        let asking = self.rounds.pop_front().unwrap_or_default();
        let tasks: Vec<Task> = self.heard.tasks(asking.iter());
        let texts: Vec<AskedText> = self.heard.texts.clone();
        let (worker, about) = (Rc::clone(worker), self.about.clone());
        Ok(Box::pin(async move { ask_all(&worker, Side::Response, &about, &texts, &tasks).await }))
    }

    /// Is somebody to be asked about what is left?
    pub(in crate::respond) fn asks_on(&self) -> bool {
        !self.rounds.is_empty()
    }

    /// Takes the texts as the last round left them.
    fn hear_again(&mut self, guarded: &mut Guarded) -> Result<(), Blocked> {
        self.heard = Heard::default();
        // What was masked before stays as it is until the last round.
        let is_last = self.rounds.len() == 1;
        let finder = guarded.session.vault.finder();
        self.finder = finder.map(|finder| if is_last { finder } else { finder.kept() });
        for open in &mut self.flows {
            open.flow = Flow::asked(self.finder.clone(), open.place, open.form, true);
            let left = open.left();
            open.flow.push(&left, &mut guarded.session, &guarded.original)?;
            open.flow.finish(&mut guarded.session, &guarded.original)?;
        }
        for Waiting { frame, wholes, .. } in &mut self.waiting {
            for whole in wholes {
                let (written, form) = whole.written(frame);
                let what = seen(&written, form).into_owned();
                whole.index = self.heard.text(what, whole.place, whole.matter);
            }
        }
        Ok(())
    }

    /// Takes the verdicts; then somebody is asked on, or [`Self::next`] gives what may go on.
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
            if self.is_layered {
                let now: Vec<Replaced> = open.flow.edits(0).cloned().collect();
                open.edits = compose(&open.edits, &now, &open.left());
            }
        }
        // What stands whole in frames is judged once here, so that a stop comes before anything goes on.
        for Whole { index, .. } in self.waiting.iter().flat_map(|waiting| &waiting.wholes) {
            if std::mem::replace(&mut noted[*index], true) {
                continue;
            }
            let asked = &self.heard.texts[*index];
            pass_told(list(*index), None, &asked.text, asked.place, Form::Plain, session, original)?;
        }
        let notes = guarded.session.notes.clone();
        let is_last = self.rounds.is_empty();
        for Waiting { frame, wholes, edits, .. } in &mut self.waiting {
            for whole in wholes.iter_mut() {
                whole.pass(frame, list(whole.index), self.finder.as_ref(), guarded)?;
            }
            if is_last {
                edits.extend(wholes.drain(..).filter_map(|whole| whole.edit()));
            }
        }
        guarded.session.notes = notes;
        self.holds = !is_last;
        Ok(())
    }

    /// The next frame that may go on.
    pub(in crate::respond) fn next(&mut self) -> Option<Frame> {
        let first = self.waiting.front().filter(|_| !self.holds)?;
        // After several rounds all of it is.
        let is_ready =
            |piece: &Piece| self.flows.get(piece.flow).is_some_and(|open| open.flow.released() >= piece.end);
        if !self.is_layered && !first.pieces.iter().all(is_ready) {
            return None;
        }
        let Waiting { frame, pieces, mut edits, .. } = self.waiting.pop_front()?;
        self.waiting_bytes -= frame.raw().len().min(self.waiting_bytes);
        for piece in &pieces {
            let Some(open) = self.flows.get_mut(piece.flow) else { continue };
            let raw = frame.data().get(piece.span.start + 1..piece.span.end - 1);
            let said = unescape(raw.and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default());
            let changed = match self.is_layered {
                true => gw_guard::apply(&said, piece.start, piece.end, open.edits.iter()),
                false => gw_guard::apply(&said, piece.start, piece.end, open.flow.edits(piece.start)),
            };
            edits.extend(changed.map(|changed| Edit::replace(piece.span, quoted(&changed))));
        }
        if edits.is_empty() {
            return Some(frame);
        }
        let data = Bytes::copy_from_slice(frame.data());
        Some(frame.with_data(&join(apply(&data, &mut edits))))
    }
}

impl Open {
    /// What is left of it, as written.
    fn left(&self) -> String {
        let edits = self.edits.iter();
        gw_guard::apply(&self.written, 0, self.written.len(), edits).unwrap_or_else(|| self.written.clone())
    }
}

impl Whole {
    /// What is left of it, and how that is written.
    fn written<'f>(&'f self, frame: &'f Frame) -> (Cow<'f, str>, Form) {
        let (written, form) = said(frame.data(), &self.text);
        match &self.left {
            Some(Left::Text(left)) => (left.as_str().into(), form),
            Some(Left::Nothing) => ("".into(), form),
            None => (written, form),
        }
    }

    /// Takes what was said about it.
    fn pass(
        &mut self,
        frame: &Frame,
        told: Vec<(Arc<Guardrail>, Told)>,
        finder: Option<&Placeholders>,
        guarded: &mut Guarded,
    ) -> Result<(), Blocked> {
        if told.is_empty() && !finder.is_some_and(Placeholders::restores) {
            return Ok(());
        }
        if self.text.written == Written::Tokens {
            self.left = Some(Left::Nothing);
            return Ok(());
        }
        let Guarded { session, original, .. } = guarded;
        let (written, form) = self.written(frame);
        let changed = pass_told(told, finder.cloned(), &written, self.place, form, session, original)?;
        if let Some(changed) = changed {
            self.left = Some(Left::Text(changed));
        }
        Ok(())
    }

    /// It in its frame, where something else is left of it.
    fn edit(self) -> Option<Edit> {
        match self.left? {
            Left::Nothing => Some(left_out(&self.text)),
            Left::Text(text) => Some(Edit::replace(self.text.span, quoted(&text))),
        }
    }
}

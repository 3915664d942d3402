//! Where one text of a speaker follows another: models read them as one, so what is split between them is looked at too.
//! Serves the request's guardrails that stop calls, and those for orders to the model. It must not look at more of each
//! text than its ends, nor at texts that stand alone.

use super::state::Rails;
use gw_guard::{Blocked, Form, Place, Session, pass_whole};
use gw_model::guardrail::{CheckSpec, GuardAction};
use gw_wire::json::unescape;
use gw_wire::texts::{Text, Written};

/// How much of each text's end is looked at.
const END_BYTES: usize = 512;

/// From so many bytes on, what was joined is judged.
const FULL_BYTES: usize = 8 * END_BYTES;

/// See the module.
pub(super) struct Seams<'a> {
    body: &'a [u8],
    before: Option<(Text, Rails, Place)>,
    /// Texts of one message, as they follow each other.
    near: Joined,
    /// Texts of one speaker, with blanks between them.
    far: Joined,
}

/// Ends of texts, one behind the other.
struct Joined {
    text: String,
    /// Texts in it that were not judged together.
    fresh: usize,
}

impl<'a> Seams<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        let (near, far) = (Joined::new(), Joined::new());
        Self { body, before: None, near, far }
    }

    /// Takes the next text. Errors: a guardrail stops the call.
    pub(super) fn add(
        &mut self,
        text: &Text,
        rails: &Rails,
        place: Place,
        session: &mut Session,
    ) -> Result<(), Blocked> {
        if !text.is_prose || text.written != Written::Text {
            return Ok(());
        }
        let last = self.before.as_ref().map(|(last, ..)| *last).filter(|last| last.speaker == text.speaker);
        let Some(last) = last.filter(|_| !rails.is_empty()) else {
            self.finish(session)?;
            self.before = Some((*text, Rails::clone(rails), place));
            return Ok(());
        };
        if self.far.fresh == 0 {
            let first = self.said(&last);
            self.near.add("", &first);
            self.far.add("", &first);
        }
        let between = self.body.get(last.span.end..text.span.start).unwrap_or_default();
        if memchr::memmem::find(between, b"\"role\"").is_some() {
            self.judge_near(session)?;
            self.near = Joined::new();
        }
        let said = self.said(text);
        self.before = Some((*text, Rails::clone(rails), place));
        self.near.add("", &said);
        self.far.add(" ", &said);
        if self.far.text.len() > FULL_BYTES {
            self.judge_far(session)?;
            self.far.keep_end();
        }
        if self.near.text.len() > FULL_BYTES {
            self.judge_near(session)?;
            self.near.keep_end();
        }
        Ok(())
    }

    /// No more texts of this speaker follow. Errors: as [`Self::add`].
    pub(super) fn finish(&mut self, session: &mut Session) -> Result<(), Blocked> {
        self.judge_near(session)?;
        self.judge_far(session)?;
        (self.near, self.far) = (Joined::new(), Joined::new());
        self.before = None;
        Ok(())
    }

    fn said(&self, text: &Text) -> String {
        let raw = self.body.get(text.span.start + 1..text.span.end - 1);
        let said = unescape(raw.and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default());
        if said.len() <= 2 * END_BYTES {
            return said.into_owned();
        }
        // What lies between was looked at; a line apart, nothing is made up of both ends.
        let (head, tail) =
            (said.floor_char_boundary(END_BYTES), said.ceil_char_boundary(said.len() - END_BYTES));
        [said.get(..head).unwrap_or_default(), "\n\n", said.get(tail..).unwrap_or_default()].concat()
    }

    fn judge_near(&self, session: &mut Session) -> Result<(), Blocked> {
        let joins = |check: &CheckSpec| check.finds_spans() || matches!(check, CheckSpec::Injection { .. });
        self.judge(&self.near, session, joins)
    }

    fn judge_far(&self, session: &mut Session) -> Result<(), Blocked> {
        self.judge(&self.far, session, |check| matches!(check, CheckSpec::Injection { .. }))
    }

    fn judge(
        &self,
        joined: &Joined,
        session: &mut Session,
        fits: impl Fn(&CheckSpec) -> bool,
    ) -> Result<(), Blocked> {
        let Some((_, rails, place)) = self.before.as_ref().filter(|_| joined.fresh > 1) else {
            return Ok(());
        };
        // What is replaced is replaced in one text; what stops or tells may stand in several.
        let stops =
            |action: GuardAction, check: &CheckSpec| action >= GuardAction::Route || !check.finds_spans();
        let some =
            rails.iter().filter(|rail| fits(&rail.spec.check) && stops(rail.spec.action, &rail.spec.check));
        let some: Rails = some.cloned().collect();
        if some.is_empty() {
            return Ok(());
        }
        let notes = session.notes.clone();
        pass_whole(&some, None, &joined.text, *place, Form::Plain, session, b"")?;
        // What a text has by itself was noted there.
        if some.iter().all(|rail| notes.list.iter().any(|note| note.guardrail == rail.spec.name)) {
            session.notes = notes;
        }
        Ok(())
    }
}

impl Joined {
    const fn new() -> Self {
        Self { text: String::new(), fresh: 0 }
    }

    fn add(&mut self, between: &str, said: &str) {
        self.text.push_str(between);
        self.text.push_str(said);
        self.fresh += 1;
    }

    fn keep_end(&mut self) {
        let from = self.text.ceil_char_boundary(self.text.len().saturating_sub(END_BYTES));
        self.text.drain(..from);
        self.fresh = 1;
    }
}

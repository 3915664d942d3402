//! One text on its way through guardrails, in as many pieces as it comes: what is decided of it may go on, with what
//! was found replaced. A whole text is one piece. Serves requests, answers and streams alike. Text goes on only when no
//! finding can begin in it any more.

use crate::asked::{About, Told};
use crate::check::Scanner;
use crate::finding::Finding;
use crate::json_text::{self, Unescaper};
use crate::notes::{Notes, Place, Side};
use crate::placeholders::{Placeholders, outside};
use crate::rail::Guardrail;
use crate::segment::{CONTEXT_BYTES, Segments, floor};
use crate::vault::Vault;
use gw_model::guardrail::GuardAction;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Most of one text that checks of whole texts look at, in bytes.
const MAX_WHOLE_BYTES: usize = 64 << 20;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is. A text that begins as JSON does is taken for it all the same: results of tools, answers with a structure.
    Plain,
    /// It is JSON itself: the arguments of a tool.
    Json,
}

/// A guardrail stops the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Which one.
    pub guardrail: Arc<str>,
    /// What it found.
    pub kind: &'static str,
}

/// One replacement, in bytes of the text as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// First byte that is replaced.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// What stands there instead.
    pub with: String,
}

/// What texts of a call share.
#[derive(Debug, Default)]
pub struct Session {
    /// What was masked.
    pub vault: Vault,
    /// What was found.
    pub notes: Notes,
    /// The first guardrail that leads the call elsewhere.
    pub routed: Option<Arc<Guardrail>>,
    /// The call, for expressions.
    pub about: About,
}

/// See the module.
#[derive(Debug)]
pub struct Flow {
    rails: Arc<[Arc<Guardrail>]>,
    lanes: Vec<Lane>,
    /// Placeholders that are restored or left alone, and up to where they were looked for.
    known: Option<(Placeholders, usize)>,
    place: Place,
    unescaper: Option<Unescaper>,
    /// What came of a text of which it is not known yet whether it is JSON.
    unsure: Option<String>,
    /// The text from `offset` on.
    text: String,
    offset: usize,
    /// Found and not yet acted upon.
    found: Vec<(Source, Finding)>,
    whole: Option<String>,
    /// The text as it came, for checks that read it so.
    written: Option<String>,
    /// Nothing goes on before it is known what others say about the text.
    holds: bool,
    told: Vec<Said>,
    /// Everything before has been acted upon, in bytes of the text.
    decided: usize,
    /// Where the last replacement ended.
    covered: usize,
    edits: VecDeque<Edit>,
    blocked: Option<(usize, Blocked)>,
}

#[derive(Debug)]
struct Lane {
    scanner: Option<Scanner>,
    decided: usize,
}

/// What somebody who was asked said about a place, beside the finding.
#[derive(Debug)]
struct Said {
    rail: Arc<Guardrail>,
    action: GuardAction,
    with: Option<String>,
}

/// Who found something, in the order in which they go before each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Placeholder(usize),
    /// A placeholder that stays as it is.
    Kept,
    Rail(usize),
    Told(usize),
}

impl Flow {
    /// A text for these guardrails. Where placeholders are `known`, they become what they stand for, or stay as they are.
    #[must_use]
    pub fn new(rails: Arc<[Arc<Guardrail>]>, known: Option<Placeholders>, place: Place, form: Form) -> Self {
        let lane = |rail: &Arc<Guardrail>| {
            let check = rail.check();
            Lane { scanner: (!check.is_buffered()).then(|| check.scanner()), decided: 0 }
        };
        let lanes: Vec<Lane> = rails.iter().map(lane).collect();
        let wants_whole = lanes.iter().any(|lane| lane.scanner.is_none());
        let wants_written = rails.iter().any(|rail| rail.check().reads_as_written());
        Self {
            lanes,
            rails,
            known: known.map(|known| (known, 0)),
            place,
            unescaper: (form == Form::Json).then(Unescaper::default),
            unsure: (form == Form::Plain).then(String::new),
            text: String::new(),
            offset: 0,
            found: Vec::new(),
            whole: wants_whole.then(String::new),
            written: wants_written.then(String::new),
            holds: false,
            told: Vec::new(),
            decided: 0,
            covered: 0,
            edits: VecDeque::new(),
            blocked: None,
        }
    }

    /// A text that others are asked about. Where it `holds`, nothing goes on before [`Self::tell`].
    #[must_use]
    pub fn asked(known: Option<Placeholders>, place: Place, form: Form, holds: bool) -> Self {
        let plain = Self::new(Arc::new([]), known, place, form);
        Self { holds, whole: Some(String::new()), ..plain }
    }

    /// The text as checks see it, of one that others are asked about.
    #[must_use]
    pub fn said(&self) -> &str {
        self.whole.as_deref().unwrap_or_default()
    }

    /// Bytes that checks of whole texts look at once the text is over.
    #[must_use]
    pub fn whole_bytes(&self) -> usize {
        self.said().len()
    }

    /// What those said who were asked, once the text is over.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn tell(
        &mut self,
        told: impl IntoIterator<Item = (Arc<Guardrail>, Told)>,
        session: &mut Session,
        avoid: &[u8],
    ) -> Result<(), Blocked> {
        for (rail, Told { finding, most, with, .. }) in told {
            let action = rail.spec.action.min(most);
            if rail.spec.shadow || action == GuardAction::Flag {
                session.notes.add(&rail, action, &self.place, finding);
            } else {
                self.found.push((Source::Told(self.told.len()), finding));
                self.told.push(Said { rail, action, with });
            }
        }
        self.holds = false;
        self.advance(true, session, avoid)
    }

    /// Takes more of the text.
    ///
    /// # Errors
    /// A guardrail stops the call; what [`Self::released`] and the edits say still holds.
    pub fn push(&mut self, piece: &str, session: &mut Session, avoid: &[u8]) -> Result<(), Blocked> {
        self.take(piece, false);
        self.advance(false, session, avoid)
    }

    /// The text is over.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(&mut self, session: &mut Session, avoid: &[u8]) -> Result<(), Blocked> {
        self.take("", true);
        if let Some(unescaper) = &mut self.unescaper {
            unescaper.finish(&mut self.text);
        }
        self.advance(true, session, avoid)
    }

    /// Appends what a piece says, as soon as it is known how the text is written.
    fn take(&mut self, piece: &str, is_end: bool) {
        if let Some(written) = self.written.as_mut().filter(|written| written.len() < MAX_WHOLE_BYTES) {
            written.push_str(piece);
        }
        let joined;
        let mut piece = piece;
        if let Some(mut before) = self.unsure.take() {
            // Most texts tell by their first piece.
            if !before.is_empty() {
                before.push_str(piece);
                joined = before;
                piece = &joined;
            }
            let Some(is_json) = json_text::begins(piece).or_else(|| is_end.then_some(false)) else {
                self.unsure = Some(piece.to_owned());
                return;
            };
            let unescaper = if is_json { Unescaper::default() } else { Unescaper::of_prose() };
            self.unescaper = Some(unescaper);
        }
        match &mut self.unescaper {
            Some(unescaper) => unescaper.push(piece, &mut self.text),
            None => self.text.push_str(piece),
        }
    }

    /// Up to where the text, as it came, may go on. Nothing of a text that is stopped goes on from what was found.
    #[must_use]
    pub fn released(&self) -> usize {
        let decided = self.blocked.as_ref().map_or(self.decided, |(at, _)| self.decided.min(*at));
        self.unescaper.as_ref().map_or(decided, |unescaper| unescaper.raw(decided))
    }

    /// Are there replacements that [`Self::edits`] would give?
    #[must_use]
    pub fn has_edits(&self) -> bool {
        !self.edits.is_empty()
    }

    /// The replacements in what may go on, in their order. Those that end before `before` will not be asked for again.
    pub fn edits(&mut self, before: usize) -> impl Iterator<Item = &Edit> {
        while self.edits.front().is_some_and(|edit| edit.end < before) {
            self.edits.pop_front();
        }
        self.edits.iter()
    }

    fn advance(&mut self, is_end: bool, session: &mut Session, avoid: &[u8]) -> Result<(), Blocked> {
        if let Some((_, blocked)) = &self.blocked {
            return Err(blocked.clone());
        }
        self.scan(is_end, session);
        self.judge_whole(is_end, session);
        if self.holds {
            return Ok(());
        }
        let decided = self.all_decided(is_end);
        let acted = self.act(decided, session, avoid);
        self.decided = decided;
        acted?;
        self.forget();
        Ok(())
    }

    /// Looks at what is new, one guardrail after the other.
    fn scan(&mut self, is_end: bool, session: &mut Session) {
        let (mut out, mut segments) = (Vec::new(), Segments::default());
        for (at, (lane, rail)) in self.lanes.iter_mut().zip(&*self.rails).enumerate() {
            let Some(scanner) = &mut lane.scanner else { continue };
            let from = lane.decided - self.offset;
            let decided = scanner.advance(rail.check(), &self.text, from, is_end, &mut segments, &mut out);
            lane.decided = self.offset + decided;
            for mut finding in out.drain(..) {
                finding.start += self.offset;
                finding.end += self.offset;
                match rail.enforces() {
                    true => self.found.push((Source::Rail(at), finding)),
                    false => session.notes.add(rail, rail.spec.action, &self.place, finding),
                }
            }
        }
        if let Some((known, decided)) = &mut self.known {
            while let (next, found) = known.next(self.text.as_bytes(), *decided - self.offset, is_end)
                && *decided < self.offset + next
            {
                *decided = self.offset + next;
                let Some((at, term)) = found else { break };
                let is_restored = known.restores() && session.vault.is_sent(term.index);
                let source = if is_restored { Source::Placeholder(term.index) } else { Source::Kept };
                let (start, end) = (self.offset + at, self.offset + term.end);
                self.found.push((source, Finding::sure(start, end, "placeholder", "")));
            }
        }
    }

    /// Checks of whole texts, once the text is over.
    fn judge_whole(&mut self, is_end: bool, session: &mut Session) {
        let Some(whole) = &mut self.whole else { return };
        let seen = self.offset + self.text.len();
        let new = seen.saturating_sub(whole.len().max(self.offset));
        let fresh = self.text.len() - new.min(self.text.len());
        if whole.len() < MAX_WHOLE_BYTES {
            whole.push_str(self.text.get(fresh..).unwrap_or_default());
        }
        if !is_end {
            return;
        }
        for (at, (lane, rail)) in self.lanes.iter_mut().zip(&*self.rails).enumerate() {
            if lane.scanner.is_some() {
                continue;
            }
            lane.decided = seen;
            let read = match &self.written {
                Some(written) if rail.check().reads_as_written() => written,
                _ => &*whole,
            };
            let Some(finding) = rail.check().judge(read, Some(&self.place), &session.about) else {
                continue;
            };
            match rail.enforces() {
                // The text as a whole is what is wrong.
                true => self.found.push((Source::Rail(at), Finding { start: 0, ..finding })),
                false => session.notes.add(rail, rail.spec.action, &self.place, finding),
            }
        }
    }

    /// Where all that enforce something have decided.
    fn all_decided(&self, is_end: bool) -> usize {
        let end = self.offset + self.text.len();
        if is_end {
            return end;
        }
        let lanes = self.lanes.iter().zip(&*self.rails).filter(|(_, rail)| rail.enforces());
        let known = self.known.iter().map(|(_, decided)| *decided);
        let decided = lanes.map(|(lane, _)| lane.decided).chain(known).min().unwrap_or(end);
        // Whether something ends within a placeholder must be known before it is replaced.
        let looked = self.known.as_ref().filter(|(known, _)| !known.restores()).map(|(_, looked)| *looked);
        let reaches = |finding: &Finding| looked.is_some_and(|looked| finding.end > looked);
        let waits = self.found.iter().filter(|(_, finding)| reaches(finding)).map(|(_, found)| found.start);
        waits.min().map_or(decided, |start| decided.min(start))
    }

    /// Acts upon what was found before a place, in its order.
    fn act(&mut self, before: usize, session: &mut Session, avoid: &[u8]) -> Result<(), Blocked> {
        session.vault.turn_to(self.place.side);
        self.found.sort_by_key(|(source, finding)| (finding.start, std::cmp::Reverse(finding.end), *source));
        let kept: Vec<Range<usize>> = match &self.known {
            Some(_) => {
                let kept = self.found.iter().filter(|(source, _)| *source == Source::Kept);
                kept.map(|(_, finding)| finding.start..finding.end).collect()
            }
            None => Vec::new(),
        };
        // A text without a byte has its end at its beginning.
        let before = if self.offset + self.text.len() == 0 { 1 } else { before };
        let count = self.found.iter().take_while(|(_, finding)| finding.start < before).count();
        for (source, finding) in self.found.drain(..count).collect::<Vec<_>>() {
            let (rail, action, with) = match source {
                Source::Kept => {
                    if finding.end > before {
                        // What begins within it may still come.
                        self.found.push((source, finding));
                    }
                    continue;
                }
                Source::Placeholder(term) => {
                    self.replace(finding, session.vault.value(term).to_owned(), false);
                    continue;
                }
                Source::Rail(at) => {
                    let rail = Arc::clone(&self.rails[at]);
                    let action = rail.spec.action;
                    (rail, action, None)
                }
                Source::Told(at) => {
                    let Said { rail, action, with } = &mut self.told[at];
                    (Arc::clone(rail), *action, with.take())
                }
            };
            if self.is_of_ours(source, &finding, &kept) {
                continue;
            }
            session.notes.add(&rail, action, &self.place, finding);
            match action {
                GuardAction::Block => {
                    let blocked = Blocked { guardrail: Arc::clone(&rail.spec.name), kind: finding.kind };
                    self.blocked = Some((finding.start, blocked.clone()));
                    self.found.clear();
                    return Err(blocked);
                }
                GuardAction::Route => {
                    session.routed.get_or_insert_with(|| Arc::clone(&rail));
                }
                _ => self.put(&rail, action, with, finding, &kept, session, avoid),
            }
        }
        Ok(())
    }

    /// Is nothing found but a placeholder of ours? What is said of a text as a whole counts all the same.
    fn is_of_ours(&self, source: Source, finding: &Finding, kept: &[Range<usize>]) -> bool {
        let is_scanned = |at: usize| self.lanes.get(at).is_some_and(|lane| lane.scanner.is_some());
        let is_all = match source {
            Source::Rail(at) => !is_scanned(at),
            _ => finding.start == 0 && finding.end >= self.offset + self.text.len(),
        };
        !is_all && kept.iter().any(|place| place.start <= finding.start && finding.end <= place.end)
    }

    /// Replaces what was found, placeholders left out.
    #[expect(clippy::too_many_arguments, reason = "what was found, by whom, and what the call shares")]
    fn put(
        &mut self,
        rail: &Guardrail,
        action: GuardAction,
        with: Option<String>,
        finding: Finding,
        kept: &[Range<usize>],
        session: &mut Session,
        avoid: &[u8],
    ) {
        // What is masked with another's placeholder in it is not restored; what is left out may go with it.
        let may_cover = action != GuardAction::Tokenize || with.is_some();
        for part in outside(finding, &self.text, self.offset, kept, may_cover) {
            let value = self.text.get(part.start - self.offset..part.end - self.offset).unwrap_or_default();
            // What the caller itself sent may come back.
            if action == GuardAction::Tokenize
                && self.place.side == Side::Response
                && session.vault.knows(part.kind, value)
            {
                continue;
            }
            let with = with.clone();
            let with = with.unwrap_or_else(|| replacement(rail, action, part.kind, value, session, avoid));
            self.replace(part, with, true);
        }
    }

    /// Notes a replacement; what an earlier one covers is not replaced again.
    fn replace(&mut self, finding: Finding, with: String, is_mark: bool) {
        let start = finding.start.max(self.covered);
        if finding.end <= start {
            return;
        }
        self.covered = finding.end;
        let edit = match &self.unescaper {
            None => Edit { start, end: finding.end, with },
            Some(unescaper) => unescaper.edit(start, finding.end, with, is_mark),
        };
        self.edits.push_back(edit);
    }

    /// Lets go of text that nobody looks at any more.
    fn forget(&mut self) {
        let scanned = self.lanes.iter().filter(|lane| lane.scanner.is_some()).map(|lane| lane.decided);
        let scanned = scanned.chain(self.known.iter().map(|(_, decided)| *decided)).min();
        let pending = self.found.iter().map(|(_, finding)| finding.start).min();
        let end = self.offset + self.text.len();
        let needed = scanned.unwrap_or(end).min(pending.unwrap_or(end));
        let keep = needed.saturating_sub(2 * CONTEXT_BYTES);
        if keep > self.offset + 1024 {
            let cut = floor(self.text.as_bytes(), keep - self.offset);
            self.text.drain(..cut);
            self.offset += cut;
            if let Some(unescaper) = &mut self.unescaper {
                unescaper.forget(self.offset.min(self.decided));
            }
        }
    }
}

/// What stands in place of a finding.
fn replacement(
    rail: &Guardrail,
    action: GuardAction,
    kind: &'static str,
    value: &str,
    session: &mut Session,
    avoid: &[u8],
) -> String {
    let blank = || format!("[REDACTED_{}]", kind.to_ascii_uppercase());
    match action {
        GuardAction::Tokenize => session.vault.mask(kind, value, avoid).map_or_else(blank, str::to_owned),
        GuardAction::Rewrite => rail.spec.replacement.as_deref().unwrap_or_default().to_owned(),
        GuardAction::Redact | GuardAction::Flag | GuardAction::Route | GuardAction::Block => {
            match (&rail.spec.replacement, kind) {
                (Some(text), _) => text.to_string(),
                (None, "invisible_text") => String::new(),
                (None, _) => blank(),
            }
        }
    }
}

/// A text that is there whole, after its guardrails; `None` when nothing was replaced.
///
/// # Errors
/// A guardrail stops the call.
pub fn whole(
    rails: &Arc<[Arc<Guardrail>]>,
    known: Option<Placeholders>,
    text: &str,
    place: Place,
    form: Form,
    session: &mut Session,
    avoid: &[u8],
) -> Result<Option<String>, Blocked> {
    let mut flow = Flow::new(Arc::clone(rails), known, place, form);
    flow.take(text, false);
    flow.finish(session, avoid)?;
    Ok(apply(text, 0, text.len(), flow.edits(0)))
}

/// A text that is there whole, after what others said about it; `None` when nothing was replaced.
///
/// # Errors
/// A guardrail stops the call.
pub fn told(
    told: impl IntoIterator<Item = (Arc<Guardrail>, Told)>,
    known: Option<Placeholders>,
    text: &str,
    place: Place,
    form: Form,
    session: &mut Session,
    avoid: &[u8],
) -> Result<Option<String>, Blocked> {
    let mut flow = Flow::asked(known, place, form, true);
    flow.push(text, session, avoid)?;
    flow.finish(session, avoid)?;
    flow.tell(told, session, avoid)?;
    Ok(apply(text, 0, text.len(), flow.edits(0)))
}

/// A text as checks see it.
#[must_use]
pub fn seen(text: &str, form: Form) -> std::borrow::Cow<'_, str> {
    let is_prose = form == Form::Plain && json_text::begins(text) != Some(true);
    if is_prose && memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return text.into();
    }
    let mut unescaper = if is_prose { Unescaper::of_prose() } else { Unescaper::default() };
    let mut out = String::with_capacity(text.len());
    unescaper.push(text, &mut out);
    unescaper.finish(&mut out);
    out.into()
}

/// A piece of a text, `start..end` of the whole as it came, after its replacements; `None` when there are none in it.
pub fn apply<'a>(
    piece: &str,
    start: usize,
    end: usize,
    edits: impl Iterator<Item = &'a Edit>,
) -> Option<String> {
    let mut out: Option<String> = None;
    let mut at = start;
    for edit in edits {
        let begins_here = edit.start >= start && edit.start < end;
        if edit.end <= start || edit.start >= end {
            continue;
        }
        let out = out.get_or_insert_with(|| String::with_capacity(piece.len() + edit.with.len()));
        if edit.start > at {
            out.push_str(piece.get(at - start..edit.start - start).unwrap_or_default());
        }
        if begins_here {
            out.push_str(&edit.with);
        }
        at = edit.end.min(end);
    }
    if let Some(out) = &mut out {
        out.push_str(piece.get(at - start..).unwrap_or_default());
    }
    out
}

//! Looks through one request: its texts one after the other, each by the guardrails of its speaker. Serves the stage,
//! also on another thread. It must not change a byte that no guardrail replaced.

use super::seams::Seams;
use super::state::{Chosen, Guarded, Rails, Sort};
use bytes::Bytes;
use gw_guard::asked::About;
use gw_guard::{Blocked, Form, Place, Session, Side, pass_whole};
use gw_model::{CallFacts, ErrorCode, Refusal, WireFormat};
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::{escape_into, unescape};
use gw_wire::texts::{Text, Written};
use std::borrow::Cow;

pub(super) struct Request {
    pub(super) format: WireFormat,
    pub(super) body: Bytes,
    /// The request with what it goes on from, where that is another text.
    pub(super) full: Option<Bytes>,
    pub(super) model: String,
    pub(super) max_depth: usize,
    pub(super) chosen: Chosen,
    /// What expressions know of the call.
    pub(super) about: About,
}

/// What is left of a request.
pub(super) struct Changed {
    pub(super) body: Bytes,
    pub(super) full: Option<Bytes>,
    pub(super) facts: CallFacts,
}

pub(super) struct Looked {
    pub(super) guarded: Guarded,
    pub(super) stopped: Option<Blocked>,
    pub(super) changed: Option<Result<Changed, Refusal>>,
}

impl Request {
    pub(super) fn look(self) -> Looked {
        let original = self.full.clone().unwrap_or_else(|| self.body.clone());
        let found =
            texts_of(&self.body).and_then(|body| Ok((body, self.full.as_ref().map(texts_of).transpose()?)));
        let (of_body, of_full) = match found {
            Ok(found) => found,
            Err(refusal) => {
                let guarded = Guarded::new(self.chosen, original);
                return Looked { guarded, stopped: None, changed: Some(Err(refusal)) };
            }
        };
        let mut guarded = Guarded::new(self.chosen, original);
        guarded.session.about = self.about;
        let mut rails = RailsBySort::new(|sort| guarded.chosen.of_request(sort));
        let avoid = &guarded.original;
        let body = texts(&self.body, &of_body, &mut rails, &mut guarded.session, avoid);
        let full = match (&body, self.full.as_ref().zip(of_full)) {
            (Ok(_), Some((full, found))) => {
                // The same texts again: they are masked the same, and noted once.
                let notes = guarded.session.notes.clone();
                let changed = texts(full, &found, &mut rails, &mut guarded.session, avoid);
                guarded.session.notes = notes;
                changed
            }
            _ => Ok(None),
        };
        drop(rails);
        let (body, full) = match (body, full) {
            (Ok(body), Ok(full)) => (body, full),
            (Err(stopped), _) | (_, Err(stopped)) => {
                return Looked { guarded, stopped: Some(stopped), changed: None };
            }
        };
        let changed = (body.is_some() || full.is_some()).then(|| {
            let body = body.unwrap_or(self.body);
            let facts = gw_wire::facts::read_with_model(self.format, &body, self.max_depth, &self.model)?;
            Ok(Changed { body, full, facts })
        });
        Looked { guarded, stopped: None, changed }
    }
}

/// A request after checks that only replace; `None` when it cannot be looked through.
pub(crate) fn mask(body: &Bytes, guarded: &mut Guarded) -> Option<Bytes> {
    let found = texts_of(body).ok()?;
    let Guarded { chosen, session, original, .. } = guarded;
    let mut rails = RailsBySort::new(|sort| chosen.of_request(sort));
    let changed = texts(body, &found, &mut rails, session, original).ok()?;
    Some(changed.unwrap_or_else(|| body.clone()))
}

/// Guardrails by sorts of texts, each list made once.
struct RailsBySort<F> {
    known: Vec<(Sort, Rails)>,
    make: F,
}

impl<F: Fn(Sort) -> Rails> RailsBySort<F> {
    const fn new(make: F) -> Self {
        Self { known: Vec::new(), make }
    }

    fn get(&mut self, sort: Sort) -> Rails {
        if let Some((_, rails)) = self.known.iter().find(|(known, _)| *known == sort) {
            return Rails::clone(rails);
        }
        let rails = (self.make)(sort);
        self.known.push((sort, Rails::clone(&rails)));
        rails
    }
}

/// Where texts stand. Errors: two readers of the request could take it in two ways.
fn texts_of(body: &Bytes) -> Result<Vec<Text>, Refusal> {
    gw_wire::texts::request(body).map_err(|error| {
        let text = format!("guardrails can not look through the request: {error}; write it once");
        Refusal::new(ErrorCode::InvalidRequest, text)
    })
}

/// A body after its guardrails; `None` when nothing was replaced.
fn texts<F: Fn(Sort) -> Rails>(
    body: &Bytes,
    found: &[Text],
    rails: &mut RailsBySort<F>,
    session: &mut Session,
    avoid: &[u8],
) -> Result<Option<Bytes>, Blocked> {
    let mut edits = Vec::new();
    let mut seams = Seams::new(body);
    for (at, text) in found.iter().enumerate() {
        let rails = rails.get(Sort::of(text));
        let place = Place { side: Side::Request, speaker: text.speaker, text: at };
        if !rails.is_empty() {
            edits.extend(pass(body, text, &rails, None, place, session, avoid)?);
        }
        seams.add(text, &rails, place, session)?;
    }
    seams.finish(session)?;
    Ok((!edits.is_empty()).then(|| join(apply(body, &mut edits))))
}

/// One text that is there whole, after its guardrails, as an edit of its body.
pub(crate) fn pass(
    body: &[u8],
    text: &Text,
    rails: &Rails,
    known: Option<gw_guard::Placeholders>,
    place: Place,
    session: &mut Session,
    avoid: &[u8],
) -> Result<Option<Edit>, Blocked> {
    if text.written == Written::Tokens {
        return Ok(Some(left_out(text)));
    }
    let (said, form) = said(body, text);
    let changed = pass_whole(rails, known, &said, place, form, session, avoid)?;
    Ok(changed.map(|changed| Edit::replace(text.span, quoted(&changed))))
}

/// What repeats a text in pieces is left out where the text may change.
pub(crate) fn left_out(text: &Text) -> Edit {
    Edit::replace(text.span, Bytes::from_static(b"null"))
}

/// What a text of a body says, and how it is written.
pub(crate) fn said<'b>(body: &'b [u8], text: &Text) -> (Cow<'b, str>, Form) {
    let raw = body.get(text.span.start..text.span.end).and_then(|raw| std::str::from_utf8(raw).ok());
    let raw = raw.unwrap_or_default();
    let said = match text.written {
        Written::Number => raw.into(),
        _ => unescape(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()),
    };
    (said, if text.written == Written::Json { Form::Json } else { Form::Plain })
}

/// A text as it is written in JSON.
pub(crate) fn quoted(text: &str) -> Bytes {
    let mut out = Vec::with_capacity(text.len() + 8);
    out.push(b'"');
    escape_into(&mut out, text);
    out.push(b'"');
    out.into()
}

/// Pieces in one.
pub(crate) fn join(pieces: Vec<Bytes>) -> Bytes {
    match pieces.as_slice() {
        [only] => only.clone(),
        pieces => pieces.concat().into(),
    }
}

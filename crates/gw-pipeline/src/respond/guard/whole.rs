//! A whole answer through its guardrails. Serves the whole way back. A large one is looked at off the worker, whose other
//! calls would wait.

use super::looking::Looking;
use crate::guard::asking::{Asking, ask_all};
use crate::guard::heard::{Heard, plain_place, sorted};
use crate::guard::request::{join, pass};
use crate::guard::{Guarded, Matter, answering};
use crate::receive::INLINE_BYTES;
use crate::worker::Worker;
use bytes::Bytes;
use gw_guard::asked::About;
use gw_guard::{Blocked, Form, NO_VERDICT, Place, Placeholders, Side, pass_told, pass_whole};
use gw_wire::json::splice::apply;
use gw_wire::texts::Written;
use std::rc::Rc;

/// What may go on of an answer, or of what an upstream says of a fault; `None` when nothing was replaced. `is_json`: else,
/// and where it is none, it is text as it stands.
///
/// # Errors
/// A guardrail stops it.
pub(crate) fn body(body: &Bytes, is_json: bool, guarded: &mut Guarded) -> Result<Option<Bytes>, Blocked> {
    let finder = guarded.session.vault.finder();
    in_process(body, is_json, guarded, finder)
}

/// As [`body`], of an answer that may be large.
///
/// # Errors
/// A guardrail stops it.
pub(crate) async fn any_body(
    body: &Bytes,
    is_json: bool,
    guarded: &mut Guarded,
) -> Result<Option<Bytes>, Blocked> {
    let finder = guarded.session.vault.finder();
    aside(body, is_json, guarded, finder).await
}

/// The same where others are asked too: after those in the process, and before what was masked is restored, so that
/// nobody is told more than the provider was.
///
/// # Errors
/// A guardrail stops it.
pub(in crate::respond) async fn asked_body(
    worker: &Rc<Worker>,
    about: &About,
    body: &Bytes,
    is_json: bool,
    guarded: &mut Guarded,
) -> Result<Option<Bytes>, Blocked> {
    let finder = guarded.session.vault.finder();
    let chosen = guarded.chosen.clone();
    let kept = finder.clone().map(Placeholders::kept);
    let mut changed = aside(body, is_json, guarded, kept).await?;
    for asking in chosen.changing(Side::Response) {
        let now = changed.as_ref().unwrap_or(body).clone();
        // What was masked before stays as it is.
        let kept = guarded.session.vault.finder().map(Placeholders::kept);
        let put = Put { worker, about, asking: vec![asking], finder: kept };
        changed = put.question(&now, is_json, guarded).await?.or(changed);
    }
    let asking = chosen.judging(Side::Response).cloned().collect();
    let now = changed.as_ref().unwrap_or(body).clone();
    let put = Put { worker, about, asking, finder };
    Ok(put.question(&now, is_json, guarded).await?.or(changed))
}

/// A question about an answer to several at the same time.
struct Put<'a> {
    worker: &'a Rc<Worker>,
    about: &'a About,
    asking: Vec<Asking>,
    /// What is restored after it, or left alone.
    finder: Option<Placeholders>,
}

impl Put<'_> {
    /// What may go on; `None` when nothing was replaced. Errors: one of them stops it.
    async fn question(
        self,
        body: &Bytes,
        is_json: bool,
        guarded: &mut Guarded,
    ) -> Result<Option<Bytes>, Blocked> {
        let Self { worker, about, asking, finder } = self;
        if asking.is_empty() && finder.is_none() {
            return Ok(None);
        }
        let heard = if body.len() <= INLINE_BYTES {
            hear(body, is_json)
        } else {
            let body = body.clone();
            let heard = tokio::task::spawn_blocking(move || hear(&body, is_json)).await;
            heard.map_err(|_| unseen(guarded))?
        };
        let tasks = heard.tasks(asking.iter());
        let outcomes = ask_all(worker, Side::Response, about, &heard.texts, &tasks).await;
        guarded.note_asked(&outcomes);
        let Guarded { session, original, .. } = guarded;
        let told = sorted(outcomes, heard.texts.len(), Side::Response, &mut session.notes)?;
        if is_json {
            return Ok(heard.apply(&told, finder.as_ref(), session, original)?.into_iter().next().flatten());
        }
        let Some(text) = heard.texts.first() else { return Ok(None) };
        let list = told.into_iter().flatten();
        let after = pass_told(list, finder, &text.text, text.place, Form::Plain, session, original)?;
        Ok(after.map(Bytes::from))
    }
}

/// The texts of an answer that others are asked about.
fn hear(body: &Bytes, is_json: bool) -> Heard {
    let mut heard = Heard::default();
    if is_json {
        heard.add(body, gw_wire::texts::answer(body).unwrap_or_default(), Side::Response);
    } else if let Ok(text) = std::str::from_utf8(body) {
        heard.text(text.to_owned(), plain_place(), Matter::Said);
    }
    heard
}

/// Looks through an answer, a large one on another thread.
async fn aside(
    body: &Bytes,
    is_json: bool,
    guarded: &mut Guarded,
    finder: Option<Placeholders>,
) -> Result<Option<Bytes>, Blocked> {
    if body.len() <= INLINE_BYTES {
        return in_process(body, is_json, guarded, finder);
    }
    let left = guarded.meanwhile();
    let mut taken = std::mem::replace(guarded, left);
    let body = body.clone();
    let work = move || {
        let looked = in_process(&body, is_json, &mut taken, finder);
        (looked, taken)
    };
    let (looked, taken) = tokio::task::spawn_blocking(work).await.map_err(|_| unseen(guarded))?;
    *guarded = taken;
    looked
}

/// The answer could not be looked through.
fn unseen(guarded: &Guarded) -> Blocked {
    let looking = Looking::at(&guarded.chosen);
    let name = looking.enforcing().or_else(|| looking.prose().first());
    Blocked { guardrail: name.map_or_else(|| "".into(), |rail| rail.spec.name.clone()), kind: NO_VERDICT }
}

fn in_process(
    body: &Bytes,
    is_json: bool,
    guarded: &mut Guarded,
    finder: Option<Placeholders>,
) -> Result<Option<Bytes>, Blocked> {
    let Guarded { chosen, session, original, .. } = guarded;
    let looking = Looking::at(chosen);
    let Some(found) = is_json.then(|| gw_wire::texts::answer(body).ok()).flatten() else {
        let text = String::from_utf8_lossy(body);
        let place = plain_place();
        let changed = pass_whole(looking.prose(), finder, &text, place, Form::Plain, session, original)?;
        return Ok(changed.map(Bytes::from));
    };
    let changes = finder.as_ref().is_some_and(Placeholders::restores) || looking.enforces_in_details();
    let mut edits = Vec::new();
    for (at, text) in found.iter().enumerate() {
        if text.written == Written::Tokens && !changes {
            continue;
        }
        let place = Place { side: Side::Response, speaker: answering(text), text: at };
        if let Some(edit) = pass(body, text, looking.rails(text), finder.clone(), place, session, original)? {
            edits.push(edit);
        }
    }
    Ok((!edits.is_empty()).then(|| join(apply(body, &mut edits))))
}

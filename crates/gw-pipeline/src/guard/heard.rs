//! The texts of bodies that others are asked about, and the bodies after what they said. The same text in two bodies (a
//! request, and the request with what it goes on from) is asked about once. Serves the request's guard and that of whole
//! answers. It must not ask.

use super::asking::{Asking, Outcome, Task};
use super::request::{join, left_out, quoted, said};
use super::state::{Matter, Sort, looks_at};
use ahash::AHashMap;
use bytes::Bytes;
use gw_guard::asked::{AskedText, Told};
use gw_guard::{
    Blocked, Form, Guardrail, NO_VERDICT, Notes, Place, Placeholders, Session, Side, pass_told, seen,
};
use gw_model::guardrail::Speaker;
use gw_wire::json::splice::{Edit, apply};
use gw_wire::texts::{Text, Written};
use std::sync::Arc;

/// What was said about each text.
pub(crate) type ByText = Vec<Vec<(Arc<Guardrail>, Told)>>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) texts: Vec<AskedText>,
    matters: Vec<Matter>,
    known: AHashMap<(&'static str, String), usize>,
    bodies: Vec<(Bytes, Vec<(Text, usize)>)>,
}

impl Heard {
    /// Takes the texts of a body.
    pub(crate) fn add(&mut self, body: &Bytes, found: Vec<Text>, side: Side) {
        let mut placed = Vec::with_capacity(found.len());
        for (at, text) in found.into_iter().enumerate() {
            let (written, form) = said(body, &text);
            let what = seen(&written, form).into_owned();
            let sort = if side == Side::Response { Sort::of_answer(&text) } else { Sort::of(&text) };
            let place = Place { side, speaker: sort.speaker, text: at };
            let index = self.text(what, place, sort.matter);
            placed.push((text, index));
        }
        self.bodies.push((body.clone(), placed));
    }

    /// The index of a text.
    pub(crate) fn text(&mut self, what: String, place: Place, matter: Matter) -> usize {
        let key = (place.speaker.as_str(), what);
        if let Some(index) = self.known.get(&key) {
            // Said at one place and a detail at another, it is said.
            self.matters[*index] = self.matters[*index].max(matter);
            return *index;
        }
        self.texts.push(AskedText { place, text: key.1.clone() });
        self.matters.push(matter);
        self.known.insert(key, self.texts.len() - 1);
        self.texts.len() - 1
    }

    /// What each of the guardrails is asked.
    pub(crate) fn tasks<'a>(&self, asking: impl Iterator<Item = &'a Asking>) -> Vec<Task> {
        let task = |asking: &Asking| {
            let spec = &asking.rail.spec;
            let wants = |at: &usize| {
                let text = &self.texts[*at];
                let sort = Sort { speaker: text.place.speaker, matter: self.matters[*at] };
                looks_at(spec, sort) && !text.text.trim().is_empty()
            };
            Task { asking: asking.clone(), texts: (0..self.texts.len()).filter(wants).collect() }
        };
        asking.map(task).collect()
    }

    /// The bodies after what was said about their texts; `None` for those that stay as they are. Placeholders that are `known`
    /// are restored or left alone.
    ///
    /// # Errors
    /// A guardrail stops the call.
    pub(crate) fn apply(
        &self,
        told: &ByText,
        known: Option<&Placeholders>,
        session: &mut Session,
        avoid: &[u8],
    ) -> Result<Vec<Option<Bytes>>, Blocked> {
        let restores = known.is_some_and(Placeholders::restores);
        let changes = restores || told.iter().flatten().any(|(rail, _)| rail.enforces());
        let mut noted = vec![false; self.texts.len()];
        let mut out = Vec::with_capacity(self.bodies.len());
        for (body, placed) in &self.bodies {
            let mut edits = Vec::new();
            for (text, index) in placed {
                let list = told.get(*index).map_or(&[][..], Vec::as_slice);
                if text.written == Written::Tokens {
                    edits.extend(changes.then(|| left_out(text)));
                    continue;
                }
                if list.is_empty() && !restores {
                    continue;
                }
                let before = noted[*index].then(|| session.notes.clone());
                let edit = one(body, text, self.texts[*index].place, list, known, session, avoid);
                if let Some(before) = before {
                    session.notes = before;
                }
                noted[*index] = true;
                edits.extend(edit?);
            }
            out.push((!edits.is_empty()).then(|| join(apply(body, &mut edits))));
        }
        Ok(out)
    }
}

fn one(
    body: &Bytes,
    text: &Text,
    place: Place,
    told: &[(Arc<Guardrail>, Told)],
    known: Option<&Placeholders>,
    session: &mut Session,
    avoid: &[u8],
) -> Result<Option<Edit>, Blocked> {
    let (written, form) = said(body, text);
    let changed = pass_told(told.iter().cloned(), known.cloned(), &written, place, form, session, avoid)?;
    Ok(changed.map(|changed| Edit::replace(text.span, quoted(&changed))))
}

/// Sorts what was said by texts. Faults are noted.
///
/// # Errors
/// A guardrail that lets nothing pass without a verdict has none.
pub(crate) fn sorted(
    outcomes: Vec<Outcome>,
    count: usize,
    side: Side,
    notes: &mut Notes,
) -> Result<ByText, Blocked> {
    let mut all: ByText = vec![Vec::new(); count];
    let mut stopped = None;
    for Outcome { rail, told, .. } in outcomes {
        match told {
            Ok(told) => {
                for (text, told) in told {
                    if let Some(list) = all.get_mut(text) {
                        list.push((Arc::clone(&rail), told));
                    }
                }
            }
            Err(fault) => {
                notes.add_fault(&rail, side, fault);
                let is_open = rail.check().asked().is_none_or(|ask| ask.is_open);
                if rail.enforces() && !is_open {
                    let name = Arc::clone(&rail.spec.name);
                    stopped = stopped.or(Some(Blocked { guardrail: name, kind: NO_VERDICT }));
                }
            }
        }
    }
    stopped.map_or(Ok(all), Err)
}

/// What was said about texts that can not be changed any more: notes, or a stop.
///
/// # Errors
/// A guardrail stops the call.
pub(crate) fn only_judged(
    texts: &[AskedText],
    told: &ByText,
    session: &mut Session,
    avoid: &[u8],
) -> Result<(), Blocked> {
    for (text, list) in texts.iter().zip(told).filter(|(_, list)| !list.is_empty()) {
        let list = list.iter().cloned();
        pass_told(list, None, &text.text, text.place, Form::Plain, session, avoid)?;
    }
    Ok(())
}

/// The text of an answer that is no JSON.
pub(crate) const fn plain_place() -> Place {
    Place { side: Side::Response, speaker: Speaker::Assistant, text: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_somewhere_is_no_detail_because_it_stands_elsewhere_too() {
        for order in [[Matter::Detail, Matter::Said], [Matter::Said, Matter::Detail]] {
            let mut heard = Heard::default();
            let indexes = order.map(|matter| heard.text("how?".to_owned(), plain_place(), matter));
            assert_eq!((indexes, heard.matters), ([0, 0], vec![Matter::Said]));
        }
    }
}

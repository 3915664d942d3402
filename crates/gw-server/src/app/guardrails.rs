//! Guardrails for people: which there are, and what they make of a text. Serves the admin API and the evaluation. It
//! must not keep or log the texts that it is given.

use crate::app::state::App;
use gw_guard::{Form, Guardrail, Note, Place, Session, Side, pass_whole};
use gw_model::guardrail::{GuardrailSpec, Speaker};
use std::sync::Arc;

/// What is asked about a text.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// The text.
    pub(crate) text: String,
    /// On which side of a call it stands.
    pub(crate) side: Side,
    /// Who says it.
    pub(crate) speaker: Speaker,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Judged {
    /// `pass`, `changed` or `blocked`.
    pub(crate) verdict: &'static str,
    /// The text as it would go on; `None` when it would not.
    pub(crate) text: Option<String>,
    /// The guardrail that stops it.
    pub(crate) stopped_by: Option<Arc<str>>,
    pub(crate) notes: Vec<Note>,
}

/// Shows what others left of a text to those guardrails that ask over the network, as a call would. `None`: too many texts
/// are being tried.
pub(crate) async fn ask(
    app: &App,
    specs: &[Arc<GuardrailSpec>],
    trial: &Trial,
    judged: Judged,
) -> Option<Judged> {
    let looks = |spec: &&Arc<GuardrailSpec>| {
        let on = if trial.side == Side::Request { spec.on_request } else { spec.on_response };
        on && spec.check.asked().is_some()
    };
    let guardrails: Vec<Arc<str>> = specs.iter().filter(looks).map(|spec| Arc::clone(&spec.name)).collect();
    let Some(text) = judged.text.clone().filter(|_| !guardrails.is_empty()) else { return Some(judged) };
    let place = Place { side: trial.side, speaker: trial.speaker, text: 0 };
    let tried = app.gateway.try_text(gw_pipeline::Trial { guardrails, text, place }).await?;
    let mut notes = judged.notes;
    notes.extend(tried.notes);
    Some(match (tried.stopped_by, tried.changed) {
        (Some(name), _) => Judged { verdict: "blocked", text: None, stopped_by: Some(name), notes },
        (None, Some(text)) => Judged { verdict: "changed", text: Some(text), stopped_by: None, notes },
        (None, None) => Judged { notes, ..judged },
    })
}

/// Makes guardrails ready that a configuration holds.
pub(crate) fn ready(specs: &[Arc<GuardrailSpec>]) -> Vec<Arc<Guardrail>> {
    specs.iter().filter_map(|spec| Guardrail::compile(Arc::clone(spec)).ok().map(Arc::new)).collect()
}

/// Shows a text to guardrails, as a call would.
pub(crate) fn judge(rails: &[Arc<Guardrail>], trial: &Trial) -> Judged {
    let looks = |rail: &&Arc<Guardrail>| {
        let on = if trial.side == Side::Request { rail.spec.on_request } else { rail.spec.on_response };
        on && rail.spec.speakers.has(trial.speaker)
    };
    let rails: Arc<[Arc<Guardrail>]> = rails.iter().filter(looks).map(Arc::clone).collect();
    let mut session = Session::default();
    let place = Place { side: trial.side, speaker: trial.speaker, text: 0 };
    let passed =
        pass_whole(&rails, None, &trial.text, place, Form::Plain, &mut session, trial.text.as_bytes());
    let notes = session.notes.list;
    match passed {
        Ok(None) => Judged { verdict: "pass", text: Some(trial.text.clone()), stopped_by: None, notes },
        Ok(Some(text)) => Judged { verdict: "changed", text: Some(text), stopped_by: None, notes },
        Err(stop) => Judged { verdict: "blocked", text: None, stopped_by: Some(stop.guardrail), notes },
    }
}

//! What guardrails found in a call, as it is written down: kinds, places and reasons, never the text. Serves records,
//! headers and the playground.

use crate::asked::AskFault;
use crate::finding::Finding;
use crate::rail::Guardrail;
use gw_model::guardrail::{GuardAction, Speaker};
use std::sync::Arc;

/// Most findings of one call that are written down one by one, besides the first of each guardrail; the others are counted.
pub const MAX_NOTES: usize = 32;

/// On which side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// What the caller sends.
    Request,
    /// What the model answers.
    Response,
}

impl Side {
    /// The name in configurations and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The guardrail.
    pub guardrail: Arc<str>,
    /// What was done.
    pub action: GuardAction,
    /// It was done in name only.
    pub shadow: bool,
    /// Where.
    pub side: Side,
    /// In whose text.
    pub speaker: Speaker,
    /// Which text of that side, from 0.
    pub text: usize,
    /// What was found, where in the text (in bytes), and why.
    pub finding: Finding,
}

impl Note {
    /// Does it stop its call?
    #[must_use]
    pub fn stops(&self) -> bool {
        self.action == GuardAction::Block && !self.shadow
    }

    /// Is it what the same guardrail said, on the same side of the call?
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        self.guardrail == other.guardrail && self.side == other.side
    }
}

/// Findings of a call.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// The first ones.
    pub list: Vec<Note>,
    /// All of them.
    pub count: usize,
}

impl Notes {
    pub(crate) fn add(&mut self, rail: &Guardrail, action: GuardAction, place: &Place, finding: Finding) {
        self.count += 1;
        let note = Note {
            guardrail: Arc::clone(&rail.spec.name),
            action,
            shadow: rail.spec.shadow,
            side: place.side,
            speaker: place.speaker,
            text: place.text,
            finding,
        };
        // Of each guardrail something is written down, on each side, and what stops a call is never left out.
        let own = self.list.iter().rposition(|known| known.is_of(&note));
        match own.filter(|_| self.list.len() >= MAX_NOTES) {
            None => self.list.push(note),
            Some(own) if note.stops() && !self.list.iter().any(Note::stops) => self.list[own] = note,
            Some(_) => {}
        }
    }
}

impl Notes {
    /// Somebody was asked and gave no verdict.
    pub fn add_fault(&mut self, rail: &Guardrail, side: Side, fault: AskFault) {
        let refuses = rail.enforces() && rail.check().asked().is_some_and(|ask| !ask.is_open);
        let action = if refuses { GuardAction::Block } else { GuardAction::Flag };
        let place = Place { side, speaker: Speaker::User, text: 0 };
        let finding = Finding { start: 0, end: 0, kind: NO_VERDICT, score: 0, reason: fault.reason() };
        self.add(rail, action, &place, finding);
    }
}

/// The kind of a note that says that there was no verdict.
pub const NO_VERDICT: &str = "no_verdict";

/// Where a text stands in its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The side.
    pub side: Side,
    /// Who says it.
    pub speaker: Speaker,
    /// Which text of that side.
    pub text: usize,
}

impl Place {
    /// As whoever judges is told of it: who does not name what tools are called with knows that the model says it.
    #[must_use]
    pub const fn told(self, names_calls: bool) -> Self {
        match self.speaker {
            Speaker::ToolCall if !names_calls => Self { speaker: Speaker::Assistant, ..self },
            _ => self,
        }
    }
}

//! What the open try says about its deployment: that an answer began, and whom its end blames. Where a provider said what
//! was wrong, that class counts; else the word that stands in the attempt's record. It must not judge replies.

use super::Open;
use super::race::HEDGED;
use crate::health::Visit;
use gw_model::ErrorClass;

impl Open {
    /// The open try's target began to answer.
    pub(crate) fn note_answer(&mut self) {
        let now = self.worker.now();
        if let Some(visit) = self.attempt.as_mut().and_then(|attempt| attempt.visit.as_mut()) {
            visit.answered(now);
        }
    }

    /// What the open try's provider said was wrong.
    pub(crate) const fn note_class(&mut self, class: ErrorClass) {
        if let Some(attempt) = &mut self.attempt {
            attempt.class = Some(class);
        }
    }

    /// Tells the deployment's health how a try ended.
    pub(super) fn judge(&self, visit: Visit, class: Option<ErrorClass>, reason: &str, tokens: u64) {
        let (worker, now) = (&self.worker, self.worker.now());
        let blame = class.map_or_else(|| of(reason), Blame::Class);
        let policy = worker.live().snapshot.health;
        match blame {
            Blame::Nobody => visit.good(tokens, &policy, now),
            Blame::Class(class) => visit.bad(class, &policy, now, worker.random_u64()),
            Blame::Slowness => visit.outpaced(now),
            Blame::Others => {}
        }
    }
}

/// What an attempt says about its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    /// It did well.
    Nobody,
    /// It failed like this.
    Class(ErrorClass),
    /// Another deployment answered first.
    Slowness,
    /// Nothing: somebody else ended it.
    Others,
}

/// By the words that stand in records.
fn of(reason: &str) -> Blame {
    match reason {
        "" => Blame::Nobody,
        "timeout" => Blame::Class(ErrorClass::Timeout),
        "connect" | "connections" | "resolve" | "proxy" | "tls" | "broken" | "protocol" | "cut" => {
            Blame::Class(ErrorClass::Connection)
        }
        "malformed" => Blame::Class(ErrorClass::Malformed),
        HEDGED => Blame::Slowness,
        "error_event" => Blame::Class(ErrorClass::ServerError),
        _ => Blame::Others,
    }
}

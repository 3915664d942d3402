//! What guardrails know of one call: which look at it, what they masked and what they found. Travels with the ticket.
//! It must not be printed or stored whole.

use super::asking::{Asking, Beside, Outcome};
use crate::metrics::Metrics;
use crate::ticket::Open;
use bytes::Bytes;
use gw_guard::{Blocked, Guardrail, NO_VERDICT, Note, Session, Side};
use gw_model::guardrail::{CheckSpec, GuardrailSpec, Speaker};
use gw_model::trace::MAX_STAGES;
use gw_model::{ErrorCode, Micros, Refusal, Verdict, VerdictFinding};
use gw_wire::texts::{Text, Written};
use std::sync::{Arc, OnceLock};

/// What was done about a finding.
fn done(note: &Note) -> &'static str {
    match note {
        note if note.shadow => "shadow",
        note if note.finding.kind == NO_VERDICT => "error",
        note => note.action.as_str(),
    }
}

/// Guardrails in their order.
pub(crate) type Rails = Arc<[Arc<Guardrail>]>;

/// Those of a call. Calls that have the same share all that is made of them.
#[derive(Clone, Debug)]
pub(crate) struct Chosen(Arc<Set>);

#[derive(Debug)]
struct Set {
    all: Vec<Arc<Guardrail>>,
    /// Those of them that ask others.
    asking: Vec<Asking>,
    /// Those that look at texts of a sort, on each side: made when such a text comes.
    lists: [OnceLock<Rails>; SORTS],
}

/// Sorts of texts, of both sides.
const SORTS: usize = Speaker::ALL.len() * MATTERS * 2;
const MATTERS: usize = 3;

/// What a text is, as far as guardrails differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) speaker: Speaker,
    pub(crate) matter: Matter,
}

/// What a text is to whoever judges texts as a whole; what fewer look at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Matter {
    /// It stands beside what is said: names, numbers, ids.
    Detail,
    /// A tool is called with it, and it is nothing that is said: all arguments as JSON, a command, a piece of code.
    Called,
    /// It is said.
    Said,
}

impl Sort {
    /// Of a text of a request.
    pub(crate) fn of(text: &Text) -> Self {
        Self { speaker: text.speaker, matter: Matter::of(text) }
    }

    /// Of a text of an answer.
    pub(crate) fn of_answer(text: &Text) -> Self {
        Self { speaker: answering(text), matter: Matter::of(text) }
    }
}

impl Matter {
    fn of(text: &Text) -> Self {
        match (text.is_prose, text.speaker, text.written) {
            (_, _, Written::Tokens | Written::Name) => Self::Detail,
            (true, ..) => Self::Said,
            (false, Speaker::ToolCall, _) => Self::Called,
            _ => Self::Detail,
        }
    }
}

/// Does a guardrail look at texts of a sort? Checks of texts as a whole are about what is said, not about details, and about
/// what tools are called with where they name that; the schema of an answer never is.
pub(crate) fn looks_at(spec: &GuardrailSpec, sort: Sort) -> bool {
    let is_call = sort.speaker == Speaker::ToolCall;
    let fits = match sort.matter {
        Matter::Said => !(is_call && matches!(spec.check, CheckSpec::JsonSchema { .. })),
        Matter::Called => spec.speakers.names(sort.speaker) || spec.check.finds_spans(),
        Matter::Detail => spec.check.finds_spans(),
    };
    fits && spec.speakers.has(sort.speaker)
}

/// Who says a text of an answer: the model, or the model to a tool.
pub(crate) const fn answering(text: &Text) -> Speaker {
    match text.speaker {
        Speaker::ToolCall => Speaker::ToolCall,
        _ => Speaker::Assistant,
    }
}

impl Chosen {
    pub(crate) fn new(all: Vec<Arc<Guardrail>>, asking: Vec<Asking>) -> Self {
        Self(Arc::new(Set { all, asking, lists: [const { OnceLock::new() }; SORTS] }))
    }

    /// Those that ask others about a side of the call.
    pub(crate) fn asking(&self, side: Side) -> impl Iterator<Item = &Asking> {
        self.0.asking.iter().filter(move |asking| match side {
            Side::Request => asking.rail.spec.on_request,
            Side::Response => asking.rail.spec.on_response,
        })
    }

    /// Those of them that may change a text, in their order: they are asked one after the other, each about what the one
    /// before left, so that nobody is told what another would have masked.
    pub(crate) fn changing(&self, side: Side) -> Vec<Asking> {
        self.asking(side).filter(|asking| asking.may_change(side)).cloned().collect()
    }

    /// The others: they are asked after them, all at the same time.
    pub(crate) fn judging(&self, side: Side) -> impl Iterator<Item = &Asking> {
        self.asking(side).filter(move |asking| !asking.may_change(side))
    }

    /// Does one of them ask others, about either side?
    pub(crate) fn asks(&self) -> bool {
        !self.0.asking.is_empty()
    }

    /// Does one of them know of the call?
    pub(crate) fn has_expressions(&self) -> bool {
        self.0.all.iter().any(|rail| matches!(rail.spec.check, CheckSpec::Expression(_)))
    }

    /// Does a verdict decide about the answer, so that it waits?
    pub(crate) fn holds_answer(&self) -> bool {
        self.asking(Side::Response).any(|asking| asking.rail.enforces())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.all.is_empty()
    }

    /// Those that look at such texts of a request.
    pub(crate) fn of_request(&self, sort: Sort) -> Rails {
        self.of(Side::Request, sort)
    }

    /// Those that look at such texts of an answer.
    pub(crate) fn of_response(&self, sort: Sort) -> Rails {
        self.of(Side::Response, sort)
    }

    fn of(&self, side: Side, sort: Sort) -> Rails {
        let Set { all, lists, .. } = &*self.0;
        let wanted = |rail: &&Arc<Guardrail>| {
            let on_side = if side == Side::Request { rail.spec.on_request } else { rail.spec.on_response };
            on_side && looks_at(&rail.spec, sort) && rail.check().asked().is_none()
        };
        let made = || all.iter().filter(wanted).map(Arc::clone).collect();
        let place =
            (sort.speaker as usize * MATTERS + sort.matter as usize) * 2 + usize::from(side == Side::Request);
        lists.get(place).map_or_else(made, |list| Rails::clone(list.get_or_init(made)))
    }

    /// Those that look at answers.
    pub(crate) fn of_responses(&self) -> Self {
        let of_responses = self.0.all.iter().filter(|rail| rail.spec.on_response);
        Self::new(of_responses.map(Arc::clone).collect(), self.0.asking.clone())
    }

    /// Is an answer that does not fit asked for again?
    pub(crate) fn repairs(&self) -> bool {
        self.0.all.iter().any(|rail| rail.spec.on_response && rail.spec.repairs && rail.enforces())
    }

    /// The guardrail of that name, if it has answers asked for again.
    pub(crate) fn repairing(&self, name: &str) -> Option<&Arc<Guardrail>> {
        self.0.all.iter().find(|rail| *rail.spec.name == *name && rail.spec.repairs)
    }

    /// May one of them end an answer with words of its own?
    pub(crate) fn has_words(&self) -> bool {
        self.0.all.iter().any(|rail| rail.spec.on_response && rail.enforces() && rail.spec.refusal.is_some())
    }

    pub(crate) fn looks_at_response(&self) -> bool {
        self.0.all.iter().any(|rail| rail.spec.on_response)
    }

    /// Does one of them change texts for good, so that what was sent must not be kept?
    pub(crate) fn blanks(&self) -> bool {
        use gw_model::guardrail::GuardAction::{Redact, Rewrite};
        self.0.all.iter().any(|rail| rail.enforces() && matches!(rail.spec.action, Redact | Rewrite))
    }

    /// For calls whose texts can not be read. Errors: a guardrail must have looked at them.
    pub(crate) fn pass_unchecked(&self) -> Result<(), Refusal> {
        match self.0.all.iter().find(|rail| rail.enforces() && !rail.spec.pass_unchecked) {
            None => Ok(()),
            Some(rail) => {
                let text = format!(
                    "the guardrail '{}' can not look into calls of this kind, so they are not made; 'on_unchecked: pass' lets them",
                    rail.spec.name
                );
                Err(Refusal::new(ErrorCode::GuardrailBlocked, text).final_if(true))
            }
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) chosen: Chosen,
    pub(crate) session: Session,
    /// The request before anything was replaced in it.
    pub(crate) original: Bytes,
    /// Verdicts that the answer waits for.
    pub(crate) beside: Option<Beside>,
    /// Questions to others that are over, as far as there is room.
    pub(crate) asked: Vec<AskedNote>,
    pub(crate) wanted: Wanted,
}

/// A question of a guardrail that is over.
#[derive(Debug)]
pub(crate) struct AskedNote {
    pub(crate) guardrail: Arc<str>,
    /// From when to when, in microseconds since the epoch.
    pub(crate) took: (Micros, Micros),
    pub(crate) outcome: &'static str,
}

/// How the caller wants its answer, should guardrails write one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// With usage at the end of a stream.
    pub(crate) include_usage: bool,
    /// A stream as a JSON array.
    pub(crate) json_array: bool,
    /// A stream, though it is fetched whole.
    pub(crate) stream: bool,
    /// Nothing that was kept about its texts before.
    pub(crate) no_read: bool,
    /// Nothing is to be kept about its texts.
    pub(crate) no_store: bool,
    /// Nothing about its texts that is older, in seconds.
    pub(crate) max_age_seconds: Option<u64>,
}

impl Guarded {
    pub(crate) fn new(chosen: Chosen, original: Bytes) -> Self {
        let (asked, wanted) = (Vec::new(), Wanted::default());
        Self { chosen, session: Session::default(), original, beside: None, asked, wanted }
    }

    /// What stands for it while another thread has it: what was noted before is written down, too, if the caller leaves.
    pub(crate) fn meanwhile(&self) -> Self {
        let mut left = Self::new(self.chosen.clone(), self.original.clone());
        left.session.notes = self.session.notes.clone();
        left.wanted = self.wanted;
        left
    }

    /// The guardrails that found something, each once with what it did and where.
    fn verdicts(&self) -> Vec<&Note> {
        let mut seen: Vec<&Note> = Vec::new();
        for note in &self.session.notes.list {
            if !seen.iter().any(|known| known.is_of(note)) {
                seen.push(note);
            }
        }
        seen
    }

    /// Notes questions that are over, for the trace.
    pub(crate) fn note_asked(&mut self, outcomes: &[Outcome]) {
        let room = MAX_STAGES.saturating_sub(self.asked.len());
        self.asked.extend(outcomes.iter().take(room).map(|outcome| AskedNote {
            guardrail: Arc::clone(&outcome.rail.spec.name),
            took: outcome.took,
            outcome: outcome.told.as_ref().err().map_or("ok", |fault| fault.as_str()),
        }));
    }

    /// What was found, each guardrail once on each side: which, what it did, and where.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&str, &'static str, &'static str)> {
        self.verdicts().into_iter().map(|note| (&*note.guardrail, done(note), note.side.as_str()))
    }

    /// Counts what was found.
    pub(crate) fn count(&self, metrics: &Metrics) {
        for note in self.verdicts() {
            metrics.note_guardrail(&note.guardrail, done(note), note.side.as_str());
        }
    }

    /// What was found, for the caller's headers: `name=action`, each guardrail once. `None` for nothing.
    pub(crate) fn header(&self) -> Option<String> {
        let mut list: Vec<String> =
            self.verdicts().iter().map(|note| format!("{}={}", note.guardrail, done(note))).collect();
        list.dedup();
        (!list.is_empty()).then(|| list.join(", "))
    }

    /// What was found, for the record: each guardrail once on each side, and its findings one by one. Never the text.
    fn written(&self) -> (Vec<Verdict>, Vec<VerdictFinding>) {
        let list = self.verdicts();
        let verdict = |note: &&Note| Verdict {
            guardrail: note.guardrail.to_string(),
            action: done(note).to_owned(),
            kind: note.finding.kind.to_string(),
            side: note.side.as_str().to_owned(),
        };
        let finding = |note: &Note| {
            let verdict = list.iter().position(|known| known.is_of(note))?;
            let action = list.get(verdict).is_some_and(|known| done(known) != done(note)).then(|| done(note));
            let found = &note.finding;
            Some(VerdictFinding {
                verdict,
                action: action.unwrap_or("").to_owned(),
                kind: found.kind.to_owned(),
                speaker: note.speaker,
                text: note.text as u64,
                span: (found.start as u64, found.end as u64),
                score: found.score,
                reason: found.reason.to_owned(),
            })
        };
        let findings = self.session.notes.list.iter().filter_map(finding).collect();
        (list.iter().map(verdict).collect(), findings)
    }

    /// What refused the call, in a few words; `None` where no guardrail did.
    fn stopped(&self) -> Option<String> {
        let note = self.session.notes.list.iter().find(|note| note.stops())?;
        let found = &note.finding;
        Some(format!(
            "guardrail {}: {} in {} {} ({}) at {}..{}, {} %, {}",
            note.guardrail,
            found.kind,
            note.side.as_str(),
            note.text,
            note.speaker.as_str(),
            found.start,
            found.end,
            found.score,
            found.reason
        ))
    }

    /// Is there anything to do with the answer?
    pub(crate) fn looks_at_response(&self) -> bool {
        self.chosen.looks_at_response() || !self.session.vault.is_empty()
    }
}

/// What a caller is told whom a guardrail stops: which one, and not what of the text it was.
pub(crate) fn blocked(chosen: &Chosen, stopped: &Blocked) -> Refusal {
    let rail = chosen.0.all.iter().find(|rail| rail.spec.name == stopped.guardrail);
    let own = rail.and_then(|rail| rail.spec.message.as_deref()).map(str::to_owned);
    let text = own.unwrap_or_else(|| {
        if stopped.kind == NO_VERDICT {
            return format!(
                "the guardrail '{}' could not be asked, and nothing passes without its verdict; try again later",
                stopped.guardrail
            );
        }
        let kind = stopped.kind.replace('_', " ");
        format!("the guardrail '{}' stopped this call: it found {kind}", stopped.guardrail)
    });
    let words = rail.filter(|_| stopped.kind != NO_VERDICT).and_then(|rail| rail.spec.refusal.clone());
    Refusal::new(ErrorCode::GuardrailBlocked, text).final_if(true).answer(words)
}

impl Open {
    /// Do guardrails look at the answer?
    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded.as_ref().is_some_and(|guarded| guarded.looks_at_response())
    }

    /// Was anything of the request masked, to be restored in its answer?
    pub(crate) fn has_masked(&self) -> bool {
        self.guarded.as_ref().is_some_and(|guarded| !guarded.session.vault.is_empty())
    }

    /// Does the answer wait for verdicts about the request?
    pub(crate) fn awaits_verdicts(&self) -> bool {
        self.guarded.as_ref().is_some_and(|guarded| guarded.beside.is_some())
    }

    /// Counts and writes down what guardrails found, when the call ends.
    pub(crate) fn note_guardrails(&mut self) {
        let Some(guarded) = &self.guarded else { return };
        guarded.count(&self.worker().gateway().metrics);
        let (verdicts, findings) = guarded.written();
        // An answer that was made again because of what was found in it has stopped nothing.
        let is_stopped = self.record.error_code == ErrorCode::GuardrailBlocked.as_str();
        let is_told = !self.record.error_detail.is_empty();
        let stopped = (is_stopped && !is_told).then(|| guarded.stopped()).flatten();
        self.record.details.verdicts = verdicts;
        self.record.details.findings = findings;
        if let Some(stopped) = stopped {
            self.record.error_detail = stopped;
        }
    }
}

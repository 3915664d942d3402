//! Looks for alerts: asks every rule what it finds, compares that with what is known, and moves what changed. What is known
//! stands in the database, and whoever moves an alert first tells of it; so several gateways tell once, and a restart
//! tells nothing again.

use super::book::{BUDGETS, Book};
use super::budgets::{self, Days};
use super::figures::{Memory, Reader};
use super::post::kind_of;
use crate::app::state::App;
use gw_alerts::decide::{Known, Policy, Step, seen, unseen};
use gw_alerts::{Notice, NoticeKind, Observation, Rule};
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::types::{AlertEvent, AlertEventId, AlertMove, AlertState};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Moves of one transaction.
const MOVED_AT_ONCE: usize = 500;

/// Alerts that are over are remembered up to so many; then only those of the last minutes are.
const MAX_REMEMBERED: usize = 50_000;

/// After so long, alerts of a rule that stands in no file here are over. Another gateway may have it in its file, which comes
/// to all of them one after the other.
const ABANDONED_AFTER: Micros = 24 * 3_600 * SECOND;

/// How far back is read what others wrote: their clocks may be behind.
const OVERLAP: Micros = 5 * 60 * 1_000_000;

const SECOND: Micros = 1_000_000;

/// What is known of the alerts of a rule, by what tells them apart.
type Alerts = HashMap<String, AlertState>;

/// See the module.
pub(crate) struct Watcher {
    app: Arc<App>,
    /// By the rule's id.
    known: HashMap<String, Alerts>,
    /// Since when this gateway does not see what is known to go on.
    clear_since: HashMap<(String, String), Micros>,
    read_up_to: Micros,
    memory: Memory,
    days: Days,
}

impl Watcher {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let (memory, days) = (Memory::default(), Days::default());
        Self { app, known: HashMap::new(), clear_since: HashMap::new(), read_up_to: 0, memory, days }
    }

    /// Looks once. Gives whether somebody is to be told. What one rule can not read does not keep others from looking.
    pub(crate) fn look(&mut self) -> Result<bool, StoreError> {
        let app = Arc::clone(&self.app);
        let now = app.gateway.clock().now();
        let book = Arc::new(Book::read(&app)?);
        app.alerts.book.store(Arc::clone(&book));
        self.refresh(now)?;
        let mut failure = None;
        let mut moves = Vec::new();
        let rules = book.rules.iter().filter(|(rule, _)| rule.enabled);
        let mut memory = std::mem::take(&mut self.memory);
        let mut reader = Reader::new(&app, now, &mut memory);
        for (rule, made_at) in rules.clone() {
            let found = match budgets::of_rule(&app, rule, &mut self.days, now) {
                Ok(found) => reader.observe(rule, *made_at).map(|more| [found, more].concat()),
                Err(error) => Err(error),
            };
            match found {
                Ok(found) => self.compare(&book, rule, found, now, &mut moves),
                Err(error) => failure = Some(error),
            }
        }
        self.memory = memory;
        let in_force = rules.map(|(rule, _)| rule.id.as_str());
        let in_force: HashSet<&str> = in_force.chain(book.unread.iter().map(String::as_str)).collect();
        self.memory.keep(&in_force);
        self.abandon(&in_force, now, &mut moves);
        let is_told = moves.iter().any(|one| !one.channels.is_empty());
        self.make(moves)?;
        let firing = self.known.values().flat_map(HashMap::values).filter(|state| state.is_firing).count();
        app.alerts.metrics.firing.set(i64::try_from(firing).unwrap_or(i64::MAX));
        let waiting = app.storage.database.alerts_waiting()?;
        app.alerts.metrics.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        failure.map_or(Ok(is_told), Err)
    }

    /// Reads what was written since the last look, at whatever node.
    fn refresh(&mut self, now: Micros) -> Result<(), StoreError> {
        let since = (self.read_up_to - OVERLAP).max(0);
        for state in self.app.storage.database.alert_states(since)? {
            self.learn(state);
        }
        self.read_up_to = now;
        let remembered: usize = self.known.values().map(HashMap::len).sum();
        if remembered > MAX_REMEMBERED {
            for alerts in self.known.values_mut() {
                alerts.retain(|_, state| state.is_firing || state.changed_at >= since);
            }
            self.known.retain(|_, alerts| !alerts.is_empty());
        }
        Ok(())
    }

    fn learn(&mut self, mut state: AlertState) {
        if !state.is_firing {
            // Nobody is told of it any more.
            state.notice = String::new();
        }
        let alerts = self.known.entry(state.rule.clone()).or_default();
        let is_newer = alerts.get(&state.subject).is_none_or(|known| known.version <= state.version);
        if is_newer {
            alerts.insert(state.subject.clone(), state);
        }
    }

    fn policy(&self, rule: &Rule) -> Policy {
        let every = i64::try_from(self.app.alerts.policy.load().evaluate_every_seconds).unwrap_or(3_600);
        let grace_us = match self.app.storage.database.is_shared() {
            true => (3 * every + 10) * SECOND,
            false => 0,
        };
        Policy {
            repeat_after_us: rule.repeat_after_us,
            send_resolved: rule.send_resolved,
            grace_us,
            is_local: rule.condition.is_local(),
        }
    }

    /// What becomes of the alerts of a rule.
    fn compare(
        &mut self,
        book: &Book,
        rule: &Rule,
        found: Vec<Observation>,
        now: Micros,
        moves: &mut Vec<AlertMove>,
    ) {
        let policy = self.policy(rule);
        let none = Alerts::new();
        let alerts = self.known.get(&rule.id).unwrap_or(&none);
        let mut keys = HashSet::with_capacity(found.len());
        for one in found {
            if !keys.insert(one.key.clone()) {
                continue;
            }
            self.clear_since.remove(&(rule.id.clone(), one.key.clone()));
            let state = alerts.get(&one.key);
            let is_silenced = book.silences.iter().any(|silence| silence.matches(rule, &one.subject, now));
            let known = state.map(known_of);
            let step = seen(known.as_ref(), &policy, is_silenced, now);
            let draft = Draft { book, rule, state, is_silenced, now };
            moves.extend(draft.of_seen(step, &one));
        }
        for (subject, state) in alerts.iter().filter(|(_, state)| state.is_firing) {
            if keys.contains(subject) {
                continue;
            }
            let place = (rule.id.clone(), subject.clone());
            let since = *self.clear_since.entry(place).or_insert(now);
            let notice: Option<Notice> = serde_json::from_str(&state.notice).ok();
            let is_silenced = notice.as_ref().is_some_and(|notice| {
                book.silences.iter().any(|silence| silence.matches(rule, &notice.subject, now))
            });
            let step = unseen(&known_of(state), &policy, is_silenced, since, now);
            let draft = Draft { book, rule, state: Some(state), is_silenced, now };
            if let (Step::Resolve { is_told }, Some(notice)) = (step, notice) {
                moves.push(draft.of_over(is_told, notice));
            }
        }
    }

    /// Alerts of rules that are gone or off are over; nobody is told.
    fn abandon(&mut self, in_force: &HashSet<&str>, now: Micros, moves: &mut Vec<AlertMove>) {
        let is_shared = self.app.storage.database.is_shared();
        let mut gone: Vec<&AlertState> = Vec::new();
        for (rule, alerts) in self.known.iter().filter(|(rule, _)| !in_force.contains(rule.as_str())) {
            let may_be_elsewhere = is_shared && (rule.starts_with("file:") || rule == BUDGETS);
            for state in alerts.values().filter(|state| state.is_firing) {
                let place = (rule.clone(), state.subject.clone());
                let since = *self.clear_since.entry(place).or_insert(now);
                if !may_be_elsewhere || now - since >= ABANDONED_AFTER {
                    gone.push(state);
                }
            }
        }
        let firing = gone.into_iter();
        moves.extend(firing.map(|state| AlertMove {
            state: AlertState {
                version: state.version + 1,
                is_firing: false,
                changed_at: now,
                ..state.clone()
            },
            event: None,
            channels: Vec::new(),
        }));
    }

    /// Writes them; whoever was first elsewhere has told already.
    fn make(&mut self, moves: Vec<AlertMove>) -> Result<(), StoreError> {
        let app = Arc::clone(&self.app);
        let most = app.alerts.policy.load().max_waiting;
        let mut left = moves.into_iter().peekable();
        while left.peek().is_some() {
            let some: Vec<AlertMove> = left.by_ref().take(MOVED_AT_ONCE).collect();
            let made = app.storage.database.move_alerts(&some, most)?;
            for (one, dropped) in some.into_iter().zip(made) {
                let Some(dropped) = dropped else {
                    // Somebody else was first; or it was forgotten here, and is to be read again.
                    self.read_up_to = 0;
                    continue;
                };
                note_dropped(&app, one.channels.iter().rev().take(dropped));
                if let Some(event) = &one.event {
                    note(&app, event);
                }
                self.clear_since.remove(&(one.state.rule.clone(), one.state.subject.clone()));
                self.learn(one.state);
            }
        }
        Ok(())
    }
}

/// Too much waited for these channels to be told.
fn note_dropped<'a>(app: &App, channels: impl Iterator<Item = &'a String>) {
    let book = app.alerts.book.load();
    for id in channels {
        let kind = book.channels.get(id).map_or("unknown", kind_of);
        app.alerts.metrics.note_delivery(kind, "dropped", 1);
    }
}

fn note(app: &App, event: &AlertEvent) {
    let notice: Option<Notice> = serde_json::from_str(&event.notice).ok();
    let Some(notice) = notice else { return };
    let kinds = gw_alerts::Condition::KINDS;
    if let Some(kind) = kinds.into_iter().find(|kind| *kind == notice.condition) {
        app.alerts.metrics.note_event(kind, notice.kind.as_str());
    }
    tracing::info!(rule = %notice.rule, event = notice.kind.as_str(), subject = %notice.subject.id, "an alert");
}

fn known_of(state: &AlertState) -> Known {
    Known {
        is_firing: state.is_firing,
        fired_at: state.fired_at,
        seen_at: state.seen_at,
        sent_at: state.sent_at,
        ends_at: state.ends_at,
    }
}

/// A move about one alert.
struct Draft<'a> {
    book: &'a Book,
    rule: &'a Rule,
    state: Option<&'a AlertState>,
    is_silenced: bool,
    now: Micros,
}

impl Draft<'_> {
    fn of_seen(&self, step: Step, found: &Observation) -> Option<AlertMove> {
        let fired_at = self.state.filter(|state| state.is_firing).map_or(self.now, |state| state.fired_at);
        let (kind, is_told) = match step {
            Step::Nothing | Step::Resolve { .. } => return None,
            Step::Touch => {
                let state = self.state?;
                let state = AlertState {
                    version: state.version + 1,
                    seen_at: self.now,
                    changed_at: self.now,
                    ..state.clone()
                };
                return Some(AlertMove { state, event: None, channels: Vec::new() });
            }
            Step::Fire { is_told } => (NoticeKind::Firing, is_told),
            Step::Tell { is_repeated: true } => (NoticeKind::Repeated, true),
            Step::Tell { is_repeated: false } => (NoticeKind::Firing, true),
        };
        let notice = Notice {
            kind,
            rule_id: self.rule.id.clone(),
            rule: self.rule.name.clone(),
            condition: self.rule.condition.kind().to_owned(),
            severity: self.rule.severity.as_str().to_owned(),
            organization_id: self.organization(),
            subject: found.subject.clone(),
            summary: found.summary.clone(),
            details: found.details.clone(),
            fired_at,
        };
        let sent_at = is_told.then_some(self.now);
        let state = AlertState {
            rule: self.rule.id.clone(),
            subject: found.key.clone(),
            version: self.state.map_or(0, |state| state.version) + 1,
            is_firing: true,
            fired_at,
            seen_at: self.now,
            sent_at,
            ends_at: found.ends_at,
            changed_at: self.now,
            notice: serde_json::to_string(&notice).unwrap_or_default(),
        };
        Some(self.with_event(state, &notice, is_told))
    }

    fn of_over(&self, is_told: bool, notice: Notice) -> AlertMove {
        let notice =
            Notice { kind: NoticeKind::Resolved, summary: format!("Over: {}", notice.summary), ..notice };
        let state = self.state.cloned();
        let version = state.as_ref().map_or(0, |state| state.version) + 1;
        let state = AlertState {
            rule: self.rule.id.clone(),
            subject: state.as_ref().map(|state| state.subject.clone()).unwrap_or_default(),
            version,
            is_firing: false,
            fired_at: notice.fired_at,
            seen_at: self.now,
            sent_at: state.as_ref().and_then(|state| state.sent_at),
            ends_at: None,
            changed_at: self.now,
            notice: serde_json::to_string(&notice).unwrap_or_default(),
        };
        self.with_event(state, &notice, is_told)
    }

    fn organization(&self) -> String {
        self.rule.organization.map(|id| id.to_string()).unwrap_or_default()
    }

    fn with_event(&self, state: AlertState, notice: &Notice, is_told: bool) -> AlertMove {
        let event = AlertEvent {
            id: AlertEventId::at(self.now, fastrand::u64(..)),
            time: self.now,
            kind: notice.kind.as_str().to_owned(),
            rule: self.rule.id.clone(),
            organization: self.organization(),
            severity: notice.severity.clone(),
            subject_id: notice.subject.id.clone(),
            is_silenced: self.is_silenced,
            notice: state.notice.clone(),
        };
        let channels = if is_told { self.book.told_by(self.rule) } else { Vec::new() };
        AlertMove { state, event: Some(event), channels }
    }
}

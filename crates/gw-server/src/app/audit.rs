//! What is written down of changes: every change of the control plane with its entry in one transaction, and what is no
//! change (starts, reloads, refused credentials) by itself. A change whose entry cannot be written is refused.

use super::state::App;
use gw_model::{Micros, time};
use gw_store::StoreError;
use gw_store::audit::{Actor, Anchor, AuditDraft, AuditOutcome, AuditReport, AuditRow, Origin, Verifier};
use gw_store::traits::ControlStore;
use gw_store::types::StoredAccount;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;

/// Entries that one transaction drops for their age.
const PRUNED_AT_ONCE: usize = 1_000;

/// Characters that are told of an error.
const MAX_ERROR: usize = 1_000;

/// Entries that wait for the database at most.
const MAX_UNWRITTEN: usize = 1_000;

const MINUTE: Micros = 60_000_000;
const DAY: Micros = 24 * 60 * MINUTE;

/// An entry about to be written, done by `origin` now.
pub(crate) fn draft(app: &App, origin: &Origin, action: &'static str, kind: &'static str) -> AuditDraft {
    AuditDraft {
        time: app.gateway.clock().now(),
        origin: origin.clone(),
        action,
        kind,
        id: String::new(),
        name: String::new(),
        places: Vec::new(),
        outcome: AuditOutcome::Success,
        before: None,
        after: None,
    }
}

/// Makes a change of the store together with its entry. `None` from the change undoes it, and there is no entry.
pub(crate) fn with_entry<T>(
    app: &App,
    draft: &AuditDraft,
    change: impl FnOnce(&dyn ControlStore) -> Result<Option<T>, StoreError>,
) -> Result<Option<T>, StoreError> {
    let (mut change, mut out) = (Some(change), None);
    let done = app.storage.database.audited(&app.storage.audit_seal, draft, &mut |store| {
        if let Some(once) = &draft.origin.once
            && !store.claim_answer(once, draft.time)?
        {
            return Err(StoreError::Repeated);
        }
        out = match change.take() {
            Some(change) => change(store)?,
            None => None,
        };
        Ok(out.is_some())
    });
    counted(app, done, 1)?;
    Ok(out)
}

/// Makes changes of the store that go together, with an entry for each.
pub(crate) fn with_entries(
    app: &App,
    drafts: &[AuditDraft],
    change: impl Fn(&dyn ControlStore) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut work = |store: &dyn ControlStore| change(store).map(|()| true);
    counted(app, app.storage.database.audited_all(&app.storage.audit_seal, drafts, &mut work), drafts.len())
}

/// Writes an entry alone.
pub(crate) fn note(app: &App, draft: &AuditDraft) -> Result<(), StoreError> {
    counted(app, app.storage.database.audited(&app.storage.audit_seal, draft, &mut |_| Ok(true)), 1)
}

fn counted(app: &App, done: Result<bool, StoreError>, entries: usize) -> Result<(), StoreError> {
    match &done {
        Ok(true) => drop(app.gateway.metrics.audit_entries.inc_by(entries as u64)),
        Err(StoreError::NotAudited(_)) => drop(app.gateway.metrics.audit_failures.inc()),
        _ => {}
    }
    done.map(drop)
}

/// Writes an entry of the gateway's own; while the database is away it waits, and is written when that is back. Errors: it
/// can neither be written nor wait.
pub(crate) fn note_or_later(app: &App, draft: &AuditDraft) -> Result<(), StoreError> {
    match note(app, draft) {
        Err(error) if error.is_unavailable() => {
            let mut waiting = app.unwritten.lock();
            if waiting.len() >= MAX_UNWRITTEN {
                return Err(error);
            }
            waiting.push_back(draft.clone());
            Ok(())
        }
        other => other,
    }
}

/// Writes an entry about what has happened already, or must happen in any case.
pub(crate) fn note_or_log(app: &App, draft: &AuditDraft) {
    if let Err(error) = note_or_later(app, draft) {
        tracing::error!(action = draft.action, %error, "the audit log cannot be written");
    }
}

/// Writes the entries that had to wait, with the times that they have.
pub(crate) fn write_waiting(app: &App) -> Result<(), StoreError> {
    loop {
        // Only one thread takes them, so that none is written twice.
        let Some(draft) = app.unwritten.lock().front().cloned() else { return Ok(()) };
        note(app, &draft)?;
        app.unwritten.lock().pop_front();
    }
}

/// Notes that the gateway starts, and where the log ended before: who keeps that line can tell later whether what stood
/// there then is there still.
pub(crate) fn started(app: &App) {
    let mut end = None;
    let read = app.storage.database.walk_audit(&mut |row| {
        if let AuditRow::Head(Some((head, _))) = row {
            end = Some(head);
        }
        false
    });
    if let Err(error) = read {
        tracing::error!(%error, "the audit log cannot be read");
    }
    let mut entry = draft(app, &Origin::system(), "gateway.start", "gateway");
    let mut after = json!({ "version": env!("CARGO_PKG_VERSION") });
    if let Some(head) = end {
        let hash: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        tracing::info!(anchor = format!("{}:{hash}", head.last), "the audit log goes on");
        after["last_entry"] = head.last.into();
        after["last_hash"] = hash.into();
    }
    entry.after = Some(after);
    note_or_log(app, &entry);
}

/// Notes that the gateway ends.
pub(crate) fn stopped(app: &App) {
    if let Err(error) = write_waiting(app) {
        tracing::error!(%error, "entries of the audit log are lost");
    }
    let mut entry = draft(app, &Origin::system(), "gateway.stop", "gateway");
    let left = app.refusals.take_left();
    entry.after = (left > 0).then(|| json!({ "refusals_not_written": left }));
    note_or_log(app, &entry);
}

/// Notes that a configuration was refused.
pub(crate) fn reload_refused(app: &App, error: &str) {
    let mut entry = draft(app, &Origin::system(), "configuration.reload", "configuration");
    entry.outcome = AuditOutcome::Failure;
    let error: String = error.chars().take(MAX_ERROR).collect();
    entry.after = Some(json!({ "error": error }));
    note_or_log(app, &entry);
}

/// Notes a credential that was refused at the admin API, as long as there are not too many of them.
pub(crate) fn refused(app: &App, presented: Option<&str>, from: Origin, method: &str, path: &str) {
    let now = app.gateway.clock().now();
    let Some(left) = app.refusals.admit(now) else { return };
    let known = presented.and_then(|key| app.gateway.keys.find(key, now));
    let credential = match (presented, &known) {
        (None, _) => "none",
        (_, None) => "unknown",
        (_, Some(_)) => "virtual_key",
    };
    let actor = known.as_ref().map_or(Actor::Unknown, |entry| Actor::Key(entry.id));
    let mut entry = draft(app, &Origin { actor, ..from }, "admin.refused", "admin");
    entry.outcome = AuditOutcome::Refused;
    entry.name = known.map(|entry| entry.name.to_string()).unwrap_or_default();
    let mut after = json!({ "method": method, "path": path, "credential": credential });
    if left > 0 {
        after["not_written_before"] = left.into();
    }
    entry.after = Some(after);
    note_or_log(app, &entry);
}

/// Notes that somebody could not sign in, as long as there are not too many of them. What he wrote in place of a name is not
/// repeated, unless it is that of a user: it may be his password.
pub(super) fn sign_in_refused(app: &App, from: &Origin, user: Option<&StoredAccount>, what: &'static str) {
    let Some(left) = app.refusals.admit(app.gateway.clock().now()) else { return };
    let mut entry = draft(app, from, "session.refused", "session");
    entry.outcome = AuditOutcome::Refused;
    if let Some(user) = user {
        entry.id = user.id.to_string();
        entry.name = user.profile.email.clone().unwrap_or_default();
        entry.places = super::accounts::allowed::places(app, user, &user.profile);
    }
    let mut after = json!({ "wrong": what });
    if left > 0 {
        after["not_written_before"] = left.into();
    }
    entry.after = Some(after);
    note_or_log(app, &entry);
}

/// Is every entry as it was written?
pub(crate) fn verify(app: &App, anchor: Option<&Anchor>) -> Result<AuditReport, StoreError> {
    let mut verifier = Verifier::new(&app.storage.audit_seal, anchor);
    app.storage.database.walk_audit(&mut |row| verifier.take(row))?;
    Ok(verifier.finish())
}

/// A report as JSON.
pub(crate) fn shown(report: &AuditReport) -> Value {
    let number = |at: Option<(i64, Micros)>| at.map(|(number, _)| number);
    let moment = |at: Option<(i64, Micros)>| at.map(|(_, at)| time::format(at));
    let fault = report.fault.map(|fault| {
        json!({
            "kind": fault.kind.as_str(),
            "number": fault.number,
            "time": fault.time.map(time::format),
            "message": fault.to_string(),
        })
    });
    let anchor = report.last.map(|(number, _)| format!("{number}:{}", report.hash));
    json!({
        "valid": report.fault.is_none(),
        "entries": report.entries,
        "first_number": number(report.first),
        "first_time": moment(report.first),
        "last_number": number(report.last),
        "last_time": moment(report.last),
        "anchor": anchor,
        "fault": fault,
    })
}

/// Drops what is older than so many days.
pub(crate) fn prune(app: &App, days: u64) {
    let now = app.gateway.clock().now();
    let before = now.saturating_sub(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY));
    let (database, seal) = (&app.storage.database, &app.storage.audit_seal);
    loop {
        let _changing = app.changing.lock();
        match database.prune_audit(seal, before, now, PRUNED_AT_ONCE) {
            Ok(0) => return,
            Ok(dropped) => tracing::info!(dropped, "old entries of the audit log were dropped"),
            Err(error) => return tracing::error!(%error, "old entries of the audit log stay"),
        }
    }
}

/// How many refused credentials are written down: whoever tries many must not fill the disk.
#[derive(Debug)]
pub(crate) struct Refusals {
    per_minute: u64,
    state: Mutex<(Micros, u64, u64)>,
}

impl Refusals {
    pub(crate) fn new(per_minute: u64) -> Arc<Self> {
        Arc::new(Self { per_minute, state: Mutex::default() })
    }

    /// May one be written now? Then, how many were not since the last that was.
    fn admit(&self, now: Micros) -> Option<u64> {
        let mut state = self.state.lock();
        let (since, written, left) = &mut *state;
        if now.saturating_sub(*since) >= MINUTE || now < *since {
            (*since, *written) = (now, 0);
        }
        if *written >= self.per_minute {
            *left += 1;
            return None;
        }
        *written += 1;
        Some(std::mem::take(left))
    }

    fn take_left(&self) -> u64 {
        std::mem::take(&mut self.state.lock().2)
    }
}

#[cfg(test)]
mod tests;

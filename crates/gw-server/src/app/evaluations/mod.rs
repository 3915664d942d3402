//! Evaluations: items of a dataset are put to models by calls in somebody's name, answers are checked, and models compared. Any
//! node may run one; whoever changes its row first does. It must not know HTTP.

pub(crate) mod checks;
mod error;
pub(crate) mod feedback;
mod item;
mod job;
mod line;
mod open;
pub(crate) mod results;
mod run;
pub(crate) mod runner;
pub(crate) mod summary;
mod turns;

pub(crate) use error::EvaluationError;
pub(crate) use job::{Evaluation, Job, Target};

use super::audit;
use super::authorization::{Caller, Resource, Standing};
use super::datasets::{self, DatasetsError, origins::Origins};
use super::ownership::{Belonging, owner};
use super::state::App;
use checks::CheckSpec;
use feedback::Scale;
use gw_model::{KeyId, NanoUsd, RequestId, Secret};
use gw_store::StoreError;
use gw_store::audit::AuditDraft;
use gw_store::keys::random;
use gw_store::memory::KeySource;
use gw_store::traits::ControlStore;
use gw_store::types::{DatasetId, EvaluationId, EvaluationState, PageSize, StoredEvaluation};
use serde_json::{Value, json};

/// Most models of an evaluation.
pub(crate) const MAX_TARGETS: usize = 8;

/// Evaluations that are looked at together for a list.
const PAGE: usize = 200;

/// What is wanted of an evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) dataset: DatasetId,
    pub(crate) targets: Vec<Target>,
    pub(crate) checks: Vec<CheckSpec>,
    pub(crate) key: KeyId,
    pub(crate) budget: NanoUsd,
    pub(crate) concurrency: Option<usize>,
    pub(crate) max_items: Option<usize>,
}

fn of(stored: &StoredEvaluation) -> Belonging<'_> {
    Belonging { resource: Resource::Datasets, owner: &stored.owner, place: stored.place }
}

fn is_seen_by(app: &App, caller: &Caller, evaluation: &Evaluation) -> bool {
    of(&evaluation.stored).is_seen_by(app, caller)
        || Origins::read(&evaluation.job.origins).are_looked_after_by(app, caller)
}

/// Those that somebody may see, the latest first, from before one on: as many as are wanted, or as many bytes as are read at
/// once; and whether there are more.
pub(crate) fn list(
    app: &App,
    caller: &Caller,
    before: Option<EvaluationId>,
    limit: usize,
) -> Result<(Vec<Evaluation>, bool), EvaluationError> {
    caller.authority.may_somewhere(Resource::Datasets.read())?;
    let (mut found, mut before, mut bytes) = (Vec::new(), before, 0);
    let most = PageSize { rows: PAGE, bytes: app.storage.max_page_bytes };
    loop {
        let page = app.storage.database.evaluations(before, most)?;
        let Some(last) = page.last().map(|last| last.id) else { return Ok((found, false)) };
        before = Some(last);
        for stored in page {
            let size = stored.job.len();
            // A newer gateway may have written what this one does not know.
            let Ok(evaluation) = Evaluation::read(stored) else { continue };
            if !is_seen_by(app, caller, &evaluation) {
                continue;
            }
            if found.len() >= limit || bytes >= most.bytes {
                return Ok((found, true));
            }
            bytes += size;
            found.push(evaluation);
        }
    }
}

/// One that somebody may see.
pub(crate) fn find(app: &App, caller: &Caller, id: EvaluationId) -> Result<Evaluation, EvaluationError> {
    let found = app.storage.database.evaluation(id)?.map(Evaluation::read).transpose()?;
    found.filter(|one| is_seen_by(app, caller, one)).ok_or(EvaluationError::NotFound)
}

/// One that somebody may change.
fn find_to_change(app: &App, caller: &Caller, id: EvaluationId) -> Result<Evaluation, EvaluationError> {
    let found = find(app, caller, id)?;
    let is_looked_after = || Origins::read(&found.job.origins).are_looked_after_by(app, caller);
    match of(&found.stored).may_be_changed_by(app, caller) {
        Err(_) if is_looked_after() => Ok(found),
        may => Ok(may.map(|()| found)?),
    }
}

/// The key whose calls they are to be: one that is shown, or one that whoever asks may change.
pub(crate) fn key_of(
    app: &App,
    caller: &Caller,
    shown: Option<&Secret>,
    id: Option<KeyId>,
) -> Result<KeyId, EvaluationError> {
    let entry =
        match (shown, id) {
            (Some(key), None) => app.gateway.keys.find(key.expose(), app.gateway.clock().now()),
            (None, Some(id)) => app.gateway.keys.get(id).filter(|entry| {
                caller.authority.may(Resource::Keys.write(), &Standing::of_key(entry)).is_ok()
            }),
            _ => None,
        };
    let entry = entry.filter(|entry| entry.source != KeySource::Token && !entry.revoked());
    entry.map(|entry| entry.id).ok_or(EvaluationError::Key)
}

/// Has a dataset put to models as soon as a node can.
pub(crate) fn create(app: &App, caller: &Caller, wanted: Wanted) -> Result<Evaluation, EvaluationError> {
    let (dataset, items) = datasets::find(app, caller, wanted.dataset).map_err(|error| match error {
        DatasetsError::Denied(denied) => EvaluationError::Denied(denied),
        DatasetsError::Store(error) => EvaluationError::Store(error),
        _ => EvaluationError::NoDataset,
    })?;
    Origins::read(&dataset.origins).may_be_opened_by(app, caller)?;
    let owner = owner(caller);
    let belonging = Belonging { resource: Resource::Datasets, owner: &owner, place: dataset.place };
    belonging.may_be_made_by(app, caller)?;
    if Scale::of(&wanted.checks).is_some() {
        caller.authority.may_somewhere(Resource::Feedback.read())?;
    }
    let settings = **app.evaluations.load();
    let items = items.min(wanted.max_items.unwrap_or(usize::MAX));
    let now = app.gateway.clock().now();
    let job = Job {
        name: wanted.name,
        dataset_id: dataset.id.to_string(),
        dataset_name: dataset.name,
        origins: dataset.origins,
        targets: wanted.targets,
        checks: wanted.checks,
        key_id: wanted.key.to_string(),
        key_by: owner.clone(),
        organization: open::organization_of(app, wanted.key),
        from: caller.origin.address.clone(),
        budget: wanted.budget.0,
        concurrency: wanted.concurrency.unwrap_or(settings.max_concurrency).min(settings.max_concurrency),
        items,
        max_items: wanted.max_items,
        by: caller.origin.actor.to_string(),
        created_at: now,
        ..Job::default()
    };
    if items == 0 {
        return Err(EvaluationError::Empty);
    }
    if job.total() > settings.max_calls {
        return Err(EvaluationError::TooLarge { most: settings.max_calls });
    }
    add(app, caller, owner, dataset.place, job)
}

fn add(
    app: &App,
    caller: &Caller,
    owner: String,
    place: Option<gw_model::AccountId>,
    job: Job,
) -> Result<Evaluation, EvaluationError> {
    let _changing = app.changing.lock();
    open::expect_room(app, job.organization.as_deref())?;
    let now = app.gateway.clock().now();
    let stored = StoredEvaluation {
        id: EvaluationId(RequestId::new(now, u128::from_be_bytes(random()?)).0),
        owner,
        place,
        state: EvaluationState::Waiting,
        node: 0,
        touched_at: now,
        revision: 0,
        job: String::new(),
    };
    let mut evaluation = Evaluation { stored, job };
    evaluation.stored = evaluation.next(EvaluationState::Waiting, 0, now)?;
    let mut entry = noted(app, caller, "evaluation.create", &evaluation);
    entry.after = Some(told(&evaluation.job));
    audit::with_entry(app, &entry, |store| store.create_evaluation(&evaluation.stored).map(Some))?;
    app.evaluation_bell.ring();
    Ok(evaluation)
}

/// What is different when an evaluation goes on, or is done again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Anew {
    pub(crate) key: Option<KeyId>,
    pub(crate) budget: Option<NanoUsd>,
}

/// The key that is spent from now on. Whoever goes on with what another's key was given for must name one, or be allowed to
/// change that one.
fn key_anew(app: &App, caller: &Caller, is: &Evaluation, anew: Anew) -> Result<KeyId, EvaluationError> {
    let key = is.job.key_id.parse().map_err(|_| EvaluationError::Key)?;
    match anew.key {
        Some(key) => Ok(key),
        None if owner(caller) == is.job.key_by => Ok(key),
        None => key_of(app, caller, None, Some(key)),
    }
}

/// The same evaluation once more, from the beginning.
pub(crate) fn rerun(
    app: &App,
    caller: &Caller,
    id: EvaluationId,
    anew: Anew,
) -> Result<Evaluation, EvaluationError> {
    let is = find_to_change(app, caller, id)?;
    let key = key_anew(app, caller, &is, anew)?;
    let was = is.job;
    let wanted = Wanted {
        name: was.name,
        dataset: was.dataset_id.parse().map_err(|_| EvaluationError::NoDataset)?,
        targets: was.targets,
        checks: was.checks,
        key,
        budget: anew.budget.unwrap_or(NanoUsd(was.budget)),
        concurrency: Some(was.concurrency),
        max_items: was.max_items,
    };
    create(app, caller, wanted)
}

/// Ends one that is not wanted any more; one that is over stays as it is.
pub(crate) fn cancel(app: &App, caller: &Caller, id: EvaluationId) -> Result<Evaluation, EvaluationError> {
    changed(app, caller, id, "evaluation.cancel", |is, now| {
        if !is.stored.state.is_open() {
            return Ok(None);
        }
        is.job.ended_at = Some(now);
        Ok(Some(EvaluationState::Cancelled))
    })
}

/// Goes on with what has no result, or no answer.
pub(crate) fn resume(
    app: &App,
    caller: &Caller,
    id: EvaluationId,
    anew: Anew,
) -> Result<Evaluation, EvaluationError> {
    let is = find_to_change(app, caller, id)?;
    // What was collected since is put to models too.
    let dataset = is.job.dataset_id.parse().map_err(|_| EvaluationError::NoDataset)?;
    let (dataset, _) = app.storage.database.dataset(dataset)?.ok_or(EvaluationError::NoDataset)?;
    for origins in [&is.job.origins, &dataset.origins] {
        Origins::read(origins).may_be_opened_by(app, caller)?;
    }
    let key_by = anew.key.map_or_else(|| is.job.key_by.clone(), |_| owner(caller));
    let key = key_anew(app, caller, &is, anew)?;
    let organization = open::organization_of(app, key);
    let key = key.to_string();
    open::expect_room(app, organization.as_deref())?;
    let resumed = changed(app, caller, id, "evaluation.resume", |is, _| {
        if is.stored.state.is_open() {
            return Err(EvaluationError::Open);
        }
        is.job.key_id.clone_from(&key);
        is.job.key_by.clone_from(&key_by);
        is.job.organization.clone_from(&organization);
        is.job.from.clone_from(&caller.origin.address);
        is.job.origins.clone_from(&dataset.origins);
        is.job.budget = anew.budget.map_or(is.job.budget, |budget| budget.0);
        (is.job.redo, is.job.redo_after, is.job.ended_at, is.job.error) = (true, None, None, None);
        Ok(Some(EvaluationState::Waiting))
    })?;
    app.evaluation_bell.ring();
    Ok(resumed)
}

/// Removes one with its results; where it runs, that ends.
pub(crate) fn remove(app: &App, caller: &Caller, id: EvaluationId) -> Result<(), EvaluationError> {
    let evaluation = find_to_change(app, caller, id)?;
    let mut entry = noted(app, caller, "evaluation.delete", &evaluation);
    entry.before = Some(told(&evaluation.job));
    let gone = audit::with_entry(app, &entry, |store| Ok(store.delete_evaluation(id)?.then_some(())))?;
    gone.ok_or(EvaluationError::NotFound)
}

/// Notes that somebody looks at what was said, before anything is shown.
pub(crate) fn note_look(
    app: &App,
    caller: &Caller,
    id: EvaluationId,
    action: &'static str,
) -> Result<Evaluation, EvaluationError> {
    let evaluation = find(app, caller, id)?;
    Origins::read(&evaluation.job.origins).may_be_opened_by(app, caller)?;
    let mut entry = noted(app, caller, action, &evaluation);
    entry.after = Some(json!({ "items": evaluation.job.items }));
    audit::note(app, &entry)?;
    Ok(evaluation)
}

/// Changes one: `change` says which state it is in then, or that there is nothing to be done.
fn changed(
    app: &App,
    caller: &Caller,
    id: EvaluationId,
    action: &'static str,
    change: impl Fn(&mut Evaluation, i64) -> Result<Option<EvaluationState>, EvaluationError>,
) -> Result<Evaluation, EvaluationError> {
    // Whoever runs it says so now and then, which is no reason to give up.
    for _ in 0..10 {
        let mut evaluation = find_to_change(app, caller, id)?;
        let now = app.gateway.clock().now();
        let Some(state) = change(&mut evaluation, now)? else { return Ok(evaluation) };
        let next = evaluation.next(state, evaluation.stored.node, now)?;
        let mut entry = noted(app, caller, action, &evaluation);
        entry.after =
            Some(json!({ "state": next.state.as_str(), "budget_usd": evaluation.job.budget().to_string() }));
        let change = |store: &dyn ControlStore| Ok(store.change_evaluation(&next)?.then_some(()));
        if audit::with_entry(app, &entry, change)?.is_some() {
            evaluation.stored = next;
            return Ok(evaluation);
        }
    }
    Err(EvaluationError::Busy)
}

fn noted(app: &App, caller: &Caller, action: &'static str, evaluation: &Evaluation) -> AuditDraft {
    let mut entry = audit::draft(app, &caller.origin, action, "evaluation");
    entry.id = evaluation.stored.id.to_string();
    entry.name.clone_from(&evaluation.job.name);
    entry.places = evaluation.stored.place.into_iter().collect();
    entry
}

fn told(job: &Job) -> Value {
    let models: Vec<&str> = job.targets.iter().map(|target| target.model.as_str()).collect();
    json!({
        "name": job.name,
        "dataset_id": job.dataset_id,
        "models": models,
        "key_id": job.key_id,
        "budget_usd": job.budget().to_string(),
        "items": job.items,
    })
}

impl From<StoreError> for EvaluationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

//! Datasets: calls with what was asked and answered, collected from records or brought along, to be tried again, compared and
//! taken elsewhere. Their items are copies, sealed as bodies are, and stay when the records go. It must not know HTTP.

mod collect;
mod error;
mod item;
pub(crate) mod origins;

pub(crate) use collect::{collect, text_of};
pub(crate) use error::DatasetsError;
pub(crate) use item::{Item, ItemInput, shown};

use super::audit;
use super::authorization::{Caller, Reach, Resource, Standing};
use super::ownership::{Belonging, owner};
use super::state::App;
use gw_model::AccountId;
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::keys::random;
use gw_store::traits::ControlStore;
use gw_store::types::{DatasetId, ItemChanges, ItemId, PageSize, StoredDataset};
use origins::Origins;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Most datasets of one gateway, of one owner, and items that are written at once.
const MAX_DATASETS: usize = 2_000;
const MAX_OF_ONE: usize = 500;
pub(crate) const MAX_AT_ONCE: usize = 2_000;

/// A dataset, and how many items it has.
pub(crate) type Counted = (StoredDataset, usize);

/// What is wanted of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) place: Option<AccountId>,
}

const fn belonging<'a>(owner: &'a str, place: Option<AccountId>) -> Belonging<'a> {
    Belonging { resource: Resource::Datasets, owner, place }
}

const fn of(dataset: &StoredDataset) -> Belonging<'_> {
    belonging(dataset.owner.as_str(), dataset.place)
}

/// Those that somebody may see.
pub(crate) fn list(app: &App, caller: &Caller) -> Result<Vec<Counted>, DatasetsError> {
    caller.authority.may_somewhere(Resource::Datasets.read())?;
    let mut owners = Owners::default();
    let mut seen = Vec::new();
    for counted in app.storage.database.datasets()? {
        if of(&counted.0).is_seen_by(app, caller) || owners.are_below(app, caller, &counted.0)? {
            seen.push(counted);
        }
    }
    Ok(seen)
}

/// One that somebody may see.
pub(crate) fn find(app: &App, caller: &Caller, id: DatasetId) -> Result<Counted, DatasetsError> {
    let Some(found) = app.storage.database.dataset(id)? else { return Err(DatasetsError::NotFound) };
    let is_seen =
        of(&found.0).is_seen_by(app, caller) || Owners::default().are_below(app, caller, &found.0)?;
    if is_seen { Ok(found) } else { Err(DatasetsError::NotFound) }
}

/// One that somebody may change.
fn find_to_change(app: &App, caller: &Caller, id: DatasetId) -> Result<Counted, DatasetsError> {
    let found = find(app, caller, id)?;
    match of(&found.0).may_be_changed_by(app, caller) {
        Err(_) if Owners::default().are_below(app, caller, &found.0)? => Ok(found),
        may => Ok(may.map(|()| found)?),
    }
}

/// Who looks after what others have for themselves: whoever looks after all of where its calls come from, or, where it holds no
/// calls, after all that its owner belongs to. So nothing is left that nobody can see or remove.
#[derive(Default)]
struct Owners(HashMap<String, bool>);

impl Owners {
    fn are_below(
        &mut self,
        app: &App,
        caller: &Caller,
        dataset: &StoredDataset,
    ) -> Result<bool, DatasetsError> {
        let origins = Origins::read(&dataset.origins);
        if !origins.is_none() {
            return Ok(origins.are_looked_after_by(app, caller));
        }
        if let Some(known) = self.0.get(&dataset.owner) {
            return Ok(*known);
        }
        let write = Resource::Datasets.write();
        let user = dataset.owner.parse::<AccountId>().ok();
        let user = user.map(|user| app.storage.database.account(user)).transpose()?.flatten();
        let places = user.iter().flat_map(|user| &user.profile.memberships).map(|one| one.account);
        let mut standings: Vec<Standing> = places.map(|place| Standing::of_account(app, place)).collect();
        if standings.is_empty() {
            standings.push(Standing::default());
        }
        let all = standings.iter().all(|standing| caller.authority.may(write, standing) == Ok(Reach::All));
        self.0.insert(dataset.owner.clone(), all);
        Ok(all)
    }
}

/// Makes a dataset with nothing in it.
pub(crate) fn create(app: &App, caller: &Caller, wanted: Wanted) -> Result<Counted, DatasetsError> {
    let owner = owner(caller);
    belonging(&owner, wanted.place).may_be_made_by(app, caller)?;
    let _changing = app.changing.lock();
    let all = app.storage.database.datasets()?;
    if all.len() >= MAX_DATASETS || all.iter().filter(|(one, _)| one.owner == owner).count() >= MAX_OF_ONE {
        return Err(DatasetsError::TooMany);
    }
    let now = app.gateway.clock().now();
    let dataset = StoredDataset {
        id: DatasetId(u128::from_be_bytes(random()?)),
        owner,
        place: wanted.place,
        origins: origins::NONE.to_owned(),
        name: wanted.name,
        description: wanted.description,
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    let mut entry = noted(app, caller, "dataset.create", &dataset);
    entry.after = Some(told(&dataset));
    audit::with_entry(app, &entry, |store| store.create_dataset(&dataset).map(Some))?;
    Ok((dataset, 0))
}

/// Changes a dataset: `change` says what it is to be, given what it is.
pub(crate) fn update<E: From<DatasetsError>>(
    app: &App,
    caller: &Caller,
    id: DatasetId,
    if_revision: Option<i64>,
    change: impl FnOnce(Wanted) -> Result<Wanted, E>,
) -> Result<Counted, E> {
    let (dataset, items) = find_to_change(app, caller, id)?;
    expect(&dataset, if_revision)?;
    let is =
        Wanted { name: dataset.name.clone(), description: dataset.description.clone(), place: dataset.place };
    let wanted = change(is)?;
    if wanted.place != dataset.place {
        belonging(&owner(caller), wanted.place).may_be_made_by(app, caller).map_err(DatasetsError::from)?;
    }
    let next = StoredDataset {
        name: wanted.name,
        description: wanted.description,
        place: wanted.place,
        updated_at: app.gateway.clock().now(),
        revision: dataset.revision + 1,
        ..dataset.clone()
    };
    let mut entry = noted(app, caller, "dataset.update", &next);
    let (before, after) = changed(&told(&dataset), &told(&next));
    (entry.before, entry.after) = (Some(before), Some(after));
    let write = |store: &dyn ControlStore| Ok(store.update_dataset(&next)?.then_some(()));
    match audit::with_entry(app, &entry, write).map_err(DatasetsError::from)? {
        Some(()) => Ok((next, items)),
        None => Err(DatasetsError::Changed { revision: next.revision }.into()),
    }
}

/// Removes a dataset with all that is in it.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    id: DatasetId,
    if_revision: Option<i64>,
) -> Result<(), DatasetsError> {
    let (dataset, items) = find_to_change(app, caller, id)?;
    expect(&dataset, if_revision)?;
    let mut entry = noted(app, caller, "dataset.delete", &dataset);
    let mut before = told(&dataset);
    before["items"] = items.into();
    entry.before = Some(before);
    let gone = audit::with_entry(app, &entry, |store| Ok(store.delete_dataset(id)?.then_some(())))?;
    gone.ok_or(DatasetsError::NotFound)
}

/// Notes that somebody looks into a dataset, before anything is shown.
pub(crate) fn note_look(
    app: &App,
    caller: &Caller,
    id: DatasetId,
    action: &'static str,
) -> Result<(), DatasetsError> {
    let (dataset, items) = find(app, caller, id)?;
    Origins::read(&dataset.origins).may_be_opened_by(app, caller)?;
    let mut entry = noted(app, caller, action, &dataset);
    entry.after = Some(json!({ "items": items }));
    Ok(audit::note(app, &entry)?)
}

/// A page of items, and behind which to go on where there are others: it ends where it has as many as are wanted, or as many
/// bytes as are read at once. Whoever asks was let in before.
pub(crate) fn items(
    app: &App,
    id: DatasetId,
    after: Option<ItemId>,
    limit: usize,
) -> Result<(Vec<Item>, Option<ItemId>), StoreError> {
    let page = PageSize { rows: limit, bytes: app.storage.max_page_bytes };
    let stored = app.storage.database.items(id, after, page)?;
    let bytes: usize = stored.iter().map(|item| item.sealed.len()).sum();
    let is_cut = stored.len() >= limit || bytes >= page.bytes;
    let last = stored.last().map(|last| last.id).filter(|_| is_cut);
    let is_more = last.is_some() && !app.storage.database.items(id, last, PageSize::rows(1))?.is_empty();
    let items = stored.into_iter().map(|item| Item::open(app, id, item)).collect::<Result<_, _>>()?;
    Ok((items, last.filter(|_| is_more)))
}

/// What is to be done to items.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) add: Vec<ItemInput>,
    pub(crate) change: Vec<(ItemId, ItemInput)>,
    pub(crate) remove: Vec<ItemId>,
}

/// Adds, changes and takes out items, all or none; ids of those that were added.
pub(crate) fn change_items(
    app: &App,
    caller: &Caller,
    id: DatasetId,
    action: &'static str,
    changes: Changes,
) -> Result<Vec<ItemId>, DatasetsError> {
    let (dataset, _) = find_to_change(app, caller, id)?;
    if changes.add.len() + changes.change.len() + changes.remove.len() > MAX_AT_ONCE {
        return Err(DatasetsError::TooManyAtOnce);
    }
    let now = app.gateway.clock().now();
    let mut ids = item::new_ids(now)?;
    let (mut write, mut added) = (Vec::new(), Vec::new());
    for input in changes.add {
        let item = input.onto(None)?.stored(app, id, (ids.next(), None), (now, now))?;
        added.push(item.id);
        write.push(item);
    }
    let changed = changes.change.len();
    for (item, input) in changes.change {
        let was = one(app, id, item)?.ok_or(DatasetsError::NoItem { id: item })?;
        let (source, created_at) = (was.source, was.created_at);
        write.push(input.onto(Some(was.content))?.stored(app, id, (item, source), (created_at, now))?);
    }
    let removed = changes.remove.len();
    for item in &changes.remove {
        if one(app, id, *item)?.is_none() {
            return Err(DatasetsError::NoItem { id: *item });
        }
    }
    let counts = json!({ "added": added.len(), "changed": changed, "removed": removed });
    let mut changes = ItemChanges { write, remove: changes.remove, ..ItemChanges::default() };
    put(app, caller, (&dataset, action), counts, &mut changes)?;
    Ok(added)
}

/// Writes items together with what the audit log says of it. `changes` says nothing of when and of how many there may be.
fn put(
    app: &App,
    caller: &Caller,
    (dataset, action): (&StoredDataset, &'static str),
    after: Value,
    changes: &mut ItemChanges,
) -> Result<(), DatasetsError> {
    let settings = **app.datasets.load();
    (changes.most, changes.most_bytes) = (settings.max_items, settings.max_bytes);
    changes.now = app.gateway.clock().now();
    let mut entry = noted(app, caller, action, dataset);
    entry.after = Some(after);
    let change = |store: &dyn ControlStore| Ok(store.change_items(dataset.id, changes)?.then_some(()));
    audit::with_entry(app, &entry, change)?.ok_or(DatasetsError::Full(settings))
}

fn one(app: &App, dataset: DatasetId, id: ItemId) -> Result<Option<Item>, StoreError> {
    let Some(before) = id.0.checked_sub(1) else { return Ok(None) };
    let found = app.storage.database.items(dataset, Some(ItemId(before)), PageSize::rows(1))?;
    let found = found.into_iter().find(|item| item.id == id);
    found.map(|item| Item::open(app, dataset, item)).transpose()
}

fn expect(dataset: &StoredDataset, if_revision: Option<i64>) -> Result<(), DatasetsError> {
    match if_revision {
        Some(expected) if expected != dataset.revision => {
            Err(DatasetsError::Changed { revision: dataset.revision })
        }
        _ => Ok(()),
    }
}

fn noted(app: &App, caller: &Caller, action: &'static str, dataset: &StoredDataset) -> AuditDraft {
    let mut entry = audit::draft(app, &caller.origin, action, "dataset");
    entry.id = dataset.id.to_string();
    entry.name.clone_from(&dataset.name);
    entry.places = dataset.place.into_iter().collect();
    entry
}

fn told(dataset: &StoredDataset) -> Value {
    json!({
        "name": dataset.name,
        "description": dataset.description,
        "owner": dataset.owner,
        "account_id": dataset.place.map(|place| place.to_string()),
    })
}

//! Saved views: filters of the explorer that somebody named, for himself or for the people of an organization, a team or a
//! project. A view gives nobody a record that he may not see: its filters are those of whoever uses it.

use super::audit;
use super::authorization::{Caller, Denied, Resource};
use super::ownership::{Belonging, NotAllowed, owner};
use super::state::App;
use gw_model::AccountId;
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::keys::random;
use gw_store::traits::ControlStore;
use gw_store::types::{StoredView, ViewId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Most views of one owner, and of one gateway.
const MAX_OF_ONE: usize = 200;
const MAX_VIEWS: usize = 20_000;

/// Why a view cannot be made or changed.
#[derive(Debug)]
pub(crate) enum ViewsError {
    /// There is no such view.
    NotFound,
    /// There are as many as there may be.
    TooMany,
    /// What it is to be shared with is nothing that he knows.
    NoPlace,
    /// It was changed meanwhile.
    Changed {
        /// Its revision now.
        revision: i64,
    },
    /// Whoever asks may not.
    Denied(Denied),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for ViewsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such view"),
            Self::TooMany => write!(
                f,
                "there are {MAX_OF_ONE} views of yours, or {MAX_VIEWS} of all, already; remove one first"
            ),
            Self::NoPlace => f.write_str(NotAllowed::NO_PLACE),
            Self::Changed { revision } => {
                write!(f, "it was changed meanwhile and is now at revision {revision}")
            }
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ViewsError {}

impl From<StoreError> for ViewsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Denied> for ViewsError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

impl From<NotAllowed> for ViewsError {
    fn from(not_allowed: NotAllowed) -> Self {
        match not_allowed {
            NotAllowed::Denied(denied) => denied.into(),
            NotAllowed::NoPlace => Self::NoPlace,
        }
    }
}

/// What is wanted of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) filters: BTreeMap<String, String>,
    pub(crate) place: Option<AccountId>,
}

impl Wanted {
    /// What a view is now.
    fn of(view: &StoredView) -> Self {
        // It was written by this program; of what cannot be read nothing is left.
        let filters = serde_json::from_str(&view.filters).unwrap_or_default();
        Self { name: view.name.clone(), filters, place: view.place }
    }

    fn filters_text(&self) -> String {
        json!(self.filters).to_string()
    }
}

/// Those that somebody may see.
pub(crate) fn list(app: &App, caller: &Caller) -> Result<Vec<StoredView>, ViewsError> {
    caller.authority.may_somewhere(Resource::Views.read())?;
    let mut all = app.storage.database.views()?;
    all.retain(|view| of(view).is_seen_by(app, caller));
    Ok(all)
}

/// One that somebody may see.
pub(crate) fn find(app: &App, caller: &Caller, id: ViewId) -> Result<StoredView, ViewsError> {
    let view = app.storage.database.view(id)?.ok_or(ViewsError::NotFound)?;
    match of(&view).is_seen_by(app, caller) {
        true => Ok(view),
        false => Err(ViewsError::NotFound),
    }
}

/// Makes a view.
pub(crate) fn create(app: &App, caller: &Caller, wanted: Wanted) -> Result<StoredView, ViewsError> {
    let owner = owner(caller);
    belonging(&owner, wanted.place).may_be_made_by(app, caller)?;
    let _changing = app.changing.lock();
    let all = app.storage.database.views()?;
    if all.len() >= MAX_VIEWS || all.iter().filter(|view| view.owner == owner).count() >= MAX_OF_ONE {
        return Err(ViewsError::TooMany);
    }
    let now = app.gateway.clock().now();
    let filters = wanted.filters_text();
    let view = StoredView {
        id: ViewId(u128::from_be_bytes(random()?)),
        owner,
        place: wanted.place,
        name: wanted.name,
        filters,
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    let mut entry = noted(app, caller, "view.create", &view);
    entry.after = Some(told(&view));
    audit::with_entry(app, &entry, |store| store.create_view(&view).map(Some))?;
    Ok(view)
}

/// Changes a view: `change` says what it is to be, given what it is.
pub(crate) fn update<E: From<ViewsError>>(
    app: &App,
    caller: &Caller,
    id: ViewId,
    if_revision: Option<i64>,
    change: impl FnOnce(Wanted) -> Result<Wanted, E>,
) -> Result<StoredView, E> {
    let view = find(app, caller, id)?;
    of(&view).may_be_changed_by(app, caller).map_err(ViewsError::from)?;
    expect(&view, if_revision)?;
    let wanted = change(Wanted::of(&view))?;
    if wanted.place != view.place {
        belonging(&owner(caller), wanted.place).may_be_made_by(app, caller).map_err(ViewsError::from)?;
    }
    let changed_view = StoredView {
        filters: wanted.filters_text(),
        name: wanted.name,
        place: wanted.place,
        updated_at: app.gateway.clock().now(),
        revision: view.revision + 1,
        ..view.clone()
    };
    let mut entry = noted(app, caller, "view.update", &changed_view);
    let (before, after) = changed(&told(&view), &told(&changed_view));
    (entry.before, entry.after) = (Some(before), Some(after));
    let write = |store: &dyn ControlStore| Ok(store.update_view(&changed_view)?.then_some(()));
    match audit::with_entry(app, &entry, write).map_err(ViewsError::from)? {
        Some(()) => Ok(changed_view),
        None => Err(ViewsError::Changed { revision: changed_view.revision }.into()),
    }
}

/// Removes a view.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    id: ViewId,
    if_revision: Option<i64>,
) -> Result<(), ViewsError> {
    let view = find(app, caller, id)?;
    of(&view).may_be_changed_by(app, caller)?;
    expect(&view, if_revision)?;
    let mut entry = noted(app, caller, "view.delete", &view);
    entry.before = Some(told(&view));
    let gone = audit::with_entry(app, &entry, |store| Ok(store.delete_view(id)?.then_some(())))?;
    gone.ok_or(ViewsError::NotFound)
}

const fn belonging<'a>(owner: &'a str, place: Option<AccountId>) -> Belonging<'a> {
    Belonging { resource: Resource::Views, owner, place }
}

const fn of(view: &StoredView) -> Belonging<'_> {
    belonging(view.owner.as_str(), view.place)
}

fn expect(view: &StoredView, if_revision: Option<i64>) -> Result<(), ViewsError> {
    match if_revision {
        Some(expected) if expected != view.revision => Err(ViewsError::Changed { revision: view.revision }),
        _ => Ok(()),
    }
}

fn noted(app: &App, caller: &Caller, action: &'static str, view: &StoredView) -> AuditDraft {
    let mut entry = audit::draft(app, &caller.origin, action, "view");
    entry.id = view.id.to_string();
    entry.name.clone_from(&view.name);
    entry.places = view.place.into_iter().collect();
    entry
}

fn told(view: &StoredView) -> Value {
    let filters: Value = serde_json::from_str(&view.filters).unwrap_or_default();
    json!({
        "name": view.name,
        "owner": view.owner,
        "account_id": view.place.map(|place| place.to_string()),
        "filters": filters,
    })
}

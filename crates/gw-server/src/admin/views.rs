//! `/api/v1/views`: filters of the explorer that somebody named.

use super::error::ApiError;
use super::given::Given;
use super::own::{self, Own};
use super::{logs, parameters};
use crate::app::authorization::Caller;
use crate::app::state::App;
use crate::app::views::{self, ViewsError, Wanted};
use gw_model::time;
use gw_store::types::{StoredView, ViewId};
use serde_json::{Value, json};

/// See the module.
pub(super) struct Views;

impl Own for Views {
    type Id = ViewId;
    type Thing = StoredView;
    const MEMBERS: &'static [&'static str] = &["name", "filters", "account_id"];

    fn none() -> ApiError {
        ViewsError::NotFound.into()
    }

    fn known_by(view: &StoredView) -> (ViewId, i64) {
        (view.id, view.revision)
    }

    fn shown(view: &StoredView) -> Value {
        row(view)
    }

    fn list(app: &App, caller: &Caller) -> Result<Vec<StoredView>, ApiError> {
        Ok(views::list(app, caller)?)
    }

    fn find(app: &App, caller: &Caller, id: ViewId) -> Result<StoredView, ApiError> {
        Ok(views::find(app, caller, id)?)
    }

    fn create(app: &App, caller: &Caller, given: &Given) -> Result<StoredView, ApiError> {
        Ok(views::create(app, caller, apply(given, Wanted::default())?)?)
    }

    fn update(
        app: &App,
        caller: &Caller,
        (id, revision): (ViewId, Option<i64>),
        given: &Given,
    ) -> Result<StoredView, ApiError> {
        views::update(app, caller, id, revision, |is| apply(given, is))
    }

    fn remove(app: &App, caller: &Caller, (id, revision): (ViewId, Option<i64>)) -> Result<(), ApiError> {
        Ok(views::remove(app, caller, id, revision)?)
    }
}

fn apply(given: &Given, mut wanted: Wanted) -> Result<Wanted, ApiError> {
    given.name(&mut wanted.name, "what it shows")?;
    if let Some(filters) = given.texts_by_name("filters")? {
        parameters::check_saved("/api/v1/logs", &filters)?;
        logs::filter_of(&filters)?;
        wanted.filters = filters;
    }
    own::place(given, &mut wanted.place)?;
    Ok(wanted)
}

impl From<ViewsError> for ApiError {
    fn from(error: ViewsError) -> Self {
        match error {
            ViewsError::NotFound => Self::not_found(error.to_string()),
            ViewsError::TooMany => Self::conflict("name", error.to_string()),
            ViewsError::NoPlace => Self::invalid("account_id", error.to_string()),
            ViewsError::Changed { revision } => Self::changed(revision),
            ViewsError::Denied(denied) => denied.into(),
            ViewsError::Store(error) => error.into(),
        }
    }
}

fn row(view: &StoredView) -> Value {
    let filters: Value = serde_json::from_str(&view.filters).unwrap_or_default();
    json!({
        "id": view.id.to_string(),
        "name": view.name,
        "owner": view.owner,
        "account_id": view.place.map(|place| place.to_string()),
        "filters": filters,
        "created_at": time::format(view.created_at),
        "updated_at": time::format(view.updated_at),
        "revision": view.revision,
    })
}

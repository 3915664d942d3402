//! `/api/v1/datasets`: calls that are kept to be tried again, compared and taken elsewhere.

mod items;

pub(super) use items::{change as change_items, collect, export, import, list as items};

use super::error::ApiError;
use super::given::Given;
use super::own::{self, Own};
use crate::app::authorization::Caller;
use crate::app::datasets::{self, Counted, DatasetsError, Wanted};
use crate::app::state::App;
use gw_model::time;
use gw_store::types::DatasetId;
use serde_json::{Value, json};

/// See the module.
pub(super) struct Datasets;

impl Own for Datasets {
    type Id = DatasetId;
    type Thing = Counted;
    const MEMBERS: &'static [&'static str] = &["name", "description", "account_id"];

    fn none() -> ApiError {
        DatasetsError::NotFound.into()
    }

    fn known_by((dataset, _): &Counted) -> (DatasetId, i64) {
        (dataset.id, dataset.revision)
    }

    fn shown(counted: &Counted) -> Value {
        row(counted)
    }

    fn list(app: &App, caller: &Caller) -> Result<Vec<Counted>, ApiError> {
        Ok(datasets::list(app, caller)?)
    }

    fn find(app: &App, caller: &Caller, id: DatasetId) -> Result<Counted, ApiError> {
        Ok(datasets::find(app, caller, id)?)
    }

    fn create(app: &App, caller: &Caller, given: &Given) -> Result<Counted, ApiError> {
        Ok(datasets::create(app, caller, apply(given, Wanted::default())?)?)
    }

    fn update(
        app: &App,
        caller: &Caller,
        (id, revision): (DatasetId, Option<i64>),
        given: &Given,
    ) -> Result<Counted, ApiError> {
        datasets::update(app, caller, id, revision, |is| apply(given, is))
    }

    fn remove(app: &App, caller: &Caller, (id, revision): (DatasetId, Option<i64>)) -> Result<(), ApiError> {
        Ok(datasets::remove(app, caller, id, revision)?)
    }
}

fn apply(given: &Given, mut wanted: Wanted) -> Result<Wanted, ApiError> {
    given.name(&mut wanted.name, "what is in it")?;
    if let Some(description) = given.text("description")? {
        wanted.description = description.unwrap_or_default();
    }
    own::place(given, &mut wanted.place)?;
    Ok(wanted)
}

impl From<DatasetsError> for ApiError {
    fn from(error: DatasetsError) -> Self {
        let text = error.to_string();
        match error {
            DatasetsError::NotFound => Self::not_found(text),
            DatasetsError::NoItem { .. } => Self::invalid("id", text),
            DatasetsError::TooMany => Self::conflict("name", text),
            DatasetsError::Full(_) => Self::in_the_way(text),
            DatasetsError::TooManyAtOnce => Self::too_large(text),
            DatasetsError::NoPlace => Self::invalid("account_id", text),
            DatasetsError::Item { field, why } => Self::invalid(field, why),
            DatasetsError::Unread(_) => Self::bodies_unread(text),
            DatasetsError::Changed { revision } => Self::changed(revision),
            DatasetsError::Denied(denied) => denied.into(),
            DatasetsError::Store(error) => error.into(),
        }
    }
}

fn row((dataset, items): &Counted) -> Value {
    json!({
        "id": dataset.id.to_string(),
        "name": dataset.name,
        "description": dataset.description,
        "owner": dataset.owner,
        "account_id": dataset.place.map(|place| place.to_string()),
        "items": items,
        "created_at": time::format(dataset.created_at),
        "updated_at": time::format(dataset.updated_at),
        "revision": dataset.revision,
    })
}

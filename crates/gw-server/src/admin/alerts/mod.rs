//! `/api/v1/alerts`: what goes on now, what happened, and the rules, channels and silences of it.

mod events;
mod objects;

use super::error::ApiError;
use crate::app::alerts::book::Kind;
use crate::app::alerts::objects::ObjectError;
use crate::app::state::App;
use axum::Router;
use axum::routing::{get, post};
use gw_store::StoreError;
use serde_json::json;
use std::sync::Arc;

/// Paths below `/api/v1`.
pub(super) fn router() -> Router<Arc<App>> {
    let kinds = [("rules", Kind::Rule), ("channels", Kind::Channel), ("silences", Kind::Silence)];
    let router = kinds.into_iter().fold(Router::new(), |router, (path, kind)| {
        router
            .route(&format!("/alerts/{path}"), objects::all(kind))
            .route(&format!("/alerts/{path}/{{id}}"), objects::one(kind))
    });
    router
        .route("/alerts", get(events::active))
        .route("/alerts/events", get(events::list))
        .route("/alerts/channels/{id}/test", post(events::test))
}

impl From<ObjectError> for ApiError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::NotFound => Self::not_found("there is nothing of this id here"),
            ObjectError::OfFile => {
                Self::conflict("id", "it stands in the configuration file: change it there")
            }
            ObjectError::TooMany(most) => Self::in_the_way(format!(
                "there may be {most} of them (alerts.max_per_organization): remove some"
            )),
            ObjectError::Wrong(wrong) => Self::invalid(wrong.field, wrong.text),
            ObjectError::NoOrganization => Self::invalid("organization_id", "there is no such organization"),
            ObjectError::InUse(rules) => {
                Self::conflict("id", "rules tell this channel: take it out there first")
                    .with("referred_by", json!({ "rules": rules }))
            }
            ObjectError::Denied(denied) => denied.into(),
            ObjectError::Store(StoreError::NameTaken { .. }) => {
                Self::conflict("name", "another one beside it has this name; choose another")
            }
            ObjectError::Store(StoreError::Changed { revision }) => Self::changed(revision),
            ObjectError::Store(error) => error.into(),
        }
    }
}

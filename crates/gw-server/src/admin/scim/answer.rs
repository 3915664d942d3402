//! Answers in SCIM's form: resources with `meta`, entity tags, lists.

use super::list::Page;
use crate::scim::schema::ResourceKind;
use crate::scim::selection::Selection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gw_model::{Micros, time};
use serde_json::{Map, Value, json};

/// The type of every body.
pub(super) const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    body: Option<Value>,
    tag: Option<String>,
    location: Option<String>,
}

impl Reply {
    /// Something that is no resource of its own.
    pub(super) const fn of(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), tag: None, location: None }
    }

    /// Nothing is left.
    pub(super) const fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, tag: None, location: None }
    }

    /// A resource.
    pub(super) fn resource(resource: &Resource, selection: &Selection) -> Self {
        Self {
            status: StatusCode::OK,
            tag: Some(resource.tag()),
            location: Some(resource.location.clone()),
            body: Some(Value::Object(selection.of(resource.members.clone()))),
        }
    }

    /// It was made.
    pub(super) fn made(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }

    /// It is what whoever asks has.
    pub(super) fn unless_known(self, known: Option<&str>) -> Self {
        match known.is_some_and(|known| Some(known) == self.tag.as_deref()) {
            true => Self { status: StatusCode::NOT_MODIFIED, body: None, ..self },
            false => self,
        }
    }

    /// A page of resources.
    pub(super) fn list(found: Vec<Resource>, page: &Page, selection: &Selection) -> Self {
        let total = found.len();
        let shown = found.into_iter().skip(page.start - 1).take(page.count);
        let resources: Vec<Value> = shown.map(|one| Value::Object(selection.of(one.members))).collect();
        Self::of(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": total,
            "startIndex": page.start,
            "itemsPerPage": resources.len(),
            "Resources": resources,
        }))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            None => self.status.into_response(),
            Some(body) => {
                (self.status, [(header::CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response()
            }
        };
        let text = |text: Option<String>| text.and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(tag) = text(self.tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        if let Some(location) = text(self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// A resource with all that is shown of it.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) members: Map<String, Value>,
    location: String,
    revision: i64,
}

/// What the gateway knows of every resource.
pub(super) struct About<'a> {
    pub(super) kind: &'a ResourceKind,
    pub(super) id: String,
    pub(super) created_at: Micros,
    pub(super) updated_at: Micros,
    pub(super) revision: i64,
}

impl Resource {
    /// `base`: as in `https://gateway.example/scim/v2`.
    pub(super) fn new(base: &str, about: About<'_>, mut members: Map<String, Value>) -> Self {
        let About { kind, id, created_at, updated_at, revision } = about;
        let location = format!("{base}/{}/{id}", kind.path);
        let extensions = kind.extensions.iter().filter(|schema| members.contains_key(schema.urn));
        let schemas: Vec<&str> =
            std::iter::once(kind.schema.urn).chain(extensions.map(|schema| schema.urn)).collect();
        members.insert("schemas".to_owned(), json!(schemas));
        members.insert("id".to_owned(), id.into());
        let meta = json!({
            "resourceType": kind.name,
            "created": time::format(created_at),
            "lastModified": time::format(updated_at),
            "location": location,
            "version": tag(revision),
        });
        members.insert("meta".to_owned(), meta);
        Self { members, location, revision }
    }

    fn tag(&self) -> String {
        tag(self.revision)
    }
}

pub(super) fn tag(revision: i64) -> String {
    format!("W/\"{revision}\"")
}

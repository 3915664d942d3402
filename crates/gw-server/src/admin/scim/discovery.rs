//! What the gateway tells of its SCIM: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`.

use super::answer::Reply;
use super::error::Refused;
use super::list::MAX_COUNT;
use super::{Answer, By};
use crate::scim::schema::{ENTERPRISE, GROUPS, ResourceKind, Schema, USERS};
use axum::extract::{Extension, Path};
use serde_json::{Value, json};

const KINDS: [&ResourceKind; 2] = [&USERS, &GROUPS];
const SCHEMAS: [&Schema; 3] = [USERS.schema, GROUPS.schema, &ENTERPRISE];

/// What is supported.
pub(super) async fn provider(Extension(asked): By) -> Reply {
    Reply::of(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MAX_COUNT },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Admin token",
            "description": "An admin token with the scope 'scim' at one organization, as a bearer token.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", asked.base),
        },
    }))
}

/// The kinds of resources.
pub(super) async fn resource_types(Extension(asked): By) -> Reply {
    listed(KINDS.iter().map(|kind| kind_shown(&asked.base, kind)).collect())
}

/// One of them.
pub(super) async fn resource_type(Extension(asked): By, Path(id): Path<String>) -> Answer {
    let kind =
        KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(&id)).ok_or_else(Refused::not_found)?;
    Ok(Reply::of(kind_shown(&asked.base, kind)))
}

/// The schemas.
pub(super) async fn schemas(Extension(asked): By) -> Reply {
    listed(SCHEMAS.iter().map(|schema| schema_shown(&asked.base, schema)).collect())
}

/// One of them.
pub(super) async fn schema(Extension(asked): By, Path(id): Path<String>) -> Answer {
    let schema =
        SCHEMAS.iter().find(|schema| schema.urn.eq_ignore_ascii_case(&id)).ok_or_else(Refused::not_found)?;
    Ok(Reply::of(schema_shown(&asked.base, schema)))
}

fn listed(resources: Vec<Value>) -> Reply {
    Reply::of(json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    }))
}

fn kind_shown(base: &str, kind: &ResourceKind) -> Value {
    let extensions: Vec<Value> =
        kind.extensions.iter().map(|schema| json!({ "schema": schema.urn, "required": false })).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "endpoint": format!("/{}", kind.path),
        "description": kind.about,
        "schema": kind.schema.urn,
        "schemaExtensions": extensions,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", kind.name) },
    })
}

fn schema_shown(base: &str, schema: &Schema) -> Value {
    let mut shown = schema.shown();
    shown["meta"] = json!({ "resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.urn) });
    shown
}

//! The part of the document about admin tokens, and who asks.

use super::{Answer, Operation, object, reference};
use serde_json::{Value, json};

/// The operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/admin-tokens",
        summary: "List admin tokens",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("AdminToken"),
    },
    Operation {
        method: "post",
        path: "/api/v1/admin-tokens",
        summary: "Create an admin token, in a role or as a user; the answer alone shows it",
        query: &[],
        body: Some("AdminTokenInput"),
        answer: Answer::One(201, "NewAdminToken"),
    },
    Operation {
        method: "get",
        path: "/api/v1/admin-tokens/{id}",
        summary: "Show an admin token",
        query: &[],
        body: None,
        answer: Answer::One(200, "AdminToken"),
    },
    Operation {
        method: "patch",
        path: "/api/v1/admin-tokens/{id}",
        summary: "Change name, scopes or end of an admin token. Takes If-Match",
        query: &[],
        body: Some("AdminTokenChange"),
        answer: Answer::One(200, "AdminToken"),
    },
    Operation {
        method: "delete",
        path: "/api/v1/admin-tokens/{id}",
        summary: "Revoke an admin token. Takes If-Match",
        query: &[],
        body: None,
        answer: Answer::Empty,
    },
    Operation {
        method: "post",
        path: "/api/v1/admin-tokens/{id}/rotate",
        summary: "Give an admin token another secret, shown in the answer alone; the earlier one stays good for \
                  grace_seconds. Takes If-Match",
        query: &[],
        body: Some("KeyRotation"),
        answer: Answer::One(200, "NewAdminToken"),
    },
    Operation {
        method: "get",
        path: "/api/v1/me",
        summary: "Show who asks, with what roles and scopes",
        query: &[],
        body: None,
        answer: Answer::One(200, "Me"),
    },
];

/// The schemas.
pub(super) fn schemas() -> Vec<(String, Value)> {
    let token = object(&[
        "id:string",
        "name:string",
        "role:string?",
        "account_id:string?",
        "user_id:string?",
        "scopes:array",
        "expires_at:string?",
        "previous_token_until:string?",
        "prefix:string",
        "last4:string",
        "created_by:string",
        "created_at:string",
        "updated_at:string",
        "revision:integer",
    ]);
    let input = [
        "name:string",
        "role:string?",
        "account_id:string?",
        "user_id:string?",
        "scopes:array?",
        "expires_at:string?",
    ];
    let made = json!({ "allOf": [reference("AdminToken"), object(&["token:string"])] });
    let all = [
        ("AdminToken", token),
        ("AdminTokenInput", object(&input)),
        ("AdminTokenChange", object(&["name:string?", "scopes:array?", "expires_at:string?"])),
        ("NewAdminToken", made),
        ("Me", object(&["actor:string", "user_id:string?", "roles:array", "scopes:array"])),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

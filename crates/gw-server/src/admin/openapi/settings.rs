//! Plain settings, as the document tells of them.

use super::{Answer, Operation, object, one};
use serde_json::{Map, Value, json};

const SETTING: &str = "/api/v1/settings/{id}";

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/settings",
        summary: "List plain settings with what is in force and where that comes from; secrets are never shown",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Setting"),
    },
    one("get", SETTING, "Show a setting, by its name", None, Answer::One(200, "Setting")),
    one(
        "patch",
        SETTING,
        "Change a setting that counts at once and that the file does not name, at every gateway; null takes the value away. Takes If-Match",
        Some("SettingInput"),
        Answer::One(200, "Setting"),
    ),
    one("delete", SETTING, "Take the value away that the API gave. Takes If-Match", None, Answer::Empty),
];

/// Schemas.
pub(super) fn schemas() -> Map<String, Value> {
    let mut setting = object(&[
        "id:string",
        "description:string",
        "source:string",
        "place:string?",
        "hidden:boolean",
        "changeable:boolean",
        "revision:integer",
        "updated_at:string?",
    ]);
    let mut input = object(&[]);
    input["required"] = json!(["value"]);
    for (schema, names) in [(&mut setting, &["value", "default"][..]), (&mut input, &["value"][..])] {
        for name in names {
            schema["properties"][*name] = json!({ "type": ["string", "number", "boolean", "array", "null"] });
        }
    }
    Map::from_iter([("Setting".to_owned(), setting), ("SettingInput".to_owned(), input)])
}

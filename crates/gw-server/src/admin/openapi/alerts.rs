//! Alerts, as the document tells of them.

use super::{Answer, Operation, object, one};
use serde_json::{Map, Value, json};

const LIST: &[&str] = &["organization_id", "name", "limit", "cursor"];

const fn list(path: &'static str, summary: &'static str, schema: &'static str) -> Operation {
    Operation { method: "get", path, summary, query: LIST, body: None, answer: Answer::List(schema) }
}

const RULES: &str = "/api/v1/alerts/rules";
const RULE: &str = "/api/v1/alerts/rules/{id}";
const CHANNELS: &str = "/api/v1/alerts/channels";
const CHANNEL: &str = "/api/v1/alerts/channels/{id}";
const SILENCES: &str = "/api/v1/alerts/silences";
const SILENCE: &str = "/api/v1/alerts/silences/{id}";

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/alerts",
        summary: "List alerts that go on now, the latest first",
        query: &["organization_id", "limit", "cursor"],
        body: None,
        answer: Answer::List("Alert"),
    },
    Operation {
        method: "get",
        path: "/api/v1/alerts/events",
        summary: "List what alerts did and who was told, newest first",
        query: &[
            "type",
            "rule_id",
            "severity",
            "subject_id",
            "organization_id",
            "from",
            "to",
            "limit",
            "cursor",
        ],
        body: None,
        answer: Answer::List("AlertEvent"),
    },
    list(RULES, "List rules of alerts, of the file and of the API", "AlertRule"),
    one("post", RULES, "Create a rule", Some("AlertRuleInput"), Answer::One(201, "AlertRule")),
    one("get", RULE, "Show a rule", None, Answer::One(200, "AlertRule")),
    one(
        "patch",
        RULE,
        "Change the members given; null takes one away. Takes If-Match",
        Some("AlertRuleInput"),
        Answer::One(200, "AlertRule"),
    ),
    one("delete", RULE, "Remove a rule. Takes If-Match", None, Answer::Empty),
    list(CHANNELS, "List channels; never their addresses, keys and passwords", "AlertChannel"),
    one("post", CHANNELS, "Create a channel", Some("AlertChannelInput"), Answer::One(201, "AlertChannel")),
    one("get", CHANNEL, "Show a channel", None, Answer::One(200, "AlertChannel")),
    one(
        "patch",
        CHANNEL,
        "Change the members given; null takes one away. Takes If-Match",
        Some("AlertChannelInput"),
        Answer::One(200, "AlertChannel"),
    ),
    one("delete", CHANNEL, "Remove a channel that no rule names. Takes If-Match", None, Answer::Empty),
    one(
        "post",
        "/api/v1/alerts/channels/{id}/test",
        "Tell a channel that this is a test, and say what came of it",
        None,
        Answer::One(200, "AlertTest"),
    ),
    list(SILENCES, "List silences", "AlertSilence"),
    one("post", SILENCES, "Create a silence", Some("AlertSilenceInput"), Answer::One(201, "AlertSilence")),
    one("get", SILENCE, "Show a silence", None, Answer::One(200, "AlertSilence")),
    one(
        "patch",
        SILENCE,
        "Change the members given; null takes one away. Takes If-Match",
        Some("AlertSilenceInput"),
        Answer::One(200, "AlertSilence"),
    ),
    one("delete", SILENCE, "End a silence. Takes If-Match", None, Answer::Empty),
];

const RULE_MEMBERS: [&str; 20] = [
    "severity:string?",
    "channels:array?",
    "repeat_after_minutes:integer?",
    "send_resolved:boolean?",
    "per:string?",
    "only:array?",
    "window_minutes:integer?",
    "min_requests:integer?",
    "above_percent:integer?",
    "percentile:integer?",
    "above_ms:integer?",
    "of:string?",
    "above:integer?",
    "at:array?",
    "forecast:boolean?",
    "levels:array?",
    "z_score:integer?",
    "min_usd:string?",
    "history_days:integer?",
    "for_seconds:integer?",
];

const CHANNEL_MEMBERS: [&str; 9] = [
    "default:boolean?",
    "timeout_ms:integer?",
    "give_up_after_minutes:integer?",
    "host:string?",
    "port:integer?",
    "security:string?",
    "username:string?",
    "from:string?",
    "to:array?",
];

const SILENCE_MEMBERS: [&str; 5] = [
    "rule:string?",
    "severity:string?",
    "subject_id:string?",
    "all_organizations:boolean?",
    "comment:string?",
];

/// What every stored one has.
const STORED: [&str; 7] = [
    "id:string",
    "name:string",
    "organization_id:string?",
    "managed_by:string",
    "created_at:string?",
    "updated_at:string?",
    "revision:integer",
];

/// Their schemas.
pub(super) fn schemas() -> Map<String, Value> {
    let input = |own: &[&str], rest: &[&str]| {
        let mut members = vec!["name:string?", "organization_id:string?"];
        members.extend(own.iter().chain(rest));
        object(&members)
    };
    let stored = |own: &[&str], rest: &[&str]| object(&[&STORED, own, rest].concat());
    let channel = ["target:string?", "has_secret:boolean?", "has_password:boolean?", "header_names:array?"];
    let told = [
        "severity:string",
        "rule:object",
        "organization_id:string?",
        "subject:object",
        "summary:string",
        "details:object",
        "fired_at:string",
    ];
    let all = json!({
        "AlertRuleInput": input(&["kind:string?", "enabled:boolean?"], &RULE_MEMBERS),
        "AlertRule": stored(&["kind:string", "enabled:boolean"], &RULE_MEMBERS),
        "AlertChannelInput": input(&["kind:string?", "url:string?", "secret:string?", "headers:object?", "password:string?"], &CHANNEL_MEMBERS),
        "AlertChannel": stored(&[&["kind:string"][..], &channel].concat(), &CHANNEL_MEMBERS),
        "AlertSilenceInput": input(&["until:string?"], &SILENCE_MEMBERS),
        "AlertSilence": stored(&["until:string", "is_active:boolean"], &SILENCE_MEMBERS),
        "Alert": object(&[&told[..], &["told_at:string?", "ends_at:string?"]].concat()),
        "AlertEvent": object(&[&["id:string", "time:string", "type:string"][..], &told, &["is_silenced:boolean", "dropped:integer", "deliveries:array"]].concat()),
        "AlertTest": object(&["sent:boolean", "error:string?", "event_id:string"]),
    });
    match all {
        Value::Object(all) => all,
        _ => Map::new(),
    }
}

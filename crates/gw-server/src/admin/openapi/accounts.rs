//! The part of the document about what stands above and beside keys: the same five operations for each resource.

use super::{Answer, Operation, object};
use serde_json::Value;

/// The operations of one resource: its path, its name in a sentence, its schema, the filters of its list.
macro_rules! resource {
    ($path:literal, $name:literal, $schema:literal, $input:literal, [$($filter:literal),*]) => {
        [
            Operation {
                method: "get",
                path: concat!("/api/v1/", $path),
                summary: concat!("List ", $path),
                query: &["name", $($filter,)* "limit", "cursor"],
                body: None,
                answer: Answer::List($schema),
            },
            Operation {
                method: "post",
                path: concat!("/api/v1/", $path),
                summary: concat!("Create ", $name),
                query: &[],
                body: Some($input),
                answer: Answer::One(201, $schema),
            },
            Operation {
                method: "get",
                path: concat!("/api/v1/", $path, "/{id}"),
                summary: concat!("Show ", $name),
                query: &[],
                body: None,
                answer: Answer::One(200, $schema),
            },
            Operation {
                method: "patch",
                path: concat!("/api/v1/", $path, "/{id}"),
                summary: concat!("Change the members given of ", $name, "; in force at once. Takes If-Match"),
                query: &[],
                body: Some($input),
                answer: Answer::One(200, $schema),
            },
            Operation {
                method: "delete",
                path: concat!("/api/v1/", $path, "/{id}"),
                summary: concat!("Remove ", $name, " that nothing refers to, or all of it with cascade. Takes If-Match"),
                query: &["cascade"],
                body: None,
                answer: Answer::Empty,
            },
        ]
    };
}

const RESOURCES: [[Operation; 5]; 7] = [
    resource!("organizations", "an organization", "Organization", "OrganizationInput", []),
    resource!("teams", "a team", "Team", "TeamInput", ["organization_id"]),
    resource!("projects", "a project", "Project", "ProjectInput", ["team_id"]),
    resource!(
        "users",
        "a user",
        "User",
        "UserInput",
        ["kind", "email", "member_of", "organization_id", "team_id", "project_id"]
    ),
    resource!("customers", "a customer", "Customer", "CustomerInput", ["organization_id", "team_id"]),
    resource!("tags", "a tag", "Tag", "TagInput", []),
    resource!("plans", "a plan", "Plan", "PlanInput", []),
];

/// All operations.
pub(super) const OPERATIONS: &[Operation] = RESOURCES.as_flattened();

/// Members of every resource, as they are shown and as they are given.
const SHOWN: [&str; 29] = [
    "id:string",
    "name:string",
    "models:array?",
    "endpoints:array?",
    "providers:array?",
    "max_output_tokens:integer?",
    "guardrails:array",
    "limits:Limits",
    "budget:BudgetState?",
    "budgets:[BudgetState]",
    "metadata:object",
    "allowed_ips:array?",
    "allowed_origins:array?",
    "hours:array",
    "required_metadata:array",
    "logging:string?",
    "cache:CacheRule?",
    "regions:array?",
    "max_input_tokens:integer?",
    "tools:array?",
    "denied_tools:array",
    "fallbacks:boolean",
    "parameters:object?",
    "deny_when:string?",
    "deny_message:string?",
    "revision:integer",
    "created_at:string",
    "updated_at:string",
    "requests_in_flight:integer?",
];
const GIVEN: [&str; 24] = [
    "name:string?",
    "models:array?",
    "endpoints:array?",
    "providers:array?",
    "max_output_tokens:integer?",
    "guardrails:array?",
    "limits:Limits?",
    "budget:BudgetInput?",
    "budgets:[BudgetInput]?",
    "metadata:object?",
    "allowed_ips:array?",
    "allowed_origins:array?",
    "hours:array?",
    "required_metadata:array?",
    "logging:string?",
    "cache:CacheRule?",
    "regions:array?",
    "max_input_tokens:integer?",
    "tools:array?",
    "denied_tools:array?",
    "fallbacks:boolean?",
    "parameters:object?",
    "deny_when:string?",
    "deny_message:string?",
];

/// The schemas.
pub(super) fn schemas() -> Vec<(String, Value)> {
    let held: [&str; 2] = ["plan_id:string?", "disabled:boolean?"];
    let resources: [(&str, &[&str]); 7] = [
        (
            "Organization",
            &["member_keys:boolean?", "record_retention_days:integer?", "body_retention_days:integer?"],
        ),
        ("Team", &["organization_id:string?", "member_keys:boolean?"]),
        ("Project", &["team_id:string?", "member_keys:boolean?"]),
        (
            "User",
            &[
                "kind:string?",
                "email:string?",
                "memberships:array?",
                "gateway_role:string?",
                "organization_id:string?",
                "team_id:string?",
                "project_id:string?",
            ],
        ),
        ("Customer", &["organization_id:string?", "team_id:string?"]),
        ("Tag", &[]),
        ("Plan", &[]),
    ];
    let both = resources.into_iter().flat_map(|(name, own)| {
        let held: &[&str] = if name == "Plan" { &[] } else { &held };
        let of = |members: &[&str]| object(&[members, held, own].concat());
        [(name.to_owned(), of(&SHOWN)), (format!("{name}Input"), of(&GIVEN))]
    });
    both.collect()
}

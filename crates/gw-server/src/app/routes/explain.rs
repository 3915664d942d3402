//! Where a request would go through a route, and why, in words. Serves the admin API and the command line. It must not
//! decide anything: the route stage does.

mod choices;

use bytes::Bytes;
use gw_ingress::context;
use gw_model::WireFormat;
use gw_model::routing::{Destination, Gate, GateLimit, GateUnit, Group, Strategy};
use gw_model::snapshot::Model;
use gw_model::{Micros, Refusal};
use gw_pipeline::{Live, Question, Simulated, Taken, simulate};
use gw_store::memory::{Gates, KeyEntry};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

/// A request that is thought of, as people write it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) format: Option<String>,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) key: Option<Arc<KeyEntry>>,
}

/// Why it cannot be said.
#[derive(Debug)]
pub(crate) enum ExplainError {
    /// There is no such wire format.
    Format(String),
    /// A header that is none.
    Header(String),
    /// The request itself is refused.
    Request(Refusal),
}

impl fmt::Display for ExplainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(name) => {
                let names: Vec<&str> = WireFormat::ALL.iter().map(|format| format.as_str()).collect();
                write!(f, "there is no format '{name}', known are {}", names.join(", "))
            }
            Self::Header(name) => write!(f, "'{name}' is no header that could be sent"),
            Self::Request(refusal) => f.write_str(&refusal.message),
        }
    }
}

impl std::error::Error for ExplainError {}

/// Says where the request would go: `{steps, choices, targets, refusal}`.
pub(crate) async fn explain(
    live: &Live,
    gates: &Gates,
    model: &Arc<Model>,
    asked: Asked,
    (now, seed): (Micros, u64),
) -> Result<Value, ExplainError> {
    let name = asked.format.as_deref().unwrap_or(WireFormat::OpenAiChat.as_str());
    let format = WireFormat::ALL.iter().copied().find(|format| format.as_str() == name);
    let format = format.ok_or_else(|| ExplainError::Format(name.to_owned()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &asked.headers {
        let pair = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::from_str(value).ok());
        let (header, value) = pair.ok_or_else(|| ExplainError::Header(name.clone()))?;
        headers.append(header, value);
    }
    let question = Question {
        format,
        body: Bytes::from(asked.body.to_string()),
        context: context::caller(&headers, true),
        key: asked.key,
        now,
        seed,
    };
    let found = simulate(live, gates, Arc::clone(model), &question).await.map_err(ExplainError::Request)?;
    let steps: Vec<Value> = found.steps.iter().map(|taken| step(model, &found, taken)).collect();
    let choices = choices::said(model, &found);
    let targets = found.targets.iter().filter_map(|index| model.targets.get(*index));
    let targets: Vec<Value> = targets
        .map(|target| json!({ "provider": &*target.provider.name, "model": &*target.model }))
        .collect();
    let refusal = found.refusal.map(|refusal| {
        json!({ "status": refusal.code.status(), "code": refusal.code.as_str(), "message": refusal.message })
    });
    Ok(json!({ "steps": steps, "choices": choices, "targets": targets, "refusal": refusal }))
}

fn step(model: &Model, found: &Simulated, taken: &Taken) -> Value {
    let (kind, reason) = find(&model.group, &taken.node).map_or_else(
        || ("end", "the request is refused here".to_owned()),
        |group| said(model, found, group, taken),
    );
    json!({ "node": &*taken.node, "type": kind, "reason": reason, "on_failure": taken.is_next })
}

/// The group that stands for a node; every group that does is alike.
fn find<'m>(group: &'m Group, node: &str) -> Option<&'m Group> {
    if group.node.as_deref() == Some(node) {
        return Some(group);
    }
    group.members.iter().find_map(|member| match &member.to {
        Destination::Group(inner) => find(inner, node),
        Destination::Target(_) | Destination::End(_) => None,
    })
}

/// What a node is, and why it led where it did.
fn said(model: &Model, found: &Simulated, group: &Group, taken: &Taken) -> (&'static str, String) {
    let first = group.members.first();
    let is_first = taken.member == 0;
    if let Some(when) = first.and_then(|member| member.when.as_ref()) {
        let does = if is_first { "holds" } else { "does not hold" };
        return ("condition", format!("the condition {does}: {}", when.source()));
    }
    if let Some(gate) = first.and_then(|member| member.gate.as_ref()) {
        return at_gate(gate, found, if is_first { "within" } else { "above" });
    }
    if let (Strategy::Sticky(by), true) = (&group.strategy, group.exclusive) {
        let weight = group.members.get(taken.member).map_or(0, |member| member.weight);
        let by = by.first().map_or("chance", |by| by.as_str());
        let reason = format!("branch {} with {weight} %, by {by}", taken.member + 1);
        return ("percentage", reason);
    }
    let name = match first.map(|member| &member.to) {
        Some(Destination::Target(index)) => {
            model.targets.get(*index).map(|target| format!("{}/{}", target.provider.name, target.model))
        }
        _ => None,
    };
    let reason = match (is_first, name) {
        (true, Some(name)) => format!("{name} is asked"),
        (true, None) => "the targets of its alias are asked".to_owned(),
        (false, _) => "what is next, when it fails".to_owned(),
    };
    ("model", reason)
}

/// What a gate is, and where it stands.
fn at_gate(gate: &Gate, found: &Simulated, where_to: &str) -> (&'static str, String) {
    match gate.limit {
        GateLimit::Rate { unit, max, per_seconds, .. } => {
            let what = match unit {
                GateUnit::Requests => "requests",
                GateUnit::Tokens => "tokens",
            };
            ("rate_limit", format!("{where_to} the limit of {max} {what} in {per_seconds} s"))
        }
        GateLimit::Budget { limit, period } => {
            let window = period.text();
            let known = found.budgets.iter().find(|(counter, _)| *counter == gate.counter);
            let stands = known.map_or_else(String::new, |(_, view)| {
                format!(": ${} spent, ${} held by calls in flight", view.spent, view.reserved)
            });
            ("budget_limit", format!("{where_to} the budget of ${limit} ({window}){stands}"))
        }
    }
}

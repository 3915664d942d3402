//! `gatewright keys update`: changes what is given of a key, and leaves the rest.

use super::{Which, show};
use crate::cli::client::Remote;
use crate::cli::{EXIT_USAGE, output};
use clap::Args;
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Arguments of `keys update`.
#[derive(Debug, Args)]
pub(super) struct UpdateArguments {
    #[command(flatten)]
    which: Which,
    /// Name, for people.
    #[arg(long)]
    name: Option<String>,
    /// Models that it may call, separated by commas: names, `provider/*`, or `*`.
    #[arg(long, value_delimiter = ',')]
    models: Vec<String>,
    /// Kinds of endpoints that it may use, separated by commas.
    #[arg(long, value_delimiter = ',')]
    endpoints: Vec<String>,
    /// Providers that its calls may go to, separated by commas.
    #[arg(long, value_delimiter = ',')]
    providers: Vec<String>,
    /// Requests per minute.
    #[arg(long)]
    rpm: Option<u64>,
    /// Tokens per minute.
    #[arg(long)]
    tpm: Option<u64>,
    /// Requests at the same time.
    #[arg(long)]
    max_parallel: Option<u32>,
    /// Hard budget in US dollars. Not for a key with several.
    #[arg(long)]
    budget_usd: Option<String>,
    /// Over what time: day, week, month or total.
    #[arg(long)]
    budget_period: Option<String>,
    /// What becomes of its calls when there is not room for all: low, normal or high.
    #[arg(long)]
    priority: Option<String>,
    /// When it expires, as `2027-01-31T00:00:00Z`.
    #[arg(long)]
    expires_at: Option<String>,
    /// Team.
    #[arg(long)]
    team_id: Option<String>,
    /// Project.
    #[arg(long)]
    project_id: Option<String>,
    /// User or service account whose it is (`user_...`).
    #[arg(long)]
    user_id: Option<String>,
    /// Plan that it has (`plan_...`).
    #[arg(long)]
    plan_id: Option<String>,
    /// Addresses that its calls may come from, separated by commas, as `192.0.2.7` or `10.0.0.0/8`.
    #[arg(long, value_delimiter = ',')]
    allowed_ips: Vec<String>,
    /// Origins of web pages from which browsers may call with it, separated by commas, as `https://app.example`.
    #[arg(long, value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// Members that the metadata of its calls must have, separated by commas.
    #[arg(long, value_delimiter = ',')]
    required_metadata: Vec<String>,
    /// Guardrails of its calls, separated by commas.
    #[arg(long, value_delimiter = ',')]
    guardrails: Vec<String>,
    /// What to take away, separated by commas: members as the API names them, as `expires_at,budget,limits.rpm`.
    #[arg(long, value_delimiter = ',', value_name = "MEMBERS")]
    clear: Vec<String>,
}

impl UpdateArguments {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let lists = [
            ("models", &self.models),
            ("endpoints", &self.endpoints),
            ("providers", &self.providers),
            ("allowed_ips", &self.allowed_ips),
            ("allowed_origins", &self.allowed_origins),
            ("required_metadata", &self.required_metadata),
            ("guardrails", &self.guardrails),
        ];
        for (name, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
            body.insert(name.to_owned(), json!(values));
        }
        let texts = [
            ("name", &self.name),
            ("priority", &self.priority),
            ("expires_at", &self.expires_at),
            ("team_id", &self.team_id),
            ("project_id", &self.project_id),
            ("user_id", &self.user_id),
            ("plan_id", &self.plan_id),
        ];
        put(&mut body, texts.map(|(name, value)| (name, value.as_ref().map(|value| json!(value)))));
        let mut limits = Map::new();
        let numbers = [
            ("rpm", self.rpm.map(Value::from)),
            ("tpm", self.tpm.map(Value::from)),
            ("max_parallel", self.max_parallel.map(Value::from)),
        ];
        put(&mut limits, numbers);
        let mut budget = Map::new();
        let texts = [("limit_usd", &self.budget_usd), ("period", &self.budget_period)];
        put(&mut budget, texts.map(|(name, value)| (name, value.as_ref().map(|value| json!(value)))));
        for member in &self.clear {
            match member.split_once('.') {
                // Null lifts one limit, and leaves the others.
                Some(("limits", limit)) => limits.insert(limit.to_owned(), Value::Null),
                _ => body.insert(member.clone(), Value::Null),
            };
        }
        for (name, members) in [("limits", limits), ("budget", budget)] {
            if !members.is_empty() {
                body.insert(name.to_owned(), Value::Object(members));
            }
        }
        Value::Object(body)
    }
}

/// Puts what is given.
fn put<const N: usize>(to: &mut Map<String, Value>, members: [(&str, Option<Value>); N]) {
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    to.extend(given);
}

/// Runs the command. Errors: it is over, with that exit code.
pub(super) fn run(remote: &Remote, arguments: &UpdateArguments) -> Result<ExitCode, ExitCode> {
    let body = arguments.body();
    if body.as_object().is_none_or(Map::is_empty) {
        output::note(
            "gatewright: nothing to change: give what is to be another, as --rpm 60 or --clear expires_at",
        );
        return Err(ExitCode::from(EXIT_USAGE));
    }
    let path = arguments.which.path(remote)?;
    Ok(remote.ask_and_print(Method::PATCH, &path, Some(&body), show))
}

//! What a key may do and how much, as arguments of the commands that make and change keys.

use clap::Args;
use serde_json::{Map, Value, json};

/// See the module. What is not given is left as it is, or out.
#[derive(Debug, Args)]
pub(super) struct PolicyArguments {
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
    /// Hard budget in US dollars. Not for a key that has several.
    #[arg(long)]
    budget_usd: Option<String>,
    /// Over what time: day, week, month or total; of a new key's budget a month, when not given.
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
}

impl PolicyArguments {
    /// As the admin API takes it.
    pub(super) fn body(&self) -> Map<String, Value> {
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
        let text = |value: &Option<String>| value.as_ref().map(|value| json!(value));
        let texts = [
            ("priority", &self.priority),
            ("expires_at", &self.expires_at),
            ("team_id", &self.team_id),
            ("project_id", &self.project_id),
            ("user_id", &self.user_id),
            ("plan_id", &self.plan_id),
        ];
        body.extend(given(texts.map(|(name, value)| (name, text(value)))));
        let limits = given([
            ("rpm", self.rpm.map(Value::from)),
            ("tpm", self.tpm.map(Value::from)),
            ("max_parallel", self.max_parallel.map(Value::from)),
        ]);
        let budget = given([("limit_usd", text(&self.budget_usd)), ("period", text(&self.budget_period))]);
        for (name, members) in [("limits", limits), ("budget", budget)] {
            if !members.is_empty() {
                body.insert(name.to_owned(), Value::Object(members));
            }
        }
        body
    }
}

/// What is given of some members.
fn given<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

//! The configuration of the gateway under drill: a provider for each target, and the alias with the scenario's own
//! settings passed through as they are. Each of their words stands on a line of its own, so that a fault that the
//! gateway's reader finds is told at its place in the scenario.

use crate::scenario::{Address, Kind, Node, Scenario, ScenarioFaults};
use gw_config::document::Scalar;
use gw_config::{Place, Source};
use gw_model::catalog::Catalog;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// The alias that callers name.
pub(crate) const ALIAS: &str = "drill";

/// What a million input tokens cost at every target, in US dollars; thousand nano-dollars a token.
const INPUT_USD: u64 = 1;
/// The same for output tokens.
const OUTPUT_USD: u64 = 2;

/// The price of these tokens in nano-dollars.
pub(crate) const fn price_nanousd(input_tokens: u64, output_tokens: u64) -> u64 {
    (input_tokens * INPUT_USD + output_tokens * OUTPUT_USD) * 1000
}

/// The model's name at a target.
pub(crate) fn model_at(target: &str) -> String {
    format!("model-of-{target}")
}

/// Lines and the places in the scenario that they come from.
#[derive(Default)]
struct Lines {
    text: String,
    places: Vec<Place>,
}

impl Lines {
    fn push(&mut self, text: &str, place: Place) {
        self.text.push_str(text);
        self.text.push('\n');
        self.places.push(place);
    }

    /// A value with each of its words on a line of its own.
    fn value(&mut self, node: &Node) {
        match &node.kind {
            Kind::Scalar(Scalar { text, plain, .. }) => self.push(&scalar(text, *plain), node.place),
            Kind::Broken => {}
            Kind::List(items) => {
                self.push("[", node.place);
                for item in items {
                    self.value(item);
                    self.push(",", item.place);
                }
                self.push("]", node.place);
            }
            Kind::Map(_) => {
                self.push("{", node.place);
                self.members(node);
                self.push("}", node.place);
            }
        }
    }

    /// The members of a block, each followed by a comma.
    fn members(&mut self, node: &Node) {
        let Kind::Map(entries) = &node.kind else { return };
        for (key, value) in entries {
            self.push(&format!("{}:", Value::from(key.text.as_str())), key.place);
            self.value(value);
            self.push(",", value.place);
        }
    }
}

/// A scalar as the gateway's reader takes it: without quotes it may be a number, quoted it is a text.
fn scalar(text: &str, plain: bool) -> String {
    let is_word =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+~".contains(&b));
    if plain && (is_word || text.is_empty()) {
        return if text.is_empty() { "null".to_owned() } else { text.to_owned() };
    }
    Value::from(text).to_string()
}

/// The configuration, with one address for each target, and where gateways tell each other of them.
pub(crate) fn text(scenario: &Scenario, addresses: &[SocketAddr], redis: Option<&str>) -> String {
    let mut lines = lines(scenario, addresses);
    if let Some(url) = redis {
        lines.text = lines.text.replacen('{', &format!("{{ redis_url: {},", Value::from(url)), 1);
    }
    lines.text
}

fn lines(scenario: &Scenario, addresses: &[SocketAddr]) -> Lines {
    let mut lines = Lines::default();
    lines.push("{ providers: {", Place::NONE);
    for (target, address) in scenario.targets.iter().zip(addresses) {
        let base_url = match target.address {
            Address::Right => format!("http://{address}/v1"),
            Address::Unresolvable => format!("http://{}.drill.invalid/v1", target.name),
            Address::NotTls => format!("https://{address}/v1"),
        };
        let prices = json!({
            "input_usd_per_million_tokens": INPUT_USD, "output_usd_per_million_tokens": OUTPUT_USD,
            "max_output_tokens": 4096
        });
        let provider = json!({
            "kind": "openai-compatible", "base_url": base_url, "api_key": "drill",
            "models": { model_at(&target.name): prices }
        });
        lines.push(&format!("{}: {provider},", Value::from(target.name.as_str())), Place::NONE);
    }
    lines.push(&format!("}}, models: {{ {ALIAS}: {{ targets: ["), Place::NONE);
    for target in &scenario.targets {
        let mut entry =
            json!({ "provider": target.name, "model": model_at(&target.name), "weight": target.weight });
        if let Some(most) = target.max_parallel {
            entry["capacity"] = json!({ "max_parallel": most });
        }
        lines.push(&format!("{entry},"), Place::NONE);
    }
    lines.push("],", Place::NONE);
    if let Some(alias) = &scenario.alias {
        lines.members(alias);
    }
    lines.push("} },", Place::NONE);
    if let Some(gateway) = &scenario.gateway {
        lines.members(gateway);
    }
    lines.push("}", Place::NONE);
    lines
}

/// Notes what the gateway would not take.
pub(crate) fn check(scenario: &Scenario, catalog: &Arc<dyn Catalog>, faults: &mut ScenarioFaults) {
    let own = [
        (&scenario.alias, "alias", &["targets"][..]),
        (&scenario.gateway, "gateway", &["providers", "models", "listen"][..]),
    ];
    for (node, name, taken) in own {
        let Some(node) = node else { continue };
        let Kind::Map(entries) = &node.kind else {
            faults.add(node.place, format!("'{name}' must be a block of settings"));
            return;
        };
        for (key, _) in entries.iter().filter(|(key, _)| taken.contains(&key.text.as_str())) {
            let what =
                format!("'{}' does not stand in '{name}': the drill writes it from `targets`", key.text);
            faults.add(key.place, what);
        }
    }
    if !faults.0.is_empty() {
        return;
    }
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let lines = lines(scenario, &vec![nowhere; scenario.targets.len()]);
    // The gateway under drill has no environment either.
    let env: BTreeMap<String, String> = BTreeMap::new();
    let compiled = gw_config::load(Source { name: "", text: &lines.text }, &env)
        .and_then(|settings| gw_config::compile(&settings, Arc::clone(catalog), 1));
    let Err(errors) = compiled else { return };
    for fault in errors.faults {
        let line = usize::try_from(fault.place.line).unwrap_or(0).saturating_sub(1);
        let place = lines.places.get(line).copied().unwrap_or(Place::NONE);
        faults.add(place, format!("the gateway says: {}", fault.message));
    }
}

#[cfg(test)]
mod tests;

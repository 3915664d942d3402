//! A guardrail of the configuration file with its members as they count, under the names that they have in the file: what
//! nobody wrote stands there with what counts in its place. Never a secret, but where there is one.

use super::sides;
use gw_model::guardrail::{
    AskSpec, Asked, CheckSpec, GuardrailSpec, Host, LocalModel, Speaker, Speakers, Threshold, Topics,
};
use gw_model::routing::EmbedderName;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most terms that are shown: a file may have a hundred thousand.
const MAX_TERMS: usize = 100;

/// Its members, and where its secrets stand as JSON pointers.
pub(super) fn of(spec: &GuardrailSpec) -> (Map<String, Value>, Vec<&'static str>) {
    let speakers = Speaker::ALL.into_iter().filter(|speaker| spec.speakers.names(*speaker));
    let speakers: Vec<&str> = speakers.map(Speaker::as_str).collect();
    let mut all = json!({
        "kind": spec.check.kind(),
        "on": sides(spec),
        "action": spec.action.as_str(),
        "mandatory": spec.mandatory,
        "default": spec.by_default,
        "shadow": spec.shadow,
        "sample_percent": spec.sample_permille / 10,
        "speakers": (spec.speakers != Speakers::ALL).then_some(speakers),
        "message": spec.message,
        "refusal": spec.refusal,
        "repair": spec.repairs.then_some(true),
        "to": spec.to,
        "replacement": spec.replacement,
        "on_unchecked": if spec.pass_unchecked { "pass" } else { "block" },
    });
    let (own, mut secrets) = of_check(&spec.check);
    if let (Value::Object(all), Value::Object(own)) = (&mut all, own) {
        all.extend(own);
        all.retain(|_, value| !value.is_null());
        // What stands in the query of an address may be a credential.
        let query = all.get_mut("url").and_then(|url| {
            let (address, _) = url.as_str()?.split_once('?')?;
            *url = address.into();
            Some("/url")
        });
        secrets.extend(query);
        return (std::mem::take(all), secrets);
    }
    (Map::new(), secrets)
}

fn of_check(check: &CheckSpec) -> (Value, Vec<&'static str>) {
    let own = match check {
        CheckSpec::Pii { entities } => json!({ "entities": listed(entities) }),
        CheckSpec::Secrets { entropy } => json!({ "entropy": entropy }),
        CheckSpec::Injection { min_score } => json!({ "min_score": min_score }),
        CheckSpec::Regex { patterns, max_match_bytes } => {
            json!({ "patterns": patterns, "max_match_bytes": max_match_bytes })
        }
        CheckSpec::Keywords { terms, case_sensitive, whole_words } => json!({
            "terms": terms.iter().take(MAX_TERMS).collect::<Vec<_>>(),
            "terms_count": terms.len(),
            "case_sensitive": case_sensitive,
            "whole_words": whole_words,
        }),
        CheckSpec::Length(spec) => {
            json!({ "min_chars": spec.min_chars, "max_chars": spec.max_chars, "max_words": spec.max_words })
        }
        CheckSpec::JsonSchema { schema } => json!({ "schema": schema }),
        CheckSpec::Urls { allow, deny } => json!({ "allow": listed(allow), "deny": listed(deny) }),
        CheckSpec::Language { allow } => json!({ "allow": allow }),
        CheckSpec::Code { languages } => json!({ "languages": listed(languages) }),
        CheckSpec::Expression(expression) => json!({ "expression": expression.0.source() }),
        CheckSpec::InvisibleText | CheckSpec::Refusal => json!({}),
        CheckSpec::Asked(ask) => return of_question(ask),
    };
    (own, Vec::new())
}

fn of_question(ask: &AskSpec) -> (Value, Vec<&'static str>) {
    let mut secrets = Vec::new();
    let mut own = who(&ask.who);
    own["timeout_ms"] = ask.timeout_ms.into();
    own["on_error"] = if ask.is_open { "open" } else { "closed" }.into();
    own["parallel"] = ask.is_parallel.into();
    own["max_parallel"] = ask.max_parallel.into();
    own["max_text_bytes"] = ask.max_text_bytes.into();
    if let Some(Host { url, api_key, ca_file }) = ask.who.host() {
        own["url"] = json!(url);
        own["ca_file"] = json!(ca_file);
        secrets.extend(api_key.as_ref().map(|_| "/api_key"));
    }
    match &ask.who {
        Asked::Webhook { secret: Some(_), .. } => secrets.push("/secret"),
        // What a plugin is told may be a credential.
        Asked::Plugin { .. } => secrets.push("/settings"),
        _ => {}
    }
    (own, secrets)
}

/// What is said of whom it asks, but the host.
fn who(who: &Asked) -> Value {
    match who {
        Asked::Webhook { .. } => json!({}),
        Asked::Moderation { model, thresholds, .. } => {
            let shares = numbers(thresholds, |from| json!(f64::from(from) / 1000.0));
            json!({ "model": model, "thresholds": shares })
        }
        Asked::Judge { model, rule } => json!({ "model": model, "rule": rule }),
        Asked::LlamaGuard { model, categories } => {
            json!({ "model": model, "categories": listed(categories) })
        }
        Asked::Presidio { language, entities, min_score_permille, .. } => json!({
            "language": language,
            "entities": listed(entities),
            "min_score": min_score_permille / 10,
        }),
        Asked::AzureContentSafety { thresholds, blocklists, .. } => json!({
            "severities": numbers(thresholds, Value::from),
            "blocklists": listed(blocklists),
        }),
        Asked::Bedrock { provider, id, version } => {
            json!({ "provider": provider, "guardrail_id": id, "guardrail_version": version })
        }
        Asked::Lakera { project, .. } => json!({ "project": project }),
        Asked::Topics(topics) => of_topics(topics),
        Asked::Entities { model, entities, min_score } => {
            with_model(model, json!({ "entities": listed(entities), "min_score": min_score }))
        }
        Asked::Classifier { model, labels, min_score } => {
            with_model(model, json!({ "labels": labels, "min_score": min_score }))
        }
        Asked::Plugin { file, max_memory_bytes, max_fuel, .. } => json!({
            "file": file,
            "max_memory_mb": max_memory_bytes >> 20,
            "max_fuel": max_fuel,
        }),
    }
}

fn with_model(model: &LocalModel, mut own: Value) -> Value {
    own["model_dir"] = json!(model.folder);
    own["precision"] = if model.int8 { "int8" } else { "f32" }.into();
    own["threads"] = model.threads.into();
    own
}

fn of_topics(topics: &Topics) -> Value {
    let named = |is_allowed: bool| {
        let names = topics.list.iter().filter(|topic| topic.is_allowed == is_allowed);
        let names: Vec<&Arc<str>> = names.map(|topic| &topic.name).collect();
        (!names.is_empty()).then_some(names)
    };
    let examples: BTreeMap<&str, &[Arc<str>]> =
        topics.list.iter().map(|topic| (&*topic.name, &*topic.examples)).collect();
    let embedder = match &topics.embedder {
        EmbedderName::Local => "local",
        EmbedderName::Model(name) => name,
    };
    json!({
        "topics": examples,
        "allow": named(true),
        "deny": named(false),
        "similarity": f64::from(topics.threshold_permille) / 1000.0,
        "embeddings": embedder,
    })
}

fn numbers(thresholds: &[Threshold], shown: impl Fn(u32) -> Value) -> Option<BTreeMap<&str, Value>> {
    let named = || thresholds.iter().map(|one| (&*one.category, shown(one.from))).collect();
    (!thresholds.is_empty()).then(named)
}

/// An empty list is one that nobody wrote: all count.
fn listed(list: &[Arc<str>]) -> Option<&[Arc<str>]> {
    (!list.is_empty()).then_some(list)
}

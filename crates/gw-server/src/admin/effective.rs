//! `GET /api/v1/keys/{id}/effective`: what holds for the calls of a key, value by value: everything that was looked at, and
//! what of it decides. It must not decide anything itself: it shows what the request path asks.

mod parameters;
mod usable;

use super::account_input::UserKind;
use super::{access, limits};
use gw_model::access::{Access, CallRules};
use gw_model::limits::{Budget, Limits};
use gw_model::principal::model_matches;
use gw_model::{Endpoint, Level, Micros, time};
use gw_store::memory::{Account, KeyEntry, Rules, Tally};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Something that restricts or counts the calls of the key.
struct Source<'a> {
    /// Who: `{level, id, name}`, and the plan where it comes from one.
    from: Value,
    models: Option<Vec<String>>,
    endpoints: Option<Vec<Endpoint>>,
    providers: Option<Vec<String>>,
    max_output_tokens: Option<u64>,
    guardrails: Vec<String>,
    access: Option<Box<Access>>,
    limits: Limits,
    budgets: Vec<Budget>,
    tally: &'a Tally,
}

impl Source<'_> {
    fn calls(&self) -> CallRules {
        of_calls(self.access.as_deref())
    }
}

fn of_calls(access: Option<&Access>) -> CallRules {
    access.map(|access| access.calls.clone()).unwrap_or_default()
}

/// What of an account whoever asks may be told.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// What it is called.
    pub(super) name: bool,
    /// Its budgets, and what was spent.
    pub(super) budgets: bool,
}

/// See the module. `beside` are the customer and the tags that the calls name. What an account does to the key's calls is shown in any
/// case.
pub(super) fn explain(
    entry: &KeyEntry,
    beside: &[Arc<Account>],
    now: Micros,
    may_tell: impl Fn(&Account) -> Told,
) -> Value {
    let counting = entry.above().iter().chain(beside);
    let versions: Vec<_> = counting.map(|account| (account, account.version())).collect();
    let of_key = json!({ "level": Level::Key.as_str(), "id": entry.id.to_string(), "name": &*entry.name });
    let mut sources = vec![of_key_itself(entry, of_key.clone())];
    sources.extend(entry.plan().map(|plan| of_plan(plan, of_key.clone(), &entry.tally)));
    let unusable = usable::reasons(entry, beside, &of_key, now, |account| {
        let told = may_tell(account);
        (named(account, &account.version().name, told), told)
    });
    let mut belongs_to = Vec::with_capacity(versions.len());
    for (account, version) in &versions {
        let told = may_tell(account);
        let name = named(account, &version.name, told);
        belongs_to.push(name.clone());
        let own = of_account(account, name.clone(), account.tally());
        let of_plan = version.plan().map(|plan| of_plan(plan, name, account.tally()));
        for mut source in [Some(own), of_plan].into_iter().flatten() {
            if !told.budgets {
                source.budgets.clear();
            }
            sources.push(source);
        }
    }
    let mut all = json!({
        "key_id": entry.id.to_string(),
        "belongs_to": belongs_to,
        "usable": unusable.is_empty(),
        "unusable_because": unusable,
        "models": patterns(&sources, |source| source.models.clone()),
        "endpoints": names(&sources, |source| {
            source.endpoints.as_ref().map(|list| list.iter().map(|e| e.as_str().to_owned()).collect())
        }),
        "providers": names(&sources, |source| source.providers.clone()),
        "max_output_tokens": least(&sources, |source| source.max_output_tokens),
        "regions": names(&sources, |source| source.calls().regions),
        "max_input_tokens": least(&sources, |source| source.calls().max_input_tokens),
        "tools": patterns(&sources, |source| source.calls().tools),
        "denied_tools": union(&sources, |source| source.calls().denied_tools),
        "fallbacks": fallbacks(&sources),
        "parameters": parameters::explain(&sources),
        "deny_when": each(&sources, |access| {
            let rule = access.calls.deny.as_ref()?;
            Some(json!({ "condition": rule.when, "message": rule.message }))
        }),
        "guardrails": guardrails(&sources),
        "allowed_ips": each(&sources, |access| {
            (!access.allowed_ips.is_empty()).then(|| json!(access.allowed_ips))
        }),
        "allowed_origins": each(&sources, |access| {
            (!access.allowed_origins.is_empty()).then(|| json!(access.allowed_origins))
        }),
        "hours": each(&sources, |access| {
            (!access.hours.is_empty()).then(|| access::hours_shown(access).into())
        }),
        "required_metadata": union(&sources, |source| {
            source.access.as_ref().map(|access| access.required_metadata.clone()).unwrap_or_default()
        }),
        "logging": each(&sources, |access| access.logging.map(|logging| logging.as_str().into())),
        "cache": each(&sources, |access| access.cache.map(|rule| json!(rule))),
        "limits": all_limits(&sources),
        "budgets": all_budgets(&sources, now),
    });
    for (name, value) in of_key_alone(entry) {
        all[name] = json!({ "effective": value, "from": of_key });
    }
    all
}

fn of_key_itself(entry: &KeyEntry, from: Value) -> Source<'_> {
    let calls = of_calls(entry.policy.access.as_deref());
    Source {
        from,
        models: Some(entry.policy.models.clone()),
        endpoints: Some(Endpoint::ALL.iter().copied().filter(|e| entry.policy.allows_endpoint(*e)).collect()),
        providers: calls.providers,
        max_output_tokens: calls.max_output_tokens,
        guardrails: entry.policy.guardrails.clone(),
        access: entry.policy.access.clone(),
        limits: entry.policy.limits.clone(),
        budgets: entry.policy.budgets.clone(),
        tally: &entry.tally,
    }
}

/// What only the key itself says.
fn of_key_alone(entry: &KeyEntry) -> [(&'static str, Value); 3] {
    [
        ("priority", entry.policy.priority.as_str().into()),
        ("expires_at", json!(entry.expires_at.map(time::format))),
        ("credentials", json!(entry.policy.credentials)),
    ]
}

/// An account, as far as whoever asks may be told who it is.
fn named(account: &Account, name: &str, told: Told) -> Value {
    let level = account.id.level.as_str();
    let mut named = match told.name {
        true => json!({ "level": level, "id": account.id.to_string(), "name": name }),
        false => json!({ "level": level }),
    };
    if account.id.level == Level::User && account.parent.is_some() {
        named["kind"] = UserKind::Service.as_str().into();
    }
    named
}

fn of_account<'a>(account: &Arc<Account>, from: Value, tally: &'a Tally) -> Source<'a> {
    let policy = account.version().policy.clone();
    Source {
        from,
        models: policy.models,
        endpoints: policy.endpoints,
        providers: policy.providers,
        max_output_tokens: policy.max_output_tokens,
        guardrails: policy.guardrails,
        access: policy.access,
        limits: policy.limits,
        budgets: policy.budgets,
        tally,
    }
}

/// What a plan says is counted at whoever has it.
fn of_plan<'a>(plan: &Arc<Account>, mut holder: Value, tally: &'a Tally) -> Source<'a> {
    holder["plan"] = json!({ "id": plan.id.to_string(), "name": &*plan.version().name });
    of_account(plan, holder, tally)
}

/// Patterns that every list covers. Two patterns overlap where one of them covers the other, and then in that.
fn patterns(sources: &[Source<'_>], value: impl Fn(&Source<'_>) -> Option<Vec<String>>) -> Value {
    combine(sources, value, |known, list| {
        let both = |a: &String, b: &String| match (model_matches(a, b), model_matches(b, a)) {
            (true, _) => Some(b.clone()),
            (_, true) => Some(a.clone()),
            _ => None,
        };
        let mut found: Vec<String> =
            known.iter().flat_map(|a| list.iter().filter_map(move |b| both(a, b))).collect();
        found.sort();
        found.dedup();
        found
    })
}

fn names(sources: &[Source<'_>], value: impl Fn(&Source<'_>) -> Option<Vec<String>>) -> Value {
    let within = |known: &[String], list: &[String]| {
        known.iter().filter(|name| list.contains(name)).cloned().collect()
    };
    combine(sources, value, within)
}

/// What all lists allow together, and which of them took something away. `effective` is null where there is no list.
fn combine(
    sources: &[Source<'_>],
    value: impl Fn(&Source<'_>) -> Option<Vec<String>>,
    both: impl Fn(&[String], &[String]) -> Vec<String>,
) -> Value {
    let mut effective: Option<Vec<String>> = None;
    let (mut from, mut considered) = (Vec::new(), Vec::new());
    for source in sources {
        let list = value(source);
        considered.push(json!({ "from": source.from, "value": list }));
        let Some(list) = list else { continue };
        let next = effective.as_ref().map_or_else(|| list.clone(), |known| both(known, &list));
        if effective.as_ref() != Some(&next) {
            from.push(source.from.clone());
        }
        effective = Some(next);
    }
    json!({ "effective": effective, "from": from, "considered": considered })
}

/// What each asks for: a call must be within all of them.
fn each(sources: &[Source<'_>], value: impl Fn(&Access) -> Option<Value>) -> Vec<Value> {
    let of = |source: &Source<'_>| {
        let value = source.access.as_deref().and_then(&value)?;
        Some(json!({ "from": source.from, "value": value }))
    };
    sources.iter().filter_map(of).collect()
}

/// All names that anything says.
fn union(sources: &[Source<'_>], value: impl Fn(&Source<'_>) -> Vec<String>) -> Value {
    let (mut effective, mut from, mut considered) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources {
        let names = value(source);
        if source.access.is_some() {
            considered.push(json!({ "from": source.from, "value": names }));
        }
        if !names.is_empty() {
            from.push(source.from.clone());
            effective.extend(names);
        }
    }
    effective.sort();
    effective.dedup();
    json!({ "effective": effective, "from": from, "considered": considered })
}

/// All that anything names.
fn guardrails(sources: &[Source<'_>]) -> Value {
    let named = || sources.iter().filter(|source| !source.guardrails.is_empty());
    let mut effective: Vec<&String> = named().flat_map(|source| &source.guardrails).collect();
    effective.sort();
    effective.dedup();
    let from: Vec<&Value> = named().map(|source| &source.from).collect();
    let considered: Vec<Value> =
        named().map(|source| json!({ "from": source.from, "value": source.guardrails })).collect();
    json!({ "effective": effective, "from": from, "considered": considered })
}

/// Whether other targets than the first may be asked: not where anything says no.
fn fallbacks(sources: &[Source<'_>]) -> Value {
    let deny = sources.iter().filter(|source| source.calls().no_fallbacks);
    let from: Vec<Value> = deny.map(|source| source.from.clone()).collect();
    let considered: Vec<Value> =
        sources.iter().map(|s| json!({ "from": s.from, "value": !s.calls().no_fallbacks })).collect();
    json!({ "effective": from.is_empty(), "from": from, "considered": considered })
}

fn least(sources: &[Source<'_>], value: impl Fn(&Source<'_>) -> Option<u64>) -> Value {
    let given = sources.iter().filter_map(|source| Some((value(source)?, &source.from)));
    let least = given.min_by_key(|(most, _)| *most);
    let considered: Vec<Value> =
        sources.iter().map(|source| json!({ "from": source.from, "value": value(source) })).collect();
    json!({
        "effective": least.map(|(most, _)| most),
        "from": least.map(|(_, from)| from),
        "considered": considered,
    })
}

/// All limits are in force beside each other; of those that count the same, the smallest is what is felt first.
fn all_limits(sources: &[Source<'_>]) -> Vec<Value> {
    let mut rows: Vec<(Value, Vec<(u64, Value)>)> = Vec::new();
    for source in sources {
        for limit in source.limits.list() {
            let what = json!({
                "unit": limit.unit.as_str(), "per_seconds": limit.per_seconds, "models": limit.models,
                "providers": limit.providers, "shadow": limit.shadow,
            });
            let one = Limits { more: vec![limit.clone()], ..Limits::default() };
            let shown = limits::shown(&one)["more"][0].take();
            let row = (limit.max, json!({ "from": source.from, "value": shown }));
            match rows.iter_mut().find(|(known, _)| *known == what) {
                Some((_, list)) => list.push(row),
                None => rows.push((what, vec![row])),
            }
        }
    }
    rows.into_iter().map(|(what, list)| grouped(what, list)).collect()
}

/// As limits; of budgets over the same time, the one with the least left is felt first.
fn all_budgets(sources: &[Source<'_>], now: Micros) -> Vec<Value> {
    let mut rows: Vec<(Value, Vec<(u64, Value)>)> = Vec::new();
    for source in sources {
        let rules = Rules::new(&Limits::default(), source.budgets.clone());
        let views = source.tally.budget_views(&rules, now);
        let shown = limits::budgets_shown(source.tally, &rules, now);
        for (view, shown) in views.into_iter().zip(shown) {
            let part = |name: &str| shown.get(name).cloned().unwrap_or_default();
            let what = json!({
                "period": part("period"), "time_zone": part("time_zone"), "shadow": part("shadow"),
            });
            let left = view.limit.minus(view.spent).minus(view.reserved);
            let row = (left.0, json!({ "from": source.from, "value": Value::Object(shown) }));
            match rows.iter_mut().find(|(known, _)| *known == what) {
                Some((_, list)) => list.push(row),
                None => rows.push((what, vec![row])),
            }
        }
    }
    rows.into_iter().map(|(what, list)| grouped(what, list)).collect()
}

fn grouped(what: Value, list: Vec<(u64, Value)>) -> Value {
    let mut row = match what {
        Value::Object(row) => row,
        _ => Map::new(),
    };
    let least = list.iter().min_by_key(|(amount, _)| *amount).map(|(_, row)| row.clone()).unwrap_or_default();
    row.insert("effective".to_owned(), least["value"].clone());
    row.insert("from".to_owned(), least["from"].clone());
    row.insert("considered".to_owned(), list.into_iter().map(|(_, row)| row).collect());
    Value::Object(row)
}

#[cfg(test)]
mod tests;

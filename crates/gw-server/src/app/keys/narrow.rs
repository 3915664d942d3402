//! Does a change of a key only narrow what it may do? Pure. It must not know who asks.

use gw_model::access::{Access, CallRules, ParameterRules};
use gw_model::limits::{Budget, Limits};
use gw_model::principal::model_matches;
use gw_model::{Endpoint, KeyPolicy};

/// The first field in which a key may do more afterwards, or counts elsewhere.
pub(super) fn lifted(before: &KeyPolicy, after: &KeyPolicy) -> Option<&'static str> {
    let lost = |(name, text): (&String, &String)| after.metadata.get(name) != Some(text);
    let fields = [
        ("disabled", before.disabled && !after.disabled),
        ("expires_at", is_more(before.expires_at, after.expires_at)),
        ("team_id", after.team_id != before.team_id),
        ("project_id", after.project_id != before.project_id),
        ("user_id", after.user_id != before.user_id),
        ("models", !after.models.iter().all(|pattern| is_covered(&before.models, pattern))),
        ("endpoints", more_endpoints(before, after)),
        ("limits", more_limits(&before.limits, &after.limits)),
        ("budgets", more_budgets(&before.budgets, &after.budgets)),
        ("priority", after.priority > before.priority),
        ("metadata", before.metadata.iter().any(lost)),
    ];
    let found = fields.into_iter().find(|(_, is_lifted)| *is_lifted).map(|(field, _)| field);
    found.or_else(|| more_access(before.access.as_deref(), after.access.as_deref()))
}

/// `None` is without end.
fn is_more<T: PartialOrd>(before: Option<T>, after: Option<T>) -> bool {
    match (before, after) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => after > before,
    }
}

/// Is whatever a pattern covers covered by one of these? A pattern as a name is covered by those that cover all of it.
fn is_covered(patterns: &[String], pattern: &str) -> bool {
    patterns.iter().any(|known| model_matches(known, pattern))
}

fn more_endpoints(before: &KeyPolicy, after: &KeyPolicy) -> bool {
    match (&before.endpoints, &after.endpoints) {
        (None, None) => false,
        (None, Some(list)) => list.contains(&Endpoint::Passthrough),
        (Some(_), None) => true,
        (Some(before), Some(after)) => !after.iter().all(|endpoint| before.contains(endpoint)),
    }
}

fn more_limits(before: &Limits, after: &Limits) -> bool {
    let more = is_more(before.rpm, after.rpm)
        || is_more(before.tpm, after.tpm)
        || is_more(before.max_parallel, after.max_parallel);
    let has_named = before.rpm.or(before.tpm).is_some() || before.max_parallel.is_some();
    let how = |limits: &Limits| (limits.kind, limits.burst, limits.sharing);
    let is_kept = |limit| after.more.contains(limit);
    more || (has_named && how(before) != how(after)) || !before.more.iter().all(is_kept)
}

/// Each has to be there still, for no more dollars.
fn more_budgets(before: &[Budget], after: &[Budget]) -> bool {
    let is_kept = |old: &Budget| {
        after.iter().any(|new| new.limit <= old.limit && Budget { limit: old.limit, ..new.clone() } == *old)
    };
    !before.iter().all(is_kept)
}

fn more_access(before: Option<&Access>, after: Option<&Access>) -> Option<&'static str> {
    let before = before?;
    let none = Access::default();
    let after = after.unwrap_or(&none);
    let fewer_ips = !after.allowed_ips.is_empty()
        && after.allowed_ips.iter().all(|block| before.allowed_ips.contains(block));
    let fewer_origins = !after.allowed_origins.is_empty()
        && after.allowed_origins.iter().all(|origin| before.allowed_origins.contains(origin));
    let is_kept = |name| after.required_metadata.contains(name);
    let fields = [
        ("allowed_ips", !before.allowed_ips.is_empty() && !fewer_ips),
        ("allowed_origins", !before.allowed_origins.is_empty() && !fewer_origins),
        ("hours", !before.hours.is_empty() && before.hours != after.hours),
        ("required_metadata", !before.required_metadata.iter().all(is_kept)),
        ("cache", before.cache.is_some_and(|rule| !after.cache.unwrap_or_default().is_within(&rule))),
        ("logging", before.logging.is_some_and(|most| after.logging.is_none_or(|now| now > most))),
    ];
    let found = fields.into_iter().find(|(_, is_lifted)| *is_lifted).map(|(field, _)| field);
    found.or_else(|| more_calls(&before.calls, &after.calls))
}

fn more_calls(before: &CallRules, after: &CallRules) -> Option<&'static str> {
    let is_wider = |before: &Option<Vec<String>>, after: &Option<Vec<String>>| match (before, after) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => !after.iter().all(|name| before.contains(name)),
    };
    let more_tools = before.tools.as_ref().is_some_and(|known| {
        after.tools.as_ref().is_none_or(|tools| !tools.iter().all(|pattern| is_covered(known, pattern)))
    });
    let is_denied = |name| after.denied_tools.contains(name);
    let fields = [
        ("providers", is_wider(&before.providers, &after.providers)),
        ("regions", is_wider(&before.regions, &after.regions)),
        ("max_input_tokens", is_more(before.max_input_tokens, after.max_input_tokens)),
        ("max_output_tokens", is_more(before.max_output_tokens, after.max_output_tokens)),
        ("tools", more_tools),
        ("denied_tools", !before.denied_tools.iter().all(is_denied)),
        ("fallbacks", before.no_fallbacks && !after.no_fallbacks),
        ("parameters", more_parameters(before.parameters.as_deref(), after.parameters.as_deref())),
        ("deny_when", before.deny.is_some() && before.deny != after.deny),
    ];
    fields.into_iter().find(|(_, is_lifted)| *is_lifted).map(|(field, _)| field)
}

/// What is set for calls stays so; of the lists, fewer may be allowed and more denied.
fn more_parameters(before: Option<&ParameterRules>, after: Option<&ParameterRules>) -> bool {
    let Some(before) = before else { return false };
    let none = ParameterRules::default();
    let after = after.unwrap_or(&none);
    let more_allowed = before.allowed.as_ref().is_some_and(|known| {
        after.allowed.as_ref().is_none_or(|list| !list.iter().all(|name| known.contains(name)))
    });
    more_allowed
        || !before.denied.iter().all(|name| after.denied.contains(name))
        || before.forced != after.forced
        || before.defaults != after.defaults
}

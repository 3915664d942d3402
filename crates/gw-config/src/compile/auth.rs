//! Issuers of tokens, and what their callers may do. Whether accounts that are named exist is known only when a token
//! comes: they live in the store.

use super::keys::{self, KnownModels};
use super::{limits, url};
use crate::errors::Faults;
use crate::place::At;
use crate::settings::auth::{
    AlgorithmName, AuthBlock, BelongsBlock, CallerPolicySettings, ClaimBlock, IssuerBlock, MapBlock,
};
use crate::shape::{Named, NamedEntry, Text};
use gw_model::KeyTerms;
use gw_model::nearest::nearest;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Callers with tokens of identity providers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSettings {
    /// Whose tokens are accepted; none accepts no token.
    pub issuers: Vec<Arc<IssuerSettings>>,
    /// What callers may do, by name.
    pub policies: BTreeMap<String, Arc<KeyTerms>>,
    /// Most callers that are known at a time.
    pub max_callers: usize,
    /// Largest token, in bytes.
    pub max_token_bytes: usize,
    /// How often keys are read again, in seconds.
    pub refresh_seconds: u64,
    /// Least time between two readings for unknown keys, in seconds.
    pub refresh_pause_seconds: u64,
}

/// One issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSettings {
    /// Its name in the file.
    pub name: String,
    /// `iss`.
    pub issuer: String,
    /// One of them must be in `aud`.
    pub audiences: Vec<String>,
    /// Where its keys are.
    pub keys: KeysAt,
    /// PEM file with further certificate authorities.
    pub ca_file: Option<String>,
    /// Names of accepted algorithms; empty accepts all that are known.
    pub algorithms: Vec<&'static str>,
    /// How far clocks may be apart, in seconds.
    pub leeway_seconds: i64,
    /// How old tokens may be, in seconds.
    pub max_age_seconds: Option<i64>,
    /// Claims with the values that they may have.
    pub required: Vec<(String, Vec<String>)>,
    /// In which claims things stand.
    pub claims: ClaimNames,
    /// What holds where a token says nothing.
    pub defaults: Belongs,
    /// What further claims say.
    pub map: Vec<MapRule>,
    /// Addresses count also where a token does not say whether they are verified.
    pub trust_email: bool,
    /// Users are made at their first call.
    pub create_users: bool,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeysAt {
    /// Its discovery document, which says where.
    Discovery(String),
    /// Their own address.
    Jwks(String),
    /// A file.
    File(PathBuf),
}

/// In which claims things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the claim of what it is called")]
pub struct ClaimNames {
    pub name: Option<String>,
    pub user: Option<String>,
    pub user_id: Option<String>,
    pub organization: Option<String>,
    pub team: Option<String>,
    pub project: Option<String>,
    pub customer: Option<String>,
    pub tags: Option<String>,
    pub plan: Option<String>,
    pub policy: Option<String>,
}

/// What a caller belongs to, by ids or names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the id or name of what it is called")]
pub struct Belongs {
    pub organization: Option<String>,
    pub team: Option<String>,
    pub project: Option<String>,
    pub plan: Option<String>,
    pub policy: Option<String>,
}

/// What a claim's value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRule {
    /// The claim.
    pub claim: String,
    /// Its value, or one of them; `*` may stand at the end.
    pub value: String,
    /// What that says.
    pub says: Belongs,
}

pub(super) fn tokens(
    block: &AuthBlock,
    known: &KnownModels<'_>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> TokenSettings {
    let jwt = &block.jwt.value;
    let policies = &block.policies.value;
    let mut checked = HashSet::new();
    let mut compiled = BTreeMap::new();
    for entry in &policies.0 {
        let policy = policy(&entry.value, known, &mut checked, faults, warnings);
        compiled.insert(entry.name.clone(), Arc::new(policy));
    }
    let issuers = jwt.issuers.value.0.iter().map(|entry| Arc::new(issuer(entry, policies, faults, warnings)));
    TokenSettings {
        issuers: issuers.collect(),
        policies: compiled,
        max_callers: jwt.max_callers.value.size(),
        max_token_bytes: jwt.max_token_bytes.value.size(),
        refresh_seconds: jwt.refresh_seconds.value.get(),
        refresh_pause_seconds: jwt.refresh_pause_seconds.value.get(),
    }
}

fn policy<'s>(
    given: &'s CallerPolicySettings,
    known: &KnownModels<'_>,
    checked: &mut HashSet<&'s str>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> KeyTerms {
    KeyTerms {
        models: keys::patterns(given.models.as_ref(), known, checked, faults, warnings),
        endpoints: keys::endpoints(given.endpoints.as_ref()),
        limits: limits::limits(&given.limits.value, faults),
        budgets: keys::budgets(given.budget.as_ref(), &given.budgets, faults),
        priority: given.priority.value.into(),
        credentials: known.chosen_credentials(&given.credentials, faults),
        ..KeyTerms::default()
    }
}

fn issuer(
    entry: &NamedEntry<IssuerBlock>,
    policies: &Named<CallerPolicySettings>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> IssuerSettings {
    let block = &entry.value;
    let audiences = &block.audiences.value.0;
    if audiences.is_empty() || audiences.iter().any(|audience| audience.value.as_str().is_empty()) {
        let text = "'audiences' must name what stands in 'aud' of tokens for this gateway: without it, tokens for any \
                    other service would be accepted";
        faults.add(block.audiences.place, text);
    }
    if block.issuer.value.as_str().is_empty() {
        faults.add(block.issuer.place, "'issuer' is empty: write what stands in 'iss'");
    }
    if block.claims.value.user.is_none() && block.create_users.value {
        let text = "'create_users' needs 'claims.user', the claim that names the person: write user: sub";
        faults.add(block.create_users.place, text);
    }
    let policy_known = |name: &Option<At<Text>>, faults: &mut Faults| check_policy(name, policies, faults);
    policy_known(&block.defaults.value.policy, faults);
    let mut map = Vec::with_capacity(block.map.value.len());
    for At { value: rule, .. } in &block.map.value {
        policy_known(&rule.policy, faults);
        map.push(map_rule(rule, faults));
    }
    let names = |list: &Vec<At<AlgorithmName>>| list.iter().map(|name| name.value.as_str()).collect();
    let ca_file = block.ca_file.as_ref().map(|at| at.value.as_str().to_owned());
    if let (Some(at), Some("")) = (&block.ca_file, ca_file.as_deref()) {
        faults.add(at.place, "'ca_file' is empty: write a path, or remove the key");
    }
    let required = block.required_claims.value.0.iter();
    IssuerSettings {
        name: entry.name.clone(),
        issuer: block.issuer.value.as_str().to_owned(),
        audiences: audiences.iter().map(|audience| audience.value.0.clone()).collect(),
        keys: keys_at(block, faults, warnings),
        ca_file,
        algorithms: block.algorithms.as_ref().map(|list| names(&list.value)).unwrap_or_default(),
        leeway_seconds: signed(block.leeway_seconds.value.get()),
        max_age_seconds: block.max_age_seconds.as_ref().map(|at| signed(at.value.get())),
        required: required
            .map(|one| (one.name.clone(), one.value.0.iter().map(|value| value.value.0.clone()).collect()))
            .collect(),
        claims: claim_names(&block.claims.value),
        defaults: belongs(&block.defaults.value),
        map,
        trust_email: block.trust_email.value,
        create_users: block.create_users.value,
    }
}

fn keys_at(block: &IssuerBlock, faults: &mut Faults, warnings: &mut Faults) -> KeysAt {
    let given = [&block.keys_file, &block.jwks_url, &block.discovery_url];
    if let [_, second, ..] = given.into_iter().flatten().collect::<Vec<_>>()[..] {
        faults.add(second.place, "give one of 'keys_file', 'jwks_url' and 'discovery_url'");
    }
    if let Some(at) = &block.keys_file {
        if at.value.as_str().is_empty() {
            faults.add(at.place, "'keys_file' is empty: write a path, or remove the key");
        }
        return KeysAt::File(PathBuf::from(at.value.as_str()));
    }
    if let Some(at) = &block.jwks_url {
        return KeysAt::Jwks(checked("jwks_url", at, faults, warnings));
    }
    KeysAt::Discovery(discovery(&block.issuer, block.discovery_url.as_ref(), faults, warnings))
}

/// Where an issuer's discovery document stands.
pub(super) fn discovery(
    issuer: &At<Text>,
    given: Option<&At<Text>>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> String {
    match given {
        Some(at) => checked("discovery_url", at, faults, warnings),
        None => {
            let issuer = checked("issuer", issuer, faults, warnings);
            format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
        }
    }
}

fn checked(key: &str, at: &At<Text>, faults: &mut Faults, warnings: &mut Faults) -> String {
    match url::parse(at.value.as_str()) {
        Ok(found) if at.value.as_str().trim().starts_with("http:") && !is_loopback(&found.host) => {
            let text = format!(
                "'{key}' is not encrypted: whoever can change what comes from there can make tokens; use https://"
            );
            warnings.add(at.place, text);
        }
        Ok(_) => {}
        Err(why) => faults.add(at.place, format!("'{key}' {why}")),
    }
    at.value.as_str().trim().to_owned()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn check_policy(name: &Option<At<Text>>, policies: &Named<CallerPolicySettings>, faults: &mut Faults) {
    let Some(at) = name else { return };
    let name = at.value.as_str();
    if policies.get(name).is_some() {
        return;
    }
    let message = match nearest(name, policies.0.iter().map(|entry| entry.name.as_str())) {
        Some(near) => format!("there is no policy '{name}' in 'auth.policies', did you mean '{near}'?"),
        None => format!("there is no policy '{name}': add it to 'auth.policies'"),
    };
    faults.add(at.place, message);
}

fn map_rule(rule: &MapBlock, faults: &mut Faults) -> MapRule {
    let text = |field: &Option<At<Text>>| field.as_ref().map(|at| at.value.0.clone());
    let says = Belongs {
        organization: text(&rule.organization),
        team: text(&rule.team),
        project: text(&rule.project),
        plan: text(&rule.plan),
        policy: text(&rule.policy),
    };
    if says == Belongs::default() {
        let text = "this rule says nothing: add organization, team, project, plan or policy";
        faults.add(rule.place, text);
    }
    if rule.value.value.as_str().trim_end_matches('*').contains('*') {
        faults.add(rule.value.place, "'*' may stand at the end of 'value' only");
    }
    MapRule { claim: rule.claim.value.0.clone(), value: rule.value.value.0.clone(), says }
}

fn belongs(block: &BelongsBlock) -> Belongs {
    let text = |field: &Option<At<Text>>| field.as_ref().map(|at| at.value.0.clone());
    Belongs {
        organization: text(&block.organization),
        team: text(&block.team),
        project: text(&block.project),
        plan: text(&block.plan),
        policy: text(&block.policy),
    }
}

fn claim_names(block: &ClaimBlock) -> ClaimNames {
    let text = |field: &Option<At<Text>>| field.as_ref().map(|at| at.value.0.clone());
    ClaimNames {
        name: text(&block.name),
        user: text(&block.user),
        user_id: text(&block.user_id),
        organization: text(&block.organization),
        team: text(&block.team),
        project: text(&block.project),
        customer: text(&block.customer),
        tags: text(&block.tags),
        plan: text(&block.plan),
        policy: text(&block.policy),
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

//! What is explained is what the request path asks, and never wider than what any level says: over many random policies.
use super::*;
use gw_model::{AccountId, AccountPolicy, KeyId, KeyPolicy, KeyTerms, Secret};
use gw_store::memory::{KeySource, KeyTable, NewAccount};

const NAMES: [&str; 4] = ["eu", "us", "get_a", "get_b"];
const PATTERNS: [&str; 6] = ["eu", "us", "get_a", "get_b", "get_*", "*"];

struct Random(fastrand::Rng);

impl Random {
    fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.0.bool().then(|| make(self))
    }

    fn list(&mut self, of: &[&str]) -> Vec<String> {
        (0..self.0.usize(0..3)).map(|_| of[self.0.usize(0..of.len())].to_owned()).collect()
    }

    fn rules(&mut self, is_key: bool) -> CallRules {
        CallRules {
            providers: self.some(|r| r.list(&NAMES)).filter(|_| is_key),
            regions: self.some(|r| r.list(&NAMES)),
            max_input_tokens: self.some(|r| r.0.u64(1..9)),
            max_output_tokens: self.some(|r| r.0.u64(1..9)).filter(|_| is_key),
            tools: self.some(|r| r.list(&PATTERNS)),
            denied_tools: self.list(&PATTERNS[..4]),
            no_fallbacks: self.0.u8(0..4) == 0,
            ..CallRules::default()
        }
    }

    fn access(&mut self, is_key: bool) -> Option<Box<Access>> {
        self.some(|r| Box::new(Access { calls: r.rules(is_key), ..Access::default() }))
    }

    fn account(&mut self, level: Level, parent: Option<AccountId>, plan: Option<AccountId>) -> NewAccount {
        let policy = AccountPolicy {
            models: self.some(|r| r.list(&PATTERNS)),
            providers: self.some(|r| r.list(&NAMES)),
            max_output_tokens: self.some(|r| r.0.u64(1..9)),
            access: self.access(false),
            ..AccountPolicy::default()
        };
        let id = AccountId { level, number: 1 };
        NewAccount { id, name: level.as_str().into(), parent, policy, plan, disabled: false }
    }
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect())
}

/// Does a list of patterns, or none, cover the name?
fn covers(list: &Value, name: &str) -> bool {
    texts(list).is_none_or(|list| list.iter().any(|pattern| model_matches(pattern, name)))
}

#[test]
fn what_is_explained_is_what_holds_and_never_wider_than_any_level() {
    for seed in 0..2_000 {
        let mut random = Random(fastrand::Rng::with_seed(seed));
        let table = KeyTable::new(vec![Secret::new("pepper".to_owned())]);
        let of = |level| AccountId { level, number: 1 };
        let (plan, organization) = (Some(of(Level::Plan)), Some(of(Level::Organization)));
        for (level, parent, plan) in [
            (Level::Plan, None, None),
            (Level::Organization, None, None),
            (Level::Team, organization, plan),
            (Level::User, None, None),
        ] {
            table.accounts.upsert(random.account(level, parent, plan)).unwrap();
        }
        let terms = KeyTerms {
            team_id: Some(of(Level::Team).to_string()),
            models: random.list(&PATTERNS),
            access: random.access(true),
            ..KeyTerms::default()
        };
        let policy = KeyPolicy { user_id: Some(of(Level::User).to_string()), terms, ..KeyPolicy::default() };
        let entry = table.upsert(KeyId(1), [1; 32], policy, false, KeySource::Api);
        assert_eq!(entry.above().len(), 3);
        agree(&entry, &explain(&entry, &[], 0, |_| Told { name: true, budgets: true }), seed);
    }
}

fn agree(entry: &KeyEntry, shown: &Value, seed: u64) {
    let holds = |says: &dyn Fn(&CallRules) -> bool| {
        entry.access(|access| (!says(&access.calls)).then_some(())).is_none()
    };
    for name in NAMES {
        let is = |member: &str| covers(&shown[member]["effective"], name);
        let is_denied = texts(&shown["denied_tools"]["effective"])
            .is_some_and(|list| list.iter().any(|pattern| model_matches(pattern, name)));
        let found = (is("models"), is("providers"), is("regions"), is("tools") && !is_denied);
        let path = (
            entry.allows_model(&[name]),
            entry.allows_provider(name),
            holds(&|calls| calls.allows_region(Some(name))),
            holds(&|calls| calls.allows_tool(name)),
        );
        assert_eq!(found, path, "{name}, seed {seed}: {shown:#}");
        for member in ["models", "providers", "regions", "tools"] {
            for level in shown[member]["considered"].as_array().unwrap() {
                assert!(!is(member) || covers(&level["value"], name), "{member} of {level}, seed {seed}");
            }
        }
    }
    assert_eq!(shown["max_output_tokens"]["effective"].as_u64(), entry.max_output_tokens(), "seed {seed}");
    let most = shown["max_input_tokens"]["effective"].as_u64().unwrap_or(u64::MAX);
    let fits = |tokens: u64| holds(&|calls| calls.max_input_tokens.is_none_or(|most| tokens <= most));
    assert!(fits(most) && (most == u64::MAX || !fits(most + 1)), "seed {seed}");
    let allowed = shown["fallbacks"]["effective"].as_bool().unwrap();
    assert_eq!(allowed, holds(&|calls| !calls.no_fallbacks), "seed {seed}");
}

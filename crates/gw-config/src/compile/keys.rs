//! Virtual keys of the file: unique names and keys, patterns that mean something, limits that hold.

use super::{access, credentials, guardrails, limits};
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::guardrails::GuardrailSettings;
use crate::settings::keys::{EndpointName, KeySettings};
use crate::settings::limits::BudgetSettings;
use crate::shape::{Named, NamedEntry, Text, Texts};
use gw_model::catalog::Catalog;
use gw_model::limits::Budget;
use gw_model::nearest::nearest;
use gw_model::principal::{is_pattern, model_matches};
use gw_model::snapshot::{Model, Provider};
use gw_model::{AccountId, Endpoint, KeyPolicy, KeyTerms, Level, Secret};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Shortest key in characters: below, it could be guessed.
const MIN_KEY_CHARS: usize = 16;
/// Most entries of `metadata`.
const MAX_METADATA: usize = 64;

/// A key of the file. Its id is made by whoever stores it.
#[derive(Clone, Debug)]
pub struct DeclaredKey {
    /// What it may do.
    pub policy: KeyPolicy,
    /// The key itself.
    pub key: Secret,
}

/// What a pattern can refer to.
pub(super) struct KnownModels<'a> {
    pub(super) guardrails: &'a Named<GuardrailSettings>,
    pub(super) models: &'a HashMap<Arc<str>, Arc<Model>>,
    pub(super) providers: &'a BTreeMap<Arc<str>, Arc<Provider>>,
    pub(super) catalog: &'a dyn Catalog,
    pub(super) direct: bool,
}

pub(super) fn compile(
    settings: &[At<KeySettings>],
    known: &KnownModels<'_>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> Vec<DeclaredKey> {
    let mut keys = Vec::with_capacity(settings.len());
    let (mut names, mut secrets) = (HashMap::new(), HashSet::new());
    // Many keys share few patterns, and looking one up walks the catalogue.
    let mut checked = HashSet::new();
    for At { value: entry, .. } in settings {
        let name = entry.name.value.as_str();
        if name.trim().is_empty() {
            faults.add(entry.name.place, "'name' is empty: give the key a name");
        } else if let Some(line) = names.insert(name, entry.name.place.line) {
            faults.add(
                entry.name.place,
                format!("key name '{name}' stands on line {line} already: choose another"),
            );
        }
        check_key(&entry.key, name, faults);
        if !secrets.insert(entry.key.value.expose()) {
            faults.add(entry.key.place, format!("key '{name}' is the same as another key: make a new one"));
        }
        keys.push(DeclaredKey {
            policy: policy(entry, known, &mut checked, faults, warnings),
            key: entry.key.value.clone(),
        });
    }
    keys
}

/// Never shows the key itself.
fn check_key(key: &At<Secret>, name: &str, faults: &mut Faults) {
    let text = key.value.expose();
    if text.chars().count() < MIN_KEY_CHARS {
        let message = format!("key '{name}' is shorter than {MIN_KEY_CHARS} characters: write a longer one");
        faults.add(key.place, message);
    } else if text.contains(char::is_whitespace) {
        faults.add(key.place, format!("key '{name}' has spaces in it: write it without"));
    }
}

fn policy<'s>(
    entry: &'s KeySettings,
    known: &KnownModels<'_>,
    checked: &mut HashSet<&'s str>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> KeyPolicy {
    let metadata = &entry.metadata;
    if metadata.value.0.len() > MAX_METADATA {
        faults.add(metadata.place, format!("'metadata' has more than {MAX_METADATA} entries"));
    }
    let text = |field: &Option<At<Text>>| field.as_ref().map(|t| t.value.0.clone());
    let terms = KeyTerms {
        team_id: text(&entry.team_id),
        project_id: text(&entry.project_id),
        plan_id: plan(entry, faults),
        models: patterns(entry.models.as_ref(), known, checked, faults, warnings),
        endpoints: endpoints(entry.endpoints.as_ref()),
        limits: limits::limits(&entry.limits.value, faults),
        budgets: budgets(entry.budget.as_ref(), &entry.budgets, faults),
        priority: entry.priority.value.into(),
        guardrails: guardrails::names(&entry.guardrails.value, known.guardrails, faults),
        access: access::access(entry, known.providers, faults),
        credentials: known.chosen_credentials(&entry.credentials, faults),
        made_by_holder: false,
    };
    KeyPolicy {
        name: entry.name.value.0.clone(),
        user_id: text(&entry.user_id),
        disabled: false,
        expires_at: entry.expires_at.as_ref().and_then(|at| expires(at, faults)),
        metadata: metadata.value.0.iter().map(|e| (e.name.clone(), e.value.0.clone())).collect(),
        terms,
    }
}

pub(super) fn endpoints(given: Option<&At<Vec<At<EndpointName>>>>) -> Option<Vec<Endpoint>> {
    given.map(|list| list.value.iter().map(|e| e.value.into()).collect())
}

pub(super) fn budgets(
    one: Option<&At<BudgetSettings>>,
    several: &At<Vec<At<BudgetSettings>>>,
    faults: &mut Faults,
) -> Vec<Budget> {
    match one {
        None => limits::budgets(several, faults),
        Some(budget) => {
            if !several.value.is_empty() {
                faults.add(several.place, "give 'budget' or 'budgets', not both");
            }
            vec![limits::budget(&budget.value, faults)]
        }
    }
}

fn expires(at: &At<Text>, faults: &mut Faults) -> Option<i64> {
    let micros = gw_model::time::parse(at.value.as_str());
    if micros.is_none() {
        let text = at.value.as_str();
        faults
            .add(at.place, format!("'expires_at' must be a time such as 2027-01-31T00:00:00Z, not '{text}'"));
    }
    micros
}

/// Plans are made over the admin API, and only their ids say which is meant. What is no id would be no plan, and no limit.
fn plan(entry: &KeySettings, faults: &mut Faults) -> Option<String> {
    let given = entry.plan_id.as_ref()?;
    let text = &given.value.0;
    if !text.parse::<AccountId>().is_ok_and(|id| id.level == Level::Plan) {
        faults
            .add(given.place, format!("'plan_id' takes the id of a plan, such as plan_0123…, not '{text}'"));
    }
    Some(text.clone())
}

/// Can it cover something?
fn check_pattern(pattern: &str, place: Place, faults: &mut Faults) -> bool {
    let is_good = is_pattern(pattern);
    if pattern.is_empty() {
        faults.add(place, "a pattern is empty: remove it");
    } else if !is_good {
        faults.add(place, format!("pattern '{pattern}': '*' may stand at the end only, and once"));
    }
    is_good
}

/// Names, or beginnings with `*`, as they are written.
pub(super) fn names_or_beginnings(list: &Texts, faults: &mut Faults) -> Vec<String> {
    for At { value: Text(pattern), place } in &list.0 {
        check_pattern(pattern, *place, faults);
    }
    list.0.iter().map(|text| text.value.0.clone()).collect()
}

pub(super) fn patterns<'s>(
    models: Option<&'s At<Texts>>,
    known: &KnownModels<'_>,
    checked: &mut HashSet<&'s str>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> Vec<String> {
    let Some(models) = models else { return vec!["*".to_owned()] };
    let mut patterns = Vec::with_capacity(models.value.0.len());
    for At { value: Text(pattern), place } in &models.value.0 {
        if check_pattern(pattern, *place, faults) && checked.insert(pattern.as_str()) {
            known.warn_if_nothing(pattern, *place, warnings);
        }
        patterns.push(pattern.clone());
    }
    patterns
}

impl KnownModels<'_> {
    /// Which of a provider's credentials are to be used.
    pub(super) fn chosen_credentials(
        &self,
        given: &At<Named<Text>>,
        faults: &mut Faults,
    ) -> BTreeMap<String, String> {
        let entries = given.value.0.iter().filter(|chosen| self.check_credential(chosen, faults));
        entries.map(|chosen| (chosen.name.clone(), chosen.value.0.clone())).collect()
    }

    /// Does the provider that an entry names have the credential that it names?
    fn check_credential(&self, chosen: &NamedEntry<Text>, faults: &mut Faults) -> bool {
        let (name, wanted) = (chosen.name.as_str(), chosen.value.as_str());
        let message = match self.providers.get(name) {
            Some(provider) if credentials::has(provider, wanted) => return true,
            Some(_) => format!("provider '{name}' has no credential '{wanted}'"),
            None => {
                format!("there is no provider '{name}': 'credentials' has a provider's name before each ':'")
            }
        };
        faults.add(chosen.place, message);
        false
    }

    fn warn_if_nothing(&self, pattern: &str, place: Place, warnings: &mut Faults) {
        if self.refers_to_something(pattern) {
            return;
        }
        let names = self.models.keys().map(AsRef::as_ref);
        let message = match nearest(pattern, names) {
            Some(near) => format!("model pattern '{pattern}' matches nothing, did you mean '{near}'?"),
            None => format!("model pattern '{pattern}' matches no model or provider of this configuration"),
        };
        warnings.add(place, message);
    }

    fn refers_to_something(&self, pattern: &str) -> bool {
        if pattern == "*" || self.models.keys().any(|alias| model_matches(pattern, alias)) {
            return true;
        }
        if !self.direct {
            return false;
        }
        self.providers.values().any(|provider| self.names_model_of(pattern, provider))
    }

    /// Providers serve models that no catalogue knows yet, so `provider/anything` is taken as it stands.
    fn names_model_of(&self, pattern: &str, provider: &Provider) -> bool {
        let qualified = pattern.strip_prefix(&*provider.name).is_some_and(|rest| rest.starts_with('/'));
        let prefix_of_name =
            pattern.strip_suffix('*').is_some_and(|prefix| provider.name.starts_with(prefix));
        let bare = || {
            provider.listed_models.iter().any(|model| model_matches(pattern, model))
                || self
                    .catalog
                    .model_names(&provider.price_key)
                    .iter()
                    .any(|model| model_matches(pattern, model))
        };
        qualified || prefix_of_name || bare()
    }
}

//! Reads the figures that rules look at: roll-ups, first uses, and what is known of providers. What several rules ask is read
//! once a look.

use crate::app::state::App;
use gw_alerts::notice::Subject;
use gw_alerts::observe::traffic::{Figures, is_wanted};
use gw_alerts::observe::{anomaly, details};
use gw_alerts::rule::Traffic;
use gw_alerts::{Condition, Dimension, Observation, Rule};
use gw_model::{AccountId, KeyId, Micros, NanoUsd};
use gw_store::StoreError;
use gw_store::analytics::{RollupBy, RollupFilter, RollupFirsts, RollupQuery, RollupRow, Span};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

const MINUTE: Micros = 60_000_000;
const HOUR: Micros = 60 * MINUTE;
const DAY: Micros = 24 * HOUR;

/// Longest window that is read by minutes, in minutes.
const BY_MINUTES: u64 = 120;
/// First uses are told of for so long.
const NEW_FOR: Micros = DAY;
/// Most keys or teams whose history is read in one look, by what they spend now.
const MAX_HISTORIES: usize = 100;
/// Most histories that are remembered until their hour is over.
const MAX_REMEMBERED: usize = 5_000;

type Histories = HashMap<(Dimension, String), (i64, BTreeMap<i64, i64>)>;
type Asked = (&'static str, Micros, Option<&'static str>, Option<AccountId>, bool, bool);

/// What is remembered between looks.
#[derive(Default)]
pub(super) struct Memory {
    /// What keys and teams spent by hour, up to an hour.
    histories: Histories,
    /// By rule: models that its organization uses now and that are not new to it.
    old_models: HashMap<String, HashSet<String>>,
    /// Since when providers are down.
    down_since: HashMap<String, Micros>,
}

impl Memory {
    /// Forgets what rules knew that are gone.
    pub(super) fn keep(&mut self, rules: &HashSet<&str>) {
        self.old_models.retain(|rule, _| rules.contains(rule.as_str()));
    }
}

/// One look.
pub(super) struct Reader<'a> {
    pub(super) app: &'a App,
    pub(super) now: Micros,
    memory: &'a mut Memory,
    rows: HashMap<Asked, Arc<Vec<RollupRow>>>,
    firsts: Option<RollupFirsts>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(app: &'a App, now: Micros, memory: &'a mut Memory) -> Self {
        Self { app, now, memory, rows: HashMap::new(), firsts: None }
    }

    /// What a rule finds, but for budgets.
    pub(super) fn observe(
        &mut self,
        rule: &Rule,
        made_at: Option<Micros>,
    ) -> Result<Vec<Observation>, StoreError> {
        match &rule.condition {
            Condition::Budget { .. } => Ok(Vec::new()),
            Condition::ErrorRate { traffic, .. }
            | Condition::Latency { traffic, .. }
            | Condition::GuardrailBlocks { traffic, .. } => self.traffic(rule, traffic),
            Condition::ProviderDown { only, for_us } => Ok(self.providers(only, *for_us)),
            Condition::SpendAnomaly { per, only, z_score, min, history_days } => {
                let ask = Anomalies { per: *per, only, z_score: *z_score, min: *min, days: *history_days };
                self.anomalies(rule, &ask)
            }
            Condition::NewModel => self.new_models(rule, made_at),
            Condition::NewKey => self.new_keys(rule, made_at),
        }
    }

    fn traffic(&mut self, rule: &Rule, traffic: &Traffic) -> Result<Vec<Observation>, StoreError> {
        let blocks = matches!(rule.condition, Condition::GuardrailBlocks { .. });
        let by = rollup_by(traffic.per);
        let rows = self.window(traffic.window_minutes, by, rule.organization, blocks)?;
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let mut found = Vec::new();
        for row in rows.iter() {
            let subject = self.subject(traffic.per, row.value.as_deref().unwrap_or(""));
            if !is_wanted(&traffic.only, &subject) {
                continue;
            }
            let duration_us = match &rule.condition {
                Condition::Latency { per_mille, to_first_byte: true, .. } => {
                    row.first_byte.quantile_us(*per_mille)
                }
                Condition::Latency { per_mille, .. } => row.latency.quantile_us(*per_mille),
                _ => None,
            };
            let counted = if blocks { row.sums.requests } else { row.sums.errors };
            let (requests, counted) = (count(row.sums.requests), count(counted));
            let figures = Figures { subject, requests, counted, duration_us };
            found.extend(gw_alerts::observe::traffic::observe(&rule.condition, &figures));
        }
        Ok(found)
    }

    /// Sums over the last minutes, whole ones; longer windows in whole hours.
    fn window(
        &mut self,
        minutes: u64,
        by: Option<RollupBy>,
        organization: Option<AccountId>,
        blocked: bool,
    ) -> Result<Arc<Vec<RollupRow>>, StoreError> {
        let span = if minutes <= BY_MINUTES { Span::Minute } else { Span::Hour };
        let from = self.now - i64::try_from(minutes).unwrap_or(i64::MAX).saturating_mul(MINUTE);
        let filter = RollupFilter {
            accounts: organization.into_iter().collect(),
            error: blocked.then(|| "guardrail_blocked".to_owned()),
            ..RollupFilter::default()
        };
        self.rolled((span, from, by, organization, blocked, true), filter)
    }

    fn rolled(
        &mut self,
        (span, from, by, organization, blocked, with_latency): (
            Span,
            Micros,
            Option<RollupBy>,
            Option<AccountId>,
            bool,
            bool,
        ),
        filter: RollupFilter,
    ) -> Result<Arc<Vec<RollupRow>>, StoreError> {
        let asked = (span.as_str(), from, by.map(RollupBy::as_str), organization, blocked, with_latency);
        if let Some(rows) = self.rows.get(&asked) {
            return Ok(Arc::clone(rows));
        }
        let query =
            RollupQuery { group_by: by, filter, with_latency, ..RollupQuery::over(span, from, self.now + 1) };
        let rows = Arc::new(self.app.storage.database.rollups(&query)?);
        self.rows.insert(asked, Arc::clone(&rows));
        Ok(rows)
    }

    /// Providers of which a deployment is taken for down, by calls or by checks.
    fn providers(&mut self, only: &[String], for_us: Micros) -> Vec<Observation> {
        let gateway = &self.app.gateway;
        let live = gateway.live();
        let mut down: BTreeMap<Arc<str>, (Vec<Arc<str>>, usize)> = BTreeMap::new();
        for view in gateway.board.views(&live.snapshot.health, self.now) {
            if !live.snapshot.providers.contains_key(&view.provider) {
                continue;
            }
            let (models, all) = down.entry(Arc::clone(&view.provider)).or_default();
            *all += 1;
            if view.tripped_until.is_some() {
                models.push(view.model);
            }
        }
        down.retain(|_, (models, _)| !models.is_empty());
        self.memory.down_since.retain(|name, _| down.contains_key(name.as_str()));
        let mut found = Vec::new();
        for (name, (mut models, all)) in down {
            let since = *self.memory.down_since.entry(name.to_string()).or_insert(self.now);
            let subject = named("provider", &name);
            if !is_wanted(only, &subject) || self.now - since < for_us {
                continue;
            }
            let count = models.len();
            models.dedup();
            models.truncate(10);
            let list: Vec<&str> = models.iter().map(|model| &**model).collect();
            let summary = format!(
                "Provider {name} is taken for down: {count} of {all} deployments ({})",
                list.join(", ")
            );
            let told = json!({ "models": list, "deployments_down": count, "deployments": all });
            found.push(Observation {
                key: format!("provider/{name}"),
                subject,
                summary,
                details: details(told),
                ends_at: None,
            });
        }
        found
    }

    fn new_models(&mut self, rule: &Rule, made_at: Option<Micros>) -> Result<Vec<Observation>, StoreError> {
        let since = new_since(self.now, made_at);
        let models = match rule.organization {
            None => self.firsts(since)?.models.clone(),
            Some(organization) => self.new_to(&rule.id, organization, since)?,
        };
        let one = |name: String| {
            let summary = format!("Model {name} is used for the first time");
            first_use(named("model", &name), summary)
        };
        Ok(models.into_iter().map(one).collect())
    }

    /// Models that an organization's calls named since then, and never before.
    fn new_to(
        &mut self,
        rule: &str,
        organization: AccountId,
        since: Micros,
    ) -> Result<Vec<String>, StoreError> {
        let filter = || RollupFilter { accounts: vec![organization], ..RollupFilter::default() };
        let asked = (Span::Hour, since, Some(RollupBy::Model), Some(organization), false, false);
        let used = self.rolled(asked, filter())?;
        let used = used.iter().filter_map(|row| row.value.clone()).filter(|name| !name.is_empty());
        let known = self.memory.old_models.remove(rule).unwrap_or_default();
        let (old, unsure): (Vec<String>, Vec<String>) = used.partition(|name| known.contains(name));
        // What is not used any more is forgotten.
        let mut old: HashSet<String> = old.into_iter().collect();
        if unsure.is_empty() {
            self.memory.old_models.insert(rule.to_owned(), old);
            return Ok(unsure);
        }
        // Days before, and the hours of the day up to then.
        let day = since.div_euclid(DAY) * DAY;
        let mut before: HashSet<String> = HashSet::new();
        for (span, from, to) in [(Span::Day, 0, day), (Span::Hour, day, since.div_euclid(HOUR) * HOUR)] {
            let query = RollupQuery {
                group_by: Some(RollupBy::Model),
                only: Some(unsure.clone()),
                filter: filter(),
                ..RollupQuery::over(span, from, to)
            };
            before.extend(self.app.storage.database.rollups(&query)?.into_iter().filter_map(|row| row.value));
        }
        old.extend(before.iter().cloned());
        self.memory.old_models.insert(rule.to_owned(), old);
        Ok(unsure.into_iter().filter(|name| !before.contains(name)).collect())
    }

    fn new_keys(&mut self, rule: &Rule, made_at: Option<Micros>) -> Result<Vec<Observation>, StoreError> {
        let keys = self.firsts(new_since(self.now, made_at))?.keys.clone();
        let table = &self.app.gateway.keys;
        let entries = keys.into_iter().filter_map(|id| table.get(id));
        let is_its = |above: &[Arc<gw_store::memory::Account>]| {
            rule.organization.is_none_or(|organization| above.iter().any(|one| one.id == organization))
        };
        let its = entries.filter(|entry| is_its(entry.above()));
        let one = |entry: Arc<gw_store::memory::KeyEntry>| {
            let (id, name) = (entry.id.to_string(), entry.name.to_string());
            let summary = format!("Key {name} is used for the first time");
            first_use(Subject { kind: "key".to_owned(), id, name }, summary)
        };
        Ok(its.map(one).collect())
    }

    fn firsts(&mut self, since: Micros) -> Result<&RollupFirsts, StoreError> {
        // Rules that are younger than a day ask for less.
        self.firsts = Some(self.app.storage.database.first_uses(since)?);
        static NONE: RollupFirsts = RollupFirsts { models: Vec::new(), keys: Vec::new() };
        Ok(self.firsts.as_ref().unwrap_or(&NONE))
    }

    /// Hours of keys or teams that cost far more than others: the present one, and the one before.
    fn anomalies(&mut self, rule: &Rule, ask: &Anomalies<'_>) -> Result<Vec<Observation>, StoreError> {
        let hour = self.now.div_euclid(HOUR);
        let by = rollup_by(ask.per);
        let mut found = Vec::new();
        for at in [hour, hour - 1] {
            let query = RollupQuery {
                group_by: by,
                filter: RollupFilter {
                    accounts: rule.organization.into_iter().collect(),
                    ..RollupFilter::default()
                },
                ..RollupQuery::over(Span::Hour, at * HOUR, (at + 1) * HOUR)
            };
            let least = i64::try_from(ask.min.0).unwrap_or(i64::MAX).max(1);
            let mut rows = self.app.storage.database.rollups(&query)?;
            rows.retain(|row| {
                row.sums.cost >= least && row.value.as_deref().is_some_and(|id| !id.is_empty())
            });
            rows.sort_by_key(|row| std::cmp::Reverse(row.sums.cost));
            rows.truncate(MAX_HISTORIES);
            for row in rows {
                let subject = self.subject(ask.per, row.value.as_deref().unwrap_or(""));
                if is_wanted(ask.only, &subject) {
                    found.extend(self.anomaly(ask, subject, at, row.sums.cost)?);
                }
            }
        }
        Ok(found)
    }

    fn anomaly(
        &mut self,
        ask: &Anomalies<'_>,
        subject: Subject,
        at: i64,
        cost: i64,
    ) -> Result<Option<Observation>, StoreError> {
        let mut costs = self.history(ask.per, &subject.id, at)?;
        costs.insert(at, cost);
        let since = at - i64::try_from(ask.days).unwrap_or(i64::MAX).saturating_mul(24);
        let least = i64::try_from(ask.min.0).unwrap_or(i64::MAX);
        let Some(odd) = anomaly::judge(&costs, at, since, ask.z_score, least) else { return Ok(None) };
        let usd = |amount: i64| NanoUsd(u64::try_from(amount).unwrap_or(0)).to_string();
        let z = format!("{}.{:02}", odd.z_hundredths / 100, odd.z_hundredths % 100);
        let begun = gw_model::time::format(at * HOUR);
        let summary = format!(
            "{} spent ${} in the hour from {begun}; such hours cost ${} (robust z-score {z})",
            gw_alerts::observe::called(&subject),
            usd(cost),
            usd(odd.median)
        );
        let told = json!({ "hour": begun, "spent_usd": usd(cost), "median_usd": usd(odd.median), "z_score": z,
            "compared_hours": odd.hours });
        let key = format!("{}/{}/{at}", subject.kind, subject.id);
        Ok(Some(Observation {
            key,
            subject,
            summary,
            details: details(told),
            ends_at: Some((at + 2) * HOUR),
        }))
    }

    /// What one spent by hour, before that hour.
    fn history(&mut self, per: Dimension, id: &str, hour: i64) -> Result<BTreeMap<i64, i64>, StoreError> {
        /// As far back as any rule may want.
        const MOST: i64 = 90 * 24;
        let place = (per, id.to_owned());
        if let Some((until, costs)) = self.memory.histories.get(&place)
            && *until == hour
        {
            return Ok(costs.clone());
        }
        let filter = match per {
            Dimension::Team => RollupFilter { team_id: Some(id.to_owned()), ..RollupFilter::default() },
            _ => RollupFilter { key_id: id.parse::<KeyId>().ok(), ..RollupFilter::default() },
        };
        let (from, to) = ((hour - MOST) * HOUR, hour * HOUR);
        let query = RollupQuery { by_time: true, filter, ..RollupQuery::over(Span::Hour, from, to) };
        let rows = self.app.storage.database.rollups(&query)?;
        let costs: BTreeMap<i64, i64> =
            rows.iter().map(|row| (row.start.div_euclid(HOUR), row.sums.cost)).collect();
        if self.memory.histories.len() >= MAX_REMEMBERED {
            self.memory.histories.clear();
        }
        self.memory.histories.insert(place, (hour, costs.clone()));
        Ok(costs)
    }

    /// What a value of a dimension is called.
    fn subject(&self, per: Dimension, value: &str) -> Subject {
        let keys = &self.app.gateway.keys;
        let name = match per {
            Dimension::All => return Subject::all(),
            Dimension::Model | Dimension::Provider => value.to_owned(),
            Dimension::Key => {
                let entry = value.parse::<KeyId>().ok().and_then(|id| keys.get(id));
                entry.map(|entry| entry.name.to_string()).unwrap_or_default()
            }
            _ => {
                let account = value.parse::<AccountId>().ok().and_then(|id| keys.accounts.get(id));
                account.map_or_else(|| value.to_owned(), |account| account.version().name.to_string())
            }
        };
        Subject { kind: per.as_str().to_owned(), id: value.to_owned(), name }
    }
}

struct Anomalies<'a> {
    per: Dimension,
    only: &'a [String],
    z_score: u64,
    min: NanoUsd,
    days: u64,
}

fn new_since(now: Micros, made_at: Option<Micros>) -> Micros {
    made_at.unwrap_or(0).max(now - NEW_FOR)
}

fn named(kind: &str, name: &str) -> Subject {
    Subject { kind: kind.to_owned(), id: name.to_owned(), name: name.to_owned() }
}

fn first_use(subject: Subject, summary: String) -> Observation {
    let key = format!("{}/{}", subject.kind, subject.id);
    Observation { key, subject, summary, details: serde_json::Map::new(), ends_at: None }
}

const fn rollup_by(per: Dimension) -> Option<RollupBy> {
    match per {
        Dimension::All => None,
        Dimension::Model => Some(RollupBy::Model),
        Dimension::Provider => Some(RollupBy::Provider),
        Dimension::Key => Some(RollupBy::Key),
        Dimension::User => Some(RollupBy::User),
        Dimension::Project => Some(RollupBy::Project),
        Dimension::Team => Some(RollupBy::Team),
        Dimension::Organization => Some(RollupBy::Organization),
    }
}

//! Where budgets stand, for rules about them: spent as the counters of the request path have it, and what the period is expected
//! to end at, by the forecast of the overview.

use crate::app::analytics::{FORECAST_DAYS, daily};
use crate::app::state::App;
use gw_alerts::notice::Subject;
use gw_alerts::observe::budget::{BudgetState, expected, is_to_tell, observe};
use gw_alerts::{Condition, Observation, Rule};
use gw_model::limits::{Budget, Period};
use gw_model::{AccountId, Level, Micros};
use gw_store::StoreError;
use gw_store::analytics::{RollupBy, RollupQuery, Span};
use gw_store::memory::{Account, Rules, Tally};
use std::collections::HashMap;
use std::sync::Arc;

const DAY: Micros = 86_400_000_000;
/// Forecasts are made anew after so long: they tell of days.
const FORECAST_EVERY: Micros = 5 * 60 * 1_000_000;

/// What a day costs each account of a level, as far as that can be said, and as of when.
#[derive(Default)]
pub(super) struct Days(HashMap<Level, (Micros, HashMap<AccountId, Option<i64>>)>);

/// Whose budgets they are.
struct Whose<'a> {
    id: AccountId,
    name: &'a str,
    tally: &'a Tally,
    rules: Arc<Rules>,
}

/// What a rule finds of budgets; nothing for others.
pub(super) fn of_rule(
    app: &App,
    rule: &Rule,
    days: &mut Days,
    now: Micros,
) -> Result<Vec<Observation>, StoreError> {
    let Condition::Budget { at, forecast, levels } = &rule.condition else { return Ok(Vec::new()) };
    let mut look = Look { app, at, forecast: *forecast, days, now, found: Vec::new() };
    let wanted = |level: &Level| levels.is_empty() || levels.contains(level);
    fn is_its<'a>(rule: &Rule, mut lineage: impl Iterator<Item = &'a Arc<Account>>) -> bool {
        rule.organization.is_none_or(|organization| lineage.any(|account| account.id == organization))
    }
    for level in Level::ALL.iter().copied().filter(|level| *level != Level::Plan).filter(wanted) {
        if level == Level::Key {
            // Of very many keys most may have spent nothing yet.
            let keys = app.gateway.keys.filter(|entry| {
                (!entry.rules.budgets().is_empty() || entry.plan().is_some())
                    && entry.tally.is_used()
                    && is_its(rule, entry.above().iter())
            });
            for entry in keys {
                let (id, rules) = (entry.account_id(), entry.all_rules());
                look.add(&Whose { id, name: &entry.name, tally: &entry.tally, rules })?;
            }
            continue;
        }
        for account in app.gateway.keys.accounts.list(level) {
            let rules = account.rules();
            if rules.budgets().is_empty() || !is_its(rule, Account::lineage(&account)) {
                continue;
            }
            let version = account.version();
            look.add(&Whose { id: account.id, name: &version.name, tally: account.tally(), rules })?;
        }
    }
    Ok(look.found)
}

struct Look<'a> {
    app: &'a App,
    at: &'a [u16],
    forecast: bool,
    days: &'a mut Days,
    now: Micros,
    found: Vec<Observation>,
}

impl Look<'_> {
    fn add(&mut self, whose: &Whose<'_>) -> Result<(), StoreError> {
        let budgets = whose.rules.budgets();
        let views = whose.tally.budget_views(&whose.rules, self.now);
        for (place, (budget, view)) in budgets.iter().zip(views).enumerate() {
            let at = if budget.alert_at.is_empty() { self.at } else { &budget.alert_at };
            let expected = match view.resets_at {
                Some(end) if self.forecast && view.spent.0 > 0 && view.spent < view.limit => {
                    let daily = self.daily(whose.id)?;
                    daily.map(|daily| expected(view.spent, daily, self.now, end))
                }
                _ => None,
            };
            // Of most there is nothing to tell, and there may be very many.
            if !is_to_tell(view.spent, view.limit, at, expected) {
                continue;
            }
            let subject = Subject {
                kind: whose.id.level.as_str().to_owned(),
                id: whose.id.to_string(),
                name: whose.name.to_owned(),
            };
            let is_moving = matches!(budget.period, Period::Rolling(_));
            let state = BudgetState {
                subject: &subject,
                label: &label(budgets, place, budget),
                limit: view.limit,
                spent: view.spent,
                window_start: (!is_moving).then_some(view.window_start),
                resets_at: view.resets_at,
                at,
                expected,
            };
            observe(&state, &mut self.found);
        }
        Ok(())
    }

    fn daily(&mut self, id: AccountId) -> Result<Option<i64>, StoreError> {
        let known = self.days.0.get(&id.level).filter(|(as_of, _)| self.now - as_of < FORECAST_EVERY);
        if let Some((_, days)) = known {
            return Ok(days.get(&id).copied().flatten());
        }
        let read = read_days(self.app, id.level, self.now)?;
        let found = read.get(&id).copied().flatten();
        self.days.0.insert(id.level, (self.now, read));
        Ok(found)
    }
}

/// What a day costs each account of a level.
fn read_days(app: &App, level: Level, now: Micros) -> Result<HashMap<AccountId, Option<i64>>, StoreError> {
    let Some(by) = RollupBy::ALL.iter().copied().find(|by| by.level() == Some(level)) else {
        return Ok(HashMap::new());
    };
    let today = now.div_euclid(DAY) * DAY;
    let query = RollupQuery {
        by_time: true,
        group_by: Some(by),
        ..RollupQuery::over(Span::Day, today - FORECAST_DAYS * DAY, today + DAY)
    };
    let mut days: HashMap<AccountId, Vec<(Micros, i64)>> = HashMap::new();
    for row in app.storage.database.rollups(&query)? {
        if let Some(id) = row.value.and_then(|id| id.parse().ok()) {
            days.entry(id).or_default().push((row.start, row.sums.cost));
        }
    }
    Ok(days.into_iter().map(|(id, days)| (id, daily(&days, today, now))).collect())
}

/// What tells a budget from others of the same: its period, and its number among those of the same period.
fn label(budgets: &[Budget], place: usize, budget: &Budget) -> String {
    let text = budget.period.text();
    let before = budgets.iter().take(place).filter(|other| other.period == budget.period).count();
    if before == 0 { text.into_owned() } else { format!("{text}#{}", before + 1) }
}

//! Limits and budgets: what goes together, and how many there may be.

use super::keys::names_or_beginnings;
use crate::errors::Faults;
use crate::place::At;
use crate::settings::limits::{
    BudgetSettings, CountedUnit, Counting, LimitRule, LimitSettings, ReserveSettings, RolloverSettings,
    WindowName, sharing,
};
use crate::shape::Whole;
use gw_model::limits::{Budget, Limit, Limits, MAX_BUDGETS, MAX_MORE_LIMITS, Period, Reserve, Rollover};

pub(super) fn limits(settings: &LimitSettings, faults: &mut Faults) -> Limits {
    let kind = settings.kind.value;
    if let Some(burst) = settings.burst.filter(|b| b.value.get() > 0 && kind != Counting::Gcra) {
        faults.add(burst.place, format!("'burst' is for kind gcra only, not {}: remove it", kind.as_str()));
    }
    let more = &settings.more;
    if more.value.len() > MAX_MORE_LIMITS {
        faults.add(more.place, format!("there may be at most {MAX_MORE_LIMITS} limits in 'more'"));
    }
    Limits {
        rpm: settings.rpm.map(|n| n.value.get()),
        tpm: settings.tpm.map(|n| n.value.get()),
        max_parallel: settings.max_parallel.map(|n| n.value.small()),
        kind: kind.into(),
        burst: settings.burst.map_or(0, |n| n.value.get()),
        sharing: sharing(settings.mode.value, settings.on_unavailable.value),
        reserve: reserve(settings.reserve.as_ref(), kind, faults),
        more: more.value.iter().filter_map(|rule| limit(&rule.value, faults)).collect(),
    }
}

fn limit(rule: &LimitRule, faults: &mut Faults) -> Option<Limit> {
    let (unit, kind) = (rule.unit.value, rule.kind.value);
    let max = match (unit, rule.limit, &rule.limit_usd) {
        (CountedUnit::Cost, None, Some(usd)) => usd.value.0.0,
        (CountedUnit::Cost, ..) => {
            faults.add(rule.place, "a limit of cost is given as 'limit_usd', and nothing else");
            return None;
        }
        (_, Some(limit), None) => limit.value.get(),
        _ => {
            faults.add(
                rule.place,
                format!("a limit of {} is given as 'limit', and nothing else", unit.as_str()),
            );
            return None;
        }
    };
    let per_seconds = match (unit, rule.per) {
        (CountedUnit::Parallel, None) => 0,
        (CountedUnit::Parallel, Some(per)) => {
            faults.add(per.place, "requests at the same time have no window: remove 'per'");
            return None;
        }
        (_, per) => per.map_or(WindowName::Minute, |per| per.value).seconds(),
    };
    if let Some(burst) = rule.burst.filter(|b| b.value.get() > 0 && kind != Counting::Gcra) {
        faults.add(burst.place, format!("'burst' is for kind gcra only, not {}: remove it", kind.as_str()));
    }
    Some(Limit {
        unit: unit.into(),
        max,
        per_seconds,
        kind: kind.into(),
        burst: rule.burst.map_or(0, |n| n.value.get()),
        models: rule.models.as_ref().map(|list| names_or_beginnings(&list.value, faults)),
        providers: rule.providers.as_ref().map(|list| names_or_beginnings(&list.value, faults)),
        shadow: rule.shadow.value,
        sharing: sharing(rule.mode.value, rule.on_unavailable.value),
        reserve: reserve(rule.reserve.as_ref(), kind, faults),
    })
}

/// What is called is one provider's already: limits of some providers are of those who call, or of an alias.
pub(super) fn refuse_providers(settings: &LimitSettings, faults: &mut Faults) {
    for rule in &settings.more.value {
        if let Some(providers) = &rule.value.providers {
            let message = "'providers' is for limits of callers and aliases: a provider's and a target's own count there \
                           alone; remove it";
            faults.add(providers.place, message);
        }
    }
}

fn reserve(settings: Option<&At<ReserveSettings>>, kind: Counting, faults: &mut Faults) -> Reserve {
    let Some(at) = settings else { return Reserve::default() };
    let percent = |share: Option<At<Whole<1, 100>>>| {
        share.and_then(|share| u8::try_from(share.value.get()).ok()).unwrap_or(0)
    };
    let reserve = Reserve { normal: percent(at.value.normal), high: percent(at.value.high) };
    if reserve.is_too_much() {
        faults.add(at.place, "'reserve' comes to more than 100 percent: lower 'normal' or 'high'");
    }
    if kind == Counting::Gcra {
        faults.add(at.place, "'reserve' is not for kind gcra: remove it, or choose sliding or fixed");
    }
    reserve
}

pub(super) fn budgets(settings: &At<Vec<At<BudgetSettings>>>, faults: &mut Faults) -> Vec<Budget> {
    if settings.value.len() > MAX_BUDGETS {
        faults.add(settings.place, format!("there may be at most {MAX_BUDGETS} budgets"));
    }
    settings.value.iter().map(|one| budget(&one.value, faults)).collect()
}

pub(super) fn budget(settings: &BudgetSettings, faults: &mut Faults) -> Budget {
    let period = settings.period.value.0;
    Budget {
        rollover: settings.rollover.as_ref().and_then(|at| rollover(at, period, faults)),
        strict: settings.strict.value,
        time_zone: settings.time_zone.as_ref().map(|zone| zone.value.0.clone()),
        shadow: settings.shadow.value,
        alert_at: alert_at(settings),
        sharing: sharing(settings.mode.value, settings.on_unavailable.value),
        ..Budget::new(settings.limit_usd.value.0, period)
    }
}

fn rollover(at: &At<RolloverSettings>, period: Period, faults: &mut Faults) -> Option<Rollover> {
    if !Rollover::is_for(period) {
        faults.add(at.place, "'rollover' is for periods day, week and month: remove it");
    }
    let since = &at.value.since;
    let Some(time) = gw_model::time::parse(since.value.as_str()) else {
        let text = since.value.as_str();
        let message = format!("'since' must be a time such as 2026-11-01T00:00:00Z, not '{text}'");
        faults.add(since.place, message);
        return None;
    };
    Some(Rollover { cap: at.value.cap_usd.as_ref().map(|cap| cap.value.0), since: time })
}

fn alert_at(settings: &BudgetSettings) -> Vec<u16> {
    let shares = settings.alert_at.iter().flat_map(|list| list.value.iter());
    shares.map(|share| u16::try_from(share.value.get()).unwrap_or(u16::MAX)).collect()
}

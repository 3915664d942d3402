//! Claims and what is told, as the arguments of the scripts, and what those answer. It must not connect to anything.

use crate::memory::{Claim, Item, Mark, Recent, Refused};
use gw_model::limits::LimitKind;
use gw_model::{AccountId, Micros, NanoUsd};
use redis::Value;

/// What is told: it is counted in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Units were used beyond what was taken.
    Used {
        /// The limit.
        key: String,
        /// Its window.
        per_seconds: u32,
        /// How many.
        units: u64,
    },
    /// Units were taken and not used.
    Unused {
        /// The limit.
        key: String,
        /// Its window.
        per_seconds: u32,
        /// When they were taken, by Redis's clock.
        taken_at: Micros,
        /// How many.
        units: u64,
    },
    /// What this gateway's calls took within a window, for a Redis that may not know it.
    Recent(Recent),
    /// A call no longer runs at the same time as others.
    Left {
        /// The limit.
        key: String,
    },
    /// Money is no longer held.
    Freed {
        /// Whose budgets.
        account: AccountId,
        /// How much.
        cost: NanoUsd,
    },
    /// What this gateway has spent.
    Spent {
        /// Whose budgets.
        account: AccountId,
        /// In which window.
        mark: Mark,
    },
    /// The same, as the whole of what it knows of the window.
    All {
        /// Whose budgets.
        account: AccountId,
        /// In which window.
        mark: Mark,
    },
    /// What another gateway has spent, which may be gone.
    Elsewhere {
        /// Its number.
        node: u64,
        /// Whose budgets.
        account: AccountId,
        /// In which window.
        mark: Mark,
    },
}

/// A gateway's number, as the scripts have it.
pub(super) fn node(node: u64) -> String {
    format!("{node:016x}")
}

/// Arguments of a script.
pub(super) type Args = Vec<String>;

fn flag(is: bool) -> String {
    u8::from(is).to_string()
}

const fn kind(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Sliding => "s",
        LimitKind::Gcra => "g",
        LimitKind::Fixed => "f",
    }
}

fn window(args: &mut Args, mark: &Mark) {
    args.extend([mark.name.clone(), mark.ends_ms.to_string(), mark.rolling.to_string()]);
    args.push(mark.spent.len().to_string());
    for (sub, spent) in &mark.spent {
        if mark.rolling > 0 {
            args.push(sub.to_string());
        }
        args.push(spent.to_string());
    }
}

/// A claim's part of the arguments.
pub(super) fn claim(args: &mut Args, claim: &Claim) {
    for item in &claim.items {
        match item {
            Item::Limit { key, per_seconds, kind: counted, max, burst, units, shadow, .. } => {
                args.extend([
                    "L".to_owned(),
                    key.clone(),
                    per_seconds.to_string(),
                    kind(*counted).to_owned(),
                ]);
                args.extend([max.to_string(), burst.to_string(), units.to_string(), flag(*shadow)]);
            }
            Item::Parallel { key, max, units, shadow, .. } => {
                let (max, units) = (max.to_string(), units.to_string());
                args.extend(["P".to_owned(), key.clone(), max, flag(*shadow), units]);
            }
            Item::Budgets { account, cost, list, .. } => {
                args.extend([
                    "B".to_owned(),
                    account.to_string(),
                    cost.0.to_string(),
                    list.len().to_string(),
                ]);
                for budget in list {
                    args.extend([budget.limit.0.to_string(), flag(budget.shadow)]);
                    window(args, &budget.mark);
                    args.push(flag(budget.carry.is_some()));
                    if let Some(carry) = &budget.carry {
                        args.extend([carry.most.0.to_string(), carry.of.0.to_string()]);
                        window(args, &carry.mark);
                    }
                }
            }
        }
    }
}

/// What is told, as its part of the arguments.
pub(super) fn told(args: &mut Args, told: &Told) {
    match told {
        Told::Used { key, per_seconds, units } => {
            args.extend(["C".to_owned(), key.clone(), per_seconds.to_string(), units.to_string()]);
        }
        Told::Unused { key, per_seconds, taken_at, units } => {
            args.extend(["G".to_owned(), key.clone(), per_seconds.to_string()]);
            args.extend([taken_at.to_string(), units.to_string()]);
        }
        Told::Recent(Recent { key, per_seconds, parts }) => {
            args.extend(["H".to_owned(), key.clone(), per_seconds.to_string(), parts.len().to_string()]);
            args.extend(parts.iter().flat_map(|(part, units)| [part.to_string(), units.to_string()]));
        }
        Told::Left { key } => args.extend(["Q".to_owned(), key.clone()]),
        Told::Freed { account, cost } => {
            args.extend(["R".to_owned(), account.to_string(), cost.0.to_string()]);
        }
        Told::Spent { account, mark } => {
            args.extend(["W".to_owned(), account.to_string()]);
            window(args, mark);
        }
        Told::All { account, mark } => {
            args.extend(["A".to_owned(), account.to_string()]);
            window(args, mark);
        }
        Told::Elsewhere { node: of, account, mark } => {
            args.extend(["O".to_owned(), node(*of), account.to_string()]);
            window(args, mark);
        }
    }
}

/// What came of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// All was taken, at that time by Redis's clock.
    Taken { at: Micros, shadow: Option<(usize, Refused)>, left: Vec<(u64, u64)>, used: Vec<u64> },
    /// Nothing was: that item refuses.
    Refused(usize, Refused),
    /// The sums are being put together again.
    Closed,
    /// Redis does not know this gateway any more.
    Stale,
}

/// Reads an answer; `None` when it is none.
pub(super) fn answer(value: &Value) -> Option<Answer> {
    let list = value.as_sequence()?;
    match (&*text(list.first()?)?, list) {
        ("stale", _) => Some(Answer::Stale),
        ("closed", _) => Some(Answer::Closed),
        ("no", [_, found @ ..]) => refused(found).map(|(item, why)| Answer::Refused(item, why)),
        ("ok", [_, at, shadow, left, used]) => {
            let left: Option<Vec<u64>> = left.as_sequence()?.iter().map(number).collect();
            let left = left?.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let at = Micros::try_from(number(at)?).ok()?;
            let used: Option<Vec<u64>> = used.as_sequence()?.iter().map(number).collect();
            Some(Answer::Taken { at, shadow: refused(shadow.as_sequence()?), left, used: used? })
        }
        _ => None,
    }
}

fn refused(found: &[Value]) -> Option<(usize, Refused)> {
    let [item, why, a, b, c] = found else { return None };
    let item = usize::try_from(number(item)?).ok()?;
    let why = match &*text(why)? {
        "l" => Refused::Limit { retry_after_us: number(a)? },
        _ => Refused::Budget {
            index: usize::try_from(number(a)?).ok()?,
            spent: NanoUsd(number(b)?),
            reserved: NanoUsd(number(c)?),
        },
    };
    Some((item, why))
}

pub(super) fn text(value: &Value) -> Option<String> {
    redis::from_redis_value_ref(value).ok()
}

pub(super) fn number(value: &Value) -> Option<u64> {
    redis::from_redis_value_ref(value).ok()
}

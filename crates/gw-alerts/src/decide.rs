//! Whether somebody is told now, from what is known of an alert and what a look found: once when it begins, again when that is
//! wanted, once when it is over. Pure.

use gw_model::Micros;

/// What is known of an alert: one rule, one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// It goes on.
    pub is_firing: bool,
    /// When it began.
    pub fired_at: Micros,
    /// When it was seen last by a gateway, where each sees something else.
    pub seen_at: Micros,
    /// When somebody was told last; nobody was without it.
    pub sent_at: Option<Micros>,
    /// When it is over in any case.
    pub ends_at: Option<Micros>,
}

/// How a rule wants it.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Told again after so long.
    pub repeat_after_us: Option<Micros>,
    /// Told when it is over.
    pub send_resolved: bool,
    /// How long nothing must have been seen of it before it is over: gateways do not all know the same at one moment.
    pub grace_us: Micros,
    /// Whoever sees it says so now and again, since others do not see it.
    pub is_local: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// It begins. Is somebody told?
    Fire {
        /// Not while it is silenced.
        is_told: bool,
    },
    /// It goes on, and somebody is told: again, or since the silence is over.
    Tell {
        /// Somebody was told before.
        is_repeated: bool,
    },
    /// Others are told that it is still seen.
    Touch,
    /// It is over. Is somebody told?
    Resolve {
        /// Only who was told that it began.
        is_told: bool,
    },
}

/// It was seen now.
#[must_use]
pub fn seen(known: Option<&Known>, policy: &Policy, is_silenced: bool, now: Micros) -> Step {
    let Some(known) = known.filter(|known| known.is_firing) else {
        return Step::Fire { is_told: !is_silenced };
    };
    let is_due = match (known.sent_at, policy.repeat_after_us) {
        (None, _) => true,
        (Some(sent), Some(after)) => now.saturating_sub(sent) >= after,
        (Some(_), None) => false,
    };
    if is_due && !is_silenced {
        return Step::Tell { is_repeated: known.sent_at.is_some() };
    }
    let is_stale = now.saturating_sub(known.seen_at) * 2 >= policy.grace_us;
    if policy.is_local && policy.grace_us > 0 && is_stale { Step::Touch } else { Step::Nothing }
}

/// It was not seen now. `clear_since` is when this gateway first did not see it.
#[must_use]
pub fn unseen(known: &Known, policy: &Policy, is_silenced: bool, clear_since: Micros, now: Micros) -> Step {
    if !known.is_firing {
        return Step::Nothing;
    }
    let is_over = known.ends_at.is_some_and(|end| now >= end);
    let last = if policy.is_local { clear_since.max(known.seen_at) } else { clear_since };
    if !is_over && now.saturating_sub(last) < policy.grace_us {
        return Step::Nothing;
    }
    Step::Resolve { is_told: policy.send_resolved && known.sent_at.is_some() && !is_silenced }
}

#[cfg(test)]
mod tests;

//! What the key of a call, and all that it counts for, say of the cache. Serves the cache stage and the questions that are
//! asked before it.

use crate::ticket::Open;
use gw_model::access::{CacheRule, CacheUse};
use gw_model::caching::{CachePolicy, CacheWish};
use std::borrow::Cow;
use std::cell::Cell;

/// A model's policy as far as the call may have it, and the caller's wish with what follows of that. `None`: no answer is
/// reused, and none kept.
pub(super) fn applied<'a>(
    ticket: &Open,
    policy: &'a CachePolicy,
    wish: &mut CacheWish,
) -> Option<Cow<'a, CachePolicy>> {
    let Some(rule) = said(ticket) else { return Some(Cow::Borrowed(policy)) };
    wish.max_age_seconds = wish.max_age_seconds.into_iter().chain(rule.max_ttl_seconds).min();
    rule.applied(policy).map(Cow::Owned)
}

/// What follows of it for questions that are asked about the call's texts, by calls that it does not hold for.
pub(super) fn bound(ticket: &Open, wish: &mut CacheWish) {
    let Some(rule) = said(ticket) else { return };
    let is_off = rule.mode == Some(CacheUse::Off);
    wish.no_read |= is_off;
    wish.no_store |= is_off;
    wish.max_age_seconds = rule.max_ttl_seconds;
}

/// What all of them say together; `None` where none says anything.
fn said(ticket: &Open) -> Option<CacheRule> {
    let all: Cell<Option<CacheRule>> = Cell::new(None);
    let _ = ticket.access(|access| {
        if let Some(own) = access.cache {
            all.set(Some(all.get().map_or(own, |known| known.and(own))));
        }
        None::<()>
    });
    all.get()
}

//! How often somebody may fail to sign in: each account and each address has so many failures in a row, which come back one by
//! one. What is remembered is bounded; when it is too much, those that failed least are forgotten. Pure but for its lock. It
//! must not know why somebody failed.

use gw_config::compile::SignInSettings;
use gw_model::Micros;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

const MICROS: u64 = 1_000_000;

/// The part of an IPv6 address that is somebody's: what follows he may choose for each try.
const NETWORK: u128 = !0 << 64;

/// When full, this part of what is remembered is forgotten at once.
const FORGOTTEN: usize = 8;

/// Who fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Failing {
    /// An account, by the digest of what names it.
    Account([u8; 32]),
    /// An address.
    Address(IpAddr),
}

impl Failing {
    /// Whoever comes from there; nobody where that is no address.
    pub(super) fn address(text: &str) -> Option<Self> {
        let address = text.parse::<IpAddr>().ok()?;
        Some(Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & NETWORK)),
            address => address,
        }))
    }
}

/// See the module. Of each the time at which all its failures are forgiven.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Failing, Micros>>);

/// Too many failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    /// When to try again.
    pub(super) retry_after_seconds: u64,
}

impl Throttle {
    /// Counts a try for each of them as if it failed, so that tries at the same time are all counted.
    pub(super) fn admit(
        &self,
        settings: &SignInSettings,
        all: &[Failing],
        now: Micros,
    ) -> Result<(), TooMany> {
        let mut known = self.0.lock();
        let mut wait = 0;
        for one in all {
            let (share, most) = share(settings, *one);
            let free_at = known.get(one).copied().unwrap_or(now).max(now);
            // So much of it may be used up before another try.
            let room = share.saturating_mul(most - 1);
            wait = wait.max(free_at.saturating_sub(now).saturating_sub(room));
        }
        if wait > 0 {
            let seconds = wait.unsigned_abs().div_ceil(MICROS);
            return Err(TooMany { retry_after_seconds: seconds });
        }
        for one in all {
            if !known.contains_key(one) {
                make_room(&mut known, settings.max_tracked, now);
            }
            let free_at = known.entry(*one).or_insert(now);
            *free_at = (*free_at).max(now).saturating_add(share(settings, *one).0);
        }
        Ok(())
    }

    /// The try was no failure.
    pub(super) fn give_back(&self, settings: &SignInSettings, all: &[Failing]) {
        let mut known = self.0.lock();
        for one in all {
            if let Some(free_at) = known.get_mut(one) {
                *free_at = free_at.saturating_sub(share(settings, *one).0);
            }
        }
    }

    /// The account's failures before are forgiven: whoever it belongs to came in.
    pub(super) fn forgive(&self, account: Failing) {
        self.0.lock().remove(&account);
    }
}

/// After which time one failure is forgiven, and how many there may be.
fn share(settings: &SignInSettings, one: Failing) -> (Micros, Micros) {
    let most = match one {
        Failing::Account(_) => settings.failures_per_account,
        Failing::Address(_) => settings.failures_per_address,
    };
    let window = i64::try_from(settings.window_seconds.saturating_mul(MICROS)).unwrap_or(i64::MAX);
    let most = i64::from(most.max(1));
    ((window / most).max(1), most)
}

fn make_room(known: &mut HashMap<Failing, Micros>, most: usize, now: Micros) {
    if known.len() < most {
        return;
    }
    known.retain(|_, free_at| *free_at > now);
    if known.len() < most {
        return;
    }
    let mut times: Vec<Micros> = known.values().copied().collect();
    let place = times.len() / FORGOTTEN;
    let (_, least, _) = times.select_nth_unstable(place);
    let least = *least;
    known.retain(|_, free_at| *free_at > least);
}

#[cfg(test)]
mod tests;

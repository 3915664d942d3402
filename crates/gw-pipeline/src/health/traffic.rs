//! What went to a deployment within the last minute, and what its provider says is left. Serves capacity. It must not
//! refuse anything: a deployment that is full only goes behind others.

use gw_model::Micros;
use gw_model::routing::Capacity;
use gw_providers::Headroom;

/// One minute, in microseconds.
const MINUTE_US: i64 = 60_000_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    /// The minute that is being counted, from the epoch.
    minute: i64,
    this: Counts,
    before: Counts,
    stated: Option<Stated>,
    said: Option<Said>,
}

/// What a provider said last of its own limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// As it said; `reset_ms` counts from `at`.
    pub headroom: Headroom,
    /// When, in microseconds since the epoch.
    pub at: Micros,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    requests: u64,
    tokens: u64,
}

/// What the provider said of its own limits.
#[derive(Clone, Copy, Debug)]
struct Stated {
    /// Least that is left of what it limits, in thousandths.
    permille: u32,
    /// When that is no longer so.
    until: Micros,
}

impl Traffic {
    /// Counts what goes out, or what turned out to be used besides.
    pub(super) fn add(&mut self, requests: u64, tokens: u64, now: Micros) {
        self.turn(now);
        self.this.requests = self.this.requests.saturating_add(requests);
        self.this.tokens = self.this.tokens.saturating_add(tokens);
    }

    /// Takes in what an answer's headers say.
    pub(super) fn state(&mut self, headroom: &Headroom, now: Micros) {
        if headroom.requests.is_some() || headroom.tokens.is_some() {
            self.said = Some(Said { headroom: *headroom, at: now });
        }
        let rooms = [headroom.requests.as_ref(), headroom.tokens.as_ref()];
        let stated = rooms.into_iter().flatten().filter_map(|room| {
            let limit = room.limit.filter(|limit| *limit > 0)?;
            let permille =
                u32::try_from(room.remaining.saturating_mul(1000) / limit).unwrap_or(1000).min(1000);
            let lasts =
                i64::try_from(room.reset_ms.unwrap_or(1000).saturating_mul(1000)).unwrap_or(MINUTE_US);
            Some(Stated { permille, until: now.saturating_add(lasts.min(MINUTE_US)) })
        });
        if let Some(least) = stated.min_by_key(|stated| stated.permille) {
            self.stated = Some(least);
        }
    }

    /// What is left, in thousandths: by the capacity that the configuration states, or by what the provider said,
    /// whichever is less. `tokens` are what the next request would add.
    pub(super) fn headroom(&self, capacity: Option<&Capacity>, tokens: u64, now: Micros) -> u32 {
        let used = self.used(now);
        let left = |limit: Option<u64>, used: u64| match limit {
            None => 1000,
            Some(0) => 0,
            Some(limit) => {
                u32::try_from(limit.saturating_sub(used).saturating_mul(1000) / limit).unwrap_or(1000)
            }
        };
        let own = capacity.map_or(1000, |capacity| {
            // The next request must fit whole.
            left(capacity.rpm, used.requests).min(left(capacity.tpm, used.tokens.saturating_add(tokens)))
        });
        let stated = self.stated.filter(|stated| now < stated.until).map_or(1000, |stated| stated.permille);
        own.min(stated)
    }

    /// What the provider said last, and requests and tokens of the last minute.
    pub(super) fn seen(&self, now: Micros) -> (Option<Said>, u64, u64) {
        let used = self.used(now);
        (self.said, used.requests, used.tokens)
    }

    /// The last minute: the one that runs, and of the one before as much as still counts.
    fn used(&self, now: Micros) -> Counts {
        let minute = now.div_euclid(MINUTE_US);
        let into = u64::try_from(now.rem_euclid(MINUTE_US)).unwrap_or(0);
        let (this, before) = match minute - self.minute {
            0 => (self.this, self.before),
            1 => (Counts::default(), self.this),
            _ => return Counts::default(),
        };
        let rest =
            |n: u64| u64::try_from(u128::from(n) * u128::from(60_000_000 - into) / 60_000_000).unwrap_or(n);
        Counts {
            requests: this.requests.saturating_add(rest(before.requests)),
            tokens: this.tokens.saturating_add(rest(before.tokens)),
        }
    }

    fn turn(&mut self, now: Micros) {
        let minute = now.div_euclid(MINUTE_US);
        if minute != self.minute {
            self.before = if minute == self.minute + 1 { self.this } else { Counts::default() };
            self.this = Counts::default();
            self.minute = minute;
        }
    }
}

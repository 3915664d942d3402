//! Gateways tell each other which deployments are down or paused. One task in the background: what a request sees is put
//! into a bounded queue and sent from there; what others saw is written on the board, where requests look. No request
//! waits for any of it, and without Redis each gateway finds out for itself.

use gw_config::compile::RedisSettings;
use gw_model::{Clock, Micros};
use gw_pipeline::{Change, Fingerprint, Gateway, HealthChange, SharingMetrics};
use gw_store::redis::{Heard, Link, Meeting, News, Notice, RedisError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

/// Changes that may wait to be sent; more are dropped and counted.
const MAX_WAITING: usize = 1024;

/// Shortest and longest pause before connecting again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often a silent connection is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(2);

/// A connection that lasted so long was a good one, in microseconds: what follows is a new trouble.
const GOOD_US: Micros = 5_000_000;

/// See the module.
struct Sharing {
    gateway: Arc<Gateway>,
    clock: Arc<dyn Clock>,
    meeting: Meeting,
    metrics: SharingMetrics,
    changes: mpsc::Receiver<HealthChange>,
    /// A change that could not be sent: it goes first over the next connection.
    unsent: Option<HealthChange>,
    /// What was last written into the log.
    told: Option<bool>,
}

/// Listens to the board from now on; what is returned does the rest, for ever. Errors: the address cannot be used.
pub(super) fn start(
    settings: &RedisSettings,
    gateway: &Arc<Gateway>,
    metrics: SharingMetrics,
) -> Result<impl Future<Output = ()> + Send + use<>, RedisError> {
    let meeting = Meeting::new(&settings.url, &settings.prefix)?;
    let (sender, changes) = mpsc::channel(MAX_WAITING);
    let dropped = metrics.dropped.clone();
    gateway.board.listen(move |change| {
        if sender.try_send(change).is_err() {
            dropped.inc();
        }
    });
    let (gateway, clock) = (Arc::clone(gateway), gateway.clock());
    let sharing = Sharing { gateway, clock, meeting, metrics, changes, unsent: None, told: None };
    Ok(sharing.run())
}

impl Sharing {
    async fn run(mut self) {
        let mut failures = 0u32;
        loop {
            let since = self.clock.now();
            let error = match self.meeting.open().await {
                // It ends with an error only.
                Ok(mut link) => self.exchange(&mut link).await.err().unwrap_or(RedisError::Gone),
                Err(error) => error,
            };
            self.note(Err(error));
            failures = if self.clock.now() - since > GOOD_US { 0 } else { failures.saturating_add(1) };
            tokio::time::sleep(pause(failures)).await;
        }
    }

    /// One line in the log per change of state.
    fn note(&mut self, state: Result<(), RedisError>) {
        let is_up = state.is_ok();
        self.metrics.up.set(i64::from(is_up));
        if self.told.replace(is_up) == Some(is_up) {
            return;
        }
        match state {
            Ok(()) => {
                tracing::info!("Redis is connected: gateways tell each other which deployments are down")
            }
            Err(error) => {
                tracing::warn!(%error, "Redis cannot be used: each gateway finds out for itself which deployments are down");
            }
        }
    }

    /// Tells and hears until the connection fails.
    async fn exchange(&mut self, link: &mut Link) -> Result<(), RedisError> {
        // The subscription stands: what is told from now on is heard, so nothing falls between.
        for heard in link.kept().await? {
            self.hear(heard);
        }
        if let Some(change) = self.unsent.take() {
            self.tell(link, change).await?;
        }
        self.note(Ok(()));
        let mut ticks = tokio::time::interval(PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = link.next() => self.hear(heard?),
                change = self.changes.recv() => match change {
                    Some(change) => self.tell(link, change).await?,
                    // The board lives as long as the process.
                    None => return Err(RedisError::Gone),
                },
                _ = ticks.tick() => {
                    link.ping().await?;
                    self.metrics.dropped.inc_by(link.take_overflow());
                }
            }
        }
    }

    async fn tell(&mut self, link: &mut Link, change: HealthChange) -> Result<(), RedisError> {
        let now = self.clock.now();
        // What waited too long is over.
        let Some(notice) = notice(change, now) else { return Ok(()) };
        let now_ms = u64::try_from(now / 1000).unwrap_or(0);
        if let Err(error) = link.tell(&notice, now_ms).await {
            self.unsent = Some(change);
            return Err(error);
        }
        self.metrics.sent.inc();
        Ok(())
    }

    fn hear(&self, heard: Heard) {
        match heard {
            Heard::Own => {}
            Heard::Malformed => {
                self.metrics.malformed.inc();
            }
            Heard::Notice(notice) => {
                self.metrics.received.inc();
                let now = self.clock.now();
                let policy = self.gateway.live().snapshot.health;
                self.gateway.board.hear(change(&notice, now), &policy, now);
            }
        }
    }
}

/// What is left of a change, for others, whose clocks may differ; nothing when it is over.
fn notice(change: HealthChange, now: Micros) -> Option<Notice> {
    // Rounded up: nobody is to come too early.
    let left =
        |until: Micros| u64::try_from(until - now).ok().map(|us| us.div_ceil(1000)).filter(|ms| *ms > 0);
    let news = match change.change {
        Change::Parked { until } => News::Parked { ms: left(until)? },
        Change::Tripped { until } => News::Tripped { ms: left(until)? },
        Change::Closed => News::Closed,
    };
    Some(Notice { deployment: change.deployment.0, news })
}

/// The change that a notice is, by our own clock.
fn change(notice: &Notice, now: Micros) -> HealthChange {
    let until =
        |ms: u64| now.saturating_add(Micros::try_from(ms.saturating_mul(1000)).unwrap_or(Micros::MAX));
    let change = match notice.news {
        News::Parked { ms } => Change::Parked { until: until(ms) },
        News::Tripped { ms } => Change::Tripped { until: until(ms) },
        News::Closed => Change::Closed,
    };
    HealthChange { deployment: Fingerprint(notice.deployment), change }
}

/// Doubles from one failure to the next, with jitter of a half: gateways that lost the same server do not come back as one.
fn pause(failures: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
    doubled.mul_f64(0.5 + 0.5 * fastrand::f64())
}

#[cfg(test)]
mod tests;

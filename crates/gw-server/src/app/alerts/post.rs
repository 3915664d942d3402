//! Tells channels what is due: takes deliveries out of the database, organization by organization, a few of each channel at a time, so
//! that a slow one holds up no other; tries again with growing pauses, and gives up after a time. Who takes a delivery and dies leaves it to others.

mod http;
mod mail;
mod names;

use super::Test;
use crate::app::shares::{Place, Shares};
use crate::app::state::App;
use gw_alerts::{Channel, Notice, Way};
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::types::{AlertDelivery, AlertEvent, DeliveryState};
use gw_upstream::{Upstream, UpstreamConfig};
use names::Names;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Most notices under way, and most of one channel.
const MAX_UNDER_WAY: usize = 32;
const MAX_OF_CHANNEL: usize = 4;

/// First pause before a notice is told again; each further one is twice as long.
const FIRST_PAUSE: Micros = 5_000_000;
/// Longest pause, also where a channel asks for a longer one.
const MAX_PAUSE: Micros = 10 * 60 * 1_000_000;
/// What somebody who took a delivery has beyond the time of a try to say what became of it.
const SPARE: Micros = 30_000_000;
/// Longest text about a failure that is kept, in characters.
const MAX_ERROR: usize = 300;

/// Why a channel did not take a notice.
#[derive(Debug)]
pub(crate) struct Fault {
    is_worth_another: bool,
    after: Option<Micros>,
    said: String,
}

impl Fault {
    fn again(said: impl Into<String>) -> Self {
        Self { is_worth_another: true, after: None, said: said.into() }
    }

    fn last(said: impl Into<String>) -> Self {
        Self { is_worth_another: false, after: None, said: said.into() }
    }

    /// For people: short, on one line.
    pub(crate) fn told(&self) -> String {
        self.said.chars().filter(|c| !c.is_control()).take(MAX_ERROR).collect()
    }
}

/// A notice on its way.
#[derive(Clone)]
struct Letter {
    notice: Notice,
    event_id: String,
    /// When it happened.
    at: Micros,
    /// When it is told.
    now: Micros,
}

/// See the module. It belongs to the thread of its sockets.
pub(crate) struct Post {
    app: Arc<App>,
    upstream: Rc<Upstream>,
    /// How many are under way, by channel.
    busy: Rc<RefCell<HashMap<String, usize>>>,
    places: Arc<Shares>,
    /// The organization whose turn was the last.
    last: String,
    tasks: JoinSet<()>,
    /// Tests have places of their own, so that nobody keeps others from being told.
    tests: JoinSet<()>,
    is_failing: bool,
}

impl Post {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let resolver = Some(Arc::new(Names::new()) as Arc<_>);
        let upstream = Upstream::new(UpstreamConfig { resolver, ..UpstreamConfig::default() });
        Self {
            app,
            upstream,
            busy: Rc::default(),
            places: Shares::new(MAX_UNDER_WAY),
            last: String::new(),
            tasks: JoinSet::new(),
            tests: JoinSet::new(),
            is_failing: false,
        }
    }

    /// Takes what is due and sends it on its way. Gives whether there may be more.
    pub(crate) async fn tell(&mut self) -> bool {
        while self.tasks.try_join_next().is_some() {}
        while self.tests.try_join_next().is_some() {}
        match self.tell_some().await {
            Ok(is_some) => {
                self.is_failing = false;
                is_some
            }
            Err(error) => {
                self.note_failing(&error);
                false
            }
        }
    }

    async fn tell_some(&mut self) -> Result<bool, StoreError> {
        if self.tasks.len() >= MAX_UNDER_WAY {
            return Ok(false);
        }
        let is_busy = |(_, count): &(&String, &usize)| **count >= MAX_OF_CHANNEL;
        let busy: Vec<String> = self.busy.borrow().iter().filter(is_busy).map(|(id, _)| id.clone()).collect();
        let now = self.app.gateway.clock().now();
        let until = now + longest_try(&self.app) + SPARE;
        let all_busy = busy.clone();
        let mut due = self.asked(move |app| app.storage.database.due_alerts(now, &all_busy)).await?;
        // Each in its turn.
        let next = due.partition_point(|one| *one <= self.last);
        due.rotate_left(next);
        let mut is_some = false;
        for organization in due {
            let room = self.places.left_for(&organization).min(MAX_OF_CHANNEL);
            if room == 0 {
                continue;
            }
            self.last.clone_from(&organization);
            let (busy, whose) = (busy.clone(), organization.clone());
            let claim = move |app: &App| app.storage.database.claim_alerts(now, until, &whose, &busy, room);
            for (event, delivery) in self.asked(claim).await? {
                // No more are taken than there are places.
                let Some(place) = self.places.take(&organization) else { continue };
                self.send(event, delivery, place);
                is_some = true;
            }
        }
        Ok(is_some)
    }

    /// What the database says; nothing where the process ends.
    async fn asked<T: Default + Send + 'static>(
        &self,
        ask: impl FnOnce(&App) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let app = Arc::clone(&self.app);
        tokio::task::spawn_blocking(move || ask(&app)).await.unwrap_or_else(|_| Ok(T::default()))
    }

    fn note_failing(&mut self, error: &StoreError) {
        // Whoever talks to the database says that it is away.
        if !std::mem::replace(&mut self.is_failing, true) && !error.is_unavailable() {
            tracing::error!(%error, "alerts that are due can not be read; it is tried again and again");
        }
    }

    fn send(&mut self, event: AlertEvent, delivery: AlertDelivery, place: Place) {
        let (app, upstream) = (Arc::clone(&self.app), Rc::clone(&self.upstream));
        let busy = Turn::take(&self.busy, &delivery.channel);
        self.tasks.spawn_local(async move {
            let _held = (busy, place);
            let channel = app.alerts.book.load().channels.get(&delivery.channel).cloned();
            let notice: Option<Notice> = serde_json::from_str(&event.notice).ok();
            let kind = channel.as_ref().map_or("unknown", kind_of);
            let sent = match (&channel, notice) {
                (Some(channel), Some(notice)) => {
                    let letter = Letter { notice, event_id: event.id.to_string(), at: event.time, now: app.gateway.clock().now() };
                    names::on_behalf_of(event.organization.clone(), once(&upstream, channel, &letter)).await
                }
                (None, _) => Err(Fault::last("there is no such channel any more")),
                (_, None) => Err(Fault::last("the notice can not be read")),
            };
            let give_up = channel.as_ref().map_or(0, |channel| channel.give_up_after_us);
            let done = settled(&event, &delivery, sent, give_up, app.gateway.clock().now());
            let outcome = match done.state {
                DeliveryState::Sent => "sent",
                DeliveryState::Waiting => "retry",
                DeliveryState::Failed | DeliveryState::Dropped => "failed",
            };
            app.alerts.metrics.note_delivery(kind, outcome, 1);
            if done.state == DeliveryState::Failed {
                tracing::warn!(channel = %delivery.channel, event = %event.id, "a channel was not told: {}", done.error);
            }
            let settle = move || app.storage.database.settle_alert(event.id, &done);
            // What is not written down is told once more.
            if let Ok(Err(error)) = tokio::task::spawn_blocking(settle).await {
                tracing::error!(%error, "it could not be written down what became of an alert");
            }
        });
    }

    /// Tells a channel what nobody needs to know, and says what came of it.
    pub(crate) fn test(&mut self, test: Test) {
        let upstream = Rc::clone(&self.upstream);
        let metrics = self.app.alerts.metrics.clone();
        let now = self.app.gateway.clock().now();
        self.tests.spawn_local(async move {
            let Test { ask, _place } = test;
            let whose = ask.notice.organization_id.clone();
            let letter = Letter { notice: ask.notice, event_id: ask.event_id, at: ask.at, now };
            let sent = names::on_behalf_of(whose, once(&upstream, &ask.channel, &letter)).await;
            let outcome = if sent.is_ok() { "sent" } else { "failed" };
            metrics.note_delivery(kind_of(&ask.channel), outcome, 1);
            // Whoever asked may be gone.
            let _ = ask.answer.send(sent.map_err(|fault| fault.told()));
        });
    }

    /// Waits for what is under way, within a time.
    pub(crate) async fn end(&mut self, within: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::info!("some alerts were under way; they are told after the next start");
        }
    }
}

/// One of those of a channel that are under way.
struct Turn {
    busy: Rc<RefCell<HashMap<String, usize>>>,
    channel: String,
}

impl Turn {
    fn take(busy: &Rc<RefCell<HashMap<String, usize>>>, channel: &str) -> Self {
        *busy.borrow_mut().entry(channel.to_owned()).or_default() += 1;
        Self { busy: Rc::clone(busy), channel: channel.to_owned() }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut busy = self.busy.borrow_mut();
        if let Some(count) = busy.get_mut(&self.channel) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.channel);
            }
        }
    }
}

async fn once(upstream: &Upstream, channel: &Channel, letter: &Letter) -> Result<(), Fault> {
    let within = Duration::from_millis(channel.timeout_ms);
    let sent = async {
        match &channel.way {
            Way::Webhook { .. } | Way::Slack { .. } => http::send(upstream, channel, letter).await,
            Way::Email { .. } => mail::send(upstream, channel, letter).await,
        }
    };
    tokio::time::timeout(within, sent).await.unwrap_or_else(|_| Err(Fault::again("no answer in time")))
}

/// What is written down of a try.
fn settled(
    event: &AlertEvent,
    delivery: &AlertDelivery,
    sent: Result<(), Fault>,
    give_up_after: Micros,
    now: Micros,
) -> AlertDelivery {
    let attempts = delivery.attempts.saturating_add(1);
    let (state, due_at, error) = match sent {
        Ok(()) => (DeliveryState::Sent, now, String::new()),
        Err(fault) => {
            let pause = FIRST_PAUSE.saturating_mul(1 << delivery.attempts.min(20)).min(MAX_PAUSE);
            // Half of it is chance: what failed together does not come back together.
            let pause = pause / 2 + fastrand::i64(0..=pause / 2);
            let due_at = now + fault.after.unwrap_or(pause).min(MAX_PAUSE);
            let goes_on = fault.is_worth_another && due_at - event.time <= give_up_after;
            let state = if goes_on { DeliveryState::Waiting } else { DeliveryState::Failed };
            (state, due_at, fault.told())
        }
    };
    AlertDelivery { channel: delivery.channel.clone(), state, attempts, due_at, error }
}

fn longest_try(app: &App) -> Micros {
    let book = app.alerts.book.load();
    let longest = book.channels.values().map(|channel| channel.timeout_ms).max().unwrap_or(0);
    i64::try_from(longest.saturating_mul(1_000)).unwrap_or(SPARE)
}

/// The kind of a channel, for metrics.
pub(super) const fn kind_of(channel: &Channel) -> &'static str {
    match &channel.way {
        Way::Webhook { .. } => "webhook",
        Way::Slack { .. } => "slack",
        Way::Email { .. } => "email",
    }
}

#[cfg(test)]
mod tests;

//! Alerts: what the file and the admin API want to be told of ([`book`], [`objects`]), the looks that find it ([`watcher`]), and
//! the telling ([`post`]). Never on the request path: all of it runs on a thread of its own, and reads roll-ups, counters and
//! what is known of providers. What a rule finds, who is told when and in which words stands in `gw-alerts`.

pub(crate) mod book;
mod budgets;
mod figures;
pub(crate) mod objects;
pub(crate) mod post;
pub(crate) mod watcher;

use crate::app::shares::{Place, Shares};
use crate::app::state::App;
use arc_swap::ArcSwap;
use book::Book;
use gw_alerts::{Channel, Notice};
use gw_config::compile::AlertPolicy;
use gw_model::Micros;
use gw_pipeline::AlertMetrics;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Most tests of channels at a time.
const MAX_TESTS: usize = 8;

/// Events that one transaction removes.
const REMOVED_AT_ONCE: usize = 1_000;

const DAY: Micros = 86_400_000_000;

/// Somebody pressed the button of a channel.
pub(crate) struct TestAsk {
    pub(crate) channel: Channel,
    pub(crate) notice: Notice,
    pub(crate) event_id: String,
    pub(crate) at: Micros,
    /// What came of it: nothing, or why it failed.
    pub(crate) answer: oneshot::Sender<Result<(), String>>,
}

/// A test that may begin.
pub(crate) struct Test {
    ask: TestAsk,
    _place: Place,
}

/// What the thread of alerts and the control plane share.
pub(crate) struct Alerts {
    /// What the file wants.
    pub(crate) policy: ArcSwap<AlertPolicy>,
    /// What is in force, as of the last look.
    pub(crate) book: ArcSwap<Book>,
    pub(crate) metrics: AlertMetrics,
    tests: mpsc::Sender<Test>,
    asked: parking_lot::Mutex<Option<mpsc::Receiver<Test>>>,
    /// Of tests.
    places: Arc<Shares>,
    /// Something changed that a look would find.
    pub(crate) changed: Notify,
}

impl Alerts {
    /// As the configuration wants it.
    pub(crate) fn new(policy: &Arc<AlertPolicy>, metrics: AlertMetrics) -> Self {
        let (tests, asked) = mpsc::channel(MAX_TESTS);
        Self {
            policy: ArcSwap::new(Arc::clone(policy)),
            book: ArcSwap::from_pointee(Book::of_file(policy)),
            metrics,
            tests,
            asked: parking_lot::Mutex::new(Some(asked)),
            places: Shares::new(MAX_TESTS),
            changed: Notify::new(),
        }
    }

    /// Where tests come in; for the one thread that sends.
    pub(crate) fn take_tests(&self) -> Option<mpsc::Receiver<Test>> {
        self.asked.lock().take()
    }

    /// Asks the thread to test a channel; false when too many are being tested, or too many of the same organization.
    pub(crate) fn test(&self, ask: TestAsk) -> bool {
        let Some(place) = self.places.take(&ask.notice.organization_id) else { return false };
        self.tests.try_send(Test { ask, _place: place }).is_ok()
    }
}

/// Removes events that are too old, some thousand at a time.
pub(crate) fn prune(app: &App) {
    let days = i64::try_from(app.alerts.policy.load().event_retention_days).unwrap_or(i64::MAX);
    let before = app.gateway.clock().now().saturating_sub(days.saturating_mul(DAY));
    loop {
        match app.storage.database.remove_alerts(before, REMOVED_AT_ONCE) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return tracing::error!(%error, "old events of alerts stay"),
        }
    }
}

//! Test calls to providers: made on the thread that has a client of its own, one small question each. They change nothing,
//! and what is tried need not be stored.

use super::merge::{self, Candidate};
use super::{BlockError, Kind, patched, stored};
use crate::app::state::App;
use gw_pipeline::{Probe, Probed};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};

/// Tests that wait at most.
const MAX_WAITING: usize = 16;

/// The name of what is tried without one.
const NAMELESS: &str = "test";

/// A test on its way to the thread that makes it.
pub(crate) struct Order {
    pub(crate) probe: Probe,
    pub(crate) answer: oneshot::Sender<Probed>,
}

/// Where tests are handed over.
pub(crate) struct Probes {
    sender: mpsc::Sender<Order>,
    orders: Mutex<Option<mpsc::Receiver<Order>>>,
}

impl Default for Probes {
    fn default() -> Self {
        let (sender, orders) = mpsc::channel(MAX_WAITING);
        Self { sender, orders: Mutex::new(Some(orders)) }
    }
}

impl Probes {
    /// For the one thread that makes them.
    pub(crate) fn take(&self) -> Option<mpsc::Receiver<Order>> {
        self.orders.lock().take()
    }

    /// Makes a test and waits for what comes of it.
    pub(crate) async fn make(&self, probe: Probe) -> Result<Probed, BlockError> {
        let (answer, answered) = oneshot::channel();
        self.sender.try_send(Order { probe, answer }).map_err(|_| BlockError::Busy)?;
        answered.await.map_err(|_| BlockError::Busy)
    }
}

/// A test of a provider: as it is in force or stored, or with the members given in place of its own, or of one that is not
/// there yet. Errors: what is given is wrong, or would send secrets elsewhere.
pub(crate) fn prepare(
    app: &App,
    name: Option<String>,
    model: Option<String>,
    mut given: Map<String, Value>,
) -> Result<Probe, BlockError> {
    let file = app.file.load_full();
    let is_there = name.as_deref().is_some_and(|name| Kind::Provider.is_in(&app.base.load(), name));
    if given.is_empty() && is_there {
        let probe = Probe::new(app.gateway.live(), name.as_deref().unwrap_or_default(), model);
        return probe.ok_or(BlockError::NotFound(Kind::Provider));
    }
    let name = name.unwrap_or_else(|| NAMELESS.to_owned());
    let document = match stored(app, Kind::Provider, &name) {
        Ok(old) => patched(app, &old, given)?,
        Err(BlockError::NotFound(_)) if given.is_empty() => return Err(BlockError::NotFound(Kind::Provider)),
        Err(BlockError::NotFound(_)) => {
            given.retain(|_, value| !value.is_null());
            given
        }
        Err(error) => return Err(error),
    };
    let candidate = Candidate { kind: Kind::Provider, name: &name, document: Some(document) };
    let mut snapshot = merge::with(app, &file, &candidate)?;
    // Nobody is to be served by it: the provider alone is needed.
    snapshot.providers.retain(|known, _| **known == *name);
    (snapshot.models, snapshot.custom_models) = (HashMap::new(), HashMap::new());
    (snapshot.quotas, snapshot.guardrails) = (Vec::new(), Vec::new());
    let live = app.gateway.prepare(snapshot, None).map_err(BlockError::Publish)?;
    Probe::new(live, &name, model).ok_or(BlockError::NotFound(Kind::Provider))
}

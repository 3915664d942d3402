//! Questions that are asked while the call goes on: its answer waits for the verdicts. Serves the request's guard and the
//! way back. Whoever drops it ends the asking.

use super::{Outcome, Task, ask_all};
use crate::worker::Worker;
use gw_guard::Side;
use gw_guard::asked::{About, AskedText};
use std::rc::Rc;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// See the module.
#[derive(Debug)]
pub(crate) struct Beside {
    outcomes: oneshot::Receiver<(Vec<AskedText>, Vec<Outcome>)>,
    task: AbortHandle,
}

impl Beside {
    #[expect(clippy::disallowed_methods, reason = "the worker's own task set; dropping this ends the task")]
    pub(crate) fn new(worker: &Rc<Worker>, about: About, texts: Vec<AskedText>, tasks: Vec<Task>) -> Self {
        let (sender, outcomes) = oneshot::channel();
        let worker = Rc::clone(worker);
        let task = tokio::task::spawn_local(async move {
            let outcomes = ask_all(&worker, Side::Request, &about, &texts, &tasks).await;
            // The call may be over.
            let _ = sender.send((texts, outcomes));
        });
        Self { outcomes, task: task.abort_handle() }
    }

    /// Waits for all verdicts. `None`: nobody gives them any more.
    pub(crate) async fn verdicts(mut self) -> Option<(Vec<AskedText>, Vec<Outcome>)> {
        (&mut self.outcomes).await.ok()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.task.abort();
    }
}

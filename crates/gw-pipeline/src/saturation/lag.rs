//! How late a worker is: how long what is due waits until the worker comes to it. Asked of the runtime itself, by being
//! woken at a known time. Nothing is measured while the configuration does not ask for it.

use crate::worker::Worker;
use gw_model::Micros;
use std::rc::Rc;
use std::time::Duration;

/// Pause between two measurements, in microseconds.
const TICK_US: u64 = 20_000;

/// Measures on and on; one on each worker.
pub async fn watch_lag(worker: Rc<Worker>) {
    let mut changes = worker.gateway().changes();
    loop {
        let clock = worker.gateway().clock();
        if worker.gateway().saturation.shed_lag_us() == 0 {
            worker.set_lag_us(0);
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        }
        let asleep_at = clock.now();
        tokio::time::sleep(Duration::from_micros(TICK_US)).await;
        let took = clock.now() - asleep_at;
        let late = (took - Micros::try_from(TICK_US).unwrap_or(0)).max(0);
        worker.gateway().metrics.note_lag(late);
        // Half of it: one late moment is not yet too much to do, and what is over is soon forgotten.
        worker.set_lag_us((worker.lag_us() + late) / 2);
    }
}

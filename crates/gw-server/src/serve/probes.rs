//! Makes the test calls of the admin API to providers: one thread, one task per call, beside health checks and never on the
//! request path. What a test asks, and what its answer means, stands in `gw-pipeline`.

use crate::app::blocks::probe::Order;
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_pipeline::Gateway;
use gw_upstream::{Upstream, UpstreamConfig};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};

/// Most test calls under way, each of which may wait for a name.
const MAX_TESTS: usize = 16;

/// Starts the thread; it ends with the process's last phase.
pub(super) fn start(app: &Arc<App>, mut phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    let (gateway, orders) = (Arc::clone(&app.gateway), app.probes.take());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(MAX_TESTS).build()?;
    std::thread::Builder::new().name("probes".to_owned()).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            tokio::select! {
                () = test_all(gateway, orders) => {}
                _ = phase.wait_for(|p| *p >= Phase::Ending) => {}
            }
        });
        runtime.block_on(async { drop(local) });
        // A name that is being resolved must not keep the process from ending.
        runtime.shutdown_background();
    })
}

/// Makes test calls as they are asked for.
async fn test_all(gateway: Arc<Gateway>, orders: Option<mpsc::Receiver<Order>>) {
    let Some(mut orders) = orders else { return std::future::pending().await };
    let upstream = Upstream::new(UpstreamConfig::default());
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() >= MAX_TESTS {
            tasks.join_next().await;
        }
        let Some(Order { probe, mut answer }) = orders.recv().await else {
            return std::future::pending().await;
        };
        while tasks.try_join_next().is_some() {}
        let (gateway, upstream) = (Arc::clone(&gateway), Rc::clone(&upstream));
        tasks.spawn_local(async move {
            tokio::select! {
                () = answer.closed() => {}
                probed = probe.run(&gateway, &upstream) => {
                    // Whoever asked may be gone.
                    let _ = answer.send(probed);
                }
            }
        });
    }
}

//! Runs the health checks that the configuration in force wants: one thread, one task per provider that is being asked.
//! The same thread has targets compared with their peers, where a model wants that. Test calls of the admin API are made by a
//! thread of their own (`probes`): names that nobody resolves must not keep checks from being made.
//! Never on the request path. What a check asks, and what its answer means, stands in `gw-pipeline`.

use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::Micros;
use gw_pipeline::{Check, Gateway};
use gw_upstream::{Upstream, UpstreamConfig};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

/// How often is looked who is to be asked.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Most checks under way; further ones wait for the next look.
const MAX_UNDER_WAY: usize = 64;

/// Starts the thread; it ends with the process's last phase.
pub(super) fn start(app: &Arc<App>, mut phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    let gateway = Arc::clone(&app.gateway);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
    std::thread::Builder::new().name("checks".to_owned()).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            tokio::select! {
                () = check_all(gateway) => {}
                _ = phase.wait_for(|p| *p >= Phase::Ending) => {}
            }
        });
        runtime.block_on(async { drop(local) });
        // A name that is being resolved must not keep the process from ending.
        runtime.shutdown_background();
    })
}

async fn check_all(gateway: Arc<Gateway>) {
    let upstream = Upstream::new(UpstreamConfig::default());
    let mut tasks = JoinSet::new();
    // When each provider is to be asked next.
    let mut next: HashMap<Arc<str>, Micros> = HashMap::new();
    loop {
        while tasks.try_join_next().is_some() {}
        gateway.compare_targets();
        let now = gateway.clock().now();
        next.retain(|_, due| *due > now);
        for check in gateway.checks() {
            if next.contains_key(check.provider()) || tasks.len() >= MAX_UNDER_WAY {
                continue;
            }
            next.insert(Arc::clone(check.provider()), now + pause_us(&check));
            let (gateway, upstream) = (Arc::clone(&gateway), Rc::clone(&upstream));
            tasks.spawn_local(async move {
                let provider = Arc::clone(check.provider());
                let found = check.run(&gateway, &upstream).await;
                tracing::debug!(%provider, ?found, "a provider was checked");
            });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The check's interval, a tenth longer or shorter: gateways that started together do not ask together.
fn pause_us(check: &Check) -> Micros {
    let spread = check.interval().mul_f64(0.9 + 0.2 * fastrand::f64());
    Micros::try_from(spread.as_micros()).unwrap_or(Micros::MAX)
}

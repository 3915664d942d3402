//! Configuration that changes while the process runs: on SIGHUP, and when the file changes. A faulty file
//! is refused with its error, and the configuration in force stays.

use super::boot::Configured;
use crate::app::state::App;
use crate::app::{audit, settings};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};

/// How often files are looked at. Polling sees what file events miss: replaced links, network mounts.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What tells that a file changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp { modified: metadata.modified().ok(), bytes: metadata.len() })
}

/// Watches for ever.
pub(crate) async fn watch(app: Arc<App>, mut configured: Configured) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    let mut seen = stamps(&configured, &app);
    loop {
        let forced = tokio::select! {
            _ = hangup.recv() => true,
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        let now = stamps(&configured, &app);
        if !forced && now == seen {
            continue;
        }
        seen = now;
        let revision = configured.revision + 1;
        let again = {
            let configured = configured.clone();
            let app = Arc::clone(&app);
            tokio::task::spawn_blocking(move || apply(&app, &configured, revision)).await
        };
        if let Ok(true) = again {
            configured.revision = revision;
        }
    }
}

fn stamps(configured: &Configured, app: &App) -> Vec<Option<Stamp>> {
    let (tls, others) = (app.tls_files(), app.other_files());
    let files = configured.origin.file.iter().chain(tls.iter().flat_map(|(c, k)| [c, k])).chain(&others);
    files.map(|path| stamp(path)).collect()
}

/// Reads the configuration anew and puts it in force; false when it is refused.
fn apply(app: &App, configured: &Configured, revision: u64) -> bool {
    match settings::reread(app, configured, revision) {
        Ok(()) => {
            app.gateway.metrics.config_reloads.inc();
            tracing::info!(revision, "a new configuration is in force");
            true
        }
        Err(error) => {
            app.gateway.metrics.config_reload_failures.inc();
            audit::reload_refused(app, &error.to_string());
            tracing::error!(%error, "the new configuration is refused; the old one stays in force");
            false
        }
    }
}

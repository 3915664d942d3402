//! The end of the process, in order: not ready, go on accepting for a while, let running calls finish, drop
//! the rest (they settle themselves), write everything down.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves when the process is asked to stop by SIGTERM or SIGINT; at once if signals cannot be had.
pub(crate) async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can not be listened to; stopping");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

//! The accept loop. It must not answer anything; connections do, each in a task of its own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connection::{self, ConnectionTag};
use crate::emulator::Emulator;

/// Pause after a failed accept: the cause is a lack of file handles, which does not end at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

impl Emulator {
    /// Serves connections until `shutdown` resolves; then all connections are closed at once, streams
    /// under way included. Must run within a tokio runtime with I/O and time enabled.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) if connections.len() < self.shared().config.max_connections => {
                        // A socket that is already gone cannot take options; serving it ends by itself.
                        let _ = stream.set_nodelay(true);
                        let tag = Arc::new(ConnectionTag::new(Arc::clone(&self.shared().counters)));
                        connections.spawn(connection::serve(self.clone(), stream, tag));
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        connections.shutdown().await;
    }
}

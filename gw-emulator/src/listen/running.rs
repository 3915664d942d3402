//! An emulator on a port of its own, for tests. It must stop when its handle goes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::emulator::Emulator;

/// A served emulator; dropping it closes the port and all connections.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    emulator: Emulator,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinSet<()>,
}

impl Emulator {
    /// Serves this emulator on a free port of 127.0.0.1 within the current runtime.
    pub async fn spawn_on_free_port(&self) -> io::Result<Running> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (shutdown, stopped) = oneshot::channel::<()>();
        let mut task = JoinSet::new();
        let emulator = self.clone();
        task.spawn(async move {
            // A dropped sender means the same as a sent message: stop.
            let stop = async { drop(stopped.await) };
            emulator.serve(listener, stop).await;
        });
        Ok(Running { address, emulator: self.clone(), shutdown: Some(shutdown), task })
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS`, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The emulator behind it.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Stops it and waits until the port and all connections are closed.
    pub async fn stop(mut self) {
        drop(self.shutdown.take());
        while self.task.join_next().await.is_some() {}
    }
}

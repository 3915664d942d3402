//! Accepts connections and gives each to the worker that has the fewest. One acceptor for all workers:
//! SO_REUSEPORT would pin a few long-lived HTTP/2 clients to one core.

use super::worker::{Handed, WorkerHandle};
use gw_pipeline::Gateway;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Connections that wait in the kernel to be accepted.
const BACKLOG: i32 = 4096;

/// Pause after an accept that failed for want of file handles, and between looks at a full house.
const PAUSE: Duration = Duration::from_millis(20);

/// Which of the two doors a connection came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The data plane, and the control plane too unless it has a door of its own.
    Main {
        /// `/api`, `/ui` and `/metrics` are served here as well.
        with_admin: bool,
    },
    /// `admin_listen`.
    Admin,
}

/// Binds a listening socket. IPv6 addresses accept IPv6 only, as written.
pub fn bind(addr: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if addr.is_ipv6() {
        socket.set_only_v6(addr.ip() != std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED))?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Connections of the control plane's own door beyond the limit of all: who operates a gateway must get in
/// when it is full.
const ADMIN_RESERVE: usize = 64;

/// Accepts until `stop` says so. At most `max_open` connections are open, of all doors.
pub async fn accept(
    listener: TcpListener,
    door: Door,
    workers: Arc<[WorkerHandle]>,
    gateway: Arc<Gateway>,
    max_open: usize,
    mut stop: watch::Receiver<bool>,
) {
    let max_open = match door {
        Door::Main { .. } => max_open,
        Door::Admin => max_open.saturating_add(ADMIN_RESERVE),
    };
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|s| *s) => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_client(&error) {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
                continue;
            }
        };
        let open = || workers.iter().map(WorkerHandle::open).sum::<usize>();
        let room = async {
            while open() >= max_open {
                tokio::time::sleep(PAUSE).await;
            }
        };
        // Full: the client waits in our hands instead of being refused; the next ones in the kernel's.
        tokio::select! {
            biased;
            () = room => {}
            _ = stop.wait_for(|s| *s) => return,
        }
        gateway.metrics.open_connections.set(i64::try_from(open() + 1).unwrap_or(i64::MAX));
        let Ok(stream) = stream.into_std() else { continue };
        let mut handed = Some(Handed { stream, peer, door });
        let mut order: Vec<&WorkerHandle> = workers.iter().collect();
        order.sort_by_key(|w| w.open());
        for worker in order {
            match handed.take().map(|h| worker.hand(h)) {
                Some(Err(back)) => handed = Some(back),
                _ => break,
            }
        }
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

//! Names of channels to addresses. The system's way waits on a thread for as long as name servers like, also when nobody waits
//! any more; so such threads are counted, belong to an organization each, and are none of those that ask the database.

use crate::app::shares::Shares;
use gw_upstream::{Resolve, ResolveFuture};
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Most names that are looked up at a time.
const MAX_LOOKED_UP: usize = 64;

tokio::task_local! {
    /// The organization for which something is told; empty for the gateway's own.
    static WHO: String;
}

/// Does something for an organization.
pub(super) async fn on_behalf_of<T>(who: String, work: impl Future<Output = T>) -> T {
    WHO.scope(who, work).await
}

type Look = fn(&str) -> io::Result<Vec<IpAddr>>;

/// See the module.
pub(super) struct Names {
    threads: Arc<Shares>,
    look: Look,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { threads: Shares::new(MAX_LOOKED_UP), look: ask_the_system }
    }
}

fn ask_the_system(host: &str) -> io::Result<Vec<IpAddr>> {
    (host, 0).to_socket_addrs().map(|all| all.map(|one| one.ip()).collect())
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> ResolveFuture<'a> {
        Box::pin(async move {
            let who = WHO.try_with(Clone::clone).unwrap_or_default();
            let busy = || io::Error::new(io::ErrorKind::WouldBlock, "too many names are being looked up");
            let place = self.threads.take(&who).ok_or_else(busy)?;
            let (tell, told) = oneshot::channel();
            let (host, look) = (host.to_owned(), self.look);
            std::thread::Builder::new().name("alerts-names".to_owned()).spawn(move || {
                let found = look(&host);
                drop(place);
                // Whoever asked may be gone.
                let _ = tell.send(found);
            })?;
            told.await.unwrap_or_else(|_| Err(io::Error::other("nobody looked the name up")))
        })
    }
}

#[cfg(test)]
mod tests;

//! The built-in emulator behind provider `demo`: it runs in this process, on a loopback port of its own, and
//! the configuration's placeholder address is replaced by that.

use gw_emulator::{Emulator, EmulatorConfig};
use gw_model::Snapshot;
use gw_model::catalog::ProviderKind;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

/// Starts the emulator; gives its address.
pub(crate) fn start(background: &Handle) -> io::Result<SocketAddr> {
    let listener = background.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let addr = listener.local_addr()?;
    let mut config = EmulatorConfig::default();
    // Nobody asks the built-in one what it was sent.
    config.remembered_requests = 0;
    let emulator = Emulator::new(config);
    background.spawn(async move { emulator.serve(listener, std::future::pending()).await });
    Ok(addr)
}

/// Points every provider of kind emulator to `addr`. Aliases hold providers of their own, so both are mended.
pub(crate) fn connect(snapshot: &mut Snapshot, addr: SocketAddr) {
    let base: Arc<str> = format!("http://{addr}").into();
    for provider in snapshot.providers.values_mut() {
        if provider.kind == ProviderKind::Emulator {
            Arc::make_mut(provider).base_url = Arc::clone(&base);
        }
    }
}

/// Does the configuration use the emulator?
pub(crate) fn is_wanted(snapshot: &Snapshot) -> bool {
    snapshot.providers.values().any(|p| p.kind == ProviderKind::Emulator)
}

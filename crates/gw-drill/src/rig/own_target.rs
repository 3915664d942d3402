//! An emulator in this process behind a port of its own that can be closed and opened again. While it is closed the
//! port stays bound, so that nobody else gets it: connections are refused.

use super::control::Control;
use crate::error::DrillError;
use gw_emulator::Emulator;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// See the module.
pub(crate) struct OwnTarget {
    emulator: Emulator,
    control: Control,
    address: SocketAddr,
    state: State,
}

enum State {
    /// Serves until the sender is dropped.
    Open { stop: oneshot::Sender<()>, serving: JoinSet<()> },
    /// The socket is bound and does not listen.
    Closed { bound: TcpSocket },
    /// In between; only after a failure.
    Nowhere,
}

impl OwnTarget {
    /// Serves an emulator on a free port of the loopback address.
    pub(crate) fn start() -> Result<Self, DrillError> {
        let emulator = Emulator::default();
        let failed = DrillError::during::<io::Error>("listen on a loopback port");
        let bound = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let opened = bound.and_then(|socket| {
            let address = socket.local_addr()?;
            Ok((address, serve(&emulator, socket.listen(BACKLOG)?)))
        });
        let (address, state) = opened.map_err(failed)?;
        let control = Control::inside(emulator.clone());
        Ok(Self { emulator, control, address, state })
    }

    /// Where it listens when it is open.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) const fn control(&self) -> &Control {
        &self.control
    }

    /// Refuses connections from now on and cuts those that stand.
    pub(crate) async fn close(&mut self) -> Result<(), DrillError> {
        match std::mem::replace(&mut self.state, State::Nowhere) {
            State::Open { stop, mut serving } => {
                drop(stop);
                while serving.join_next().await.is_some() {}
                let bound = bind(self.address).map_err(DrillError::during("close a port"))?;
                self.state = State::Closed { bound };
            }
            other => self.state = other,
        }
        Ok(())
    }

    /// Serves from now on.
    pub(crate) fn open(&mut self) -> Result<(), DrillError> {
        match std::mem::replace(&mut self.state, State::Nowhere) {
            State::Closed { bound } => {
                let listener = bound.listen(BACKLOG).map_err(DrillError::during("open a port again"))?;
                self.state = serve(&self.emulator, listener);
            }
            other => self.state = other,
        }
        Ok(())
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections of before may still be ending on this port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn serve(emulator: &Emulator, listener: TcpListener) -> State {
    let (stop, stopped) = oneshot::channel::<()>();
    let mut serving = JoinSet::new();
    let emulator = emulator.clone();
    // A dropped sender means the same as a sent message.
    serving.spawn(async move { emulator.serve(listener, async { drop(stopped.await) }).await });
    State::Open { stop, serving }
}

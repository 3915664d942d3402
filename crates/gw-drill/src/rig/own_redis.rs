//! A Redis server of the drill's own, through which several gateways tell each other of their targets: on a free port of
//! the loopback address, with nothing on disk. It ends with its handle.

use crate::error::DrillError;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// The program.
const PROGRAM: &str = "redis-server";

/// How often is looked whether it listens, and the pause between.
const LOOKS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(10);

/// See the module.
pub(crate) struct OwnRedis {
    address: SocketAddr,
    _child: Child,
    _folder: TempDir,
}

impl OwnRedis {
    /// Starts it and waits until it listens.
    pub(crate) async fn start() -> Result<Self, DrillError> {
        let doing = "start redis-server";
        let folder = tempfile::Builder::new().prefix("gatewright-drill-redis-").tempdir();
        let folder = folder.map_err(DrillError::during("make a temporary folder"))?;
        let address = free().await.map_err(DrillError::during(doing))?;
        let mut command = Command::new(PROGRAM);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
        command.arg(address.port().to_string()).arg("--dir").arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DrillError::Missing(PROGRAM),
            _ => DrillError::during(doing)(error),
        })?;
        for _ in 0..LOOKS {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { address, _child: child, _folder: folder });
            }
            if child.try_wait().map_err(DrillError::during(doing))?.is_some() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(DrillError::during(doing)("it does not listen"))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }
}

/// An address that is free now. Redis takes a number, and 0 means none to it.
async fn free() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()
}

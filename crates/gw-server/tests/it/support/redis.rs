//! A Redis server of a test's own: on a free port, with nothing on disk. It ends with its handle.

use super::poll::eventually;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A running server.
pub(crate) struct Redis {
    folder: TempDir,
    child: Child,
    options: Vec<String>,
    port: u16,
}

impl Redis {
    /// Starts one; `None`, and a word of it, where the program is missing. The gate installs it.
    pub(crate) async fn start() -> Option<Self> {
        let redis = Self::start_with(&[])?;
        redis.is_there().await;
        Some(redis)
    }

    /// Starts one with these options; whoever does, waits for it.
    pub(crate) fn start_with(options: &[&str]) -> Option<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        drop(free);
        let Some(child) = spawn(&folder, port, &options) else {
            eprintln!("SKIPPED: `redis-server` is missing");
            return None;
        };
        Some(Self { folder, child, options, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr())
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// kill -9.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// It keeps its connections and answers nothing, or goes on.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Starts it again where it was, with nothing in it.
    pub(crate) async fn back(&mut self) {
        self.child = spawn(&self.folder, self.port, &self.options).expect("it was there");
        self.is_there().await;
    }

    /// Sends a line; what comes back.
    pub(crate) async fn say(&self, line: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.addr()).await?;
        stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        let mut answer = vec![0; 4096];
        let got = stream.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..got]).into_owned())
    }

    async fn is_there(&self) {
        eventually("redis-server answers", async || self.say("PING").await.ok()).await;
    }
}

fn spawn(folder: &TempDir, port: u16, options: &[String]) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    // With TLS the plain port is closed.
    let is_tls = options.iter().any(|option| option == "--tls-cert-file");
    let (tls, plain) = if is_tls { (port, 0) } else { (0, port) };
    command.args(["--port", &plain.to_string(), "--tls-port", &tls.to_string()]).args(options);
    command.arg("--dir").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).spawn().ok()
}

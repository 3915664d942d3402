//! The process under test: the built binary with a configuration and a data directory of its own. It ends
//! with its handle.

use super::client::{Answer, Call};
use super::poll::{eventually, eventually_within};
use http::Method;
use serde_json::Value;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The master key of every gateway under test.
pub(crate) const MASTER: &str = "gw-masterMasterMasterMasterMasterMasterMaster1";

/// A command line of the binary with an environment of its own.
pub(crate) fn binary() -> Command {
    clean(env!("CARGO_BIN_EXE_gatewright").as_ref())
}

fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end: exit code, stdout, stderr.
pub(crate) async fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = binary().args(arguments).output();
    let output =
        tokio::time::timeout(Duration::from_secs(20), output).await.expect("the command ends").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A running gateway.
pub(crate) struct Gateway {
    folder: Arc<TempDir>,
    /// What it was given besides, for when it starts again.
    variables: Vec<(String, String)>,
    /// Another program than the one under test.
    other: Option<PathBuf>,
    child: Child,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// Its first line on stdout.
    pub(crate) greeting: String,
}

impl Gateway {
    /// Starts one with this configuration.
    pub(crate) async fn start(config: &str) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("gatewright.yaml"), config).unwrap();
        Self::start_in(folder, "127.0.0.1:0").await
    }

    /// Starts one with this configuration and address.
    pub(crate) async fn start_at(config: &str, listen: &str) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("gatewright.yaml"), config).unwrap();
        Self::start_in(folder, listen).await
    }

    /// Starts one in a folder that has its `gatewright.yaml`.
    pub(crate) async fn start_in(folder: Arc<TempDir>, listen: &str) -> Self {
        Self::start_given(folder, listen, Vec::new(), None).await
    }

    /// Starts one with this configuration and these variables.
    pub(crate) async fn start_with(config: &str, variables: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("gatewright.yaml"), config).unwrap();
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::start_given(folder, "127.0.0.1:0", owned.collect(), None).await
    }

    /// Starts another program, such as an earlier version, with this configuration and this encryption key.
    pub(crate) async fn start_other(program: &Path, config: &str, secret: &str) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("gatewright.yaml"), config).unwrap();
        let variables = vec![("GATEWRIGHT_ENCRYPTION_KEY".to_owned(), secret.to_owned())];
        Self::start_given(folder, "127.0.0.1:0", variables, Some(program.to_owned())).await
    }

    async fn start_given(
        folder: Arc<TempDir>,
        listen: &str,
        variables: Vec<(String, String)>,
        other: Option<PathBuf>,
    ) -> Self {
        let program = other.clone().unwrap_or_else(|| env!("CARGO_BIN_EXE_gatewright").into());
        let mut command = Self::serving(&program, folder.path(), listen);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
        let greeting = first.ok().and_then(Result::ok).flatten().unwrap_or_default();
        let Some(addr) = address(&greeting) else {
            let log = std::fs::read_to_string(folder.path().join("stderr.log")).unwrap_or_default();
            panic!("the gateway did not start: {greeting:?}\n{log}");
        };
        Self { folder, variables, other, child, addr, greeting }
    }

    /// The command line that serves the folder's configuration.
    pub(crate) fn command(folder: &Path, listen: &str) -> Command {
        Self::serving(env!("CARGO_BIN_EXE_gatewright").as_ref(), folder, listen)
    }

    fn serving(program: &Path, folder: &Path, listen: &str) -> Command {
        let log = File::options().create(true).append(true).open(folder.join("stderr.log")).unwrap();
        let mut command = clean(program);
        command.args(["serve", "--workers", "2", "--listen", listen, "--config"]);
        command.arg(folder.join("gatewright.yaml")).arg("--data-dir").arg(folder.join("data"));
        command.env("GATEWRIGHT_MASTER_KEY", MASTER).env("RUST_BACKTRACE", "1");
        command.stdout(Stdio::piped()).stderr(log);
        command
    }

    /// Starts the same gateway again once the process has ended.
    pub(crate) async fn restart(mut self) -> Self {
        let (folder, variables) = (Arc::clone(&self.folder), std::mem::take(&mut self.variables));
        let other = self.other.take();
        // Only a process that is gone has let go of its data directory; it may be so already.
        drop(self.child.start_kill());
        drop(self.child.wait().await);
        drop(self);
        Self::start_given(folder, "127.0.0.1:0", variables, other).await
    }

    /// The same with other variables.
    pub(crate) async fn restart_with(mut self, variables: &[(&str, &str)]) -> Self {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.variables = owned.collect();
        self.restart().await
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("gatewright.yaml")
    }

    /// Puts another configuration in the file's place, as editors and mounts do.
    pub(crate) fn write_config(&self, config: &str) {
        let new = self.folder.path().join("gatewright.yaml.new");
        std::fs::write(&new, config).unwrap();
        std::fs::rename(new, self.config_file()).unwrap();
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr.log")).unwrap()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.expect("it runs"), signal).unwrap();
    }

    /// kill -9, and waits until the process is gone.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn exit(&mut self, limit: Duration) -> ExitStatus {
        tokio::time::timeout(limit, self.child.wait()).await.expect("the process ends").unwrap()
    }

    /// SIGTERM, and waits for its end.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.exit(Duration::from_secs(20)).await
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a call.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        call.send(self.addr).await
    }

    /// Asks the admin API.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut call = match body {
            Some(body) => Call::post(path, body.to_string()),
            None => Call::get(path),
        };
        call = call.key(MASTER).method(method);
        self.send(call).await
    }

    /// Makes a key by API: its id and the key.
    pub(crate) async fn make_key(&self, body: &Value) -> (String, String) {
        let answer = self.admin(Method::POST, "/api/v1/keys", Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let made = answer.json();
        let text = |name: &str| made[name].as_str().expect("id and key are texts").to_owned();
        (text("id"), text("key"))
    }

    /// The rows of `/api/v1/RESOURCE?...`, all pages.
    pub(crate) async fn rows(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let page = cursor.map_or(String::new(), |cursor| format!("{join}cursor={cursor}"));
            let answer = self.admin(Method::GET, &format!("{path}{page}"), None).await;
            let answer = answer.ok().json();
            all.extend(answer["data"].as_array().expect("a list").iter().cloned());
            match answer["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return all,
            }
        }
    }

    /// The record of a request, once it stands there.
    pub(crate) async fn record(&self, request_id: &str) -> Value {
        eventually("the record of a request", async || {
            self.rows(&format!("/api/v1/logs?request_id={request_id}")).await.into_iter().next()
        })
        .await
    }

    /// The records of an outcome, once there are at least `count`.
    pub(crate) async fn records_of(&self, outcome: &str, count: usize) -> Vec<Value> {
        let path = format!("/api/v1/logs?outcome={outcome}&limit=1000");
        eventually(&format!("{count} records with outcome {outcome}"), async || {
            let rows = self.rows(&path).await;
            (rows.len() >= count).then_some(rows)
        })
        .await
    }

    /// The sum of a metric over all label sets; 0 when it does not stand there.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.admin(Method::GET, "/metrics", None).await.ok().text();
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        });
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Waits until a metric has this value.
    pub(crate) async fn metric_becomes(&self, name: &str, value: f64, limit: Duration) {
        eventually_within(limit, &format!("{name} is {value}"), async || {
            ((self.metric(name).await - value).abs() < f64::EPSILON).then_some(())
        })
        .await;
    }
}

/// The address in a line such as `... http://127.0.0.1:4000`.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("://")?;
    let host: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
    host.trim_end_matches('.').parse().ok()
}

/// A decimal of dollars in nano-dollars.
#[track_caller]
pub(crate) fn nanos(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= 9, "{text} is finer than a nano-dollar");
    let digits = format!("{whole}{fraction:0<9}");
    digits.parse().unwrap_or_else(|_| panic!("{text:?} is not an amount"))
}

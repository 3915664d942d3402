//! A gateway of the drill's own: the real executable as a child process with a configuration and a data directory in a
//! temporary folder. It ends, and its folder goes, when this is dropped.

use crate::error::DrillError;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Longest time to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Most of its last words that are shown.
const MAX_WORDS: usize = 2000;

/// See the module.
pub(crate) struct OwnGateway {
    url: String,
    key: String,
    _child: Child,
    /// Kept open, so that it can go on writing.
    _output: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

impl OwnGateway {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(executable: &Path, config: &str) -> Result<Self, DrillError> {
        let folder = tempfile::Builder::new().prefix("gatewright-drill-").tempdir();
        let folder = folder.map_err(DrillError::during("make a temporary folder"))?;
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("gatewright.yaml"), config)
            .map_err(DrillError::during("write a configuration"))?;
        let log = std::fs::File::create(path("log")).map_err(DrillError::during("write a log"))?;
        let mut command = Command::new(executable);
        // No setting, key or proxy of the surroundings may change what is drilled.
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--config"]);
        command.arg(path("gatewright.yaml")).arg("--data-dir").arg(path("data"));
        let mut child = command.spawn().map_err(DrillError::during("start the gateway under drill"))?;
        let output = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        let words = || {
            let log = std::fs::read_to_string(path("log")).unwrap_or_default();
            let skip = log.chars().count().saturating_sub(MAX_WORDS);
            DrillError::Start(log.chars().skip(skip).collect::<String>().trim().to_owned())
        };
        let mut output = output.ok_or_else(words)?;
        let url =
            tokio::time::timeout(PATIENCE, ready(&mut output)).await.ok().flatten().ok_or_else(words)?;
        let key = std::fs::read_to_string(path("data").join("master.key"));
        let key = key.map_err(DrillError::during("read the gateway's key"))?.trim().to_owned();
        Ok(Self { url, key, _child: child, _output: output, _folder: folder })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// Reads lines until the one that says where it listens.
async fn ready(output: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = output.next_line().await {
        if let Some((_, url)) = line.split_once("is ready at ") {
            return Some(url.trim().to_owned());
        }
    }
    None
}

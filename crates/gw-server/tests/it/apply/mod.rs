//! Documents of organizations, keys and what else there is: applied, changed, pruned and exported, with the command and
//! over the API.

mod faults;
mod many;
mod plans;
mod services;

use super::support::gateway::binary;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::Value;
use std::path::PathBuf;

/// What a command did.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }
}

/// A gateway, and a folder beside its own for documents.
struct Site {
    gateway: Gateway,
    _upstream: Upstream,
    folder: tempfile::TempDir,
}

impl Site {
    async fn start() -> Self {
        let upstream = Upstream::start().await;
        let gateway = Gateway::start(&upstream.providers()).await;
        Self { gateway, _upstream: upstream, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command with variables of its own.
    async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = binary();
        command.args(arguments).current_dir(self.folder.path());
        command.env("GATEWRIGHT_URL", format!("http://{}", self.gateway.addr));
        command.env("GATEWRIGHT_MASTER_KEY", MASTER).envs(variables.iter().copied());
        let output = command.output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Ran { code: output.status.code().unwrap_or(-1), out, err }
    }

    /// Writes a document and applies it.
    async fn apply(&self, document: &str, more: &[&str]) -> Ran {
        std::fs::write(self.file("tenants.yaml"), document).unwrap();
        let mut arguments = vec!["apply", "-f", "tenants.yaml"];
        arguments.extend(more);
        self.run(&arguments, &[]).await
    }

    /// A key by its name, from the file that keys are written to.
    fn key(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.file("gatewright-keys.jsonl")).unwrap();
        let mut entries = text.lines().rev().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = entries.find(|entry| entry["name"] == name);
        found.expect("the key stands there")["key"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, key: &str) -> Answer {
        self.gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await
    }

    /// The only row of a resource of that name.
    async fn row(&self, resource: &str, name: &str) -> Value {
        let rows = self.gateway.rows(&format!("/api/v1/{resource}?name={name}")).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let call = Call::new(Method::POST, path).header("content-type", "application/yaml");
        self.gateway.send(call.key(MASTER).body(body.to_owned())).await
    }
}

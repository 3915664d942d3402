//! A packaged OpenID Connect provider as a process of its own (`cargo xtask check --only provider` installs it).

use super::{Upstream, ask};
use crate::support::{Call, Gateway};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The process; it ends with its handle.
pub(crate) struct Provider {
    pub(crate) addr: SocketAddr,
    _child: Child,
    /// It says more while it works, and would end where nobody could hear it.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    /// Starts it; people may be sent back to those addresses. `None`, with a word about it, where it is not installed.
    pub(crate) async fn start(redirects: &[&str]) -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let folder = root.join("target/identity-provider");
        if !folder.join("installed").exists() {
            eprintln!("skipped: no identity provider; cargo xtask check --only provider");
            return None;
        }
        let mut command = Command::new("node");
        command.arg(root.join("tests/identity/provider.mjs")).arg(&folder).args(redirects);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(Duration::from_secs(60), async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.starts_with("http://") {
                    return line;
                }
            }
            panic!("the provider did not start");
        });
        let addr = line.await.unwrap().trim_start_matches("http://").parse().unwrap();
        Some(Self { addr, _child: child, _lines: lines })
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// A token of a machine, for this gateway.
    async fn token(&self) -> String {
        let body = "grant_type=client_credentials&client_id=machine&client_secret=machine-secret&scope=llm.call&\
                    resource=urn%3Agateway";
        let call = Call::new(http::Method::POST, "/token").body(body);
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        let answer = call.send(self.addr).await;
        answer.ok();
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_a_real_provider_are_taken() {
    let Some(provider) = Provider::start(&[]).await else { return };
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!(
        "{}auth: {{ jwt: {{ issuers: {{ idp: {{ issuer: '{}', audiences: [gateway], required_claims: {{ scope: [llm.call], \
         groups: [machines] }} }} }} }} }}\n",
        upstream.providers(),
        provider.issuer()
    ))
    .await;
    let token = provider.token().await;
    let answer = ask(&gateway, &token).await;
    answer.ok();
    let record = gateway.record(answer.header("x-request-id").unwrap()).await;
    let path = format!("/api/v1/keys/{}", record["key_id"].as_str().unwrap());
    let shown: Value = gateway.admin(http::Method::GET, &path, None).await.ok().json();
    assert_eq!(shown["name"], "idp/machine");
    // One character of the signature is another one.
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    ask(&gateway, &format!("{signed}.{other}{}", &signature[1..])).await.refused(401, "invalid_api_key");
}

//! Providers' credentials from outside: obtained once, renewed before their end, kept through an outage; several
//! per provider; versions of Anthropic's API.

mod aws;
mod azure;
mod kinds;
mod pinned;
mod several;
mod tokens;
mod versions;
mod vertex;

use super::support::scripted::{Scripted, Seen, Step};
use super::support::speaking;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A server that gives out tokens, counts how often it was asked, and can be out of order.
struct TokenServer {
    scripted: Scripted,
    asked: Arc<AtomicUsize>,
    broken: Arc<AtomicBool>,
}

impl TokenServer {
    /// `answer` makes the body of the n-th answer, from 1.
    async fn start(answer: impl Fn(usize, &Seen) -> String + Send + Sync + 'static) -> Self {
        let (asked, broken) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (count, is_broken) = (Arc::clone(&asked), Arc::clone(&broken));
        let scripted = Scripted::by_request(move |_, seen| {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            if is_broken.load(Ordering::SeqCst) {
                return reply(
                    "503 Service Unavailable",
                    r#"{"error":"down","error_description":"inner words"}"#,
                );
            }
            reply("200 OK", &answer(number, seen))
        })
        .await;
        Self { scripted, asked, broken }
    }

    /// Tokens `token-1`, `token-2` and so on; the first `short` of them live two seconds.
    async fn oauth(short: usize) -> Self {
        Self::start(move |number, _| {
            let seconds = if number <= short { 2 } else { 3600 };
            format!(r#"{{"access_token":"token-{number}","expires_in":{seconds},"token_type":"Bearer"}}"#)
        })
        .await
    }

    fn url(&self) -> String {
        self.scripted.url()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

/// A whole answer of JSON.
fn reply(status: &str, body: &str) -> Vec<Step> {
    vec![Step::Send(speaking::head(status, "application/json", "", body).into_bytes())]
}

/// An upstream that answers every request in this format, whole.
async fn answering(format: speaking::Format) -> Scripted {
    let body = speaking::whole(format);
    Scripted::start(move |_| reply("200 OK", &body)).await
}

/// A service account's file, whose tokens come from `url`.
fn service_account(url: &str) -> String {
    let key = include_str!("../../../../gw-providers/testdata/service-account-key.pem");
    serde_json::json!({
        "type": "service_account", "client_email": "robot@p.iam.example", "private_key_id": "k",
        "private_key": key, "token_uri": format!("{url}/token"),
    })
    .to_string()
}

/// A file of a folder of its own, which lives as long as the first value.
fn file(content: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

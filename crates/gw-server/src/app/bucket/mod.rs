//! A bucket of storage that speaks S3's protocol: how it is asked, and what becomes of an answer. Requests are signed as those to
//! Bedrock are. Serves exports and bodies of calls. It must not know what is in objects.

mod objects;

use bytes::Bytes;
use gw_config::compile::S3Settings;
use gw_model::{Clock, Secret};
use gw_providers::aws::{self, Credentials, PathStyle, RequestParts, Scope};
use gw_upstream::{
    Destination, PhaseTimeouts, ProxyEnv, SendError, Upstream, UpstreamBody, UpstreamConfig, UpstreamRequest,
};
use http::header::{CONTENT_TYPE, HeaderMap, RANGE};
use http::{Method, StatusCode};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_MS: u64 = 5_000;
/// Largest answer that is read where it is not an object, and the longest text of one in an error.
const MAX_ANSWER: usize = 256 << 10;
const MAX_SAID: usize = 300;
/// How often a request is made that brought no answer, or one that says to come again.
const TRIES: u32 = 4;

/// Why something is not in the storage, or not to be had from there.
#[derive(Debug)]
pub(crate) struct S3Error(pub(crate) String);

impl std::fmt::Display for S3Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for S3Error {}

/// A request.
struct Ask<'a> {
    method: Method,
    /// The object, without the prefix; `None` is the bucket itself.
    key: Option<&'a str>,
    query: &'a str,
    kind: Option<&'a str>,
    /// The first byte that is wanted, and the last.
    range: Option<(u64, u64)>,
    body: Bytes,
    /// Bytes of the answer that are read.
    most: usize,
}

impl<'a> Ask<'a> {
    fn of(method: Method, key: &'a str) -> Self {
        let (query, body) = ("", Bytes::new());
        Self { method, key: Some(key), query, kind: None, range: None, body, most: MAX_ANSWER }
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn refusal(&self) -> S3Error {
        S3Error(format!("the storage answered {}: {}", self.status.as_u16(), short(&self.text())))
    }
}

/// A bucket.
pub(crate) struct Bucket {
    settings: S3Settings,
    access_key_id: String,
    secret: Secret,
    token: Option<Secret>,
    destination: Destination,
    host: String,
    upstream: Rc<Upstream>,
    clock: Arc<dyn Clock>,
}

impl Bucket {
    /// To be used on the thread that it is made on, within its runtime. `section` of the configuration is where the settings
    /// stand. Errors: an address, a file or a credential is of no use.
    pub(crate) fn new(
        settings: &S3Settings,
        section: &'static str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, S3Error> {
        let proxies = ProxyEnv::from_vars(|name| std::env::var(name).ok());
        let wrong = |error| S3Error(format!("the address of the object storage cannot be used: {error}"));
        let (destination, _) =
            Destination::parse(&settings.endpoint, &settings.connect, &proxies).map_err(wrong)?;
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let missing =
            || S3Error(format!("there is no credential: give {section}.access_key_id and secret_access_key"));
        let (access_key_id, secret, token) = match (&settings.access_key_id, &settings.secret_access_key) {
            (Some(id), Some(secret)) => (id.clone(), secret.clone(), settings.session_token.clone()),
            _ => (
                variable("AWS_ACCESS_KEY_ID").ok_or_else(missing)?,
                variable("AWS_SECRET_ACCESS_KEY").map(Secret::new).ok_or_else(missing)?,
                variable("AWS_SESSION_TOKEN").map(Secret::new),
            ),
        };
        let name = match destination.host() {
            v6 if v6.contains(':') => format!("[{v6}]"),
            name => name.to_owned(),
        };
        let usual = if destination.is_tls() { 443 } else { 80 };
        let host = if destination.port() == usual { name } else { format!("{name}:{}", destination.port()) };
        let upstream = Upstream::new(UpstreamConfig::default());
        Ok(Self {
            settings: settings.clone(),
            access_key_id,
            secret,
            token,
            destination,
            host,
            upstream,
            clock,
        })
    }

    /// One request; what may pass is tried again.
    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, S3Error> {
        self.ask_for(ask, |_| false).await
    }

    /// The same, where other answers are as good as success.
    async fn ask_for(&self, ask: &Ask<'_>, is_fine: impl Fn(&Answer) -> bool) -> Result<Answer, S3Error> {
        let mut pause_ms = 500;
        for tried in 1..=TRIES {
            let error = match self.once(ask).await {
                Ok(answer) if answer.status.is_success() || is_fine(&answer) => return Ok(answer),
                Ok(answer) => {
                    let (code, error) = (answer.status.as_u16(), answer.refusal());
                    if !(code == 429 || code >= 500) {
                        return Err(error);
                    }
                    error
                }
                // Where nobody listens, others need not wait: all of it is tried again later.
                Err((error, true)) => return Err(error),
                Err((error, false)) => error,
            };
            if tried == TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms *= 2;
        }
        Err(S3Error("the storage does not answer".to_owned()))
    }

    /// Errors: why, and whether no connection came to be.
    async fn once(&self, ask: &Ask<'_>) -> Result<Answer, (S3Error, bool)> {
        let bucket = &self.settings.bucket;
        // Signed as it is, and sent escaped: whoever signs it escapes it once, too.
        let plain = match ask.key {
            Some(key) => format!("/{bucket}/{}{key}", self.settings.prefix),
            None => format!("/{bucket}"),
        };
        let path = encoded(&plain, true);
        let mut headers = HeaderMap::new();
        if let Some(kind) = ask.kind.and_then(|kind| kind.parse().ok()) {
            headers.insert(CONTENT_TYPE, kind);
        }
        if let Some(range) = ask.range.and_then(|(from, to)| format!("bytes={from}-{to}").parse().ok()) {
            headers.insert(RANGE, range);
        }
        let body = vec![ask.body.clone()];
        self.sign(ask, &plain, &body, &mut headers).ok_or_else(|| {
            (S3Error("the credential of the storage has characters that it cannot have".to_owned()), true)
        })?;
        let path_and_query = if ask.query.is_empty() { path } else { format!("{path}?{}", ask.query) };
        let request = UpstreamRequest { method: ask.method.clone(), path_and_query, headers, body };
        let wait_ms = self.settings.timeout_ms;
        let phases = PhaseTimeouts { connect_ms: CONNECT_MS, first_byte_ms: wait_ms, idle_ms: wait_ms };
        let sent = self.upstream.send(&self.destination, &request, phases).await;
        let unsent = |error: SendError| {
            (
                S3Error(format!("{}: {error}", self.destination.host())),
                error.is_connect() && !error.request_was_sent(),
            )
        };
        let answer = sent.map_err(unsent)?;
        let (status, headers) = (answer.status, answer.headers);
        let most = if status.is_success() { ask.most } else { MAX_ANSWER };
        let body = read(answer.body, most).await.map_err(|error| (error, false))?;
        Ok(Answer { status, headers, body })
    }

    /// `None`: the credential cannot stand in a header.
    fn sign(&self, ask: &Ask<'_>, path: &str, body: &[Bytes], headers: &mut HeaderMap) -> Option<()> {
        let (method, query, host) = (ask.method.as_str(), ask.query, self.host.as_str());
        let scope = Scope {
            region: &self.settings.region,
            service: "s3",
            now: self.clock.now(),
            path_style: PathStyle::AsIs,
            states_body_hash: true,
        };
        let credentials = Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret,
            session_token: self.token.as_ref(),
        };
        let parts = RequestParts { method, path, query, host, headers };
        let signed = aws::sign(&parts, &aws::body_hash(body), &credentials, &scope)?;
        signed.set(headers);
        Some(())
    }
}

async fn read(mut body: UpstreamBody, most: usize) -> Result<Vec<u8>, S3Error> {
    let mut out = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| S3Error(format!("the storage's answer broke off: {error}")))?;
        if out.len() + piece.len() > most {
            return Err(S3Error("the storage's answer is larger than what was asked for".to_owned()));
        }
        out.extend_from_slice(&piece);
    }
    Ok(out)
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    text.split_once(begin)?.1.split_once(end).map(|(inner, _)| inner)
}

/// What an answer says, in few words.
fn short(body: &str) -> String {
    let said = between(body, "<Message>", "</Message>").unwrap_or(body);
    let code = between(body, "<Code>", "</Code>").map(|code| format!("{code}: ")).unwrap_or_default();
    format!("{code}{said}").chars().filter(|c| !c.is_control()).take(MAX_SAID).collect()
}

/// As it stands in addresses and in what is signed.
fn encoded(text: &str, is_path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b'/' if is_path => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;

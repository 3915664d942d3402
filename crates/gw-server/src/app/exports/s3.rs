//! Objects in storage that speaks S3's protocol: one request for what is small, parts for what is not, so that an object is
//! there whole or not at all. Signed as requests to Bedrock are. It must not know what is in them.

use bytes::Bytes;
use gw_config::compile::S3Settings;
use gw_model::{Clock, Secret};
use gw_providers::aws::{self, Credentials, PathStyle, RequestParts, Scope};
use gw_upstream::{
    Destination, PhaseTimeouts, ProxyEnv, SendError, Upstream, UpstreamBody, UpstreamConfig, UpstreamRequest,
};
use http::header::{ETAG, HeaderMap};
use http::{Method, StatusCode};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// Bytes of a part, and of the largest object that is sent in one request. Ten thousand parts are the protocol's bound.
const PART: usize = 8 << 20;
const MAX_PARTS: usize = 10_000;
const CONNECT_MS: u64 = 5_000;
/// Largest answer that is read, and the longest text of one in an error.
const MAX_ANSWER: usize = 64 << 10;
const MAX_SAID: usize = 300;
/// How often a request is made that brought no answer, or one that says to come again.
const TRIES: u32 = 4;

/// Why something is not in the storage.
#[derive(Debug)]
pub(super) struct S3Error(pub(super) String);

impl std::fmt::Display for S3Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for S3Error {}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// A bucket.
pub(super) struct Bucket {
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
    /// To be used on the thread that it is made on, within its runtime. Errors: an address, a file or a credential is of no
    /// use.
    pub(super) fn new(settings: &S3Settings, clock: Arc<dyn Clock>) -> Result<Self, S3Error> {
        let proxies = ProxyEnv::from_vars(|name| std::env::var(name).ok());
        let wrong = |error| S3Error(format!("the address of the object storage cannot be used: {error}"));
        let (destination, _) =
            Destination::parse(&settings.endpoint, &settings.connect, &proxies).map_err(wrong)?;
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let missing =
            || S3Error("there is no credential: give exports.s3.access_key_id and secret_access_key".into());
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

    /// Puts a file into an object. `goes_on` is asked between parts. Errors: the storage does not take it, or it is not
    /// wanted any more; nothing is there then.
    pub(super) async fn put_file(
        &self,
        key: &str,
        kind: &str,
        file: &Path,
        goes_on: &mut impl AsyncFnMut() -> bool,
    ) -> Result<(), S3Error> {
        let broken = |error: std::io::Error| S3Error(format!("the file to be sent cannot be read: {error}"));
        let mut file = File::open(file).map_err(broken)?;
        let first = part(&mut file).map_err(broken)?;
        if first.len() < PART {
            return self.ask(Method::PUT, key, "", Some(kind), first).await.map(drop);
        }
        let begun = self.ask(Method::POST, key, "uploads=", Some(kind), Bytes::new()).await?;
        let upload = between(&begun.body, "<UploadId>", "</UploadId>")
            .ok_or_else(|| S3Error("the storage began no upload of parts".to_owned()))?;
        let upload = encoded(upload, false);
        let sent = self.parts(key, &upload, first, &mut file, goes_on).await;
        if sent.is_err() {
            // Parts that belong to nothing cost money.
            let query = format!("uploadId={upload}");
            if let Err(error) = self.ask(Method::DELETE, key, &query, None, Bytes::new()).await {
                tracing::warn!(%error, "parts of an export that was not finished stay in the object storage");
            }
        }
        sent
    }

    async fn parts(
        &self,
        key: &str,
        upload: &str,
        first: Bytes,
        file: &mut File,
        goes_on: &mut impl AsyncFnMut() -> bool,
    ) -> Result<(), S3Error> {
        let mut list = String::from("<CompleteMultipartUpload>");
        let mut next = first;
        for number in 1..=MAX_PARTS {
            if !goes_on().await {
                return Err(S3Error("it is not wanted any more".to_owned()));
            }
            let query = format!("partNumber={number}&uploadId={upload}");
            let taken = self.ask(Method::PUT, key, &query, None, next).await?;
            let tag = taken.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
            let tag = tag.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            list.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"));
            next = part(file)
                .map_err(|error| S3Error(format!("the file to be sent cannot be read: {error}")))?;
            if next.is_empty() {
                list.push_str("</CompleteMultipartUpload>");
                let query = format!("uploadId={upload}");
                let done = self.ask(Method::POST, key, &query, None, Bytes::from(list)).await?;
                // What goes wrong here is said with status 200.
                return match done.body.contains("<Error>") {
                    true => {
                        Err(S3Error(format!("the storage could not join the parts: {}", short(&done.body))))
                    }
                    false => Ok(()),
                };
            }
        }
        Err(S3Error(format!(
            "the file has more than {MAX_PARTS} parts of {PART} bytes: export a shorter time"
        )))
    }

    /// One request; what may pass is tried again.
    async fn ask(
        &self,
        method: Method,
        key: &str,
        query: &str,
        kind: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, S3Error> {
        let mut pause_ms = 500;
        for tried in 1..=TRIES {
            let error = match self.once(&method, key, query, kind, body.clone()).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) => {
                    let code = answer.status.as_u16();
                    let error = S3Error(format!("the storage answered {code}: {}", short(&answer.body)));
                    if !(code == 429 || code >= 500) {
                        return Err(error);
                    }
                    error
                }
                // Where nobody listens, others need not wait: the whole export is tried again later.
                Err((error, true)) => return Err(error),
                Err((error, false)) => error,
            };
            if tried == TRIES {
                return Err(error);
            }
            tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
            pause_ms *= 2;
        }
        Err(S3Error("the storage does not answer".to_owned()))
    }

    /// Errors: why, and whether no connection came to be.
    async fn once(
        &self,
        method: &Method,
        key: &str,
        query: &str,
        kind: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, (S3Error, bool)> {
        let path =
            format!("/{}/{}", self.settings.bucket, encoded(&format!("{}{key}", self.settings.prefix), true));
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind.and_then(|kind| kind.parse().ok()) {
            headers.insert("content-type", kind);
        }
        let parts =
            RequestParts { method: method.as_str(), path: &path, query, host: &self.host, headers: &headers };
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
        let body = vec![body];
        let signed = aws::sign(&parts, &aws::body_hash(&body), &credentials, &scope).ok_or_else(|| {
            (S3Error("the credential of the storage has characters that it cannot have".to_owned()), true)
        })?;
        signed.set(&mut headers);
        let path_and_query = if query.is_empty() { path } else { format!("{path}?{query}") };
        let request = UpstreamRequest { method: method.clone(), path_and_query, headers, body };
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
        let body = text(answer.body).await.map_err(|error| (error, false))?;
        Ok(Answer { status, headers, body })
    }
}

/// The next bytes of a file: a whole part, or what is left.
#[expect(clippy::disallowed_methods, reason = "at most one part is read")]
fn part(file: &mut File) -> std::io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

async fn text(mut body: UpstreamBody) -> Result<String, S3Error> {
    let mut out = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| S3Error(format!("the storage's answer broke off: {error}")))?;
        if out.len() + piece.len() > MAX_ANSWER {
            return Err(S3Error("the storage's answer is too large".to_owned()));
        }
        out.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
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

//! How commands talk to a running gateway: its admin API, with the master key.

use super::output;
use bytes::Bytes;
use clap::Args;
use gw_model::Secret;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{
    Destination, PhaseTimeouts, ProxyEnv, Upstream, UpstreamConfig, UpstreamRequest, UpstreamResponse,
};
use gw_wire::sse::{Frame, Framer};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// Largest event that is read, in bytes.
const MAX_EVENT: usize = 4 << 20;

/// Rows of a page of a list, and most pages.
const PAGE: usize = 1_000;
const MAX_PAGES: usize = 1_000;

/// Time limits towards the gateway.
const TIMES: PhaseTimeouts = PhaseTimeouts { connect_ms: 5_000, first_byte_ms: 60_000, idle_ms: 60_000 };

/// The same for what may be much work.
pub(crate) const LONG: PhaseTimeouts = PhaseTimeouts { first_byte_ms: 600_000, ..TIMES };

/// Where the gateway is, and who asks.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// URL of the gateway.
    #[arg(long, env = "GATEWRIGHT_URL", default_value = "http://127.0.0.1:4000", global = true)]
    url: String,
    /// Master key; also read from `DATA_DIR/master.key`.
    #[arg(long, env = "GATEWRIGHT_MASTER_KEY", hide_env_values = true, global = true)]
    key: Option<String>,
    /// Data directory to find the master key in.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data", global = true)]
    data_dir: std::path::PathBuf,
    /// Print JSON, for machines.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Why a command brought nothing.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// The URL cannot be used.
    Url {
        /// As given.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error>,
    },
    /// There is no key to ask with.
    NoKey,
    /// Nobody answers.
    Send {
        /// Whom we asked.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error>,
    },
    /// The gateway refused.
    Refused {
        /// Status.
        status: u16,
        /// Its words.
        message: String,
        /// All of its answer, where that is JSON.
        answer: Value,
    },
    /// The answer is not what it should be.
    Answer {
        /// Why.
        source: Box<dyn std::error::Error>,
    },
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, .. } => write!(f, "'{url}' cannot be used as the gateway's URL"),
            Self::NoKey => f.write_str("no master key; give --key, GATEWRIGHT_MASTER_KEY, or --data-dir"),
            Self::Send { url, .. } => write!(f, "no answer from {url}; is the gateway running?"),
            Self::Refused { status, message, .. } => write!(f, "the gateway refused ({status}): {message}"),
            Self::Answer { .. } => f.write_str("the gateway's answer cannot be read"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url { source, .. } | Self::Send { source, .. } | Self::Answer { source } => Some(&**source),
            Self::NoKey | Self::Refused { .. } => None,
        }
    }
}

impl Remote {
    /// For commands whose options differ.
    pub(crate) const fn new(
        url: String,
        key: Option<String>,
        data_dir: std::path::PathBuf,
        json: bool,
    ) -> Self {
        Self { url, key, data_dir, json }
    }

    /// The data directory, for what is done there.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    fn key(&self) -> Result<Secret, ClientError> {
        if let Some(key) = self.key.as_deref().filter(|k| !k.is_empty()) {
            return Ok(Secret::new(key.to_owned()));
        }
        let file =
            std::fs::read_to_string(self.data_dir.join("master.key")).map_err(|_| ClientError::NoKey)?;
        Ok(Secret::new(file.trim().to_owned()))
    }

    /// Asks the admin API. `path` begins with `/api/`.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        Self::read(self.ask_bytes(method, path, body, TIMES)?)
    }

    /// The same for what may be much work.
    pub(crate) fn ask_long(&self, method: Method, path: &str, body: &Value) -> Result<Value, ClientError> {
        Self::read(self.ask_bytes(method, path, Some(body), LONG)?)
    }

    /// The same of one revision alone: nothing is done to what somebody else changed meanwhile.
    pub(crate) fn ask_of(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        revision: Option<i64>,
    ) -> Result<Value, ClientError> {
        let tag = revision.and_then(|number| HeaderValue::from_str(&format!("\"{number}\"")).ok());
        let headers = tag.map(|tag| (header::IF_MATCH, tag)).into_iter().collect();
        Self::read(self.exchanged((method, path), body, headers, TIMES)?)
    }

    fn read(bytes: Vec<u8>) -> Result<Value, ClientError> {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|e| ClientError::Answer { source: Box::new(e) })
    }

    /// The same for answers that may be no JSON, with time limits of the caller's.
    pub(crate) fn ask_bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        times: PhaseTimeouts,
    ) -> Result<Vec<u8>, ClientError> {
        self.exchanged((method, path), body, HeaderMap::new(), times)
    }

    fn exchanged(
        &self,
        what: (Method, &str),
        body: Option<&Value>,
        headers: HeaderMap,
        times: PhaseTimeouts,
    ) -> Result<Vec<u8>, ClientError> {
        let send = |source: Box<dyn std::error::Error>| ClientError::Send { url: self.url.clone(), source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| send(Box::new(e)))?;
        let local = tokio::task::LocalSet::new();
        let (status, bytes) = local.block_on(&runtime, self.exchange(what, body, headers, times))?;
        if status.is_success() {
            return Ok(bytes);
        }
        Err(refused(status, &bytes))
    }

    /// Writes an answer to a file as it comes; how many bytes it has.
    pub(crate) fn ask_to_file(
        &self,
        path: &str,
        file: &Path,
        times: PhaseTimeouts,
    ) -> Result<u64, Box<dyn std::error::Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let mut response = self.open((Method::GET, path), None, HeaderMap::new(), times).await?;
            if !response.status.is_success() {
                return Err(format!("the gateway refused ({})", response.status.as_u16()).into());
            }
            let (mut out, mut bytes) = (std::fs::File::create(file)?, 0);
            while let Some(piece) = response.body.next().await {
                let piece = piece?;
                out.write_all(&piece)?;
                bytes += piece.len() as u64;
            }
            out.sync_all()?;
            Ok(bytes)
        })
    }

    async fn exchange(
        &self,
        what: (Method, &str),
        body: Option<&Value>,
        headers: HeaderMap,
        times: PhaseTimeouts,
    ) -> Result<(StatusCode, Vec<u8>), ClientError> {
        let mut response = self.open(what, body, headers, times).await?;
        let bytes = self.rest(&mut response).await?;
        Ok((response.status, bytes))
    }

    /// Sends a request and waits for the head of the answer.
    async fn open(
        &self,
        (method, path): (Method, &str),
        body: Option<&Value>,
        mut headers: HeaderMap,
        times: PhaseTimeouts,
    ) -> Result<UpstreamResponse, ClientError> {
        let options = ConnectOptions { allow_link_local: true, ..ConnectOptions::default() };
        let (destination, base) = Destination::parse(
            self.url.trim_end_matches('/'),
            &options,
            &ProxyEnv::from_vars(|name| std::env::var(name).ok()),
        )
        .map_err(|e| ClientError::Url { url: self.url.clone(), source: Box::new(e) })?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.key()?.expose()))
            .map_err(|_| ClientError::NoKey)?;
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = body.map(|value| vec![Bytes::from(value.to_string())]).unwrap_or_default();
        let path_and_query = format!("{}{path}", base.trim_end_matches('/'));
        let request = UpstreamRequest { method, path_and_query, headers, body };
        let upstream = Upstream::new(UpstreamConfig::default());
        upstream.send(&destination, &request, times).await.map_err(|e| self.unsent(Box::new(e)))
    }

    fn unsent(&self, source: Box<dyn std::error::Error>) -> ClientError {
        ClientError::Send { url: self.url.clone(), source }
    }

    async fn rest(&self, response: &mut UpstreamResponse) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        while let Some(piece) = response.body.next().await {
            bytes.extend_from_slice(&piece.map_err(|e| self.unsent(Box::new(e)))?);
            if bytes.len() > MAX_ANSWER {
                return Err(ClientError::Answer { source: "it is too large".into() });
            }
        }
        Ok(bytes)
    }

    /// Reads server-sent events as they come, until the stream ends or `each` says false.
    pub(crate) fn follow(
        &self,
        path: &str,
        headers: HeaderMap,
        each: &mut dyn FnMut(&Frame) -> bool,
    ) -> Result<(), ClientError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| self.unsent(Box::new(error)))?;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let mut response = self.open((Method::GET, path), None, headers, TIMES).await?;
            if !response.status.is_success() {
                let bytes = self.rest(&mut response).await?;
                return Err(refused(response.status, &bytes));
            }
            let mut framer = Framer::new(MAX_EVENT);
            while let Some(piece) = response.body.next().await {
                framer.push(piece.map_err(|e| self.unsent(Box::new(e)))?);
                while let Some(frame) = framer.next() {
                    let frame = frame.map_err(|e| ClientError::Answer { source: Box::new(e) })?;
                    if !each(&frame) {
                        return Ok(());
                    }
                }
            }
            Ok(())
        })
    }

    /// Asks and prints: JSON as it is, else what `show` makes of it.
    pub(crate) fn ask_and_print(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        show: impl FnOnce(&Value),
    ) -> ExitCode {
        self.print(self.ask(method, path, body), show)
    }

    /// A list as a whole, page by page, as the API answers one: `{"data": [...], "next_cursor": null}`. `query` has `&` before each of its
    /// members.
    pub(crate) fn all(&self, path: &str, query: &str) -> Result<Value, ClientError> {
        let (mut rows, mut cursor, mut last) = (Vec::new(), String::new(), Value::Null);
        for _ in 0..MAX_PAGES {
            let mut page = self.ask(Method::GET, &format!("{path}?limit={PAGE}{query}{cursor}"), None)?;
            if let Some(data) = page.get_mut("data").and_then(Value::as_array_mut) {
                rows.append(data);
            }
            match page["next_cursor"].as_str() {
                Some(next) => (cursor, last) = (format!("&cursor={}", encoded(next)), Value::from(next)),
                None => return Ok(json!({ "data": rows, "next_cursor": null })),
            }
        }
        output::note(format!("gatewright: there are more than {} of them; these are the first", rows.len()));
        Ok(json!({ "data": rows, "next_cursor": last }))
    }

    /// A whole list, printed in the same way.
    pub(crate) fn list_and_print(&self, path: &str, query: &str, show: impl FnOnce(&Value)) -> ExitCode {
        self.print(self.all(path, query), show)
    }

    /// Prints what was answered in the same way.
    pub(crate) fn print(&self, answer: Result<Value, ClientError>, show: impl FnOnce(&Value)) -> ExitCode {
        match answer {
            Ok(value) if self.json => {
                output::line(value);
                ExitCode::SUCCESS
            }
            Ok(value) => {
                show(&value);
                ExitCode::SUCCESS
            }
            Err(error) => output::fail(&error, 1),
        }
    }
}

/// What the gateway says to what it refuses.
fn refused(status: StatusCode, bytes: &[u8]) -> ClientError {
    let answer = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let message = answer.pointer("/error/message").and_then(Value::as_str).map(ToOwned::to_owned);
    let message = message.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
    ClientError::Refused { status: status.as_u16(), message, answer }
}

/// Percent-encodes a query value.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

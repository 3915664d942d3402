//! Plain HTTP/1.1 to a gateway or an emulator's control: one connection a request, nothing is tried again, and what
//! came is kept as it came. It must not judge an answer.

use crate::error::DrillError;
use bytes::Bytes;
use gw_model::Priority;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// Longest wait for an answer of a control or admin endpoint.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much a call matters.
const PRIORITY: HeaderName = HeaderName::from_static("x-gatewright-priority");

type Failure = Box<dyn Error + Send + Sync>;

/// An HTTP server by its URL.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    authority: String,
    prefix: String,
    bearer: Option<HeaderValue>,
    /// What is asked of it matters so much.
    priority: Option<HeaderValue>,
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The connection broke before the body's end.
    pub(crate) is_broken: bool,
}

impl Reply {
    /// A header as text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Server {
    /// The server at `http://HOST:PORT[/PATH]`, asked with this key.
    pub(crate) fn at(url: &str, key: Option<&str>) -> Result<Self, DrillError> {
        let wrong =
            || DrillError::Usage(format!("'{url}' is no http:// URL with a host; drills speak plain HTTP"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
        let port = authority.port_u16().unwrap_or(80);
        let bearer = key.map(|key| HeaderValue::from_str(&format!("Bearer {key}")));
        let bearer = bearer
            .transpose()
            .map_err(|_| DrillError::Usage("the key cannot stand in a header".to_owned()))?;
        Ok(Self {
            authority: format!("{}:{port}", authority.host()),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            bearer,
            priority: None,
        })
    }

    /// The same, asked with this priority.
    pub(crate) fn with_priority(&self, priority: Priority) -> Self {
        Self { priority: Some(HeaderValue::from_static(priority.as_str())), ..self.clone() }
    }

    /// Sends a request and reads the answer to its end or break. An error: there is no head of an answer.
    pub(crate) async fn exchange(&self, method: Method, path: &str, body: Bytes) -> Result<Reply, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.prefix).parse()?;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(&self.authority)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(bearer) = &self.bearer {
            headers.insert(AUTHORIZATION, bearer.clone());
        }
        if let Some(priority) = &self.priority {
            headers.insert(PRIORITY, priority.clone());
        }
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The connection is driven beside the request, and ends with this set.
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        let (head, body) = sender.send_request(request).await?.into_parts();
        let (body, is_broken) = read(body).await?;
        Ok(Reply { status: head.status, headers: head.headers, body, is_broken })
    }

    /// Asks for JSON; anything but a 2xx is an error.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let reply = tokio::time::timeout(PATIENCE, self.exchange(method, path, body)).await??;
        if !reply.status.is_success() {
            let words: String = String::from_utf8_lossy(&reply.body).chars().take(300).collect();
            return Err(format!("{} answered {path} with {}: {words}", self.authority, reply.status).into());
        }
        Ok(serde_json::from_slice(&reply.body)?)
    }
}

/// Reads a body within the limit: what came, and whether it broke off.
pub(crate) async fn read<B>(mut body: B) -> Result<(Bytes, bool), Failure>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Ok((bytes.into(), true)) };
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > MAX_ANSWER {
            return Err("the answer is too large".into());
        }
    }
    Ok((bytes.into(), false))
}

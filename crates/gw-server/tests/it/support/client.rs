//! A small HTTP/1.1 client: one connection a request, which closes when the answer is dropped. Sends exactly
//! what a test says and shows exactly what came.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Longest time for any answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    pub(crate) fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST of JSON.
    pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Self {
        let mut call = Self::new(Method::POST, path).header("content-type", "application/json");
        call.body = body.into();
        call
    }

    /// A POST of a form with the boundary `XX`. Names with `@` are files, called `NAME.wav`.
    pub(crate) fn form(path: &str, fields: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = match name.strip_prefix('@') {
                Some(file) => format!("name=\"{file}\"; filename=\"{file}.wav\"\r\nContent-Type: audio/wav"),
                None => format!("name=\"{name}\""),
            };
            body.extend_from_slice(b"--XX\r\nContent-Disposition: form-data; ");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        let mut call =
            Self::new(Method::POST, path).header("content-type", "multipart/form-data; boundary=XX");
        call.body = body.into();
        call
    }

    /// The body.
    pub(crate) const fn sent_body(&self) -> &Bytes {
        &self.body
    }

    /// `POST /v1/chat/completions`.
    pub(crate) fn chat(body: &Value) -> Self {
        Self::post("/v1/chat/completions", body.to_string())
    }

    /// `POST /v1/messages`.
    pub(crate) fn messages(body: &Value) -> Self {
        Self::post("/v1/messages", body.to_string()).header("anthropic-version", "2023-06-01")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// A header that is no ASCII.
    pub(crate) fn header_bytes(mut self, name: &str, value: &[u8]) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value).unwrap());
        self
    }

    /// `Authorization: Bearer`.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Another body in its place.
    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// What a signature is made over: method, path and query, headers, body.
    pub(crate) fn parts(&self) -> (&Method, &str, &HeaderMap, &Bytes) {
        (&self.method, &self.path, &self.headers, &self.body)
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sends it and waits for the head of the answer. Errors: no answer came.
    pub(crate) async fn try_open(&self, addr: SocketAddr) -> Result<Open, String> {
        let text = |error: &dyn std::error::Error| format!("{} {}: {error}", self.method, self.path);
        let stream = TcpStream::connect(addr).await.map_err(|e| text(&e))?;
        stream.set_nodelay(true).map_err(|e| text(&e))?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|e| text(&e))?;
        let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        let guard = Closing(task);
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert("host", HeaderValue::from_str(&addr.to_string()).unwrap());
        let response = tokio::time::timeout(PATIENCE, sender.send_request(request)).await;
        let response = response.map_err(|e| text(&e))?.map_err(|e| text(&e))?;
        Ok(Open::new(response, guard))
    }

    /// Sends it and waits for the head of the answer.
    pub(crate) async fn open(&self, addr: SocketAddr) -> Open {
        self.try_open(addr).await.unwrap()
    }

    /// Sends it and reads the whole answer. Errors: it did not come in full.
    pub(crate) async fn try_send(&self, addr: SocketAddr) -> Result<Answer, String> {
        self.try_open(addr).await?.try_rest().await
    }

    /// Sends it and reads the whole answer.
    pub(crate) async fn send(&self, addr: SocketAddr) -> Answer {
        self.try_send(addr).await.unwrap()
    }
}

/// Closes the connection.
struct Closing(AbortHandle);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer whose body is still coming. Dropping it closes the connection.
pub(crate) struct Open {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    _closing: Closing,
}

impl Open {
    fn new(response: Response<Incoming>, closing: Closing) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body, _closing: closing }
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, hyper::Error>> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("the answer goes on");
            match frame? {
                Ok(frame) => match frame.into_data() {
                    Ok(data) => return Some(Ok(data)),
                    Err(_) => continue,
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Reads until `text` has come; gives all that was read.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        while let Some(piece) = self.next().await {
            seen.extend_from_slice(&piece.expect("the stream goes on"));
            if memmem(&seen, text.as_bytes()) {
                return String::from_utf8_lossy(&seen).into_owned();
            }
        }
        panic!("{text:?} did not come: {}", String::from_utf8_lossy(&seen));
    }

    /// Everything that is still to come.
    pub(crate) async fn rest(self) -> Answer {
        self.try_rest().await.unwrap()
    }

    /// Everything that is still to come. Errors: the connection broke.
    pub(crate) async fn try_rest(mut self) -> Result<Answer, String> {
        let mut body = Vec::new();
        while let Some(piece) = self.next().await {
            body.extend_from_slice(&piece.map_err(|error| format!("the answer broke off: {error}"))?);
        }
        Ok(Answer { status: self.status, headers: self.headers, body: body.into() })
    }
}

fn memmem(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The gateway's machine code.
    pub(crate) fn code(&self) -> &str {
        self.header("x-gatewright-error").unwrap_or("")
    }

    pub(crate) fn request_id(&self) -> String {
        self.header("x-request-id").expect("every call has an id").to_owned()
    }

    /// Checks status and machine code, in header and body.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Self {
        let found = (self.status.as_u16(), self.code());
        assert_eq!(found, (status, code), "{}", self.text());
        assert_eq!(self.json()["error"]["code"], code, "{}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self
    }
}

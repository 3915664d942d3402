//! Object storage of a test's own that speaks as much of S3's protocol as is needed: objects whole and in parts, pieces of them,
//! removals, lists. It refuses what is not signed with its secret. It can be away, and come back at the same address.

mod signature;

use http::Uri;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The credential that it knows.
pub(crate) const ACCESS_KEY: &str = "AK";
pub(crate) const SECRET_KEY: &str = "SK";

/// The bucket of [`ObjectStorage::settings`].
const BUCKET: &str = "calls";

#[derive(Default)]
struct State {
    /// By bucket and name.
    objects: BTreeMap<String, Vec<u8>>,
    /// Parts of uploads that are not finished.
    parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    /// Heads of all requests.
    heads: Vec<String>,
    is_down: bool,
    is_lost: bool,
}

/// A request, whole.
struct Asked {
    head: String,
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Vec<u8>,
}

type Said = (u16, String, Vec<u8>);

/// See the module.
pub(crate) struct ObjectStorage {
    port: u16,
    state: Arc<Mutex<State>>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl ObjectStorage {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { port, state, accepting: Mutex::new(Some(accepting)) }
    }

    /// As it stands in a configuration.
    pub(crate) fn settings(&self) -> String {
        format!(
            "{{ bucket: {BUCKET}, prefix: \"gw test/\", endpoint: \"http://127.0.0.1:{}\", access_key_id: {ACCESS_KEY}, \
             secret_access_key: {SECRET_KEY}, timeout_ms: 2000 }}",
            self.port
        )
    }

    /// Nobody listens any more, and whoever is connected is not answered.
    pub(crate) async fn go_down(&self) {
        self.state.lock().unwrap().is_down = true;
        let accepting = self.accepting.lock().unwrap().take();
        if let Some(accepting) = accepting {
            accepting.abort();
            let _ = accepting.await;
        }
    }

    /// It is back.
    pub(crate) async fn come_back(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.state.lock().unwrap().is_down = false;
        *self.accepting.lock().unwrap() = Some(tokio::spawn(accept(listener, Arc::clone(&self.state))));
    }

    /// A proxy before it does not know any more where it is.
    pub(crate) fn lose(&self, is_lost: bool) {
        self.state.lock().unwrap().is_lost = is_lost;
    }

    /// An object of [`Self::settings`]'s bucket and prefix.
    pub(crate) fn object(&self, name: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().objects.get(&format!("/{BUCKET}/gw test/{name}")).cloned()
    }

    /// The names of all objects.
    pub(crate) fn names(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    /// Puts an object there.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        self.state.lock().unwrap().objects.insert(format!("/{BUCKET}/gw test/{name}"), content.to_vec());
    }

    /// Does some object hold this?
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let state = self.state.lock().unwrap();
        state.objects.values().any(|object| object.windows(bytes.len()).any(|window| window == bytes))
    }

    /// Heads of requests so far that begin with this.
    pub(crate) fn heads(&self, begin: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.heads.iter().filter(|head| head.starts_with(begin)).cloned().collect()
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut read = Vec::new();
    while let Some(asked) = next(&mut stream, &mut read).await {
        let (status, headers, body) = {
            let mut state = state.lock().unwrap();
            if state.is_down {
                return;
            }
            state.heads.push(asked.head.clone());
            match signature::is_good(&asked.head, &asked.body) {
                _ if state.is_lost => (404, String::new(), b"default backend - 404".to_vec()),
                true => answer(&mut state, asked),
                false => {
                    (403, String::new(), error("SignatureDoesNotMatch", "The signature is another one."))
                }
            }
        };
        // What has no body says nothing of its length.
        let length =
            if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head = format!("HTTP/1.1 {status} X\r\n{length}{headers}\r\n");
        if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
            return;
        }
    }
}

async fn next(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Asked> {
    let mut buffer = [0; 65_536];
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let whole = end + 4 + header(&head, "content-length").map_or(0, |text| text.parse().unwrap());
            if read.len() >= whole {
                let body = read[end + 4..whole].to_vec();
                read.drain(..whole);
                return Some(asked(head, body));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(count @ 1..) => read.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}

/// A header's value.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn asked(head: String, body: Vec<u8>) -> Asked {
    let mut words = head.split(' ');
    let method = words.next().unwrap().to_owned();
    let target: Uri = words.next().unwrap().parse().unwrap();
    let query = target.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (decoded(name), decoded(value))
    };
    let (path, query) = (decoded(target.path()), query.map(pair).collect());
    Asked { method, path, query, body, head }
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        out.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        out.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(out).unwrap()
}

fn error(code: &str, message: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>").into_bytes()
}

fn answer(state: &mut State, asked: Asked) -> Said {
    let Asked { head, method, path, query, body } = asked;
    let upload = query.get("uploadId").cloned();
    let empty = |status| (status, "etag: \"e\"\r\n".to_owned(), Vec::new());
    match (method.as_str(), upload) {
        ("GET", _) if query.contains_key("list-type") => list(state, &path, &query),
        ("GET", _) => match state.objects.get(&path) {
            Some(object) => piece(object, header(&head, "range")),
            None => (404, String::new(), error("NoSuchKey", "The object is not there.")),
        },
        ("POST", None) => {
            let id = format!("upload {}&", state.parts.len());
            state.parts.insert(id.clone(), BTreeMap::new());
            (200, String::new(), format!("<R><UploadId>{id}</UploadId></R>").into_bytes())
        }
        ("PUT", Some(id)) => match state.parts.get_mut(&id) {
            Some(parts) => {
                parts.insert(query["partNumber"].parse().unwrap(), body);
                empty(200)
            }
            None => (404, String::new(), error("NoSuchUpload", "The upload is not there.")),
        },
        ("POST", Some(id)) => {
            let parts = state.parts.remove(&id).unwrap_or_default();
            state.objects.insert(path, parts.into_values().flatten().collect());
            empty(200)
        }
        ("PUT", None) => {
            state.objects.insert(path, body);
            empty(200)
        }
        ("DELETE", upload) => {
            match upload {
                Some(id) => drop(state.parts.remove(&id)),
                None => drop(state.objects.remove(&path)),
            }
            empty(204)
        }
        (other, _) => panic!("{other}"),
    }
}

fn piece(object: &[u8], range: Option<&str>) -> Said {
    let Some(range) = range else { return (200, String::new(), object.to_vec()) };
    let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    match object.get(from..object.len().min(to + 1)) {
        Some(piece) if !piece.is_empty() => (206, String::new(), piece.to_vec()),
        _ => (416, String::new(), error("InvalidRange", "The range is not there.")),
    }
}

fn list(state: &State, bucket: &str, query: &BTreeMap<String, String>) -> Said {
    let begin = format!("{bucket}/{}", query["prefix"]);
    let after = query.get("start-after").map(|name| format!("{bucket}/{name}")).unwrap_or_default();
    let most: usize = query["max-keys"].parse().unwrap();
    let mut names = state.objects.keys().filter(|name| name.starts_with(&begin) && **name > after);
    let keys: String = names
        .by_ref()
        .take(most)
        .map(|name| format!("<Contents><Key>{}</Key></Contents>", &name[bucket.len() + 1..]))
        .collect();
    let is_cut = names.next().is_some();
    let text = format!("<ListBucketResult><IsTruncated>{is_cut}</IsTruncated>{keys}</ListBucketResult>");
    (200, String::new(), text.into_bytes())
}

//! What is done with objects: put, in one request or in parts, so that one is there whole or not at all; read a piece of,
//! removed, listed.

use super::{Answer, Ask, Bucket, S3Error, between, encoded, short};
use bytes::Bytes;
use http::header::ETAG;
use http::{Method, StatusCode};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of a part, and of the largest object that is sent in one request. Ten thousand parts are the protocol's bound.
const PART: usize = 8 << 20;
const MAX_PARTS: usize = 10_000;
/// Names of objects that are listed at once: fewer than what fits into an answer that is read.
const LISTED: usize = 100;

impl Bucket {
    /// Puts a file into an object. `goes_on` is asked before each step, and the last time before anything is there. Errors: the storage does not take it, or it is not
    /// wanted any more; nothing is there then.
    pub(crate) async fn put_file(
        &self,
        key: &str,
        kind: &str,
        file: &Path,
        goes_on: &mut impl AsyncFnMut() -> bool,
    ) -> Result<(), S3Error> {
        let broken = |error: std::io::Error| S3Error(format!("the file to be sent cannot be read: {error}"));
        let mut file = File::open(file).map_err(broken)?;
        let first = part(&mut file).map_err(broken)?;
        let kind = Some(kind);
        if first.len() < PART {
            wanted(goes_on).await?;
            return self.ask(&Ask { kind, body: first, ..Ask::of(Method::PUT, key) }).await.map(drop);
        }
        let begun = self.ask(&Ask { query: "uploads=", kind, ..Ask::of(Method::POST, key) }).await?;
        let text = begun.text();
        let upload = between(&text, "<UploadId>", "</UploadId>")
            .ok_or_else(|| S3Error("the storage began no upload of parts".to_owned()))?;
        let upload = encoded(upload, false);
        let sent = self.parts(key, &upload, first, &mut file, goes_on).await;
        if sent.is_err() {
            // Parts that belong to nothing cost money.
            let query = format!("uploadId={upload}");
            if let Err(error) = self.ask(&Ask { query: &query, ..Ask::of(Method::DELETE, key) }).await {
                tracing::warn!(%error, key, "parts of what was not finished stay in the object storage");
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
            wanted(goes_on).await?;
            let query = format!("partNumber={number}&uploadId={upload}");
            let taken = self.ask(&Ask { query: &query, body: next, ..Ask::of(Method::PUT, key) }).await?;
            let tag = taken.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
            let tag = tag.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            list.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"));
            next = part(file)
                .map_err(|error| S3Error(format!("the file to be sent cannot be read: {error}")))?;
            if next.is_empty() {
                wanted(goes_on).await?;
                list.push_str("</CompleteMultipartUpload>");
                let query = format!("uploadId={upload}");
                let body = Bytes::from(list);
                let done = self.ask(&Ask { query: &query, body, ..Ask::of(Method::POST, key) }).await?;
                // What goes wrong here is said with status 200.
                let said = done.text();
                return match said.contains("<Error>") {
                    true => Err(S3Error(format!("the storage could not join the parts: {}", short(&said)))),
                    false => Ok(()),
                };
            }
        }
        Err(S3Error(format!("the file has more than {MAX_PARTS} parts of {PART} bytes")))
    }

    /// So many bytes of an object from one on, or fewer where it ends before; `None` where there is no such object. Asked once:
    /// somebody waits.
    pub(crate) async fn get(&self, key: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, S3Error> {
        let Some(last) = (length as u64).checked_sub(1) else { return Ok(Some(Vec::new())) };
        let range = Some((start, start.saturating_add(last)));
        let ask = Ask { range, most: length, ..Ask::of(Method::GET, key) };
        let answer = self.once(&ask).await.map_err(|(error, _)| error)?;
        match answer.status {
            StatusCode::PARTIAL_CONTENT => Ok(Some(answer.body)),
            // A storage that knows no ranges, and an object that is as small as what was asked for.
            StatusCode::OK if start == 0 => Ok(Some(answer.body)),
            StatusCode::OK => Err(S3Error("the storage gives no pieces of objects".to_owned())),
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Some(Vec::new())),
            StatusCode::NOT_FOUND if is_no_object(&answer) => Ok(None),
            _ => Err(answer.refusal()),
        }
    }

    /// Removes an object; one that is not there is removed already.
    pub(crate) async fn remove(&self, key: &str) -> Result<(), S3Error> {
        // Not every storage says that it went well when there was none.
        let is_missing = |answer: &Answer| answer.status == StatusCode::NOT_FOUND;
        let answer = self.ask_for(&Ask::of(Method::DELETE, key), is_missing).await?;
        if !is_missing(&answer) || is_no_object(&answer) {
            return Ok(());
        }
        // It does not say what is missing: it may say so when it is asked for the object.
        match self.get(key, 0, 1).await? {
            None => Ok(()),
            Some(_) => Err(answer.refusal()),
        }
    }

    /// What comes behind `directory` in names of objects, in the order of names, from behind one on; and whether there are more.
    pub(crate) async fn list(&self, directory: &str, after: &str) -> Result<(Vec<String>, bool), S3Error> {
        let prefix = format!("{}{directory}", self.settings.prefix);
        let mut query = format!("list-type=2&max-keys={LISTED}&prefix={}", encoded(&prefix, false));
        if !after.is_empty() {
            query.push_str(&format!("&start-after={}", encoded(&format!("{prefix}{after}"), false)));
        }
        let answer = self.ask(&Ask { key: None, query: &query, ..Ask::of(Method::GET, "") }).await?;
        let text = answer.text();
        let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        let names =
            keys.filter_map(|(key, _)| unescaped(key).strip_prefix(&prefix).map(str::to_owned)).collect();
        Ok((names, between(&text, "<IsTruncated>", "</IsTruncated>") == Some("true")))
    }
}

/// Does the storage say that there is no such object? A bucket that is missing answers with the same status, and so does a proxy
/// that does not find the storage: that says nothing of the object.
fn is_no_object(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND && answer.text().contains("NoSuchKey")
}

async fn wanted(goes_on: &mut impl AsyncFnMut() -> bool) -> Result<(), S3Error> {
    if goes_on().await { Ok(()) } else { Err(S3Error("it is not wanted any more".to_owned())) }
}

/// A text of an XML document.
fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&amp;", "&")
}

/// The next bytes of a file: a whole part, or what is left.
#[expect(clippy::disallowed_methods, reason = "at most one part is read")]
fn part(file: &mut File) -> std::io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

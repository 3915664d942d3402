//! A mail, as it goes over the wire (RFC 5322): plain text in UTF-8. Whatever names stand in it is encoded (RFC 2047 and base64),
//! so that none can add a header, a line or another mail.

use super::{plain, title};
use crate::notice::Notice;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fmt::Write as _;

/// Bytes of text in one encoded word: with its frame it stays within 75 characters.
const WORD_BYTES: usize = 42;
/// Characters of a line of base64.
const LINE: usize = 76;

/// Who writes to whom. Addresses are checked already.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Who writes.
    pub from: &'a str,
    /// Who gets it.
    pub to: &'a [String],
    /// `Tue, 01 Sep 2026 10:00:00 +0000`.
    pub date: &'a str,
}

/// The whole mail.
#[must_use]
pub fn message(notice: &Notice, event_id: &str, envelope: &Envelope<'_>) -> Vec<u8> {
    let domain = envelope.from.split_once('@').map_or("localhost", |(_, domain)| domain);
    let mut out = String::new();
    let _ = write!(out, "From: Gatewright <{}>\r\n", envelope.from);
    let to: Vec<String> = envelope.to.iter().map(|address| format!("<{address}>")).collect();
    let _ = write!(out, "To: {}\r\n", to.join(",\r\n "));
    let _ = write!(out, "Subject: {}\r\n", encoded(&title(notice)));
    let _ = write!(out, "Date: {}\r\nMessage-ID: <{event_id}@{domain}>\r\n", envelope.date);
    // No automatic answers (RFC 3834).
    out.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    out.push_str("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    let body = STANDARD.encode(text(notice));
    for line in body.as_bytes().chunks(LINE) {
        out.push_str(std::str::from_utf8(line).unwrap_or_default());
        out.push_str("\r\n");
    }
    out.into_bytes()
}

fn text(notice: &Notice) -> String {
    let mut out = format!("{}\r\n\r\n", plain(&notice.summary));
    for (name, value) in &notice.details {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => plain(text),
            other => plain(&other.to_string()),
        };
        let _ = write!(out, "{}: {value}\r\n", name.replace('_', " "));
    }
    let _ = write!(out, "\r\nRule: {} ({})\r\n", plain(&notice.rule), plain(&notice.condition));
    let _ = write!(out, "Since: {}\r\n", gw_model::time::format(notice.fired_at));
    out
}

/// Encoded words, on a line each.
fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    words.collect::<Vec<_>>().join("\r\n ")
}

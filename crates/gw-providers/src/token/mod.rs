//! Short-lived tokens of providers: the requests that ask for them and what the answers say. Serves whoever
//! obtains them in the background. It must not open a socket or a file, or read a clock or the environment: all
//! of them are passed in.

pub mod aws_hosts;
pub mod aws_profile;
pub mod aws_sts;
pub mod entra;
pub mod google;
mod jwt;

use bytes::Bytes;
use gw_model::clock::Micros;
use gw_model::credential::CredentialValue;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use std::fmt;

const MICROS_PER_SECOND: Micros = 1_000_000;

/// A request for a token. Its `Debug` shows neither headers nor body: they hold secrets.
#[derive(Clone)]
pub struct TokenRequest {
    /// Method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// It goes to a host that is on or beside our own machine: never through a proxy, and link-local addresses are
    /// allowed.
    pub is_local: bool,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("TokenRequest")
            .field("method", &self.method)
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl TokenRequest {
    fn new(method: Method, url: String) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new(), is_local: false }
    }

    /// A GET of a host beside us.
    fn local(url: String) -> Self {
        Self { is_local: true, ..Self::new(Method::GET, url) }
    }

    /// A POST of a form.
    fn form(url: String, fields: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (name, value) in fields {
            if !body.is_empty() {
                body.push('&');
            }
            body.push_str(name);
            body.push('=');
            escape(value, &mut body);
        }
        let mut request = Self::new(Method::POST, url);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(CONTENT_TYPE, kind);
        request.headers.insert(http::header::ACCEPT, HeaderValue::from_static("*/*"));
        request.body = body.into();
        request
    }

    fn header(mut self, name: &'static str, value: &str) -> Result<Self, TokenError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| TokenError::malformed(name))?;
        value.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }
}

/// A token that was obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What requests carry.
    pub value: CredentialValue,
    /// From when on it is of no use, microseconds since the epoch; `None` when nobody says.
    pub expires_at: Option<Micros>,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// A file cannot be read.
    File {
        /// Which, for the operator.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A file, an answer or a setting is not as it must be.
    Malformed {
        /// What, and what is wrong with it.
        what: String,
    },
    /// A setting or an environment variable is missing.
    Missing {
        /// Which.
        what: &'static str,
    },
    /// The token endpoint could not be reached.
    Unreachable {
        /// Where and why, for the operator.
        detail: String,
    },
    /// The token endpoint refused.
    Refused {
        /// Its status.
        status: u16,
        /// Its words, for the operator.
        detail: String,
    },
}

impl TokenError {
    /// Something is not as it must be.
    pub fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed { what: what.into() }
    }

    /// What callers may know: nothing of paths, hosts or the endpoint's words.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::File { .. } => "a file of its credential cannot be read".to_owned(),
            Self::Malformed { .. } | Self::Missing { .. } => "its credential is not usable".to_owned(),
            Self::Unreachable { .. } => "its token endpoint cannot be reached".to_owned(),
            Self::Refused { status, .. } => format!("its token endpoint answered {status}"),
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => write!(f, "{path} cannot be read: {reason}"),
            Self::Malformed { what } => write!(f, "{what}"),
            Self::Missing { what } => write!(f, "{what} is missing"),
            Self::Unreachable { detail } => write!(f, "the token endpoint cannot be reached: {detail}"),
            Self::Refused { status, detail } => write!(f, "the token endpoint answered {status}: {detail}"),
        }
    }
}

impl std::error::Error for TokenError {}

/// Appends text as it stands in a query or a form (RFC 3986: everything but unreserved characters encoded).
fn escape(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

/// An answer of OAuth 2.0's shape: `access_token` and `expires_in` or `expires_on`, as numbers or as texts.
///
/// # Errors
/// There is no token in it.
pub fn oauth_answer(body: &[u8], now: Micros) -> Result<Token, TokenError> {
    let wrong = || TokenError::malformed("the token endpoint's answer holds no access token");
    let answer: serde_json::Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    let token = answer.get("access_token").and_then(serde_json::Value::as_str).ok_or_else(wrong)?;
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(wrong());
    }
    let seconds = |name: &str| match answer.get(name)? {
        serde_json::Value::Number(number) => number.as_i64(),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let at = |seconds: i64| seconds.saturating_mul(MICROS_PER_SECOND);
    let expires_at = match (seconds("expires_in"), seconds("expires_on")) {
        (Some(left), _) => Some(now.saturating_add(at(left.max(0)))),
        (None, Some(second)) => Some(at(second)),
        (None, None) => None,
    };
    Ok(Token { value: CredentialValue::Token(gw_model::Secret::new(token.to_owned())), expires_at })
}

/// What a refusing token endpoint says, for the operator: the known members of its answer, else its beginning.
#[must_use]
pub fn refusal(status: u16, body: &[u8]) -> TokenError {
    const MAX_CHARS: usize = 300;
    let answer: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let said = |name: &str| answer.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let known = said("error_description").or_else(|| said("message")).or_else(|| said("error"));
    let text = known.or_else(|| aws_sts::error_text(body));
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let detail = text.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect();
    TokenError::Refused { status, detail }
}

#[cfg(test)]
mod tests;

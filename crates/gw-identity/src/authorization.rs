//! Signing in at an identity provider (OpenID Connect, authorization code with PKCE): where people are sent, what is asked for
//! the code that they bring back, and where they are sent to sign out. Pure. It must not open a socket.

use crate::discovery::Discovered;
use crate::totp::escaped;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::Value;

/// What of a sign-in only whoever began it knows.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// Which client asks.
    pub client_id: &'a str,
    /// Where people are sent back to.
    pub redirect_uri: &'a str,
    /// What is asked for, with spaces between.
    pub scopes: &'a str,
    /// Comes back with the code.
    pub state: &'a str,
    /// Stands in the token.
    pub nonce: &'a str,
    /// Shown with the code (PKCE): 43 to 128 characters.
    pub verifier: &'a str,
}

/// What a provider answers to a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Says who it is; to be checked.
    pub id_token: String,
    /// Good for asking more about the person.
    pub access_token: Option<String>,
}

/// Random bytes as text that may stand in an address.
#[must_use]
pub fn url_text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What [`url_text`] made of bytes.
#[must_use]
pub fn from_url_text(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Where somebody is sent to sign in. `None` where the provider does not say where.
#[must_use]
pub fn authorization_url(provider: &Discovered, attempt: &Attempt<'_>) -> Option<String> {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, attempt.verifier.as_bytes()));
    let query = form(&[
        ("response_type", "code"),
        ("client_id", attempt.client_id),
        ("redirect_uri", attempt.redirect_uri),
        ("scope", attempt.scopes),
        ("state", attempt.state),
        ("nonce", attempt.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    Some(with_query(provider.authorization_endpoint.as_deref()?, &query))
}

/// The body of the request that turns a code into tokens. Where there is a secret it goes with it in a header
/// ([`client_credentials`]) or, where `in_body` says so, in the body.
#[must_use]
pub fn code_form(attempt: &Attempt<'_>, code: &str, in_body: Option<&str>) -> String {
    let mut members = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", attempt.redirect_uri),
        ("code_verifier", attempt.verifier),
    ];
    if let Some(secret) = in_body {
        members.extend([("client_id", attempt.client_id), ("client_secret", secret)]);
    }
    form(&members)
}

/// The same of a client without a secret, which only says its name.
#[must_use]
pub fn public_code_form(attempt: &Attempt<'_>, code: &str) -> String {
    format!("{}&{}", code_form(attempt, code, None), form(&[("client_id", attempt.client_id)]))
}

/// `Authorization` of a client (RFC 6749, 2.3.1): name and secret are escaped before they are joined.
#[must_use]
pub fn client_credentials(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", escaped(client_id), escaped(secret))))
}

/// Reads the answer to a code. `None` where there is no token that says who it is.
#[must_use]
pub fn granted(answer: &[u8]) -> Option<Granted> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Granted { id_token: text("id_token")?, access_token: text("access_token") })
}

/// Where somebody is sent to sign out there too. `None` where the provider knows no such thing.
#[must_use]
pub fn end_session_url(
    provider: &Discovered,
    client_id: &str,
    id_token: Option<&str>,
    back_to: &str,
) -> Option<String> {
    let mut members = vec![("client_id", client_id), ("post_logout_redirect_uri", back_to)];
    members.extend(id_token.map(|token| ("id_token_hint", token)));
    Some(with_query(provider.end_session_endpoint.as_deref()?, &form(&members)))
}

fn form(members: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("{name}={}", escaped(value));
    members.iter().map(one).collect::<Vec<_>>().join("&")
}

fn with_query(url: &str, query: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{query}")
}

#[cfg(test)]
mod tests;

//! Access tokens of Google Cloud: a service account's signed assertion, a user's refresh token, or the metadata
//! server. Serves Vertex AI. It must not show what a credentials file holds.
//!
//! Source: Google's documentation, "Using OAuth 2.0 for Server to Server Applications".

use super::{MICROS_PER_SECOND, TokenError, TokenRequest, jwt};
use gw_model::clock::Micros;
use serde_json::Value;

/// What tokens are asked for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// Where tokens come from when the file does not say.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// The metadata server.
pub const METADATA_HOST: &str = "http://metadata.google.internal";
/// How long an assertion is good, in seconds; Google takes no more than an hour.
const ASSERTION_SECONDS: i64 = 3600;

/// The request that a credentials file stands for; `endpoint` is asked in place of what the file says.
///
/// # Errors
/// The file is of another kind, lacks a member, or its key cannot sign.
pub fn file_request(file: &[u8], endpoint: Option<&str>, now: Micros) -> Result<TokenRequest, TokenError> {
    let wrong = |what: &str| TokenError::malformed(format!("the credentials file {what}"));
    let file: Value = serde_json::from_slice(file).map_err(|_| wrong("is not JSON"))?;
    let text = |name: &str| {
        let found = file.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.ok_or_else(|| wrong(&format!("has no '{name}'")))
    };
    let stated = file.get("token_uri").and_then(Value::as_str);
    let url = endpoint.or(stated).unwrap_or(TOKEN_URL);
    match text("type")? {
        "service_account" => {
            let issued = now.div_euclid(MICROS_PER_SECOND);
            // The audience is what the account's owner trusts, wherever the request goes.
            let claims = serde_json::json!({
                "iss": text("client_email")?,
                "scope": SCOPE,
                "aud": stated.unwrap_or(TOKEN_URL),
                "iat": issued,
                "exp": issued + ASSERTION_SECONDS,
            });
            let key_id = file.get("private_key_id").and_then(Value::as_str);
            let assertion = jwt::sign(&claims, text("private_key")?, key_id)?;
            let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
            Ok(TokenRequest::form(url.to_owned(), &[("grant_type", grant), ("assertion", &assertion)]))
        }
        "authorized_user" => Ok(TokenRequest::form(
            url.to_owned(),
            &[
                ("grant_type", "refresh_token"),
                ("client_id", text("client_id")?),
                ("client_secret", text("client_secret")?),
                ("refresh_token", text("refresh_token")?),
            ],
        )),
        other => Err(wrong(&format!(
            "is of type '{}': use one of type service_account or authorized_user",
            other.chars().take(40).collect::<String>()
        ))),
    }
}

/// The request to the metadata server at `host` (its root), for the machine's own service account.
///
/// # Errors
/// None in practice: the header is a constant.
pub fn metadata_request(host: Option<&str>) -> Result<TokenRequest, TokenError> {
    let host = host.unwrap_or(METADATA_HOST).trim_end_matches('/');
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    TokenRequest::local(format!("{host}{path}")).header("metadata-flavor", "Google")
}

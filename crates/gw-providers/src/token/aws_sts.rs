//! Temporary credentials of AWS by its Security Token Service: a role assumed with other credentials, or with the
//! token of another issuer. Serves Bedrock. It must not show a secret.
//!
//! Source: AWS documentation, "AWS Security Token Service API Reference", version 2011-06-15.

use super::{Token, TokenError, TokenRequest};
use crate::aws::{self, Credentials, PathStyle, RequestParts, STS_SERVICE, Scope};
use gw_model::clock::Micros;
use gw_model::credential::{AwsRole, CredentialValue};
use gw_model::snapshot::AwsCredentials;
use gw_model::{Secret, time};
use std::borrow::Cow;

/// What a session is called when the configuration does not say.
const SESSION_NAME: &str = "gatewright";
/// How long credentials are asked for, in seconds: an hour is what every role allows.
const SESSION_SECONDS: &str = "3600";

/// The signed request for a role's credentials; `base` are whose it is signed with.
///
/// # Errors
/// The role's ARN is empty, or something cannot be signed.
pub fn assume_role(role: &AwsRole, base: &AwsCredentials, now: Micros) -> Result<TokenRequest, TokenError> {
    let mut fields = session(role, "AssumeRole")?;
    if let Some(id) = &role.external_id {
        fields.push(("ExternalId", id));
    }
    let mut request = TokenRequest::form(endpoint(role), &fields);
    let uri: http::Uri =
        request.url.parse().map_err(|_| TokenError::malformed("STS's endpoint is no URL"))?;
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    let host = match uri.port_u16() {
        Some(port) if port != usual => format!("{host}:{port}"),
        _ => host,
    };
    let mut signed = http::HeaderMap::with_capacity(1);
    if let Some(kind) = request.headers.get(http::header::CONTENT_TYPE) {
        signed.insert(http::header::CONTENT_TYPE, kind.clone());
    }
    let parts = RequestParts { method: "POST", path: uri.path(), query: "", host: &host, headers: &signed };
    let credentials = Credentials {
        access_key_id: &base.access_key_id,
        secret_access_key: &base.secret_access_key,
        session_token: base.session_token.as_ref(),
    };
    let scope = Scope {
        region: &role.region,
        service: STS_SERVICE,
        now,
        path_style: PathStyle::Normalized,
        states_body_hash: false,
    };
    let hash = aws::body_hash(std::slice::from_ref(&request.body));
    let made = aws::sign(&parts, &hash, &credentials, &scope);
    made.ok_or_else(|| TokenError::malformed("the request to STS cannot be signed"))?
        .set(&mut request.headers);
    Ok(request)
}

/// The request for a role's credentials, shown by the token of another issuer. It is not signed.
///
/// # Errors
/// The role's ARN is empty.
pub fn assume_with_token(role: &AwsRole, token: &str) -> Result<TokenRequest, TokenError> {
    let mut fields = session(role, "AssumeRoleWithWebIdentity")?;
    fields.push(("WebIdentityToken", token));
    Ok(TokenRequest::form(endpoint(role), &fields))
}

fn session<'a>(role: &'a AwsRole, action: &'static str) -> Result<Vec<(&'static str, &'a str)>, TokenError> {
    if role.arn.is_empty() {
        return Err(TokenError::Missing { what: "the ARN of the role (aws_role_arn, or AWS_ROLE_ARN)" });
    }
    Ok(vec![
        ("Action", action),
        ("Version", "2011-06-15"),
        ("RoleArn", &role.arn),
        ("RoleSessionName", role.session_name.as_deref().unwrap_or(SESSION_NAME)),
        ("DurationSeconds", SESSION_SECONDS),
    ])
}

fn endpoint(role: &AwsRole) -> String {
    match &role.endpoint {
        Some(endpoint) => format!("{}/", endpoint.trim_end_matches('/')),
        None => {
            let suffix = if role.region.starts_with("cn-") { ".cn" } else { "" };
            format!("https://sts.{}.amazonaws.com{suffix}/", role.region)
        }
    }
}

/// The credentials in STS's answer.
///
/// # Errors
/// There are none in it.
pub fn answer(body: &[u8]) -> Result<Token, TokenError> {
    let wrong = || TokenError::malformed("STS's answer holds no credentials");
    let text = std::str::from_utf8(body).map_err(|_| wrong())?;
    let credentials = element(text, "Credentials").ok_or_else(wrong)?;
    let member = |name: &str| element(credentials, name).map(unescape).filter(|text| !text.is_empty());
    let (id, secret) = member("AccessKeyId").zip(member("SecretAccessKey")).ok_or_else(wrong)?;
    let token = member("SessionToken").ok_or_else(wrong)?;
    Ok(Token {
        value: CredentialValue::Aws(AwsCredentials {
            access_key_id: (&*id).into(),
            secret_access_key: Secret::new(secret.into_owned()),
            session_token: Some(Secret::new(token.into_owned())),
        }),
        expires_at: member("Expiration").and_then(|at| time::parse(&at)),
    })
}

/// Code and message of an error in XML.
pub(super) fn error_text(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let error = element(text, "Error")?;
    let member = |name: &str| element(error, name).map(unescape).unwrap_or_default();
    Some(format!("{}: {}", member("Code"), member("Message")))
}

/// What stands in the first element of that name. STS's answers have no attributes on those that are asked for, and
/// none of them holds one of its own name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = text.to_owned();
    // The ampersand last: what it makes is not to be read again.
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    {
        out = out.replace(entity, character);
    }
    Cow::Owned(out)
}

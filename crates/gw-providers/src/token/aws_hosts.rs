//! Temporary credentials of AWS from the machine's surroundings: the container's endpoint (ECS, EKS) and the
//! instance metadata service, version 2. Serves Bedrock. It must not show a secret.
//!
//! Source: AWS documentation, "Container credential provider" and "Use the Instance Metadata Service".

use super::{Token, TokenError, TokenRequest};
use gw_model::credential::CredentialValue;
use gw_model::snapshot::AwsCredentials;
use gw_model::{Secret, time};
use http::{Method, Uri};
use serde_json::Value;
use std::net::IpAddr;

/// The instance metadata service.
pub const INSTANCE_HOST: &str = "http://169.254.169.254";
/// Where relative paths of ECS lead.
pub const CONTAINER_HOST: &str = "http://169.254.170.2";
/// How long a session with the metadata service is good, in seconds; it is used at once.
const SESSION_SECONDS: &str = "300";
/// Where an instance's role stands.
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// Hosts of containers' endpoints that may be spoken to without TLS: ECS and EKS.
const CONTAINER_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// First step at the metadata service at `host` (its root): a session.
///
/// # Errors
/// None in practice: the header is a constant.
pub fn instance_session(host: Option<&str>) -> Result<TokenRequest, TokenError> {
    let mut request = TokenRequest::local(format!("{}/latest/api/token", root(host)));
    request.method = Method::PUT;
    request.header("x-aws-ec2-metadata-token-ttl-seconds", SESSION_SECONDS)
}

/// Second step, with the session's token: the name of the instance's role. The third, with that name: its
/// credentials.
///
/// # Errors
/// The session's token, or the role's name, cannot be sent.
pub fn instance_role(
    host: Option<&str>,
    session: &[u8],
    role: Option<&[u8]>,
) -> Result<TokenRequest, TokenError> {
    let line = |text: &[u8], what: &str| {
        let text = std::str::from_utf8(text).ok().and_then(|text| text.lines().next()).unwrap_or_default();
        let fits =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#'));
        if fits { Ok(text.to_owned()) } else { Err(TokenError::malformed(what)) }
    };
    let role = match role {
        Some(role) => line(role, "the instance has no role")?,
        None => String::new(),
    };
    let session = line(session, "the instance metadata service gave no session")?;
    let request = TokenRequest::local(format!("{}{ROLES}{role}", root(host)));
    request.header("x-aws-ec2-metadata-token", &session)
}

fn root(host: Option<&str>) -> &str {
    host.unwrap_or(INSTANCE_HOST).trim_end_matches('/')
}

/// The request to a container's endpoint.
///
/// # Errors
/// The URL is one that credentials must not be asked of: without TLS it must be on our machine or one of AWS's own.
pub fn container_request(url: &str, authorization: Option<&Secret>) -> Result<TokenRequest, TokenError> {
    let wrong = || TokenError::malformed("the container's credentials endpoint is no URL that may be used");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_near = host == "localhost"
        || CONTAINER_HOSTS.contains(&host)
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !is_near && uri.scheme_str() != Some("https") {
        return Err(wrong());
    }
    let mut request = TokenRequest::local(url.to_owned());
    request.is_local = is_near;
    match authorization {
        Some(token) => request.header("authorization", token.expose().trim_end()),
        None => Ok(request),
    }
}

/// The credentials in an answer of either.
///
/// # Errors
/// There are none in it.
pub fn answer(body: &[u8]) -> Result<Token, TokenError> {
    let wrong = || TokenError::malformed("the answer holds no credentials");
    let answer: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (id, secret) = text("AccessKeyId").zip(text("SecretAccessKey")).ok_or_else(wrong)?;
    Ok(Token {
        value: CredentialValue::Aws(AwsCredentials {
            access_key_id: id.into(),
            secret_access_key: Secret::new(secret.to_owned()),
            session_token: text("Token").map(|token| Secret::new(token.to_owned())),
        }),
        expires_at: text("Expiration").and_then(time::parse),
    })
}

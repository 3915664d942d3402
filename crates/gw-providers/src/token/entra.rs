//! Access tokens of Microsoft Entra ID: an application's secret or federated token, or the managed identity of the
//! machine or app. Serves Azure OpenAI. It must not show a secret.
//!
//! Source: Microsoft's documentation, "OAuth 2.0 client credentials flow" and "How to use managed identities".

use super::{TokenError, TokenRequest, escaped};
use gw_model::Secret;

/// Entra's usual authority.
pub const AUTHORITY: &str = "https://login.microsoftonline.com";
/// The instance metadata service.
pub const INSTANCE_HOST: &str = "http://169.254.169.254";
/// Azure's AI services, as a resource.
const RESOURCE: &str = "https://cognitiveservices.azure.com";

/// How an application shows who it is.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// Its secret.
    Secret(&'a Secret),
    /// A token of an issuer that it trusts.
    Federated(&'a str),
}

/// The request for an application's token.
///
/// # Errors
/// The tenant cannot stand in a URL.
pub fn application_request(
    authority: Option<&str>,
    tenant_id: &str,
    client_id: &str,
    proof: Proof<'_>,
) -> Result<TokenRequest, TokenError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    if tenant_id.is_empty() || !tenant_id.bytes().all(plain) {
        return Err(TokenError::malformed("'tenant_id' must be a directory's id or domain"));
    }
    let authority = authority.unwrap_or(AUTHORITY).trim_end_matches('/');
    let url = format!("{authority}/{tenant_id}/oauth2/v2.0/token");
    let scope = format!("{RESOURCE}/.default");
    let mut fields = vec![("grant_type", "client_credentials"), ("client_id", client_id), ("scope", &scope)];
    match proof {
        Proof::Secret(secret) => fields.push(("client_secret", secret.expose())),
        Proof::Federated(token) => fields.extend([
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", token),
        ]),
    }
    Ok(TokenRequest::form(url, &fields))
}

/// The request to the instance metadata service at `host` (its root).
///
/// # Errors
/// None in practice: the header is a constant.
pub fn instance_request(host: Option<&str>, client_id: Option<&str>) -> Result<TokenRequest, TokenError> {
    let host = host.unwrap_or(INSTANCE_HOST).trim_end_matches('/');
    let path = "/metadata/identity/oauth2/token?api-version=2018-02-01";
    TokenRequest::local(with_identity(format!("{host}{path}"), client_id)).header("metadata", "true")
}

/// The request to the endpoint of an app service; both arguments come from its environment.
///
/// # Errors
/// The secret cannot be sent.
pub fn app_request(
    endpoint: &str,
    secret: &Secret,
    client_id: Option<&str>,
) -> Result<TokenRequest, TokenError> {
    let url = with_identity(format!("{endpoint}?api-version=2019-08-01"), client_id);
    TokenRequest::local(url).header("x-identity-header", secret.expose())
}

fn with_identity(mut url: String, client_id: Option<&str>) -> String {
    url.push_str("&resource=");
    url.push_str(&escaped(RESOURCE));
    if let Some(id) = client_id {
        url.push_str("&client_id=");
        url.push_str(&escaped(id));
    }
    url
}

//! What a provider says about itself (OpenID Connect Discovery, RFC 8414). A document that speaks of another issuer is not
//! believed: it would let one provider speak for another.

use serde_json::Value;
use std::fmt;

/// Where a provider does what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// Its public keys.
    pub jwks_uri: String,
    /// Where people are sent to sign in.
    pub authorization_endpoint: Option<String>,
    /// Where codes become tokens.
    pub token_endpoint: Option<String>,
    /// Where more is said about a person.
    pub userinfo_endpoint: Option<String>,
    /// Where people are sent to sign out.
    pub end_session_endpoint: Option<String>,
}

/// Why a document is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscoveryError {
    /// It is no JSON object.
    NoObject,
    /// It speaks of another issuer.
    OtherIssuer,
    /// It does not say where the keys are.
    NoKeys,
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoObject => "its discovery document is no JSON object",
            Self::OtherIssuer => {
                "its discovery document speaks of another issuer: 'issuer' must be what the document says, letter by \
                 letter"
            }
            Self::NoKeys => "its discovery document has no 'jwks_uri'",
        })
    }
}

impl std::error::Error for DiscoveryError {}

/// Where an issuer's document stands.
#[must_use]
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Discovered {
    /// Reads an issuer's document.
    ///
    /// # Errors
    /// It is none, or is of somebody else.
    pub fn read(document: &[u8], issuer: &str) -> Result<Self, DiscoveryError> {
        let document: Value = serde_json::from_slice(document).map_err(|_| DiscoveryError::NoObject)?;
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        if !document.is_object() {
            return Err(DiscoveryError::NoObject);
        }
        if text("issuer").as_deref() != Some(issuer) {
            return Err(DiscoveryError::OtherIssuer);
        }
        Ok(Self {
            jwks_uri: text("jwks_uri").ok_or(DiscoveryError::NoKeys)?,
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            userinfo_endpoint: text("userinfo_endpoint"),
            end_session_endpoint: text("end_session_endpoint"),
        })
    }
}

#[cfg(test)]
mod tests;

//! Discovery documents, good and false.

use super::{Discovered, DiscoveryError, discovery_url};

#[test]
fn reads_a_document_of_its_own_issuer_only() {
    let document =
        br#"{"issuer":"https://id.example","jwks_uri":"https://id.example/keys","token_endpoint":"t"}"#;
    let found = Discovered::read(document, "https://id.example").unwrap();
    assert_eq!(found.jwks_uri, "https://id.example/keys");
    assert_eq!(found.token_endpoint.as_deref(), Some("t"));
    assert_eq!(found.end_session_endpoint, None);
    assert_eq!(Discovered::read(document, "https://id.example/"), Err(DiscoveryError::OtherIssuer));
    assert_eq!(Discovered::read(b"[]", "x"), Err(DiscoveryError::NoObject));
    assert_eq!(Discovered::read(b"<html>", "x"), Err(DiscoveryError::NoObject));
    assert_eq!(Discovered::read(br#"{"issuer":"x"}"#, "x"), Err(DiscoveryError::NoKeys));
}

#[test]
fn documents_stand_below_the_issuer() {
    let wanted = "https://id.example/realms/a/.well-known/openid-configuration";
    assert_eq!(discovery_url("https://id.example/realms/a"), wanted);
    assert_eq!(discovery_url("https://id.example/realms/a/"), wanted);
}

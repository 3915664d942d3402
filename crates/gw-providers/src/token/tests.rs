//! Tests of [`super`]: what is asked, and what is read from the answers.
mod aws;

use super::{TokenError, TokenRequest, entra, google, oauth_answer, refusal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gw_model::Secret;
use gw_model::credential::CredentialValue;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// 2026-11-21T10:00:00Z in microseconds.
const NOW: i64 = 1_795_255_200_000_000;
/// Made for these tests; it opens nothing.
const KEY: &str = include_str!("../../testdata/service-account-key.pem");

/// The fields of a form.
fn form(request: &TokenRequest) -> BTreeMap<String, String> {
    let text = String::from_utf8(request.body.to_vec()).unwrap();
    let decode = |text: &str| {
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let digits = |bytes: &mut std::str::Bytes<'_>| {
                let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap()
            };
            out.push(if byte == b'%' { digits(&mut bytes) } else { byte });
        }
        String::from_utf8(out).unwrap()
    };
    text.split('&').map(|pair| pair.split_once('=').unwrap()).map(|(k, v)| (decode(k), decode(v))).collect()
}

fn service_account() -> Value {
    json!({
        "type": "service_account", "project_id": "p", "private_key_id": "key-1", "private_key": KEY,
        "client_email": "robot@p.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
    })
}

#[test]
fn a_service_account_signs_an_assertion_that_its_public_key_verifies() {
    let request = google::file_request(service_account().to_string().as_bytes(), None, NOW).unwrap();
    assert_eq!(request.url, "https://oauth2.googleapis.com/token");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    let fields = form(&request);
    assert_eq!(fields["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let parts: Vec<&str> = fields["assertion"].split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{parts:?}") };
    let json =
        |text: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
    assert_eq!(json(header), json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
    assert_eq!(
        json(claims),
        json!({
            "iss": "robot@p.iam.gserviceaccount.com", "scope": "https://www.googleapis.com/auth/cloud-platform",
            "aud": "https://oauth2.googleapis.com/token", "iat": 1_795_255_200, "exp": 1_795_258_800,
        })
    );
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(format!("{header}.{claims}").as_bytes(), &signature).unwrap();
    public.verify(format!("{header}.{header}").as_bytes(), &signature).unwrap_err();
}

#[test]
fn another_endpoint_is_asked_and_the_audience_stays() {
    let file = service_account().to_string();
    let request = google::file_request(file.as_bytes(), Some("http://127.0.0.1:9/token"), NOW).unwrap();
    assert_eq!(request.url, "http://127.0.0.1:9/token");
    assert!(!format!("{request:?}").contains("assertion"), "{request:?}");
}

#[test]
fn a_user_and_the_metadata_server() {
    let file =
        json!({"type": "authorized_user", "client_id": "c", "client_secret": "s&", "refresh_token": "r/"});
    let request = google::file_request(file.to_string().as_bytes(), None, NOW).unwrap();
    let fields = form(&request);
    let wanted = [("client_id", "c"), ("client_secret", "s&"), ("refresh_token", "r/")];
    assert!(wanted.iter().all(|(name, value)| fields[*name] == *value), "{fields:?}");
    assert_eq!(fields["grant_type"], "refresh_token");
    let request = google::metadata_request(None).unwrap();
    assert!(request.is_local);
    assert_eq!(
        request.url,
        "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
    );
    assert_eq!(request.headers["metadata-flavor"], "Google");
}

#[test]
fn a_file_of_no_use_says_what_is_wrong_and_not_what_it_holds() {
    let mut no_key = service_account();
    no_key.as_object_mut().unwrap().remove("private_key");
    let mut bad_key = service_account();
    bad_key["private_key"] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n".into();
    let cases = [
        ("nothing".to_owned(), "not JSON"),
        ("{}".to_owned(), "'type'"),
        (no_key.to_string(), "'private_key'"),
        (bad_key.to_string(), "no RSA key"),
        (json!({"type": "external_account"}).to_string(), "service_account or authorized_user"),
    ];
    for (file, words) in cases {
        let error = google::file_request(file.as_bytes(), None, NOW).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("c2VjcmV0"), "{error}");
    }
}

#[test]
fn applications_and_managed_identities_of_entra() {
    let secret = Secret::new("s e/cret".to_owned());
    let proof = entra::Proof::Secret(&secret);
    let request = entra::application_request(None, "tenant-1", "client-1", proof).unwrap();
    assert_eq!(request.url, "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token");
    let fields = form(&request);
    assert_eq!(fields["client_secret"], "s e/cret");
    assert_eq!(fields["scope"], "https://cognitiveservices.azure.com/.default");
    assert_eq!((&*fields["grant_type"], &*fields["client_id"]), ("client_credentials", "client-1"));

    let proof = entra::Proof::Federated("aaa.bbb");
    let request = entra::application_request(Some("http://h:1/"), "t", "c", proof).unwrap();
    assert_eq!(request.url, "http://h:1/t/oauth2/v2.0/token");
    let fields = form(&request);
    assert_eq!(fields["client_assertion"], "aaa.bbb");
    assert_eq!(fields["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    entra::application_request(None, "t/../x", "c", proof).unwrap_err();

    let resource = "resource=https%3A%2F%2Fcognitiveservices.azure.com";
    let request = entra::instance_request(None, Some("id 1")).unwrap();
    let root = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";
    assert_eq!(request.url, format!("{root}&{resource}&client_id=id%201"));
    assert!(request.is_local && request.headers["metadata"] == "true");
    let request = entra::app_request("http://127.0.0.1:4141/msi/token", &secret, None).unwrap();
    assert_eq!(request.url, format!("http://127.0.0.1:4141/msi/token?api-version=2019-08-01&{resource}"));
    assert_eq!(request.headers["x-identity-header"], "s e/cret");
}

#[test]
fn answers_state_their_end_in_several_ways() {
    let second = 1_000_000;
    let cases = [
        (r#"{"access_token":"t","expires_in":3599,"token_type":"Bearer"}"#, Some(NOW + 3599 * second)),
        (r#"{"access_token":"t","expires_in":"86399","expires_on":"1"}"#, Some(NOW + 86399 * second)),
        (r#"{"access_token":"t","expires_on":"1795260000"}"#, Some(1_795_260_000 * second)),
        (r#"{"access_token":"t"}"#, None),
        (r#"{"access_token":"t","expires_in":-5}"#, Some(NOW)),
    ];
    for (body, expires_at) in cases {
        let token = oauth_answer(body.as_bytes(), NOW).unwrap();
        assert_eq!(token.value, CredentialValue::Token(Secret::new("t".to_owned())), "{body}");
        assert_eq!(token.expires_at, expires_at, "{body}");
    }
    for body in
        ["", "{}", "[]", r#"{"access_token":""}"#, r#"{"access_token":"a\nb"}"#, r#"{"access_token":1}"#]
    {
        oauth_answer(body.as_bytes(), NOW).unwrap_err();
    }
}

#[test]
fn a_refusal_keeps_the_endpoints_words_for_the_operator_only() {
    let body = br#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
    let error = refusal(400, body);
    assert_eq!(error, TokenError::Refused { status: 400, detail: "Invalid JWT Signature.".to_owned() });
    assert_eq!(error.cause(), "its token endpoint answered 400");
    let xml = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no &lt;you&gt;</Message></Error></ErrorResponse>";
    assert!(refusal(403, xml).to_string().ends_with("403: AccessDenied: no <you>"));
    assert!(refusal(502, &[b'x'; 5000]).to_string().len() < 400);
}

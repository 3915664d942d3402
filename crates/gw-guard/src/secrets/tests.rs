//! Tests of credentials: forms of vendors, blocks, links and assignments, and examples that are none.

use super::{Secrets, VENDORS};
use crate::check::Check;
use gw_model::guardrail::CheckSpec;
use proptest::prelude::*;

fn found(text: &str) -> Vec<(&'static str, String)> {
    let check = Check::compile(&CheckSpec::Secrets { entropy: true }).unwrap();
    check.find(text).into_iter().map(|f| (f.kind, text[f.start..f.end].to_owned())).collect()
}

#[test]
fn credentials_are_found() {
    let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0";
    let cases = [
        ("github_token", format!("ghp_{}", &random[..36])),
        ("openai_key", format!("sk-proj-{random}")),
        ("anthropic_key", format!("sk-ant-api03-{random}")),
        ("aws_access_key", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("google_api_key", format!("AIza{}", &random[..35])),
        ("slack_token", format!("xoxb-123456789012-{}", &random[..24])),
        ("stripe_key", format!("sk_live_{}", &random[..24])),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N".to_owned()),
        (
            "private_key",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJ\n-----END RSA PRIVATE KEY-----".to_owned(),
        ),
        ("gitlab_token", format!("glpat-{}", &random[..20])),
        ("gatewright_key", format!("gw-{}x1y", random)),
    ];
    for (kind, key) in cases {
        let text = format!("use {key} please");
        assert_eq!(found(&text), [(kind, key.clone())], "{text}");
        // As logs and JSON within JSON have it.
        let text = format!("use:\\n{key} please");
        assert_eq!(found(&text), [(kind, key)], "{text}");
    }
    let values = [
        ("password", "password: Hunter2!x", "Hunter2!x"),
        ("password", "postgres://app:s3cretPw@db.example:5432/x", "s3cretPw"),
        ("api_key", "API_KEY=\"9f8a7b6c5d4e3f2a1b0c\"", "9f8a7b6c5d4e3f2a1b0c"),
        ("api_key", "Authorization: Bearer abc123DEF456ghi789", "abc123DEF456ghi789"),
    ];
    for (kind, text, want) in values {
        assert_eq!(found(text), [(kind, want.to_owned())], "{text}");
    }
}

#[test]
fn examples_and_names_are_none() {
    for text in [
        "password: ${DB_PASSWORD}, api_key = os.environ['KEY'], token: <your token>, password is required",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx and ghp_short; the password field is empty; secret: ********",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "see https://example.com/a:b@c and mailto:x@y.example",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

proptest! {
    /// Anchors are found wherever they stand, also within and behind each other.
    #[test]
    fn every_anchor_is_found(pieces in prop::collection::vec((0..VENDORS.len(), "[ a-zA-Z0-9_:/.-]{0,3}"), 0..12)) {
        let text: String = pieces.iter().map(|(form, more)| format!("{}{more}", VENDORS[*form].anchor)).collect();
        let bytes = text.as_bytes();
        let mut hits = Vec::new();
        Secrets::new(true).hits(bytes, 0, bytes.len(), &mut hits);
        let found: Vec<_> = hits.iter().map(|hit| (hit.start, hit.end, hit.form)).collect();
        let mut want: Vec<_> = VENDORS
            .iter()
            .enumerate()
            .flat_map(|(form, vendor)| {
                let length = vendor.anchor.len();
                let stands = move |at: &usize| bytes[*at..].starts_with(vendor.anchor.as_bytes());
                (0..bytes.len()).filter(stands).map(move |at| (at, at + length, form))
            })
            .collect();
        want.sort_unstable();
        prop_assert_eq!(found, want);
    }
}

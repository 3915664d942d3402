//! Issuers of tokens: what comes out, and what is refused with which words.

use super::{faults, ok};
use crate::compile::KeysAt;
use std::path::PathBuf;

#[test]
fn issuers_with_their_defaults() {
    let compiled = ok("providers: { openai: { api_key: k } }
auth:
  policies:
    small: { models: ['openai/*'], limits: { rpm: 10 }, budget: { limit_usd: 1, period: day } }
  jwt:
    issuers:
      corp:
        issuer: https://id.example/
        audiences: gateway
        claims: { user: sub, team: org.team }
        defaults: { policy: small }
        map: [{ claim: groups, value: 'ml-*', plan: Pro }]
        required_claims: { scope: [llm], email_verified: true }
        create_users: true
      file: { issuer: ours, audiences: [a, b], keys_file: /keys.pem, algorithms: [ES256] }
");
    let tokens = &compiled.tokens;
    let corp = &tokens.issuers[0];
    let discovery = "https://id.example/.well-known/openid-configuration";
    assert_eq!(corp.keys, KeysAt::Discovery(discovery.to_owned()));
    assert_eq!((corp.leeway_seconds, corp.max_age_seconds, corp.algorithms.len()), (60, None, 0));
    assert_eq!(corp.claims.team.as_deref(), Some("org.team"));
    assert_eq!(corp.required[1], ("email_verified".to_owned(), vec!["true".to_owned()]));
    assert_eq!(tokens.issuers[1].keys, KeysAt::File(PathBuf::from("/keys.pem")));
    assert_eq!(tokens.issuers[1].algorithms, ["ES256"]);
    assert_eq!(tokens.policies["small"].models, ["openai/*"]);
    assert_eq!(tokens.policies["small"].budgets.len(), 1);
    assert!(compiled.warnings.is_empty());
}

#[test]
fn each_fault_has_its_place() {
    let found = faults(
        "providers: { openai: { api_key: k } }
auth:
  policies:
    small: {}
  jwt:
    issuers:
      a:
        issuer: not-a-url
        audiences: []
        defaults: { policy: smal }
        create_users: true
      b: { issuer: 'https://b', audiences: [x], jwks_url: 'ftp://x', keys_file: k.pem }
      c: { issuer: 'https://c', audiences: [x], map: [{ claim: g, value: 'a*b' }] }
",
    );
    for line in [
        "f.yaml:9:20: 'audiences' must name what stands in 'aud'",
        "f.yaml:8:17: 'issuer' must begin with https:// or http://",
        "f.yaml:10:29: there is no policy 'smal' in 'auth.policies', did you mean 'small'?",
        "f.yaml:11:23: 'create_users' needs 'claims.user'",
        "give one of 'keys_file', 'jwks_url' and 'discovery_url'",
        "this rule says nothing: add organization, team, project, plan or policy",
        "'*' may stand at the end of 'value' only",
    ] {
        assert!(found.contains(line), "{line}\nin\n{found}");
    }
}

#[test]
fn shared_secrets_are_no_way_of_signing() {
    let found = faults(
        "providers: { openai: { api_key: k } }
auth: { jwt: { issuers: { a: { issuer: 'https://a', audiences: [x], algorithms: [HS256] } } } }
",
    );
    assert!(found.contains("HS256' is not in this version"), "{found}");
    let found = faults(
        "providers: { openai: { api_key: k } }
auth: { jwt: { issuers: { a: { issuer: 'https://a', audiences: [x], algorithms: [none] } } } }
",
    );
    assert!(found.contains("must be RS256"), "{found}");
}

#[test]
fn keys_without_encryption_are_warned_of() {
    let compiled = ok("providers: { openai: { api_key: k } }
auth: { jwt: { issuers: { a: { issuer: 'http://id.internal', audiences: [x] } } } }
");
    assert!(compiled.warnings[0].to_string().contains("is not encrypted"), "{:?}", compiled.warnings);
}

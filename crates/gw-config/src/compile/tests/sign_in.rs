//! How people sign in: what comes out, and what is refused with which words.

use super::{faults, ok};
use crate::compile::KeysAt;
use gw_model::Role;

#[test]
fn providers_with_their_defaults() {
    let compiled = ok("providers: { openai: { api_key: k } }
auth:
  public_url: https://gateway.example.com/
  sessions: { idle_seconds: 600 }
  oidc:
    - { name: corp, issuer: 'https://id.example/', client_id: us, client_secret: s }
    - name: other
      label: Other
      issuer: https://other.example
      client_id: us
      client_auth: post
      scopes: [openid, groups]
      groups: { admins: { role: admin }, '*': { role: viewer, organization: acme, team: core } }
      allowed_email_domains: Example.com
");
    let settings = &compiled.sign_in;
    assert_eq!(settings.public_url.as_deref(), Some("https://gateway.example.com"));
    assert_eq!((settings.idle_seconds, settings.max_seconds, settings.passwords), (600, 604_800, true));
    let corp = &settings.oidc[0];
    assert_eq!((corp.label.as_str(), corp.scopes.as_str()), ("corp", "openid profile email"));
    assert_eq!((corp.create_users, corp.require_verified_email, corp.secret_in_body), (false, true, false));
    let discovery = "https://id.example/.well-known/openid-configuration";
    assert_eq!(corp.issuer.keys, KeysAt::Discovery(discovery.to_owned()));
    assert_eq!(corp.issuer.audiences, ["us"]);
    let other = &settings.oidc[1];
    assert_eq!((other.scopes.as_str(), other.secret_in_body), ("openid groups", true));
    assert_eq!(other.allowed_email_domains.as_deref(), Some(&["example.com".to_owned()][..]));
    let roles: Vec<_> = other.groups.iter().map(|rule| (rule.group.as_str(), rule.role)).collect();
    assert_eq!(roles, [("admins", Role::Admin), ("*", Role::Viewer)]);
    assert!(compiled.warnings.is_empty());
}

#[test]
fn each_fault_has_its_place() {
    let found = faults(
        "providers: { openai: { api_key: k } }
auth:
  public_url: https://gateway.example.com/path
  oidc:
    - name: a b
      issuer: not-a-url
      client_id: ''
      scopes: [email]
      allowed_email_domains: ['@x.example']
    - { name: y, issuer: 'https://x', client_id: us }
    - { name: y, issuer: 'https://x', client_id: us }
",
    );
    for line in [
        "f.yaml:3:15: 'public_url' must be the gateway's own address alone",
        "f.yaml:5:13: 'name' stands in addresses",
        "f.yaml:6:15: 'issuer' must begin with https:// or http://",
        "f.yaml:7:18: 'client_id' is empty",
        "f.yaml:8:15: 'scopes' must have 'openid'",
        "'@x.example' is no domain",
        "f.yaml:11:15: there is another provider 'y'",
    ] {
        assert!(found.contains(line), "{line}\nin\n{found}");
    }
}

#[test]
fn what_cannot_be_read_is_said_first() {
    let found = faults(
        "providers: { openai: { api_key: k } }
auth:
  sign_in: { min_password_length: 4 }
  oidc: [{ name: x, issuer: 'https://x', client_id: us, client_secret: '', groups: { g: { role: god } } }]
",
    );
    for line in
        ["f.yaml:3:35: 'min_password_length'", "'client_secret' is empty", "'role' must be owner, admin"]
    {
        assert!(found.contains(line), "{line}\nin\n{found}");
    }
}

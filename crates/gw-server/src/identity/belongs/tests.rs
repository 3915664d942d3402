//! What tokens say, by settings of every kind.

use super::{Lacking, said};
use gw_config::compile::{Belongs, ClaimNames, IssuerSettings, KeysAt, MapRule};
use gw_identity::Claims;
use serde_json::{Value, json};

fn issuer() -> IssuerSettings {
    IssuerSettings {
        name: "corp".into(),
        issuer: "https://id".into(),
        audiences: vec!["gateway".into()],
        keys: KeysAt::Jwks("https://id/keys".into()),
        ca_file: None,
        algorithms: Vec::new(),
        leeway_seconds: 60,
        max_age_seconds: None,
        required: Vec::new(),
        claims: ClaimNames::default(),
        defaults: Belongs::default(),
        map: Vec::new(),
        trust_email: false,
        create_users: false,
    }
}

fn claims(value: Value) -> Claims {
    Claims::new(value.as_object().cloned().unwrap_or_default())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_claim_comes_before_a_rule_and_a_rule_before_a_default() {
    let mut issuer = issuer();
    issuer.claims = ClaimNames { team: some("teams"), plan: some("plan"), ..ClaimNames::default() };
    issuer.defaults = Belongs { plan: some("free"), organization: some("acme"), ..Belongs::default() };
    let rule = |value: &str, says| MapRule { claim: "groups".into(), value: value.into(), says };
    issuer.map = vec![
        rule("ml-*", Belongs { plan: some("pro"), ..Belongs::default() }),
        rule("boss", Belongs { plan: some("max"), policy: some("wide"), ..Belongs::default() }),
    ];
    let found =
        said(&issuer, &claims(json!({ "sub": "u", "groups": ["boss", "ml-a"], "teams": ["x", "y"] })));
    let found = found.unwrap();
    assert_eq!((found.plan, found.policy), (vec!["pro".to_owned()], some("wide")));
    assert_eq!(
        (found.team, found.organization),
        (vec!["x".to_owned(), "y".to_owned()], vec!["acme".to_owned()])
    );
    let found = said(&issuer, &claims(json!({ "sub": "u", "groups": "other" }))).unwrap();
    assert_eq!((found.plan, found.policy), (vec!["free".to_owned()], None));
    let found = said(&issuer, &claims(json!({ "sub": "u", "groups": ["boss"], "plan": "own" }))).unwrap();
    assert_eq!(found.plan, ["own"]);
}

#[test]
fn what_is_required_must_be_there() {
    let mut issuer = issuer();
    issuer.required =
        vec![("scope".into(), vec!["llm".into(), "ai.*".into()]), ("org".into(), vec!["*".into()])];
    let lacking = |value| said(&issuer, &claims(value)).map(|_| ()).map_err(|lacking| lacking.to_string());
    assert_eq!(lacking(json!({ "sub": "u", "scope": "a llm", "org": 7 })), Ok(()));
    assert_eq!(lacking(json!({ "sub": "u", "scope": "ai.read", "org": 7 })), Ok(()));
    let text = "this token may not be used here: its claim 'scope' must be llm or ai.*";
    assert_eq!(lacking(json!({ "sub": "u", "scope": "llmx", "org": 7 })), Err(text.to_owned()));
    assert!(lacking(json!({ "sub": "u", "scope": "llm" })).is_err());
    assert_eq!(lacking(json!({ "scope": "llm", "org": 7 })), Err(Lacking::Subject.to_string()));
}

#[test]
fn users_names_and_addresses() {
    let mut issuer = issuer();
    let unsaid = json!({ "sub": "u", "email": "Ann@Example.com" });
    assert_eq!(said(&issuer, &claims(unsaid.clone())).unwrap().email, None);
    let verified = json!({ "sub": "u", "email": "Ann@Example.com", "email_verified": true });
    assert!(said(&issuer, &claims(verified)).unwrap().email.is_some());
    issuer.trust_email = true;
    let found = said(&issuer, &claims(unsaid)).unwrap();
    assert_eq!((&*found.name, found.email.as_deref()), ("Ann@Example.com", Some("ann@example.com")));
    let unsure = json!({ "sub": "u", "email": "boss@example.com", "email_verified": false });
    assert_eq!(said(&issuer, &claims(unsure)).unwrap().email, None);
    issuer.claims = ClaimNames { name: some("nick"), user: some("uid"), ..ClaimNames::default() };
    let found = said(&issuer, &claims(json!({ "sub": "u", "nick": "a\nb", "uid": 5 }))).unwrap();
    assert_eq!((&*found.name, found.user.as_deref()), ("ab", Some("5")));
    assert!(matches!(said(&issuer, &claims(json!({ "sub": "u" }))), Err(Lacking::User { .. })));
}

#[test]
fn customers_and_tags() {
    let mut issuer = issuer();
    issuer.claims = ClaimNames { customer: some("cid"), tags: some("labels"), ..ClaimNames::default() };
    let found = said(&issuer, &claims(json!({ "sub": "u", "cid": "c1", "labels": ["a", "b"] }))).unwrap();
    assert_eq!((found.customer, found.tags), (some("c1"), some("a,b")));
    let found = said(&issuer, &claims(json!({ "sub": "u", "labels": [] }))).unwrap();
    assert_eq!((found.customer, found.tags), (None, None));
}

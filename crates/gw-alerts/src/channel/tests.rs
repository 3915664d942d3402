//! Channels as they are written.

use super::{Channel, ChannelDraft, ChannelSecrets, Reach, Way};
use gw_model::Secret;
use serde_json::{Value, json};

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text.to_owned()))
}

fn check(written: Value, secrets: &ChannelSecrets) -> Result<Channel, &'static str> {
    let draft: ChannelDraft = serde_json::from_value(written).unwrap();
    draft.check(("id", "ops"), None, secrets, Reach::default()).map_err(|wrong| wrong.field)
}

fn at(url: &str) -> ChannelSecrets {
    ChannelSecrets { url: secret(url), ..ChannelSecrets::default() }
}

#[test]
fn a_channel_shows_where_it_leads_to_and_no_token() {
    let secrets = at("https://hooks.example.com/services/T0/secret?code=1");
    let channel = check(json!({"kind": "slack"}), &secrets).unwrap();
    assert_eq!(channel.target(), "https://hooks.example.com");
    assert!(!format!("{channel:?}").contains("secret?code"));
    assert_eq!(ChannelSecrets::from_text(&secrets.to_text()), Some(secrets));
}

#[test]
fn wrong_fields_are_named() {
    let none = ChannelSecrets::default();
    assert_eq!(check(json!({"kind": "pager"}), &none), Err("kind"));
    assert_eq!(check(json!({"kind": "webhook"}), &none), Err("url"));
    for url in ["ftp://a", "https://", "https://me@host/", "https://host/#a", "https://host/\r\nx: y"] {
        assert_eq!(check(json!({"kind": "webhook"}), &at(url)), Err("url"), "{url}");
    }
    assert_eq!(check(json!({"kind": "webhook", "to": ["a@b"]}), &at("https://host")), Err("to"));
    let headers = |name: &str, value: &str| ChannelSecrets {
        headers: vec![(name.to_owned(), Secret::new(value.to_owned()))],
        ..at("https://host")
    };
    assert!(check(json!({"kind": "webhook"}), &headers("x-token", "1")).is_ok());
    assert_eq!(check(json!({"kind": "webhook"}), &headers("Host", "1")), Err("headers"));
    assert_eq!(check(json!({"kind": "webhook"}), &headers("a b", "1")), Err("headers"));
    assert_eq!(check(json!({"kind": "webhook"}), &headers("a", "1\r\nb: 2")), Err("headers"));
}

#[test]
fn mails_need_a_server_and_addresses() {
    let none = ChannelSecrets::default();
    let mail = |more: Value| {
        let mut written = json!({"kind": "email", "host": "mail.example.com", "from": "gw@example.com",
            "to": ["ops@example.com"]});
        for (name, value) in more.as_object().unwrap() {
            written[name] = value.clone();
        }
        written
    };
    let found = check(mail(json!({})), &none).unwrap();
    assert!(matches!(found.way, Way::Email { port: 587, .. }));
    for to in ["ops", "a@b@c", "a b@c", "<a@b>", "a@b\r\nBcc: x@y", "ä@b"] {
        assert_eq!(check(mail(json!({"to": [to]})), &none), Err("to"), "{to}");
    }
    assert_eq!(check(mail(json!({"to": []})), &none), Err("to"));
    assert_eq!(check(mail(json!({"host": "a/b"})), &none), Err("host"));
    assert_eq!(check(mail(json!({"username": "me"})), &none), Err("password"));
    let password = ChannelSecrets { password: secret("p"), ..none };
    assert_eq!(check(mail(json!({"username": "me", "security": "none"})), &password), Err("security"));
    assert!(check(mail(json!({"username": "me"})), &password).is_ok());
}

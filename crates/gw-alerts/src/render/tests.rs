//! Hostile names in every channel's words.

use super::mail::{Envelope, message};
use super::{plain, slack, webhook};
use crate::notice::{Notice, NoticeKind, Subject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

const HOSTILE: &str =
    "<!channel> *x* [a](https://evil.example) ![p](http://p)\r\nBcc: x@evil.example\r\n.\r\nQUIT \u{202e}";

fn notice() -> Notice {
    let mut details = Map::new();
    details.insert("name".to_owned(), HOSTILE.into());
    Notice {
        kind: NoticeKind::Firing,
        rule_id: "file:a".to_owned(),
        rule: "a".to_owned(),
        condition: "new_key".to_owned(),
        severity: "critical".to_owned(),
        organization_id: String::new(),
        subject: Subject { kind: "key".to_owned(), id: "key_1".to_owned(), name: HOSTILE.to_owned() },
        summary: format!("Key {HOSTILE} is new"),
        details,
        fired_at: 0,
    }
}

#[test]
fn a_mail_has_the_headers_that_are_its_own() {
    let mut hostile = notice();
    hostile.rule = HOSTILE.to_owned();
    let to = ["ops@example.com".to_owned(), "boss@example.com".to_owned()];
    let envelope = Envelope { from: "gw@example.com", to: &to, date: "Thu, 01 Jan 1970 00:00:00 +0000" };
    let mail = String::from_utf8(message(&hostile, "alr_1", &envelope)).unwrap();
    assert!(mail.is_ascii() && mail.lines().all(|line| line.len() <= 78 && !line.starts_with('.')));
    assert!(!mail.contains("evil") && !mail.contains("QUIT"));
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let expected = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    assert_eq!(names, expected);
    let text = String::from_utf8(STANDARD.decode(body.replace("\r\n", "")).unwrap()).unwrap();
    assert!(text.starts_with("Key <!channel> *x* [a]"), "for people it is readable: {text}");
    assert!(text.lines().all(|line| !line.starts_with("Bcc")));
}

#[test]
fn nobody_is_called_and_nothing_is_linked_in_slack() {
    let body: Value = serde_json::from_slice(&slack::body(&notice())).unwrap();
    let text = body["text"].as_str().unwrap();
    let value = body["attachments"][0]["fields"][0]["value"].as_str().unwrap();
    for text in [text, value] {
        assert!(
            !text.contains('<') && !text.contains("](") && !text.contains("://") && !text.contains("*x*"),
            "{text}"
        );
        assert!(text.contains("&lt;!\u{200b}channel&gt;"));
    }
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn a_web_hook_gets_it_as_it_is() {
    let body: Value = serde_json::from_slice(&webhook::body(&notice(), "alr_1", 0)).unwrap();
    assert_eq!(body["subject"]["name"], HOSTILE);
    assert_eq!(
        (&body["version"], &body["type"], &body["event_id"]),
        (&1.into(), &"firing".into(), &"alr_1".into())
    );
    assert_eq!(body["organization_id"], Value::Null);
}

#[test]
fn a_plain_text_has_one_line_and_an_end() {
    assert_eq!(plain("a\r\nb\u{202e}c"), "a  b c");
    assert!(plain(&"x".repeat(10_000)).len() < 600);
}

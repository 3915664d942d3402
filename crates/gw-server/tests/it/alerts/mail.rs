//! Mails: encrypted, signed in, and with no header that somebody else wrote.

use super::mail_server::MailServer;
use super::{HOSTILE, ask, place};
use crate::support::{Gateway, eventually_within};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_handed_over_encrypted_and_names_add_nothing_to_it() {
    let place = place().await;
    let folder = tempfile::tempdir().unwrap();
    let server = MailServer::start(folder.path()).await;
    let mail = |password: &str, ca: &str| {
        format!(
            "{{ kind: email, host: localhost, port: {}, username: gateway, password: {password}, from: gw@example.com, \
             to: [ops@example.com, boss@example.com]{ca} }}",
            server.addr.port()
        )
    };
    let ca = format!(", ca_file: \"{}\"", folder.path().join("mail.crt").display());
    let text = format!(
        "{}alerts:\n  evaluate_every_seconds: 1\n  channels:\n    mail: {}\n    wrong: {}\n    untrusted: {}\n  rules:\n    \
         fresh: {{ kind: new_key, channels: [mail] }}\n",
        place.provider(),
        mail("the password", &ca),
        mail("another", &ca),
        mail("the password", "")
    );
    let gateway = Gateway::start(&text).await;
    let (_, key) = gateway.make_key(&json!({"name": HOSTILE})).await;
    ask(&gateway, &key, "hi").await.ok();
    let mail = eventually_within(super::SOON, "a mail", async || server.taken().pop()).await;
    assert_eq!(mail.from, "FROM:<gw@example.com>");
    assert_eq!(mail.to, ["TO:<ops@example.com>", "TO:<boss@example.com>"]);
    let end = mail.lines.iter().position(String::is_empty).unwrap();
    let (head, body) = mail.lines.split_at(end);
    assert!(head.iter().all(|line| !line.to_lowercase().starts_with("bcc")), "{head:?}");
    assert!(head.iter().any(|line| line.starts_with("Subject: =?utf-8?B?")), "{head:?}");
    let body = String::from_utf8(STANDARD.decode(body.concat()).unwrap()).unwrap();
    assert!(body.starts_with(&format!("Key {HOSTILE} is used for the first time")), "{body}");

    // Whoever is not who he should be gets nothing, and the password of nobody.
    for (channel, said) in [("wrong", "535"), ("untrusted", "TLS")] {
        let path = format!("/api/v1/alerts/channels/file:{channel}/test");
        let answer = gateway.admin(Method::POST, &path, None).await.ok().json();
        assert_eq!(answer["sent"], false, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(said), "{answer}");
    }
    let answer =
        gateway.admin(Method::POST, "/api/v1/alerts/channels/file:mail/test", None).await.ok().json();
    assert_eq!(answer["sent"], true, "{answer}");
    assert_eq!(server.taken().len(), 2);
}

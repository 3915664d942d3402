//! Conversations with mail servers.

use super::{Dialogue, Fault, Mail, Said, Turn, stuffed};
use gw_model::Secret;

fn mail(login: bool) -> Mail {
    Mail {
        from: "gw@example.com".to_owned(),
        to: vec!["a@example.com".to_owned(), "b@example.com".to_owned()],
        login: login.then(|| ("me".to_owned(), Secret::new("pass".to_owned()))),
        message: b"Subject: x\r\n\r\nhello\r\n".to_vec(),
    }
}

fn said(turn: Result<Turn, Fault>) -> String {
    match turn.unwrap() {
        Turn::Say(Said(bytes)) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_is_handed_over() {
    let mut talk = Dialogue::new(mail(false), false);
    assert_eq!(talk.heard("220-welcome"), Ok(Turn::Wait));
    assert_eq!(said(talk.heard("220 to us")), "EHLO gatewright\r\n");
    assert_eq!(talk.heard("250-mx"), Ok(Turn::Wait));
    assert_eq!(said(talk.heard("250 SIZE 100")), "MAIL FROM:<gw@example.com>\r\n");
    assert_eq!(said(talk.heard("250 ok")), "RCPT TO:<a@example.com>\r\n");
    assert_eq!(said(talk.heard("250 ok")), "RCPT TO:<b@example.com>\r\n");
    assert_eq!(said(talk.heard("251 forwarded")), "DATA\r\n");
    assert_eq!(said(talk.heard("354 go on")), "Subject: x\r\n\r\nhello\r\n.\r\n");
    assert_eq!(talk.heard("250 queued"), Ok(Turn::Taken));
}

#[test]
fn a_password_is_said_on_an_encrypted_line_only() {
    let mut talk = Dialogue::new(mail(true), true);
    said(talk.heard("220 mx"));
    talk.heard("250-mx").unwrap();
    assert_eq!(talk.heard("250 AUTH PLAIN"), Err(Fault::Lacking("STARTTLS")));

    let mut talk = Dialogue::new(mail(true), true);
    said(talk.heard("220 mx"));
    talk.heard("250-mx").unwrap();
    assert_eq!(said(talk.heard("250 STARTTLS")), "STARTTLS\r\n");
    assert_eq!(talk.heard("220 go"), Ok(Turn::Encrypt));
    assert_eq!(said(Ok(talk.encrypted())), "EHLO gatewright\r\n");
    talk.heard("250-mx").unwrap();
    assert_eq!(said(talk.heard("250 AUTH LOGIN PLAIN")), "AUTH PLAIN AG1lAHBhc3M=\r\n");
    assert_eq!(said(talk.heard("235 ok")), "MAIL FROM:<gw@example.com>\r\n");
}

#[test]
fn the_older_way_to_sign_in_is_known_too() {
    let mut talk = Dialogue::new(mail(true), false);
    said(talk.heard("220 mx"));
    talk.heard("250-mx").unwrap();
    assert_eq!(said(talk.heard("250 AUTH=LOGIN")), "AUTH LOGIN bWU=\r\n");
    assert_eq!(said(talk.heard("334 UGFzc3dvcmQ6")), "cGFzcw==\r\n");
    assert_eq!(talk.heard("535 no"), Err(Fault::Never("535 no".to_owned())));

    let mut talk = Dialogue::new(mail(true), false);
    said(talk.heard("220 mx"));
    assert!(matches!(talk.heard("250 mx"), Err(Fault::Lacking(_))));
}

#[test]
fn refusals_are_told_apart() {
    let mut talk = Dialogue::new(mail(false), false);
    assert_eq!(talk.heard("421 busy"), Err(Fault::Later("421 busy".to_owned())));
    let mut talk = Dialogue::new(mail(false), false);
    assert_eq!(talk.heard("554 go\u{7} away"), Err(Fault::Never("554 go away".to_owned())));
    for line in ["", "HTTP/1.1 400 Bad Request", "22", "220_x"] {
        assert_eq!(Dialogue::new(mail(false), false).heard(line), Err(Fault::Unreadable), "{line}");
    }
    let mut talk = Dialogue::new(mail(false), false);
    let endless = (0..1000).map(|_| talk.heard("220-x")).find(Result::is_err);
    assert_eq!(endless, Some(Err(Fault::Unreadable)));
}

#[test]
fn no_line_of_a_message_ends_it() {
    assert_eq!(stuffed(b".\r\n.x\r\ny"), b"..\r\n..x\r\ny\r\n.\r\n");
}

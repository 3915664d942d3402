//! Mails: the conversation with the mail server of a channel. What is said stands in `gw-alerts`; the line is that of the client that
//! speaks to providers, so that forbidden addresses hold here too.

use super::http::options;
use super::{Fault, Letter};
use gw_alerts::channel::Security;
use gw_alerts::render::mail::{Envelope, message};
use gw_alerts::smtp::{self, Dialogue, MAX_LINE, Mail, Said, Turn};
use gw_alerts::{Channel, Way};
use gw_upstream::{Destination, Line, ProxyEnv, SendError, SendErrorKind, Upstream};
use std::time::{Duration, UNIX_EPOCH};

pub(super) async fn send(upstream: &Upstream, channel: &Channel, letter: &Letter) -> Result<(), Fault> {
    let Way::Email { host, port, security, login, from, to } = &channel.way else {
        return Err(Fault::last("it is no mail"));
    };
    let date = UNIX_EPOCH + Duration::from_micros(u64::try_from(letter.at).unwrap_or(0));
    // The form of HTTP's dates, whose zone mail writes as a number.
    let date = httpdate::fmt_http_date(date).replace("GMT", "+0000");
    let envelope = Envelope { from, to, date: &date };
    let mail = Mail {
        from: from.clone(),
        to: to.clone(),
        login: login.clone(),
        message: message(&letter.notice, &letter.event_id, &envelope),
    };
    let destination = destination(host, *port, *security, channel)?;
    let mut line = upstream.open(&destination, channel.timeout_ms).await.map_err(|error| of_line(&error))?;
    if *security == Security::Tls {
        line = line.encrypt(&destination).await.map_err(|error| of_line(&error))?;
    }
    talk(line, &destination, Dialogue::new(mail, *security == Security::StartTls)).await
}

fn destination(host: &str, port: u16, security: Security, channel: &Channel) -> Result<Destination, Fault> {
    let scheme = if security == Security::None { "http" } else { "https" };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let proxies = ProxyEnv::from_vars(|_| None);
    Destination::parse(&format!("{scheme}://{host}:{port}"), &options(&channel.reach), &proxies)
        .map(|(destination, _)| destination)
        .map_err(|error| Fault::last(format!("the mail server is of no use: {error}")))
}

async fn talk(mut line: Line, destination: &Destination, mut dialogue: Dialogue) -> Result<(), Fault> {
    loop {
        let heard =
            line.hear(MAX_LINE).await.map_err(|error| Fault::again(format!("the line broke: {error}")))?;
        let mut turn = dialogue.heard(&heard).map_err(|fault| of_server(&fault))?;
        if turn == Turn::Encrypt {
            line = line.encrypt(destination).await.map_err(|error| of_line(&error))?;
            turn = dialogue.encrypted();
        }
        match turn {
            Turn::Wait | Turn::Encrypt => {}
            Turn::Say(Said(bytes)) => {
                line.say(&bytes).await.map_err(|error| Fault::again(format!("the line broke: {error}")))?;
            }
            Turn::Taken => {
                // It is theirs now, whether or not they hear the goodbye.
                let _ = line.say(b"QUIT\r\n").await;
                return Ok(());
            }
        }
    }
}

fn of_line(error: &SendError) -> Fault {
    match error.kind() {
        SendErrorKind::ForbiddenAddress | SendErrorKind::InvalidRequest => Fault::last(error.to_string()),
        _ => Fault::again(error.to_string()),
    }
}

fn of_server(fault: &smtp::Fault) -> Fault {
    match fault {
        smtp::Fault::Later(_) | smtp::Fault::Unreadable => Fault::again(fault.to_string()),
        smtp::Fault::Never(_) | smtp::Fault::Lacking(_) => Fault::last(fault.to_string()),
    }
}

//! What is said to a mail server (RFC 5321), without a socket: each reply of the server gives the next thing to say. Passwords
//! are said only once the line is encrypted, and nothing is said to a server that refused something before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gw_model::Secret;
use std::fmt;

/// Longest line of a reply, and most lines of one.
pub const MAX_LINE: usize = 2_048;
const MAX_LINES: usize = 100;

/// What to say, and to whom.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who writes.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// Who signs in, with which password.
    pub login: Option<(String, Secret)>,
    /// The whole message, its lines ending in CR LF.
    pub message: Vec<u8>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Wait for the rest of the reply.
    Wait,
    /// Say this. It may hold a password.
    Say(Said),
    /// Make the line an encrypted one; then [`Dialogue::encrypted`] goes on.
    Encrypt,
    /// The mail was taken. What is left to say is a goodbye.
    Taken,
}

/// Bytes for the server.
#[derive(PartialEq, Eq)]
pub struct Said(pub Vec<u8>);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server does not want it now (4xx).
    Later(String),
    /// The server does not want it at all (5xx).
    Never(String),
    /// That was no reply of a mail server.
    Unreadable,
    /// It can not encrypt the line, or not take the password.
    Lacking(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Later(said) | Self::Never(said) => write!(f, "the server said: {said}"),
            Self::Unreadable => f.write_str("that is no mail server"),
            Self::Lacking(what) => write!(f, "the server does not offer {what}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Greeting,
    Hello,
    StartTls,
    HelloAgain,
    Login,
    From,
    To(usize),
    Data,
    Body,
    Over,
}

/// A conversation. Begins with the greeting of the server.
#[derive(Debug)]
pub struct Dialogue {
    mail: Mail,
    wants_encryption: bool,
    state: State,
    lines: Vec<String>,
}

impl Dialogue {
    /// About a mail. `wants_encryption`: the line is made an encrypted one before anything of it is said.
    #[must_use]
    pub const fn new(mail: Mail, wants_encryption: bool) -> Self {
        Self { mail, wants_encryption, state: State::Greeting, lines: Vec::new() }
    }

    /// A line of the server, without its end.
    ///
    /// # Errors
    /// The mail is not taken.
    pub fn heard(&mut self, line: &str) -> Result<Turn, Fault> {
        let code: u16 = line.get(..3).and_then(|code| code.parse().ok()).ok_or(Fault::Unreadable)?;
        let is_last = match line.as_bytes().get(3) {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err(Fault::Unreadable),
        };
        if self.lines.len() >= MAX_LINES {
            return Err(Fault::Unreadable);
        }
        self.lines.push(line.get(4..).unwrap_or("").to_owned());
        if !is_last {
            return Ok(Turn::Wait);
        }
        let lines = std::mem::take(&mut self.lines);
        match code {
            200..=399 => self.next(code, &lines),
            500..=599 => Err(Fault::Never(told(code, &lines))),
            _ => Err(Fault::Later(told(code, &lines))),
        }
    }

    /// The line is an encrypted one now.
    pub fn encrypted(&mut self) -> Turn {
        self.state = State::HelloAgain;
        say("EHLO gatewright")
    }

    fn next(&mut self, code: u16, lines: &[String]) -> Result<Turn, Fault> {
        let offers = |word: &str| {
            lines.iter().skip(1).any(|line| line.to_ascii_uppercase().split(' ').next() == Some(word))
        };
        match self.state {
            State::Greeting => {
                self.state = State::Hello;
                Ok(say("EHLO gatewright"))
            }
            State::Hello if self.wants_encryption => {
                if !offers("STARTTLS") {
                    return Err(Fault::Lacking("STARTTLS"));
                }
                self.state = State::StartTls;
                Ok(say("STARTTLS"))
            }
            State::StartTls => Ok(Turn::Encrypt),
            State::Hello | State::HelloAgain => self.log_in(lines),
            State::Login if code == 334 => self.password(),
            State::Login => Ok(self.begin()),
            State::From => Ok(self.recipient(0)),
            State::To(at) => Ok(self.recipient(at + 1)),
            State::Data => {
                self.state = State::Body;
                Ok(Turn::Say(Said(stuffed(&self.mail.message))))
            }
            State::Body => {
                self.state = State::Over;
                Ok(Turn::Taken)
            }
            State::Over => Err(Fault::Unreadable),
        }
    }

    fn log_in(&mut self, lines: &[String]) -> Result<Turn, Fault> {
        let Some((user, password)) = &self.mail.login else { return Ok(self.begin()) };
        let methods = lines.iter().skip(1).map(|line| line.to_ascii_uppercase());
        let methods: Vec<String> = methods.filter(|line| line.starts_with("AUTH")).collect();
        let offers = |word: &str| methods.iter().any(|line| line.split([' ', '=']).any(|one| one == word));
        self.state = State::Login;
        if offers("PLAIN") {
            let both = STANDARD.encode(format!("\0{user}\0{}", password.expose()));
            return Ok(say(&format!("AUTH PLAIN {both}")));
        }
        if offers("LOGIN") {
            return Ok(say(&format!("AUTH LOGIN {}", STANDARD.encode(user))));
        }
        Err(Fault::Lacking("a way to sign in that is known here (PLAIN or LOGIN)"))
    }

    fn password(&self) -> Result<Turn, Fault> {
        let (_, password) = self.mail.login.as_ref().ok_or(Fault::Unreadable)?;
        Ok(say(&STANDARD.encode(password.expose())))
    }

    fn begin(&mut self) -> Turn {
        self.state = State::From;
        say(&format!("MAIL FROM:<{}>", self.mail.from))
    }

    fn recipient(&mut self, at: usize) -> Turn {
        match self.mail.to.get(at) {
            Some(to) => {
                self.state = State::To(at);
                say(&format!("RCPT TO:<{to}>"))
            }
            None => {
                self.state = State::Data;
                say("DATA")
            }
        }
    }
}

fn say(line: &str) -> Turn {
    Turn::Say(Said(format!("{line}\r\n").into_bytes()))
}

/// What a server said, for a log: short, and on one line.
fn told(code: u16, lines: &[String]) -> String {
    let text: String = lines.join(" ").chars().filter(|c| !c.is_control()).take(200).collect();
    format!("{code} {text}")
}

/// The message as it goes after `DATA`: a dot at the beginning of a line is doubled, and one alone ends it.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 8);
    let mut begins = true;
    for byte in message {
        if begins && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        begins = *byte == b'\n';
    }
    if !begins {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests;

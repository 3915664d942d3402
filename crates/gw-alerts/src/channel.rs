//! Channels: who is told and how. What must not be shown (addresses with tokens in them, keys, passwords) stands apart from
//! the rest.

use crate::wrong::{Wrong, choice, name, within};
use gw_model::{AccountId, Micros, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Most addresses of a mail, and most headers of a web hook.
const MAX_LIST: usize = 32;
/// Longest address, header or key in bytes.
const MAX_TEXT: usize = 4_096;

/// Headers that the gateway writes itself.
const OWN_HEADERS: [&str; 10] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "user-agent",
    "upgrade",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

/// A channel as it is written, but for what must not be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelDraft {
    /// `webhook`, `slack` or `email`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Told of what rules find that name no channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
    /// Longest time for one try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// How long it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_up_after_minutes: Option<u64>,
    /// The mail server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u64>,
    /// `starttls`, `tls` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<String>,
    /// Who signs in there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Who writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Who gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<String>>,
}

/// What must not be shown of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelSecrets {
    /// Where a web hook is.
    pub url: Option<Secret>,
    /// What its messages are signed with.
    pub secret: Option<Secret>,
    /// Headers of its requests.
    pub headers: Vec<(String, Secret)>,
    /// The password at the mail server.
    pub password: Option<Secret>,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain first, and TLS before anything is said.
    StartTls,
    /// TLS from the beginning.
    Tls,
    /// Plain.
    None,
}

/// How somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A request with all that is known, as JSON.
    Webhook {
        /// Where.
        url: Secret,
        /// Signed with it.
        secret: Option<Secret>,
        /// Further headers.
        headers: Vec<(String, Secret)>,
    },
    /// A request as Slack's incoming web hooks take it.
    Slack {
        /// Where.
        url: Secret,
    },
    /// A mail.
    Email {
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// How it is spoken to.
        security: Security,
        /// Who signs in there, with which password.
        login: Option<(String, Secret)>,
        /// Who writes.
        from: String,
        /// Who gets it.
        to: Vec<String>,
    },
}

/// What of the network a channel may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// PEM file with further certificate authorities.
    pub ca_file: Option<String>,
    /// Link-local and metadata addresses too.
    pub allow_link_local: bool,
    /// No addresses of private networks, nor the gateway's own machine.
    pub only_public: bool,
}

/// A channel, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Identifies it for ever.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose it is; the gateway's without one.
    pub organization: Option<AccountId>,
    /// Told of what rules find that name no channel.
    pub is_default: bool,
    /// Longest time for one try.
    pub timeout_ms: u64,
    /// How long it is tried again.
    pub give_up_after_us: Micros,
    /// How.
    pub way: Way,
    /// What of the network it may use.
    pub reach: Reach,
}

impl ChannelDraft {
    /// Names of all fields, those that must not be shown among them.
    pub const FIELDS: [&'static str; 14] = [
        "kind",
        "default",
        "timeout_ms",
        "give_up_after_minutes",
        "host",
        "port",
        "security",
        "username",
        "from",
        "to",
        "url",
        "secret",
        "headers",
        "password",
    ];

    /// Checks it together with what must not be shown.
    ///
    /// # Errors
    /// A field that is wrong, missing, or of another kind of channel.
    pub fn check(
        &self,
        (id, called): (&str, &str),
        organization: Option<AccountId>,
        secrets: &ChannelSecrets,
        reach: Reach,
    ) -> Result<Channel, Wrong> {
        name(called)?;
        let kinds = [("webhook", 0_u8), ("slack", 1), ("email", 2)];
        let way = match choice("kind", &self.kind, &kinds)? {
            0 => self.webhook(secrets)?,
            1 => {
                self.no_mail()?;
                if secrets.secret.is_some() || !secrets.headers.is_empty() {
                    let text = "'secret' and 'headers' mean nothing for a channel of kind slack";
                    return Err(Wrong::new("secret", text));
                }
                Way::Slack { url: url(secrets)? }
            }
            _ => self.email(secrets)?,
        };
        let minutes = self.give_up_after_minutes.unwrap_or(60);
        let give_up = within("give_up_after_minutes", minutes, 1, 10_080)?;
        Ok(Channel {
            id: id.to_owned(),
            name: called.to_owned(),
            organization,
            is_default: self.default.unwrap_or(false),
            timeout_ms: within("timeout_ms", self.timeout_ms.unwrap_or(10_000), 100, 60_000)?,
            give_up_after_us: give_up.cast_signed() * 60_000_000,
            way,
            reach,
        })
    }

    fn no_mail(&self) -> Result<(), Wrong> {
        let given = [
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("security", self.security.is_some()),
            ("username", self.username.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((field, _)) => Err(Wrong::new(field, format!("'{field}' is for channels of kind email"))),
            None => Ok(()),
        }
    }

    fn webhook(&self, secrets: &ChannelSecrets) -> Result<Way, Wrong> {
        self.no_mail()?;
        if secrets.password.is_some() {
            return Err(Wrong::new("password", "'password' is for channels of kind email"));
        }
        if secrets.headers.len() > MAX_LIST {
            return Err(Wrong::new("headers", format!("there may be {MAX_LIST} headers")));
        }
        for (name, value) in &secrets.headers {
            let lower = name.to_ascii_lowercase();
            let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if name.is_empty() || name.len() > 128 || !name.bytes().all(is_token) {
                return Err(Wrong::new("headers", "'headers' has a name that is none"));
            }
            if OWN_HEADERS.contains(&&*lower) {
                return Err(Wrong::new("headers", format!("the gateway writes '{lower}' itself")));
            }
            check_text("headers", value.expose())?;
        }
        if let Some(secret) = &secrets.secret {
            check_text("secret", secret.expose())?;
        }
        let (secret, headers) = (secrets.secret.clone(), secrets.headers.clone());
        Ok(Way::Webhook { url: url(secrets)?, secret, headers })
    }

    fn email(&self, secrets: &ChannelSecrets) -> Result<Way, Wrong> {
        if secrets.url.is_some() || secrets.secret.is_some() || !secrets.headers.is_empty() {
            return Err(Wrong::new("url", "'url', 'secret' and 'headers' are for web hooks"));
        }
        let host = self.host.clone().ok_or_else(|| Wrong::new("host", "'host' is missing: add it"))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'_');
        if host.is_empty() || host.len() > 255 || !host.bytes().all(plain) {
            return Err(Wrong::new("host", "'host' must be a name or an address, without a port"));
        }
        let security = choice(
            "security",
            self.security.as_deref().unwrap_or("starttls"),
            &[("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::None)],
        )?;
        let usual = match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        };
        let port = within("port", self.port.unwrap_or(usual), 1, 65_535)?;
        let login = match (&self.username, &secrets.password) {
            (None, None) => None,
            (Some(user), Some(password)) => {
                check_text("username", user)?;
                check_text("password", password.expose())?;
                if security == Security::None {
                    let text = "a password is not sent in the clear: use 'starttls' or 'tls'";
                    return Err(Wrong::new("security", text));
                }
                Some((user.clone(), password.clone()))
            }
            (Some(_), None) => return Err(Wrong::new("password", "'username' needs a 'password'")),
            (None, Some(_)) => return Err(Wrong::new("username", "'password' needs a 'username'")),
        };
        let from = self.from.clone().ok_or_else(|| Wrong::new("from", "'from' is missing: add it"))?;
        check_address("from", &from)?;
        let to = self.to.clone().unwrap_or_default();
        if to.is_empty() || to.len() > MAX_LIST {
            return Err(Wrong::new("to", format!("'to' must have 1 to {MAX_LIST} addresses")));
        }
        to.iter().try_for_each(|one| check_address("to", one))?;
        let port = u16::try_from(port).unwrap_or(usual_port());
        Ok(Way::Email { host, port, security, login, from, to })
    }
}

const fn usual_port() -> u16 {
    587
}

fn url(secrets: &ChannelSecrets) -> Result<Secret, Wrong> {
    let url = secrets.url.clone().ok_or_else(|| Wrong::new("url", "'url' is missing: add it"))?;
    check_text("url", url.expose())?;
    let text = url.expose();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or("");
    if authority.is_empty() || authority.contains('@') || text.contains(['#', ' ', '\\']) {
        return Err(Wrong::new("url", "'url' must be https://host/path, without a user and without '#'"));
    }
    Ok(url)
}

fn check_text(field: &'static str, text: &str) -> Result<(), Wrong> {
    if text.is_empty() || text.len() > MAX_TEXT || text.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
        let text = format!("'{field}' must have 1 to {MAX_TEXT} visible ASCII characters");
        return Err(Wrong::new(field, text));
    }
    Ok(())
}

/// What goes between angle brackets in a mail: nothing that could end it.
fn check_address(field: &'static str, text: &str) -> Result<(), Wrong> {
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&b);
    let is_whole = match text.split_once('@') {
        Some((local, domain)) => !local.is_empty() && !domain.is_empty() && !domain.contains('@'),
        None => false,
    };
    if !is_whole || text.len() > 254 || !text.bytes().all(is_plain) {
        return Err(Wrong::new(field, format!("'{field}' must be an address such as ops@example.com")));
    }
    Ok(())
}

impl ChannelSecrets {
    /// Nothing is secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In one text, to be sealed.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), value.expose().into())).collect();
        let all = json!({ "url": text(&self.url), "secret": text(&self.secret), "headers": headers,
            "password": text(&self.password) });
        Secret::new(all.to_string())
    }

    /// Out of that text; `None` where it is not one.
    #[must_use]
    pub fn from_text(text: &Secret) -> Option<Self> {
        let all: Value = serde_json::from_str(text.expose()).ok()?;
        let one = |name: &str| all.get(name).and_then(Value::as_str).map(|text| Secret::new(text.to_owned()));
        let headers = all.get("headers").and_then(Value::as_object);
        let headers = headers.into_iter().flatten();
        let header =
            |(name, value): (&String, &Value)| Some((name.clone(), Secret::new(value.as_str()?.to_owned())));
        Some(Self {
            url: one("url"),
            secret: one("secret"),
            headers: headers.map(header).collect::<Option<_>>()?,
            password: one("password"),
        })
    }
}

impl Channel {
    /// Where it leads to, as far as that may be shown: a path may hold a token.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.way {
            Way::Webhook { url, .. } | Way::Slack { url } => {
                let text = url.expose();
                let start = text.find("://").map_or(0, |at| at + 3);
                let end = text.get(start..).and_then(|rest| rest.find(['/', '?']));
                let origin = end.and_then(|end| text.get(..start + end)).unwrap_or(text);
                origin.to_owned()
            }
            Way::Email { host, port, .. } => format!("smtp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests;

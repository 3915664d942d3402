//! The address of a PostgreSQL server: `postgres://USER:PASSWORD@HOST[:PORT]/DATABASE`, with the options that people
//! know from its other clients. It must not print the address: a password may stand in it.

use super::tls::{self, MakeTls, Trust};
use crate::error::StoreError;
use gw_model::Secret;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

/// Longest time for a connection to come about.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What the driver understands itself.
const PASSED_ON: &[&str] = &[
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "options",
    "application_name",
    "sslnegotiation",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "load_balance_hosts",
];

/// Where to connect, and how.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeTls,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").finish_non_exhaustive()
    }
}

impl Address {
    /// Errors: [`StoreError::Address`].
    pub(super) fn parse(url: &Secret) -> Result<Self, StoreError> {
        let bad = |reason: String| StoreError::Address { reason };
        let text = url.expose();
        if !is_postgres(text) {
            return Err(bad("it must begin with postgres://".to_owned()));
        }
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let mut kept = Vec::new();
        let (mut mode, mut root, mut has_timeout) = ("prefer".to_owned(), None, false);
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name {
                "sslmode" => value.clone_into(&mut mode),
                "sslrootcert" => root = Some(PathBuf::from(decode(value))),
                known if PASSED_ON.contains(&known) => {
                    has_timeout |= known == "connect_timeout";
                    kept.push(option);
                }
                other => return Err(bad(format!("the option '{other}' is not known"))),
            }
        }
        let join = if kept.is_empty() { "" } else { "?" };
        let mut config = Config::from_str(&format!("{place}{join}{}", kept.join("&"))).map_err(|_| {
            bad("it must be postgres://USER:PASSWORD@HOST[:PORT]/DATABASE; write special characters of the password \
                 with percent-encoding"
                .to_owned())
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(bad("it names no host".to_owned()));
        }
        let (ssl, trust) = match (mode.as_str(), root) {
            ("disable", _) => (SslMode::Disable, Trust::Any),
            ("prefer", _) => (SslMode::Prefer, Trust::Any),
            // As every client of PostgreSQL has it: without a root nothing is checked.
            ("require", None) => (SslMode::Require, Trust::Any),
            ("require" | "verify-ca", root) => (SslMode::Require, Trust::Issuer(root)),
            ("verify-full", root) => (SslMode::Require, Trust::Full(root)),
            (other, _) => {
                return Err(bad(format!(
                    "'sslmode={other}' must be disable, prefer, require, verify-ca or verify-full"
                )));
            }
        };
        config.ssl_mode(ssl);
        if !has_timeout {
            config.connect_timeout(CONNECT_LIMIT);
        }
        if config.get_application_name().is_none() {
            config.application_name("gatewright");
        }
        Ok(Self { config, tls: tls::make(&trust)? })
    }
}

/// Does this name a PostgreSQL server, and not a file?
#[must_use]
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Takes percent-encoding off; what is none stays.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let rest = bytes.clone().take(2).collect::<Vec<_>>();
        let digits = std::str::from_utf8(&rest).ok().filter(|two| two.len() == 2);
        match digits.filter(|_| byte == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                let _ = bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;

//! How people sign in, resolved.

use super::url;
use crate::errors::Faults;
use crate::place::At;
use crate::settings::auth::AuthBlock;
use crate::shape::Text;

/// How people sign in, and how long they stay signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInSettings {
    /// Where browsers find this gateway, without a slash at the end; by what they say where it is not given.
    pub public_url: Option<String>,
    /// Users may have passwords.
    pub passwords: bool,
    /// Fewest characters of a password.
    pub min_password_length: usize,
    /// Failures that an account may have in a row.
    pub failures_per_account: u32,
    /// The same of an address.
    pub failures_per_address: u32,
    /// In which time as many are forgiven, in seconds.
    pub window_seconds: u64,
    /// Most accounts and addresses that are remembered.
    pub max_tracked: usize,
    /// How long a link is good, in seconds.
    pub link_seconds: u64,
    /// How long a session may rest, in seconds.
    pub idle_seconds: u64,
    /// How long it may last, in seconds.
    pub max_seconds: u64,
    /// Most sessions of a person.
    pub sessions_per_person: usize,
}

pub(super) fn sign_in(block: &AuthBlock, faults: &mut Faults) -> SignInSettings {
    let (sign_in, sessions) = (&block.sign_in.value, &block.sessions.value);
    SignInSettings {
        public_url: block.public_url.as_ref().and_then(|at| public_url(at, faults)),
        passwords: sign_in.passwords.value,
        min_password_length: sign_in.min_password_length.value.size(),
        failures_per_account: sign_in.failures_per_account.value.small(),
        failures_per_address: sign_in.failures_per_address.value.small(),
        window_seconds: sign_in.window_seconds.value.get(),
        max_tracked: sign_in.max_tracked.value.size(),
        link_seconds: sign_in.link_seconds.value.get(),
        idle_seconds: sessions.idle_seconds.value.get(),
        max_seconds: sessions.max_seconds.value.get(),
        sessions_per_person: sessions.per_person.value.size(),
    }
}

fn public_url(at: &At<Text>, faults: &mut Faults) -> Option<String> {
    let fault = match url::parse(at.value.as_str()) {
        Ok(url) if url.text.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '?'])) => {
            return Some(url.text);
        }
        Ok(_) => "must be the gateway's own address alone, as https://gateway.example.com".to_owned(),
        Err(why) => why,
    };
    faults.add(at.place, format!("'public_url' {fault}"));
    None
}

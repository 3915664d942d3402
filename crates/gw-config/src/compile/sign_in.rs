//! How people sign in, resolved. Whether accounts that groups have roles at exist is known only when somebody comes: they live
//! in the store.

use super::auth::{Belongs, ClaimNames, IssuerSettings, KeysAt, discovery};
use super::url;
use crate::errors::Faults;
use crate::place::At;
use crate::settings::auth::AuthBlock;
use crate::settings::sign_in::{ClientAuth, OidcBlock};
use crate::shape::{Text, Texts};
use gw_model::{Role, Secret};
use std::sync::Arc;

/// What is asked for where nothing else is said.
const SCOPES: &str = "openid profile email";

/// Longest name of a provider.
const MAX_NAME: usize = 64;

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
    /// Identity providers at which people sign in.
    pub oidc: Vec<Arc<OidcSettings>>,
}

/// An identity provider at which people sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSettings {
    /// Its name in addresses.
    pub name: String,
    /// For people.
    pub label: String,
    /// It as an issuer of tokens for this gateway.
    pub issuer: Arc<IssuerSettings>,
    /// As what this gateway is registered there.
    pub client_id: String,
    /// The secret of that.
    pub client_secret: Option<Secret>,
    /// That goes in the body, not in a header.
    pub secret_in_body: bool,
    /// What is asked for, with spaces between.
    pub scopes: String,
    /// In which claims things stand.
    pub claims: OidcClaims,
    /// What groups are here.
    pub groups: Vec<GroupRole>,
    /// People are made when they first sign in.
    pub create_users: bool,
    /// Only addresses of these domains, in lower case.
    pub allowed_email_domains: Option<Vec<String>>,
    /// Addresses must be said to be verified.
    pub require_verified_email: bool,
    /// Signing out here leads there.
    pub sign_out: bool,
}

/// In which claims things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the claim of what it is called")]
pub struct OidcClaims {
    pub email: String,
    pub name: String,
    pub groups: String,
}

/// What a group is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRole {
    /// The group; `*` is everybody.
    pub group: String,
    /// The role.
    pub role: Role,
    /// Where it holds, by id or name; at the gateway as a whole without this, a team and a project.
    pub organization: Option<String>,
    /// The same.
    pub team: Option<String>,
    /// The same.
    pub project: Option<String>,
}

pub(super) fn sign_in(block: &AuthBlock, faults: &mut Faults, warnings: &mut Faults) -> SignInSettings {
    let mut oidc: Vec<Arc<OidcSettings>> = Vec::new();
    for At { value, .. } in &block.oidc.value {
        let name = value.name.value.as_str();
        if oidc.iter().any(|known| known.name == name) {
            faults.add(value.name.place, format!("there is another provider '{name}': choose another name"));
        }
        oidc.push(Arc::new(provider(value, faults, warnings)));
    }
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
        oidc,
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

fn provider(block: &OidcBlock, faults: &mut Faults, warnings: &mut Faults) -> OidcSettings {
    let name = block.name.value.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
        let text = format!("'name' stands in addresses: use 1 to {MAX_NAME} letters, digits, '-' and '_'");
        faults.add(block.name.place, text);
    }
    if block.client_id.value.as_str().is_empty() {
        faults.add(
            block.client_id.place,
            "'client_id' is empty: write as what this gateway is registered there",
        );
    }
    let groups = block.groups.value.0.iter().map(|entry| {
        let text = |at: &Option<At<Text>>| at.as_ref().map(|at| at.value.0.clone());
        let given = &entry.value;
        GroupRole {
            group: entry.name.clone(),
            role: given.role.value.into(),
            organization: text(&given.organization),
            team: text(&given.team),
            project: text(&given.project),
        }
    });
    let claims = &block.claims.value;
    OidcSettings {
        name: name.to_owned(),
        label: block.label.as_ref().map_or_else(|| name.to_owned(), |at| at.value.0.clone()),
        issuer: Arc::new(issuer(block, faults, warnings)),
        client_id: block.client_id.value.0.clone(),
        client_secret: block.client_secret.as_ref().map(|at| at.value.clone()),
        secret_in_body: block.client_auth.value == ClientAuth::Post,
        scopes: scopes(block.scopes.as_ref(), faults),
        claims: OidcClaims {
            email: claims.email.value.0.clone(),
            name: claims.name.value.0.clone(),
            groups: claims.groups.value.0.clone(),
        },
        groups: groups.collect(),
        create_users: block.create_users.value,
        allowed_email_domains: block.allowed_email_domains.as_ref().map(|at| domains(at, faults)),
        require_verified_email: block.require_verified_email.value,
        sign_out: block.sign_out.value,
    }
}

fn issuer(block: &OidcBlock, faults: &mut Faults, warnings: &mut Faults) -> IssuerSettings {
    let keys = discovery(&block.issuer, block.discovery_url.as_ref(), faults, warnings);
    let ca_file = block.ca_file.as_ref().map(|at| at.value.as_str().to_owned());
    if let (Some(at), Some("")) = (&block.ca_file, ca_file.as_deref()) {
        faults.add(at.place, "'ca_file' is empty: write a path, or remove the key");
    }
    IssuerSettings {
        name: block.name.value.0.clone(),
        issuer: block.issuer.value.0.clone(),
        audiences: vec![block.client_id.value.0.clone()],
        keys: KeysAt::Discovery(keys),
        ca_file,
        algorithms: Vec::new(),
        leeway_seconds: i64::try_from(block.leeway_seconds.value.get()).unwrap_or(i64::MAX),
        max_age_seconds: None,
        required: Vec::new(),
        claims: ClaimNames::default(),
        defaults: Belongs::default(),
        map: Vec::new(),
        trust_email: false,
        create_users: false,
    }
}

fn scopes(given: Option<&At<Texts>>, faults: &mut Faults) -> String {
    let Some(at) = given else { return SCOPES.to_owned() };
    let texts: Vec<&str> = at.value.0.iter().flat_map(|one| one.value.as_str().split_whitespace()).collect();
    if !texts.contains(&"openid") {
        faults.add(at.place, "'scopes' must have 'openid': without it no token says who somebody is");
    }
    texts.join(" ")
}

fn domains(at: &At<Texts>, faults: &mut Faults) -> Vec<String> {
    if at.value.0.is_empty() {
        faults.add(
            at.place,
            "'allowed_email_domains' is empty, so nobody could sign in: name a domain, or remove the key",
        );
    }
    let one = |domain: &At<Text>| {
        let text = domain.value.as_str().trim().to_lowercase();
        if text.is_empty() || text.contains(['@', '*', '/', ' ']) {
            let message = format!("'{text}' is no domain: write it as example.com");
            faults.add(domain.place, message);
        }
        text
    };
    at.value.0.iter().map(one).collect()
}

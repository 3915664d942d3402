//! What a token says of its bearer, by an issuer's settings. Pure: whether what is named exists is found out by whoever
//! asks.

use gw_config::compile::{Belongs, IssuerSettings};
use gw_identity::Claims;
use gw_model::{AccountId, Level};
use std::fmt;

/// Longest name of a caller in reports, in characters.
const MAX_NAME: usize = 200;

/// Claims that may name a caller in reports, where the settings name none.
const NAMES: [&str; 4] = ["email", "preferred_username", "name", "sub"];

/// What a token says. Of several teams or the like, the first that exists counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// `sub`.
    pub(super) subject: String,
    /// For reports.
    pub(super) name: String,
    pub(super) user: Option<String>,
    /// The id of a user here.
    pub(super) user_id: Option<AccountId>,
    /// An address that the issuer stands for, in lower case.
    pub(super) email: Option<String>,
    pub(super) organization: Vec<String>,
    pub(super) team: Vec<String>,
    pub(super) project: Vec<String>,
    pub(super) plan: Vec<String>,
    pub(super) policy: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) tags: Option<String>,
}

/// A good token that is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    /// It does not say whose it is.
    Subject,
    /// A claim is missing, or has another value.
    Claim {
        /// Which.
        name: String,
        /// What it must be.
        wanted: Vec<String>,
    },
    /// It does not name the user.
    User {
        /// The claim.
        claim: String,
    },
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject => f.write_str("this token does not say whose it is: it has no 'sub'"),
            Self::Claim { name, wanted } => {
                write!(
                    f,
                    "this token may not be used here: its claim '{name}' must be {}",
                    wanted.join(" or ")
                )
            }
            Self::User { claim } => write!(f, "this token names no user: it has no '{claim}'"),
        }
    }
}

/// Reads a token's claims.
pub(super) fn said(issuer: &IssuerSettings, claims: &Claims) -> Result<Said, Lacking> {
    for (name, wanted) in &issuer.required {
        let found = claims.texts(name);
        let fits = |value: &String| wanted.iter().any(|pattern| is_like(pattern, value));
        if !found.iter().any(fits) {
            return Err(Lacking::Claim { name: name.clone(), wanted: wanted.clone() });
        }
    }
    let subject = claims.text("sub").ok_or(Lacking::Subject)?;
    let names = &issuer.claims;
    let text = |claim: &Option<String>| claim.as_deref().and_then(|claim| claims.text(claim));
    let user = text(&names.user);
    let user_id = text(&names.user_id).and_then(|text| text.parse::<AccountId>().ok());
    let user_id = user_id.filter(|id| id.level == Level::User);
    if let (Some(claim), None, None) = (names.user.as_ref().or(names.user_id.as_ref()), &user, &user_id) {
        return Err(Lacking::User { claim: claim.clone() });
    }
    // Of rules that fit, the first that says a thing decides it.
    let rules = issuer.map.iter().filter(|rule| {
        let has = |value: &String| is_like(&rule.value, value);
        claims.texts(&rule.claim).iter().any(has)
    });
    let rules: Vec<&Belongs> = rules.map(|rule| &rule.says).chain([&issuer.defaults]).collect();
    let several = |claim: &Option<String>, of_rule: fn(&Belongs) -> &Option<String>| {
        let own = claim.as_deref().map(|claim| claims.texts(claim)).unwrap_or_default();
        match own.is_empty() {
            false => own,
            true => rules.iter().find_map(|rule| of_rule(rule).clone()).into_iter().collect(),
        }
    };
    let tags = names.tags.as_deref().map(|claim| claims.texts(claim).join(","));
    Ok(Said {
        name: name(issuer, claims).unwrap_or_else(|| subject.clone()),
        email: email(issuer, claims),
        user,
        user_id,
        organization: several(&names.organization, |rule| &rule.organization),
        team: several(&names.team, |rule| &rule.team),
        project: several(&names.project, |rule| &rule.project),
        plan: several(&names.plan, |rule| &rule.plan),
        policy: several(&names.policy, |rule| &rule.policy).into_iter().next(),
        customer: text(&names.customer),
        tags: tags.filter(|tags| !tags.is_empty()),
        subject,
    })
}

fn name(issuer: &IssuerSettings, claims: &Claims) -> Option<String> {
    let text = match &issuer.claims.name {
        Some(claim) => claims.text(claim),
        None => NAMES.iter().find_map(|claim| claims.text(claim)),
    };
    let shown = |text: String| text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect::<String>();
    text.map(shown).filter(|text| !text.is_empty())
}

/// Addresses that a person may have typed in at the issuer are nobody's.
fn email(issuer: &IssuerSettings, claims: &Claims) -> Option<String> {
    let is_sure = claims.text("email_verified").map_or(issuer.trust_email, |is| is == "true");
    let email = claims.text("email").filter(|email| is_sure && email.contains('@'))?;
    Some(email.to_lowercase())
}

/// Exact, or with `*` at the end.
fn is_like(pattern: &str, value: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == value, |prefix| value.starts_with(prefix))
}

#[cfg(test)]
mod tests;

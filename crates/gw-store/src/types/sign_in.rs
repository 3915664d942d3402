//! How people sign in, and who is signed in, as stored. Plain data.

use super::shown_id::shown_id;
use gw_model::{AccountId, Micros};

/// What the column of a holder begins with where it is no user.
const KEY_PREFIX: &str = "key:";

shown_id! {
    /// Identifies a session. Shown as `sess_` and 32 hex digits; it is no secret.
    SessionId, "sess_"
}

/// A person's ways of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLogin {
    /// Whose.
    pub user: AccountId,
    /// What the password becomes; `None` without one.
    pub password: Option<String>,
    /// The secret of the second factor, sealed; `None` without one.
    pub totp: Option<Vec<u8>>,
    /// The same while it is not confirmed.
    pub totp_pending: Option<Vec<u8>>,
    /// The latest step of time whose code was used: none is good twice.
    pub totp_step: i64,
    /// Digests of codes that stand in for the second factor, each good once.
    pub recovery: Vec<[u8; 32]>,
    /// A link with which a password can be chosen.
    pub link: Option<PasswordLink>,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows with each change, from 1.
    pub revision: i64,
}

impl StoredLogin {
    /// Of somebody who can not sign in so yet; it is not stored.
    #[must_use]
    pub const fn none(user: AccountId) -> Self {
        Self {
            user,
            password: None,
            totp: None,
            totp_pending: None,
            totp_step: 0,
            recovery: Vec::new(),
            link: None,
            updated_at: 0,
            revision: 0,
        }
    }

    /// Digests as they stand in a column: hexadecimal digits with spaces between.
    pub(crate) fn recovery_column(&self) -> String {
        self.recovery.iter().map(|digest| crate::keys::hex(digest)).collect::<Vec<_>>().join(" ")
    }

    /// Digests out of that column; nothing where it can not be understood.
    pub(crate) fn recovery_of(text: &str) -> Option<Vec<[u8; 32]>> {
        text.split_ascii_whitespace().map(crate::keys::from_hex).collect()
    }
}

/// A link with which a password can be chosen, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordLink {
    /// Digest of what stands in it.
    pub digest: [u8; 32],
    /// Until when it is good.
    pub until: Micros,
    /// Whoever follows it loses the second factor.
    pub resets_totp: bool,
}

/// Whose a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionHolder {
    /// A user's.
    User(AccountId),
    /// Of whoever holds the key of that digest: the master key, or an admin token.
    Key([u8; 32]),
}

impl SessionHolder {
    /// As it stands in the column.
    pub(crate) fn column(self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::Key(digest) => format!("{KEY_PREFIX}{}", crate::keys::hex(&digest)),
        }
    }

    /// Out of the column; nothing where that can not be understood.
    pub(crate) fn of_column(text: &str) -> Option<Self> {
        match text.strip_prefix(KEY_PREFIX) {
            Some(hex) => crate::keys::from_hex(hex).map(Self::Key),
            None => text.parse().ok().map(Self::User),
        }
    }
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// With a password.
    Password,
    /// At an identity provider.
    Oidc,
    /// With the master key or an admin token.
    Key,
}

impl Via {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Key => "key",
        }
    }

    /// The one of that word.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Password, Self::Oidc, Self::Key].into_iter().find(|via| via.as_str() == name)
    }
}

/// Somebody who is signed in. What his browser shows is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Id.
    pub id: SessionId,
    /// Digest of what the browser shows.
    pub digest: [u8; 32],
    /// Whose.
    pub holder: SessionHolder,
    /// How he signed in.
    pub via: Via,
    /// The identity provider's name; empty without one.
    pub provider: String,
    /// What that said of him, sealed.
    pub id_token: Option<Vec<u8>>,
    /// When he signed in.
    pub created_at: Micros,
    /// When it was last used, to the minute.
    pub used_at: Micros,
    /// When it ends whatever he does.
    pub expires_at: Micros,
    /// Where he signed in from.
    pub address: String,
    /// With what (`user-agent`).
    pub agent: String,
}

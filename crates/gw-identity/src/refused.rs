//! Why a token is refused, in words for whoever sent it. It must not repeat the token.

use std::fmt;

/// Why a token is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is longer than allowed.
    TooLarge {
        /// The bound, in bytes.
        max_bytes: usize,
    },
    /// It is no signed token in compact form.
    Malformed(&'static str),
    /// It is signed in a way that is not accepted.
    Algorithm {
        /// What it says, shortened.
        name: String,
    },
    /// The key that it was signed with is not known.
    UnknownKey {
        /// Its id, shortened; empty when the token names none.
        id: String,
    },
    /// The signature is wrong.
    Signature,
    /// It is of another issuer.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It is over.
    Expired,
    /// It says no end.
    NoEnd,
    /// Its time is not come.
    NotYet,
    /// It was made too long ago, or says not when.
    TooOld,
    /// It belongs to another sign-in.
    Nonce,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { max_bytes } => {
                write!(f, "this token is larger than {max_bytes} bytes; ask for one with fewer claims")
            }
            Self::Malformed(what) => write!(f, "this token cannot be read: {what}"),
            Self::Algorithm { name } => {
                write!(f, "this token is signed with '{name}', which is not accepted here")
            }
            Self::UnknownKey { id } if id.is_empty() => {
                f.write_str("this token names no key, and its issuer has none that fits")
            }
            Self::UnknownKey { id } => {
                write!(f, "this token is signed with the key '{id}', which its issuer does not publish")
            }
            Self::Signature => f.write_str("the signature of this token is wrong"),
            Self::Issuer => f.write_str("this token is of an issuer that is not accepted here"),
            Self::Audience => f.write_str("this token is not for this gateway: its 'aud' is another one"),
            Self::Expired => f.write_str("this token has expired; get a new one"),
            Self::NoEnd => f.write_str("this token says no end: it must have 'exp', a number of seconds"),
            Self::NotYet => f.write_str("this token is not valid yet; are the clocks right?"),
            Self::TooOld => {
                f.write_str("this token was issued too long ago, or does not say when; get a new one")
            }
            Self::Nonce => f.write_str("this token belongs to another sign-in"),
        }
    }
}

impl std::error::Error for Refused {}

/// The beginning of a text that a stranger wrote, fit for a message.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '\'' | '"' | '<' | '>')).take(64).collect()
}

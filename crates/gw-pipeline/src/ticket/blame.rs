//! Whom the word blames that an attempt's record has for its end. It must not know how a reply was judged: where a
//! provider said what was wrong, that class counts.

use gw_model::ErrorClass;

/// What an attempt says about its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// It did well.
    Nobody,
    /// It failed like this.
    Class(ErrorClass),
    /// Nothing: somebody else ended it.
    Others,
}

/// By the words that stand in records.
pub(super) fn of(reason: &str) -> Blame {
    match reason {
        "" => Blame::Nobody,
        "timeout" => Blame::Class(ErrorClass::Timeout),
        "connect" | "connections" | "resolve" | "proxy" | "tls" | "broken" | "protocol" | "cut" => {
            Blame::Class(ErrorClass::Connection)
        }
        "malformed" => Blame::Class(ErrorClass::Malformed),
        "error_event" => Blame::Class(ErrorClass::ServerError),
        _ => Blame::Others,
    }
}

//! What kind of failure a try ended in: one word for what providers say in many ways. Routing, health, credentials,
//! records and metrics go by it. It must not know how any provider words it; that is `gw-providers`' to know.

macro_rules! classes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal;)+) => {
        /// Why a try failed.
        ///
        /// A class says who is to blame, once for all: [`Self::blames_target`], [`Self::blames_credential`] and
        /// [`Self::blames_caller`]. Each class blames exactly one of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorClass { $($(#[$meta])* $variant),+ }
        impl ErrorClass {
            /// Every class.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The class as it stands in configuration, records and metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
        }
    };
}

classes! {
    /// Too many requests or tokens in a while: another try after a pause may do.
    RateLimited = "rate_limited";
    /// The provider has no capacity for anyone at the moment.
    Overloaded = "overloaded";
    /// The provider failed in another way.
    ServerError = "server_error";
    /// Nothing came in time, by the provider's clock or by ours.
    Timeout = "timeout";
    /// The provider was not reached, or broke the connection off.
    Connection = "connection";
    /// The gateway's own credential was refused.
    Auth = "auth";
    /// The gateway's account has no credit or quota left: a pause of seconds does not help.
    QuotaExhausted = "quota_exhausted";
    /// The prompt does not fit the model.
    ContextLength = "context_length";
    /// The provider's own filter refused the prompt.
    ContentPolicy = "content_policy";
    /// Any other fault of the request.
    BadRequest = "bad_request";
    /// The provider says that the model or the deployment does not exist. Any other thing that is not found was
    /// named by the caller, which makes it a [`Self::BadRequest`].
    NotFound = "not_found";
    /// What came is no answer that could be read.
    Malformed = "malformed_answer";
}

impl ErrorClass {
    /// Whether it counts against the health of the deployment. A deployment that does not exist is as good as one
    /// that is down: others may take its calls.
    #[must_use]
    pub const fn blames_target(self) -> bool {
        match self {
            Self::Overloaded
            | Self::ServerError
            | Self::Timeout
            | Self::Connection
            | Self::NotFound
            | Self::Malformed => true,
            Self::RateLimited
            | Self::Auth
            | Self::QuotaExhausted
            | Self::ContextLength
            | Self::ContentPolicy
            | Self::BadRequest => false,
        }
    }

    /// Whether it is about the credential (or its account), so that the same target may do with another one.
    #[must_use]
    pub const fn blames_credential(self) -> bool {
        matches!(self, Self::Auth | Self::QuotaExhausted | Self::RateLimited)
    }

    /// Whether the request is at fault, so that it would fail in the same way at any deployment of this model.
    #[must_use]
    pub const fn blames_caller(self) -> bool {
        matches!(self, Self::BadRequest | Self::ContextLength | Self::ContentPolicy)
    }
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is of no class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownErrorClass;

impl std::fmt::Display for UnknownErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such class of errors; there are")?;
        let separators = std::iter::once(" ").chain(std::iter::repeat(", "));
        ErrorClass::ALL.iter().zip(separators).try_for_each(|(class, before)| write!(f, "{before}{class}"))
    }
}

impl std::error::Error for UnknownErrorClass {}

impl std::str::FromStr for ErrorClass {
    type Err = UnknownErrorClass;

    fn from_str(name: &str) -> Result<Self, UnknownErrorClass> {
        Self::ALL.iter().copied().find(|class| class.as_str() == name).ok_or(UnknownErrorClass)
    }
}

#[cfg(test)]
mod tests;

//! Why Redis cannot be used now. Text for the log: it never holds the address, in which a password may stand.

use std::fmt;

/// Longest text of Redis's own that is repeated, in characters.
const MAX_TEXT: usize = 200;

/// See the module.
#[derive(Debug)]
pub enum RedisError {
    /// The address cannot be used.
    Address,
    /// Nothing came back in time.
    Timeout,
    /// The connection ended.
    Gone,
    /// It does not know this gateway any more.
    Forgotten,
    /// It knows nothing, and neither can be read what is to be told.
    Unready,
    /// A command failed, or no connection could be made.
    Failed(redis::RedisError),
    /// The system gives no random bytes.
    Random,
    /// The system gives no thread.
    System(std::io::Error),
}

impl From<redis::RedisError> for RedisError {
    fn from(error: redis::RedisError) -> Self {
        if error.is_timeout() { Self::Timeout } else { Self::Failed(error) }
    }
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("the address of Redis cannot be used: see 'redis_url'"),
            Self::Timeout => f.write_str("Redis does not answer in time"),
            Self::Forgotten => f.write_str("Redis does not know this gateway any more"),
            Self::Unready => {
                f.write_str("Redis does not know what was spent, and the database cannot be read for it")
            }
            Self::Gone => f.write_str("Redis ended the connection"),
            Self::Failed(error) => {
                let text = error.to_string();
                f.write_str(text.char_indices().nth(MAX_TEXT).map_or(&*text, |(end, _)| &text[..end]))
            }
            Self::System(error) => write!(f, "the system gives no thread: {error}"),
            Self::Random => f.write_str("the system gives no random bytes"),
        }
    }
}

impl std::error::Error for RedisError {}

//! AWS Signature Version 4, pure. Serves `prepare` (requests to AWS are signed) and ingress (callers that sign
//! with an access key are recognised). It must not read a clock, a body or a credential store: all of them
//! are passed in.
//!
//! Source: AWS documentation, "Signature Version 4 signing process".

pub mod canonical;
mod credential;
mod date;
pub mod sigv4;
pub mod verify;

pub use canonical::{PathStyle, RequestParts};
pub use credential::{Credentials, SigningKey};
pub use date::AmzDate;
pub use sigv4::{Scope, SignedHeaders, sign};
pub use verify::{Claim, VerifyError, verify};

/// The name that Bedrock's runtime is signed for.
pub const BEDROCK_SERVICE: &str = "bedrock";
/// The name that STS is signed for.
pub const STS_SERVICE: &str = "sts";

/// The hash that a body is signed by: SHA-256.
#[must_use]
pub fn body_hash(pieces: &[bytes::Bytes]) -> [u8; 32] {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests;

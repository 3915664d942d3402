//! How people and programs prove who they are: what identity providers hand out (signed tokens, sets of public keys, discovery
//! documents, codes), passwords, and one-time codes. Read and checked here, as pure functions over bytes. Serves the
//! introduction of callers and the sign-in of people. It must not open a socket, read a clock, or know what a tenant is.
#![forbid(unsafe_code)]

mod algorithm;
pub mod authorization;
mod claims;
mod der;
mod discovery;
mod keys;
mod password;
mod refused;
mod token;
pub mod totp;
mod verify;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use discovery::{Discovered, DiscoveryError, discovery_url};
pub use keys::{KeySet, KeysError};
pub use password::{MAX_PASSWORD, SALT_BYTES, hash_password, is_password};
pub use refused::Refused;
pub use token::{MAX_TOKEN_BYTES, Token, looks_like};
pub use verify::{Expected, verify};

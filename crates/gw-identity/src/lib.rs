//! What identity providers hand out: signed tokens (JWT), sets of public keys (JWKS, PEM), discovery documents. Read and
//! checked here, as pure functions over bytes. Serves the introduction of callers and the sign-in of people. It must not
//! open a socket, read a clock, or know what a tenant is.
#![forbid(unsafe_code)]

mod algorithm;
mod claims;
mod der;
mod discovery;
mod keys;
mod refused;
mod token;
mod verify;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use discovery::{Discovered, DiscoveryError, discovery_url};
pub use keys::{KeySet, KeysError};
pub use refused::Refused;
pub use token::{MAX_TOKEN_BYTES, Token, looks_like};
pub use verify::{Expected, verify};

//! The opening handshake: the question of the side that connects, and the proof that the other side speaks WebSocket.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// What RFC 6455 appends to the key.
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A value of `sec-websocket-key`, from 16 random bytes.
#[must_use]
pub fn key(random: [u8; 16]) -> String {
    STANDARD.encode(random)
}

/// Is this a value that a client may send as `sec-websocket-key`?
#[must_use]
pub fn is_key(value: &[u8]) -> bool {
    STANDARD.decode(value).is_ok_and(|bytes| bytes.len() == 16)
}

/// The value of `sec-websocket-accept` that answers this `sec-websocket-key`.
#[must_use]
pub fn accept(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(SUFFIX).finalize();
    STANDARD.encode(digest)
}

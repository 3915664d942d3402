//! What is written down of calls, and for how long.

use crate::shape::{choices, settings};

settings! {
    /// Records of calls (docs/guides/records.md).
    pub struct RecordSettings {
        /// What records say of the address that a call came from: `off` (nothing), `network` (the first 24 bits of an IPv4 address, 48 of an IPv6 one), or `full`.
        default("off") client_ip: ClientIpName,
    }
}

choices! {
    /// What is kept of a client's address.
    pub enum ClientIpName {
        /// Nothing.
        Off = "off",
        /// The network.
        Network = "network",
        /// All of it.
        Full = "full",
    }
}

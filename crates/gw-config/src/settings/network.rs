//! The listening side: TLS, CORS, threads, and limits on connections and slow clients.

use crate::shape::{Text, Texts, Whole, settings};

settings! {
    /// Certificate and key to listen with TLS. Read again when the files change.
    pub struct TlsSettings {
        /// PEM file with the certificate chain, the server's own first.
        required cert_file: Text,
        /// PEM file with the private key.
        required key_file: Text,
    } later { "client_ca_file" }
}

settings! {
    /// Which browser origins may call the data plane.
    pub struct CorsSettings {
        /// Origins such as `https://app.example`, or `*` for all.
        required allow_origins: Texts,
    } later { "allow_headers", "allow_methods", "allow_credentials", "expose_headers", "max_age_seconds" }
}

settings! {
    /// Threads, and what one connection may ask for.
    pub struct ServerBlock {
        /// Worker threads, each with its own connections. All processors when not given.
        optional workers: Whole<1, 1024>,
        /// Most open connections; further ones wait in the system's queue.
        default(32_768) max_connections: Whole<1, 10_000_000>,
        /// Largest head (request line and headers) of a request, in bytes.
        default(65_536) max_header_bytes: Whole<8_192, 1_048_576>,
        /// Most headers of a request.
        default(100) max_headers: Whole<10, 1_000>,
        /// Longest time for the head of a request to arrive, in milliseconds.
        default(10_000) header_read_timeout_ms: Whole<100, 600_000>,
        /// Longest silence while the body of a request arrives, in milliseconds.
        default(30_000) body_read_timeout_ms: Whole<100, 600_000>,
        /// Longest time that a client may leave sent data unread before its connection, or its HTTP/2 stream, is dropped, in milliseconds.
        default(60_000) client_stall_timeout_ms: Whole<1_000, 3_600_000>,
        /// Addresses of proxies, as `10.0.0.0/8`, whose `x-forwarded-for` says where a request comes from. Nobody's when not given. Read at start.
        section trusted_proxies: Texts,
    }
}

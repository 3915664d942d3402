//! Tests of the upstream client from outside: scripted peers, real servers, proxies, certificates.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod addresses;
mod http1;
mod http2;
mod hyper;
mod pool;
mod proxy;
mod support;
mod tls;
mod upgrade;

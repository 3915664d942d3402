//! Names and addresses: what is refused after resolution, fallback between addresses, failures.

use crate::support::{OK, Peer, TIMEOUTS, client, destination, play, post, run};
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{PhaseTimeouts, Resolve, ResolveFuture, SendErrorKind, Upstream, UpstreamConfig};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Names with fixed addresses; counts the questions.
struct Names {
    known: HashMap<&'static str, Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> ResolveFuture<'a> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let found = self.known.get(host).cloned();
        Box::pin(async move {
            tokio::task::yield_now().await;
            found.ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }
}

fn names(name: &'static str, addresses: &[&str]) -> (Arc<Names>, Rc<Upstream>) {
    let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
    let names = Arc::new(Names { known: HashMap::from([(name, addresses)]), asked: AtomicUsize::new(0) });
    let resolver: Arc<dyn Resolve> = Arc::<Names>::clone(&names);
    (names, Upstream::new(UpstreamConfig { resolver: Some(resolver), ..UpstreamConfig::default() }))
}

#[test]
fn forbidden_literals() {
    run(async {
        let client = client();
        for host in ["169.254.169.254", "0.0.0.0", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00:ec2::254]"]
        {
            let dest = destination(&format!("http://{host}:1/"), &ConnectOptions::default());
            let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::ForbiddenAddress, "{host}");
            assert!(!e.request_was_sent() && !e.retryable_same_target());
        }
        assert_eq!(client.stats().open, 0);
    });
}

#[test]
fn other_spellings_of_forbidden_addresses() {
    run(async {
        let client = client();
        for host in ["2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.16689662", "0"] {
            let dest = destination(&format!("http://{host}:1/"), &ConnectOptions::default());
            let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
            // A system whose resolver knows no such spelling finds nothing.
            let kind = e.kind();
            assert!(
                matches!(kind, SendErrorKind::ForbiddenAddress | SendErrorKind::Resolve),
                "{host}: {kind:?}"
            );
            if cfg!(target_os = "linux") {
                assert_eq!(kind, SendErrorKind::ForbiddenAddress, "{host}");
            }
        }
        assert_eq!(client.stats().open, 0);
    });
}

#[test]
fn a_name_cannot_hide_a_forbidden_address() {
    run(async {
        let (_, client) = names("innocent.example", &["169.254.169.254", "::ffff:169.254.169.254"]);
        let dest = destination("http://innocent.example/", &ConnectOptions::default());
        let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
        assert_eq!(e.kind(), SendErrorKind::ForbiddenAddress);
    });
}

#[test]
fn allowed_by_name() {
    run(async {
        let peer = Peer::new().await;
        let options = ConnectOptions { allow_link_local: true, ..ConnectOptions::default() };
        let (client, url) = (client(), format!("http://0.0.0.0:{}", peer.port()));
        let dest = destination(&url, &options);
        let script = [OK];
        let asking = async {
            assert_eq!(client.send(&dest, &post("x"), TIMEOUTS).await.unwrap().status, 200);
            drop(client);
        };
        tokio::join!(play(&peer, &script), asking);
    });
}

#[test]
fn the_next_address_is_tried_and_names_are_asked_once() {
    run(async {
        let peer = Peer::new().await;
        // Nothing listens on the first ones.
        let (names, client) = names("many.example", &["::1", "127.0.0.2", "127.0.0.1"]);
        let dest = destination(&format!("http://many.example:{}", peer.port()), &ConnectOptions::default());
        let script = [OK];
        let req = post("x");
        let asking = async {
            let (a, b) = tokio::join!(client.send(&dest, &req, TIMEOUTS), client.send(&dest, &req, TIMEOUTS));
            assert!(a.is_ok() && b.is_ok());
            assert_eq!(names.asked.load(Ordering::Relaxed), 1);
            drop(client);
        };
        tokio::join!(play(&peer, &script), play(&peer, &script), asking);
    });
}

#[test]
fn failures() {
    run(async {
        let (names, client) = names("dead.example", &["127.0.0.2", "127.0.0.3"]);
        let port = Peer::new().await.port();
        let dest = destination(&format!("http://dead.example:{port}"), &ConnectOptions::default());
        for round in 1..3 {
            let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
            assert_eq!(e.kind(), SendErrorKind::Connect);
            assert!(e.retryable_same_target() && e.is_connect() && !e.request_was_sent());
            // A name whose addresses fail is asked again.
            assert_eq!(names.asked.load(Ordering::Relaxed), round);
        }
        let dest = destination("http://unknown.example", &ConnectOptions::default());
        let e = client.send(&dest, &post("x"), TIMEOUTS).await.unwrap_err();
        assert_eq!(e.kind(), SendErrorKind::Resolve);
        assert_eq!(client.stats(), gw_upstream::Stats::default());
    });
}

#[test]
fn connecting_has_a_limit() {
    run(async {
        // Accepts, but never shakes hands.
        let peer = Peer::new().await;
        let dest = destination(&format!("https://127.0.0.1:{}", peer.port()), &ConnectOptions::default());
        let client = client();
        let tight = PhaseTimeouts { connect_ms: 20, ..TIMEOUTS };
        let req = post("x");
        let (a, b) = tokio::join!(client.send(&dest, &req, tight), client.send(&dest, &req, tight));
        for e in [a.unwrap_err(), b.unwrap_err()] {
            assert_eq!(e.kind(), SendErrorKind::ConnectTimeout);
            assert!(e.is_timeout() && !e.request_was_sent());
        }
        assert_eq!(client.stats().open, 0);
    });
}

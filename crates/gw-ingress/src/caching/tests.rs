//! Each header says what its gateway says that it does.

use super::wish;
use gw_model::caching::CacheWish;
use http::header::{HeaderMap, HeaderName, HeaderValue};

fn of(pairs: &[(&'static str, &str)]) -> Option<CacheWish> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    wish(&headers).map(|wish| *wish)
}

#[test]
fn headers_of_all_gateways() {
    let none = CacheWish::default;
    let refresh = || CacheWish { no_read: true, ..none() };
    let off = || CacheWish { no_read: true, no_store: true, ..none() };
    let ttl = |seconds| CacheWish { ttl_seconds: Some(seconds), ..none() };
    let key = |text: &str| CacheWish { key: Some(text.to_owned()), ..none() };
    let namespace = |text: &str| CacheWish { namespace: Some(text.to_owned()), ..none() };
    let cases = [
        ("x-gatewright-cache", "off", off()),
        ("x-gatewright-cache", "refresh", refresh()),
        ("x-gatewright-cache", "ttl=60", ttl(60)),
        ("x-gatewright-cache", " Refresh , TTL = 9", CacheWish { ttl_seconds: Some(9), ..refresh() }),
        ("x-gatewright-cache", "on", CacheWish { wanted: true, ..none() }),
        (
            "x-gatewright-cache",
            "only-if-cached,no-store",
            CacheWish { only_if_cached: true, no_store: true, ..none() },
        ),
        ("cache-control", "no-cache", refresh()),
        ("cache-control", "no-store, no-cache", off()),
        ("cache-control", "max-age=10, private", CacheWish { max_age_seconds: Some(10), ..none() }),
        ("cache-control", "s-maxage=10", CacheWish { max_age_seconds: Some(10), ..none() }),
        ("cache-control", "max-stale", CacheWish { max_stale_seconds: Some(u64::MAX), ..none() }),
        (
            "cache-control",
            "max-stale=5,min-fresh=3",
            CacheWish { max_stale_seconds: Some(5), min_fresh_seconds: Some(3), ..none() },
        ),
        ("cache-control", "nonsense=x, max-age=y", none()),
        ("cf-aig-skip-cache", "true", refresh()),
        ("cf-aig-skip-cache", "false", none()),
        ("cf-skip-cache", "TRUE", refresh()),
        ("cf-aig-cache-ttl", "3600", ttl(3600)),
        ("cf-aig-cache-ttl", "0", off()),
        ("cf-cache-ttl", "60", ttl(60)),
        ("cf-aig-cache-key", "mine", key("mine")),
        ("x-gatewright-cache-key", "mine", key("mine")),
        ("x-portkey-cache-namespace", "ns", namespace("ns")),
        ("x-gatewright-cache-namespace", "ns", namespace("ns")),
        ("x-portkey-cache-force-refresh", "true", refresh()),
        ("x-portkey-cache", "simple", CacheWish { wanted: true, exact: true, ..none() }),
        ("x-portkey-cache-ttl", "7", ttl(7)),
    ];
    for (name, value, expected) in cases {
        assert_eq!(of(&[(name, value)]), Some(expected), "{name}: {value}");
    }
    assert_eq!(of(&[("content-type", "application/json")]), None);
}

#[test]
fn nonsense_is_named() {
    let long = "k".repeat(1025);
    for (name, value) in [
        ("x-gatewright-cache", "maybe"),
        ("x-gatewright-cache", "ttl=0"),
        ("x-gatewright-cache", "ttl=-1"),
        ("x-gatewright-cache", "ttl"),
        ("x-gatewright-cache", "off=1"),
        ("cf-aig-cache-ttl", "soon"),
        ("cf-aig-cache-key", long.as_str()),
    ] {
        let fault = of(&[(name, value)]).unwrap().fault;
        assert!(fault.is_some_and(|fault| fault.contains(name)), "{name}: {value}");
    }
}

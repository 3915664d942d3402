//! What a caller's headers want of the cache: the gateway's own, HTTP's `Cache-Control`, and those that callers of other
//! gateways send. Serves ingress. It must not decide whether they get it.

use gw_model::caching::CacheWish;
use http::header::{HeaderMap, HeaderName};

/// Longest key or namespace that a caller may give, in bytes.
const MAX_NAME_BYTES: usize = 1024;

/// Reads them; `None` when there are none, as in most calls.
pub(super) fn wish(headers: &HeaderMap) -> Option<Box<CacheWish>> {
    let mut wish: Option<Box<CacheWish>> = None;
    for (name, value) in headers {
        let known = match name.as_str() {
            "x-gatewright-cache" => Known::Own,
            "cache-control" => Known::Standard,
            "x-gatewright-cache-key" | "cf-aig-cache-key" => Known::Key,
            "x-gatewright-cache-namespace" | "x-portkey-cache-namespace" => Known::Namespace,
            "cf-aig-cache-ttl" | "cf-cache-ttl" | "x-portkey-cache-ttl" => Known::Ttl,
            "cf-aig-skip-cache" | "cf-skip-cache" | "x-portkey-cache-force-refresh" => Known::Refresh,
            "x-portkey-cache" => Known::Wanted,
            _ => continue,
        };
        let wish = wish.get_or_insert_default();
        match value.to_str() {
            Ok(text) => known.read(name, text.trim(), wish),
            Err(_) => fault(wish, || format!("'{name}' is not plain text")),
        }
    }
    wish
}

/// Notes what is wrong first.
fn fault(wish: &mut CacheWish, text: impl FnOnce() -> String) {
    wish.fault = wish.fault.take().or_else(|| Some(text()));
}

/// Headers by what they say.
#[derive(Clone, Copy, Debug)]
enum Known {
    Own,
    Standard,
    Key,
    Namespace,
    Ttl,
    Refresh,
    Wanted,
}

impl Known {
    fn read(self, name: &HeaderName, text: &str, wish: &mut CacheWish) {
        match self {
            Self::Own => own(text, wish),
            Self::Standard => standard(text, wish),
            Self::Key | Self::Namespace if text.len() > MAX_NAME_BYTES => {
                fault(wish, || format!("'{name}' is longer than {MAX_NAME_BYTES} bytes"));
            }
            Self::Key if !text.is_empty() => wish.key = Some(text.to_owned()),
            Self::Namespace if !text.is_empty() => wish.namespace = Some(text.to_owned()),
            Self::Ttl => match text.parse() {
                // Other gateways take it for "not at all".
                Ok(0) => (wish.no_read, wish.no_store) = (true, true),
                Ok(seconds) => wish.ttl_seconds = Some(seconds),
                Err(_) => fault(wish, || format!("'{name}' is not a number of seconds")),
            },
            Self::Refresh => wish.no_read |= text.eq_ignore_ascii_case("true"),
            Self::Wanted => {
                wish.wanted |= !text.eq_ignore_ascii_case("false");
                wish.exact |= text.eq_ignore_ascii_case("simple");
            }
            Self::Key | Self::Namespace => {}
        }
    }
}

/// `x-gatewright-cache`: words between commas.
fn own(text: &str, wish: &mut CacheWish) {
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let seconds = || value.and_then(|value| value.trim().parse::<u64>().ok());
        match (name.trim().to_ascii_lowercase().as_str(), value) {
            ("on", None) => wish.wanted = true,
            ("exact", None) => wish.exact = true,
            ("off", None) => (wish.no_read, wish.no_store) = (true, true),
            ("refresh", None) => wish.no_read = true,
            ("no-store", None) => wish.no_store = true,
            ("only-if-cached", None) => wish.only_if_cached = true,
            ("ttl", Some(_)) if seconds().is_some_and(|ttl| ttl > 0) => wish.ttl_seconds = seconds(),
            ("max-age", Some(_)) if seconds().is_some() => wish.max_age_seconds = seconds(),
            _ => {
                fault(wish, || {
                    format!(
                        "'x-gatewright-cache' has '{}'; write on, off, exact, refresh, no-store, only-if-cached, ttl=SECONDS \
                         or max-age=SECONDS",
                        word.chars().take(64).collect::<String>()
                    )
                });
            }
        }
    }
}

/// `Cache-Control` of a request (RFC 9111). What is not known there is passed over.
fn standard(text: &str, wish: &mut CacheWish) {
    for word in text.split(',').map(str::trim) {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let seconds = || value.and_then(|value| value.trim().trim_matches('"').parse::<u64>().ok());
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" => wish.no_read = true,
            "no-store" => wish.no_store = true,
            "only-if-cached" => wish.only_if_cached = true,
            "max-age" | "s-maxage" => wish.max_age_seconds = seconds().or(wish.max_age_seconds),
            "min-fresh" => wish.min_fresh_seconds = seconds().or(wish.min_fresh_seconds),
            "max-stale" => wish.max_stale_seconds = seconds().or_else(|| value.is_none().then_some(u64::MAX)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;

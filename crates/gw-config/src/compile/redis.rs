//! Where gateways meet: the address of Redis, checked before anything connects. Messages never hold the address, since
//! a password may stand in it.

use crate::errors::Faults;
use crate::settings::FileSettings;
use gw_model::Secret;

/// Longest prefix in bytes.
const MAX_PREFIX_BYTES: usize = 64;

/// Redis, and what names there begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    /// Its address, which may hold a password.
    pub url: Secret,
    /// Start of the names of channels and keys.
    pub prefix: String,
    /// Longest time for an answer about limits and budgets.
    pub timeout_ms: u64,
    /// A gateway that was silent for so long is taken for dead.
    pub dead_after_ms: u64,
}

pub(super) fn redis(file: &FileSettings, faults: &mut Faults) -> Option<RedisSettings> {
    let prefix = &file.redis_prefix;
    let is_name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:{}".contains(&b));
    let text = prefix.value.as_str();
    if text.is_empty() || text.len() > MAX_PREFIX_BYTES || !is_name(text) {
        let message =
            "'redis_prefix' may have letters, digits, '-', '_', '.', ':', '{' and '}' only, at most 64";
        faults.add(prefix.place, message);
    }
    let url = file.redis_url.as_ref()?;
    if let Err(why) = check(url.value.expose()) {
        faults.add(url.place, format!("'redis_url' {why}"));
    }
    let timeout_ms = file.redis_timeout_ms.value.get();
    let dead_after_ms = file.redis_dead_after_ms.value.get();
    Some(RedisSettings { url: url.value.clone(), prefix: text.to_owned(), timeout_ms, dead_after_ms })
}

/// Is it `redis[s]://[USER:PASSWORD@]HOST[:PORT][/DB]`?
fn check(text: &str) -> Result<(), &'static str> {
    const SHAPE: &str = "must be redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// with TLS";
    let rest = text.strip_prefix("redis://").or_else(|| text.strip_prefix("rediss://")).ok_or(SHAPE)?;
    if rest.contains(['?', '#']) {
        return Err("may not hold '?' or '#': write a password with percent-encoding");
    }
    // The last one: an unencoded '@' of a password must not become a host.
    let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
    if user.is_some_and(|user| user.contains(['@', '/'])) {
        return Err("holds '@' or '/' in its password: write %40 or %2F");
    }
    let (address, db) = place.split_once('/').map_or((place, ""), |(address, db)| (address, db));
    if !db.is_empty() && db.parse::<u16>().is_err() {
        return Err("has a database that is no number: write for example /0");
    }
    let uri: http::Uri = format!("http://{address}").parse().map_err(|_| SHAPE)?;
    let has_port = address.rsplit_once(']').map_or(address, |(_, after)| after).contains(':');
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    if host.is_empty() || (has_port && uri.port_u16().is_none_or(|port| port == 0)) {
        return Err(SHAPE);
    }
    Ok(())
}

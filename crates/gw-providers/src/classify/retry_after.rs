//! `Retry-After` in its forms, and what Google's errors say in its place. Dates are taken relative to the reply's own `Date`, so no clock is needed
//! and a wrong one does no harm.

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// Waiting time in milliseconds that the reply asks for: `retry-after-ms`, else `Retry-After` in seconds
/// (fractions included) or as a date, else what a detail of the error says.
#[must_use]
pub fn retry_after_ms(headers: &HeaderMap, body: &[u8]) -> Option<u64> {
    in_headers(headers).or_else(|| {
        memchr::memmem::find(body, b"retryDelay")?;
        let seconds = gw_wire::gemini::errors::read(body)?.retry_after_seconds?;
        Some(u64::from(seconds) * 1000)
    })
}

fn in_headers(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|text| decimal(text, 0)) {
        return Some(ms);
    }
    let after = text(RETRY_AFTER.as_str())?;
    decimal(after, 3).or_else(|| {
        let until = httpdate::parse_http_date(after).ok()?;
        let now = httpdate::parse_http_date(text(DATE.as_str())?).ok()?;
        let wait = until.duration_since(now).unwrap_or_default();
        u64::try_from(wait.as_millis()).ok()
    })
}

/// A decimal number times `10^scale`, rounded up.
fn decimal(text: &str, scale: usize) -> Option<u64> {
    let (whole, frac) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(frac) {
        return None;
    }
    let kept = frac.get(..scale.min(frac.len()))?;
    let rest = frac.get(kept.len()..)?.bytes().any(|b| b != b'0');
    let value: u64 = format!("{whole}{kept:0<scale$}").parse().ok()?;
    value.checked_add(u64::from(rest))
}

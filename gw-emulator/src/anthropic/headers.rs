//! The `anthropic-version` header: required, and one of the published versions. It must not look at
//! credentials; they are checked for all families in one place.

use http::HeaderMap;

use crate::answer::Rejection;

/// A published version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 2023-01-01 and 2023-06-01.
    Classic,
    /// 2026-10-21, which has no sampling parameters.
    V20261021,
}

/// The version a request asks for.
pub(crate) fn version(headers: &HeaderMap) -> Result<Version, Rejection> {
    let Some(value) = headers.get("anthropic-version") else {
        return Err(Rejection::new(400, "anthropic-version: header is required"));
    };
    match value.as_bytes() {
        b"2023-01-01" | b"2023-06-01" => Ok(Version::Classic),
        b"2026-10-21" => Ok(Version::V20261021),
        other => {
            let text = format!("anthropic-version: '{}' is no version", String::from_utf8_lossy(other));
            Err(Rejection::new(400, text))
        }
    }
}

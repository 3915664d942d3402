//! Origins of web pages as browsers send them: a scheme, a host, and a port where it is not the usual one.

/// An origin in the one form that browsers send, lower-case. Errors: what is wrong with it.
///
/// # Errors
/// It is none: a text for whoever wrote it.
pub fn origin_of(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "is no origin; write a scheme and a host, as https://app.example, with a port where it is not the usual one";
    let (scheme, rest) = text.split_once("://").ok_or(FORM)?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(is_scheme) {
        return Err(FORM);
    }
    if rest.contains('*') {
        return Err("has a '*', which stands for nothing here; write each origin");
    }
    if rest.contains(['/', '?', '#', '@']) {
        return Err("has more than an origin; leave out what follows the host and port");
    }
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if rest.is_empty() || !rest.chars().all(is_host) {
        return Err(FORM);
    }
    // The last colon that is not of an IPv6 address comes before the port.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number > 0);
    if host.is_empty() || (host.contains(':') && !host.starts_with('[')) || port.is_some_and(|p| !is_port(p))
    {
        return Err(FORM);
    }
    let usual = match scheme.to_ascii_lowercase().as_str() {
        "http" => Some("80"),
        "https" => Some("443"),
        _ => None,
    };
    let port = port.filter(|port| usual != Some(*port)).map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}{port}").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    //! Origins, and what looks like them.
    use super::origin_of;

    #[test]
    fn origins_have_one_form() {
        for (given, form) in [
            ("https://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ] {
            assert_eq!(origin_of(given).as_deref(), Ok(form));
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for text in [
            "",
            "app.example",
            "https://",
            "https://*.example",
            "https://a.example/path",
            "https://a.example/",
            "https://u@a.example",
            "https://a.example:0",
            "https://a.example:99999",
            "https://a:b:c",
            "https://a b",
            "null",
            "*",
        ] {
            assert!(origin_of(text).is_err(), "{text}");
        }
    }
}

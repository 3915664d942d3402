//! Tests of [`super`]: what an address may say, and that a wrong one is told without being shown.
use super::*;

fn parse(text: &str) -> Result<Address, String> {
    Address::parse(&Secret::new(text.to_owned())).map_err(|error| error.to_string())
}

#[test]
fn addresses_with_the_usual_options() {
    for (text, mode) in [
        ("postgres://gw:p%40ss@db.example/gateway", SslMode::Prefer),
        ("postgresql://gw@[::1]:6432/gateway?sslmode=disable", SslMode::Disable),
        ("postgres://gw@db/gateway?sslmode=require&application_name=east", SslMode::Require),
        (
            "postgres://gw@a,b:5433/gateway?target_session_attrs=read-write&sslmode=verify-full",
            SslMode::Require,
        ),
        ("postgres:///gateway?host=/run/postgresql&user=gw", SslMode::Prefer),
    ] {
        let address = parse(text).unwrap();
        assert_eq!(address.config.get_ssl_mode(), mode, "{text}");
        assert_eq!(address.config.get_dbname(), Some("gateway"));
        assert_eq!(address.config.get_connect_timeout(), Some(&CONNECT_LIMIT));
    }
}

#[test]
fn what_is_wrong_is_said_without_the_address() {
    for (text, part) in [
        ("mysql://gw:geheim@h/d", "postgres://"),
        ("postgres://gw:geheim@h/d?sslmode=maybe", "sslmode=maybe"),
        ("postgres://gw:geheim@h/d?pool=3", "'pool'"),
        ("postgres://gw:geheim@h:port/d", "percent-encoding"),
        ("postgres://", "no host"),
        ("postgres://gw:geheim@h/d?sslmode=verify-ca&sslrootcert=/nowhere%20at/all", "/nowhere at/all"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(part) && !error.contains("geheim"), "{text}: {error}");
    }
}

//! Tests of [`super`].
use super::*;

fn client(address: &str, bits: u8) -> ClientFilter {
    ClientFilter { address: address.parse().unwrap(), bits }
}

#[test]
fn networks_hold_their_addresses() {
    let has = |filter: ClientFilter, address: &str| filter.has(address.parse().unwrap());
    assert!(has(client("203.0.113.7", 32), "203.0.113.7"));
    assert!(!has(client("203.0.113.7", 32), "203.0.113.6"));
    assert!(has(client("203.0.113.0", 25), "203.0.113.127"));
    assert!(!has(client("203.0.113.0", 25), "203.0.113.128"));
    assert!(has(client("0.0.0.0", 0), "255.1.2.3"));
    assert!(!has(client("0.0.0.0", 0), "::1"));
    assert!(has(client("2001:db8::", 33), "2001:db8:7fff::1"));
    assert!(!has(client("2001:db8::", 33), "2001:db8:8000::1"));
}

#[test]
fn metadata_is_compared_as_it_means() {
    let wanted = |name: &str, value: Option<&str>| MetadataFilter {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    };
    let said = Some(r#"{"job":"nig\u0068tly","run":7,"dry":true,"of":{"a":1},"no":null}"#);
    for (name, value) in [
        ("job", None),
        ("job", Some("nightly")),
        ("run", Some("7")),
        ("dry", Some("true")),
        ("of", Some(r#"{"a":1}"#)),
        ("no", Some("null")),
    ] {
        assert!(wanted(name, value).is_in(said), "{name} {value:?}");
    }
    for (name, value) in [("jo", None), ("job", Some("night")), ("run", Some("70")), ("a", None)] {
        assert!(!wanted(name, value).is_in(said), "{name} {value:?}");
    }
    assert!(!wanted("job", None).is_in(None));
    assert!(!wanted("job", None).is_in(Some("[\"job\"]")));
}

//! Tests of [`super`].
use super::{ErrorClass, UnknownErrorClass};

#[test]
fn every_class_has_a_name_that_reads_back_and_blames_one() {
    let mut names = std::collections::BTreeSet::new();
    for class in ErrorClass::ALL {
        let name = class.as_str();
        assert!(names.insert(name), "{name} stands twice");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        assert_eq!(name.parse(), Ok(*class));
        let blamed = [class.blames_target(), class.blames_credential(), class.blames_caller()];
        assert_eq!(blamed.iter().filter(|blames| **blames).count(), 1, "{name}");
    }
    assert_eq!("Overloaded".parse::<ErrorClass>(), Err(UnknownErrorClass));
    assert!(UnknownErrorClass.to_string().contains(" rate_limited, overloaded, "));
}

#[test]
fn the_blame_is_what_routing_expects() {
    use ErrorClass as C;
    let of = |blames: fn(C) -> bool| C::ALL.iter().copied().filter(|c| blames(*c)).collect::<Vec<_>>();
    let target = [C::Overloaded, C::ServerError, C::Timeout, C::Connection, C::NotFound, C::Malformed];
    assert_eq!(of(C::blames_target), target);
    assert_eq!(of(C::blames_credential), [C::RateLimited, C::Auth, C::QuotaExhausted]);
    assert_eq!(of(C::blames_caller), [C::ContextLength, C::ContentPolicy, C::BadRequest]);
}

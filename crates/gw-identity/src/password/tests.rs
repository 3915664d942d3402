//! Passwords, against hashes that the reference implementation made.

use super::*;

#[test]
fn hashes_of_the_reference_implementation_are_known() {
    // Argon2's own test: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
    let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert!(is_password("password", Some(stored)));
    assert!(!is_password("Password", Some(stored)));
}

#[test]
fn a_password_is_known_again_however_it_is_typed() {
    let stored = hash_password("stra\u{df}e caf\u{e9}", [7; SALT_BYTES]).unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert!(is_password("stra\u{df}e cafe\u{301}", Some(&stored)));
    assert!(!is_password("strasse cafe", Some(&stored)));
    assert!(!is_password("", Some(&stored)) && !is_password("x", None));
    assert_ne!(hash_password("stra\u{df}e caf\u{e9}", [8; SALT_BYTES]).unwrap(), stored);
}

#[test]
fn what_is_no_hash_is_nobodys_password() {
    for wrong in [
        "",
        "password",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPP",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$",
    ] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

//! Tests of the sealed form.
use super::*;

fn object() -> Object {
    Object {
        kind: ObjectKind::Response,
        id: "resp_1".to_owned(),
        provider: String::new(),
        credential: String::new(),
        owner: KeyId(7),
        model: "chat".to_owned(),
        detail: String::new(),
        created: 0,
        expires: None,
    }
}

fn sealer(keys: &[&str]) -> Sealer {
    Sealer::new(&keys.iter().map(|key| gw_model::Secret::new((*key).to_owned())).collect::<Vec<_>>())
}

/// A content as the first version sealed it. It must open for ever.
#[test]
fn the_frozen_sealed_content_still_opens() {
    let digits = include_str!("../../tests/frozen/sealed_v1.txt").trim().as_bytes().chunks_exact(2);
    let sealed: Vec<u8> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let opened = sealer(&["a frozen encryption key"]).open(&object(), &sealed).unwrap();
    assert_eq!(opened, b"what was said");
}

#[test]
fn contents_open_with_older_keys_and_for_their_object_only() {
    let sealed = sealer(&["older key"]).seal(&object(), b"what was said").unwrap();
    assert_eq!(sealer(&["newer key", "older key"]).open(&object(), &sealed).unwrap(), b"what was said");
    assert!(sealer(&["newer key"]).open(&object(), &sealed).is_err());
    for other in [
        Object { id: "resp_2".to_owned(), ..object() },
        Object { owner: KeyId(8), ..object() },
        Object { kind: ObjectKind::File, ..object() },
    ] {
        assert!(sealer(&["older key"]).open(&other, &sealed).is_err(), "{other:?}");
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(sealer(&["older key"]).open(&object(), &changed).is_err(), "byte {at}");
        assert!(sealer(&["older key"]).open(&object(), &sealed[..at]).is_err(), "cut at {at}");
    }
}

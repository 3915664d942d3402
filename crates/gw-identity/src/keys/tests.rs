//! Sets of keys: what is taken, what is left out, what is no set.

use super::{KeySet, KeysError};
use crate::algorithm::Material;

// Made for these tests with `openssl genpkey` and `openssl pkey -pubout`.
const P256_PEM: &str = include_str!("../../testdata/p256-public.pem");
const RSA_PEM: &str = include_str!("../../testdata/rsa-public.pem");
const ED25519_PEM: &str = include_str!("../../testdata/ed25519-public.pem");

#[test]
fn reads_pem_of_every_kind() {
    let all = format!("a comment\n{P256_PEM}\n{RSA_PEM}{ED25519_PEM}");
    let set = KeySet::read(&all).unwrap();
    let kinds: Vec<u8> = set
        .keys
        .iter()
        .map(|key| match key.material {
            Material::Rsa { .. } => 1,
            Material::P256(_) => 2,
            Material::P384(_) => 3,
            Material::Ed25519(_) => 4,
        })
        .collect();
    assert_eq!(kinds, [2, 1, 4]);
    let Material::Rsa { n, e } = &set.keys[1].material else { panic!("not RSA") };
    assert_eq!((n.len(), &e[..]), (256, &[1, 0, 1][..]));
}

#[test]
fn what_is_no_public_key_is_refused() {
    for (text, error) in [
        ("", KeysError::NoneUsable),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", KeysError::Pem),
        ("-----BEGIN PUBLIC KEY-----\nAAAA", KeysError::Pem),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeysError::NoneUsable),
        ("{}", KeysError::NoSet),
        ("{", KeysError::NoSet),
        (r#"{"keys":[]}"#, KeysError::NoneUsable),
        (
            r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
            KeysError::NoneUsable,
        ),
        (r#"{"keys":[1,null,"x",{}]}"#, KeysError::NoneUsable),
    ] {
        assert_eq!(KeySet::read(text), Err(error), "{text}");
    }
    // A key that is cut short anywhere is refused, and nothing breaks.
    let lines: String = P256_PEM.lines().filter(|line| !line.starts_with('-')).collect();
    for end in 0..lines.len() {
        let cut = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", &lines[..end]);
        assert!(KeySet::read(&cut).is_err(), "{end}");
    }
}

#[test]
fn keys_for_other_uses_are_left_out() {
    let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let key = |more: &str| format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"{more}}}"#);
    let set = |keys: &[String]| KeySet::read(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")));
    let good = [key(""), key(r#","use":"sig","alg":"ES256","kid":"a""#), key(r#","key_ops":["verify"]"#)];
    assert_eq!(set(&good).unwrap().len(), 3);
    let bad = [key(r#","use":"enc""#), key(r#","alg":"ECDH-ES""#), key(r#","key_ops":["sign"]"#)];
    assert_eq!(set(&bad), Err(KeysError::NoneUsable));
}

//! Sealed credentials open for their own name and key only, and an old one still opens.

use super::Vault;
use gw_model::Secret;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// Sealed by the first version, with the encryption key of the test.
const FROZEN: &str = include_str!("../../tests/frozen/credential_v1.txt");

#[test]
fn opens_for_its_name_and_any_of_the_keys() {
    let (old, new) = (secret("an encryption key, 1"), secret("an encryption key, 2"));
    let before = Vault::new(std::slice::from_ref(&old));
    let after = Vault::new(&[new.clone(), old]);
    let sealed = before.seal("openai-1", &secret("sk-very-secret")).unwrap();
    assert!(!sealed.windows(6).any(|part| part == b"secret"));
    for vault in [&before, &after] {
        assert_eq!(vault.open("openai-1", &sealed).unwrap(), secret("sk-very-secret"));
        vault.open("openai-2", &sealed).unwrap_err();
    }
    assert_ne!(before.seal("openai-1", &secret("sk-very-secret")).unwrap(), sealed, "salted");
    let newer = after.seal("openai-1", &secret("x")).unwrap();
    before.open("openai-1", &newer).unwrap_err();
    Vault::new(&[]).seal("n", &secret("x")).unwrap_err();
}

#[test]
fn damage_is_found() {
    let vault = Vault::new(&[secret("an encryption key, 1")]);
    let sealed = vault.seal("n", &secret("text")).unwrap();
    for at in 0..sealed.len() {
        let mut broken = sealed.clone();
        broken[at] ^= 1;
        vault.open("n", &broken).unwrap_err();
        vault.open("n", &sealed[..at]).unwrap_err();
    }
}

#[test]
fn the_frozen_sample_opens() {
    let hex = FROZEN.trim().as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let sealed: Vec<u8> = hex.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let vault = Vault::new(&[secret("an encryption key, 1")]);
    assert_eq!(vault.open("frozen", &sealed).unwrap(), secret("sk-frozen"));
}

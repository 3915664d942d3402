//! Public keys in PEM, as far as their algorithms are checked here: the outer form, the object identifiers, and of RSA the
//! two numbers. It must not accept what it does not understand.

use crate::algorithm::Material;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_ID: u8 = 0x06;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The keys of the `PUBLIC KEY` blocks; `None` where one of them cannot be read.
pub(crate) fn public_keys(pem: &str) -> Option<Vec<Material>> {
    let blocks = pem.split(BEGIN).skip(1);
    blocks
        .map(|block| {
            let (inside, _) = block.split_once(END)?;
            let text: String = inside.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            key_info(&STANDARD.decode(text).ok()?)
        })
        .collect()
}

/// `SubjectPublicKeyInfo`.
fn key_info(der: &[u8]) -> Option<Material> {
    let (info, rest) = element(der, SEQUENCE)?;
    let (algorithm, info) = element(info, SEQUENCE)?;
    let (bits, end) = element(info, BIT_STRING)?;
    // No bit is unused.
    let (0, bits) = bits.split_first().map(|(unused, bits)| (*unused, bits))? else { return None };
    if !rest.is_empty() || !end.is_empty() {
        return None;
    }
    let (id, parameters) = element(algorithm, OBJECT_ID)?;
    match id {
        RSA => {
            let (numbers, _) = element(bits, SEQUENCE)?;
            let (n, numbers) = element(numbers, INTEGER)?;
            let (e, _) = element(numbers, INTEGER)?;
            Some(Material::Rsa { n: unsigned(n), e: unsigned(e) })
        }
        EC => match element(parameters, OBJECT_ID)?.0 {
            P256 => Some(Material::P256(bits.to_vec())),
            P384 => Some(Material::P384(bits.to_vec())),
            _ => None,
        },
        ED25519 => Some(Material::Ed25519(bits.to_vec())),
        _ => None,
    }
}

/// Without the zeros that a sign may need.
pub(crate) fn unsigned(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// The content of the first element, which must have that tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = der else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}

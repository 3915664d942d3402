//! Algorithms of signatures. Those with a shared secret and `none` are not among them: whoever could check such a token
//! could also make one.

use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// A way of signing, by its name in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA, PKCS#1 v1.5, SHA-256.
    Rs256,
    /// RSA, PKCS#1 v1.5, SHA-384.
    Rs384,
    /// RSA, PKCS#1 v1.5, SHA-512.
    Rs512,
    /// RSA, PSS, SHA-256.
    Ps256,
    /// RSA, PSS, SHA-384.
    Ps384,
    /// RSA, PSS, SHA-512.
    Ps512,
    /// ECDSA over P-256, SHA-256.
    Es256,
    /// ECDSA over P-384, SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// A public key, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point, uncompressed.
    P256(Vec<u8>),
    /// A point, uncompressed.
    P384(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: &'static [Self] = &[
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name in tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }

    /// Can keys of that kind sign so?
    pub(crate) const fn fits(self, material: &Material) -> bool {
        match material {
            Material::Rsa { .. } => !matches!(self, Self::Es256 | Self::Es384 | Self::EdDsa),
            Material::P256(_) => matches!(self, Self::Es256),
            Material::P384(_) => matches!(self, Self::Es384),
            Material::Ed25519(_) => matches!(self, Self::EdDsa),
        }
    }

    /// Was the message signed with that key in this way? False also where key and algorithm do not go together.
    pub(crate) fn is_signed(self, material: &Material, message: &[u8], signed: &[u8]) -> bool {
        let rsa: &signature::RsaParameters = match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::EdDsa => {
                return self.is_signed_on_curve(material, message, signed);
            }
        };
        match material {
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(rsa, message, signed).is_ok(),
            _ => false,
        }
    }

    fn is_signed_on_curve(self, material: &Material, message: &[u8], signed: &[u8]) -> bool {
        let (how, point): (&'static dyn signature::VerificationAlgorithm, _) = match (self, material) {
            (Self::Es256, Material::P256(point)) => (&ECDSA_P256_SHA256_FIXED, point),
            (Self::Es384, Material::P384(point)) => (&ECDSA_P384_SHA384_FIXED, point),
            (Self::EdDsa, Material::Ed25519(point)) => (&ED25519, point),
            _ => return false,
        };
        UnparsedPublicKey::new(how, point).verify(message, signed).is_ok()
    }
}

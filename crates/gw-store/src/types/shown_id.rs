//! Ids that are shown as a prefix and 32 hex digits. Plain data; what they identify their own modules say.

use gw_model::ids::InvalidId;

/// The number in such a text.
pub(super) fn read(prefix: &str, text: &str) -> Result<u128, InvalidId> {
    let hex = text.strip_prefix(prefix).filter(|hex| hex.len() == 32).ok_or(InvalidId)?;
    // A sign would be read as a number too.
    if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(InvalidId);
    }
    u128::from_str_radix(hex, 16).map_err(|_| InvalidId)
}

/// Makes the type of such an id.
macro_rules! shown_id {
    ($(#[$about:meta])* $name:ident, $prefix:literal) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{:032x}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = gw_model::ids::InvalidId;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::types::shown_id::read($prefix, text).map(Self)
            }
        }
    };
}
pub(super) use shown_id;

//! Words in front of a number that say what it is. Serves the recognisers. It must not hold forms or checksums.

/// Of a telephone.
pub(super) const PHONE: &[&str] = &[
    "phone",
    "tel",
    "call",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "sms",
    "text me",
    "dial",
    "contact",
    "handy",
    "ruf",
    "telefon",
    "téléphone",
    "telefono",
    "teléfono",
    "móvil",
    "reach me",
    "reach",
    "number is",
    "ring",
];

/// Of a telephone where a number is written in groups.
pub(super) const PHONE_OR_NOT: &[&str] = &[
    "answering",
    "message",
    "texts to",
    "hotline",
    "helpline",
    "switchboard",
    "nachricht",
    "anruf",
    "llam",
    "appel",
];

/// Of a telephone for certain, so that a short number will do.
pub(super) const SURE_PHONE: &[&str] =
    &["phone", "tel", "fax", "mobile", "call me", "telefon", "téléphone", "telefono", "teléfono", "handy"];

/// Behind a number of a telephone: whose or which it is.
pub(super) const BEHIND_PHONE: &[&str] = &[
    "office", "mobile", "cell", "fax", "home", "work", "desk", "landline", "phone", "tel", "direct", "büro",
    "privat", "mobil", "bureau", "oficina", "ufficio", "casa",
];

/// Of a card.
pub(super) const CARD: &[&str] =
    &["card", "visa", "mastercard", "amex", "credit", "debit", "karte", "carte", "tarjeta"];

/// Of a birth.
pub(super) const BIRTH: &[&str] = &[
    "born",
    "birth",
    "dob",
    "d.o.b",
    "birthday",
    "geboren",
    "geburt",
    "geb.",
    "né le",
    "née le",
    "naissance",
    "nacimiento",
    "nacid",
    "fecha de nac",
    "nascita",
    "nato il",
    "nata il",
    "nascimento",
    "geboortedatum",
    "födelse",
];

/// Of any document of a person.
pub(super) const IDENTITY: &[&str] = &[
    "national id",
    "identity",
    "identification",
    "id number",
    "id no",
    "id card",
    "personal number",
    "personal id",
    "tax id",
    "tax number",
    "tin",
    "citizen",
    "ausweis",
    "identité",
    "identidad",
    "documento",
    "resident id",
    "id:",
    "id is",
    "social security",
    "national number",
    "insurance number",
];

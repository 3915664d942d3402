//! Blocks with known keys. The `settings!` macro makes, from one declaration, the struct, its reader and
//! its schema; an unknown key names its nearest neighbour or the block it belongs to.

use super::{Reader, Shape};
use crate::document::{Key, Kind, Node};
use crate::place::{At, Place};
use gw_model::nearest::nearest;
use serde_json::{Map, Value};

/// Declares a block of settings. Each field is one of
/// - `optional name: T`: `Option<At<T>>`;
/// - `required name: T`: `At<T>`, a fault when missing;
/// - `default(value) name: T`: `At<T>`, made with `T::from(value)` when missing;
/// - `section name: T`: `At<T>`, `T::default()` when missing.
///
/// `later` lists keys that the public contract knows and this version does not carry out.
macro_rules! settings {
    ($(#[doc = $about:literal])+ pub struct $name:ident {
        $($(#[doc = $doc:literal])+ $mode:ident $(($default:expr))? $field:ident : $ty:ty,)+
    } $(later { $($later:literal),+ $(,)? })?) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Where the block stands.
            pub place: $crate::place::Place,
            $($(#[doc = $doc])+ pub $field: $crate::shape::settings!(@hold $mode $ty),)+
        }

        impl $crate::shape::Shape for $name {
            fn read(node: &$crate::document::Node, reader: &mut $crate::shape::Reader<'_>) -> Option<Self> {
                let known = &[$($crate::shape::key_of(stringify!($field))),+];
                let later: &[&str] = &[$($($later),+)?];
                let block = $crate::shape::Block::open(node, reader, known, later)?;
                $(let $field = $crate::shape::settings!(@read $mode block reader $field $ty $(, $default)?);)+
                Some(Self { place: block.place(), $($field: $field?),+ })
            }

            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $(
                    let default: Option<serde_json::Value> = None $(.or_else(|| Some(serde_json::json!($default))))?;
                    if stringify!($mode) == "required" { required.push($crate::shape::key_of(stringify!($field))); }
                    let schema = <$ty as $crate::shape::Shape>::schema();
                    let about = $crate::shape::property(schema, &[$($doc),+], default);
                    properties.insert($crate::shape::key_of(stringify!($field)).to_owned(), about);
                )+
                let mut schema = serde_json::json!({
                    "type": "object", "properties": properties, "additionalProperties": false,
                });
                if !required.is_empty() { schema["required"] = serde_json::json!(required); }
                else { schema["type"] = serde_json::json!(["object", "null"]); }
                schema
            }
        }

        $crate::shape::settings!(@default $name { $($mode $(($default))? $field $ty,)+ });
    };

    (@hold optional $ty:ty) => { Option<$crate::place::At<$ty>> };
    (@hold $mode:ident $ty:ty) => { $crate::place::At<$ty> };

    (@read optional $block:ident $reader:ident $field:ident $ty:ty) => {
        Some($block.read::<$ty>($crate::shape::key_of(stringify!($field)), $reader))
    };
    (@read required $block:ident $reader:ident $field:ident $ty:ty) => {
        $block.require::<$ty>($crate::shape::key_of(stringify!($field)), $reader)
    };
    (@read default $block:ident $reader:ident $field:ident $ty:ty, $default:expr) => {
        Some($block.read::<$ty>($crate::shape::key_of(stringify!($field)), $reader)
            .unwrap_or_else(|| $block.fill(<$ty>::from($default))))
    };
    (@read section $block:ident $reader:ident $field:ident $ty:ty) => {
        Some($block.read::<$ty>($crate::shape::key_of(stringify!($field)), $reader)
            .unwrap_or_else(|| $block.fill(<$ty>::default())))
    };

    // A block with a required key has no default; the first rule that fits decides.
    (@default $name:ident { required $($rest:tt)* }) => {};
    (@default $name:ident { $($mode:ident $(($default:expr))? $field:ident $ty:ty,)+ }) => {
        impl Default for $name {
            fn default() -> Self {
                Self {
                    place: $crate::place::Place::NONE,
                    $($field: $crate::shape::settings!(@unset $mode $ty $(, $default)?),)+
                }
            }
        }
    };

    (@unset optional $ty:ty) => { None };
    (@unset default $ty:ty, $default:expr) => { $crate::place::At::nowhere(<$ty>::from($default)) };
    (@unset section $ty:ty) => { $crate::place::At::nowhere(<$ty>::default()) };
}
pub(crate) use settings;

/// The key of a field: words that Rust keeps for itself are written `r#type`.
pub(crate) fn key_of(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// A block being read.
pub(crate) struct Block<'n> {
    place: Place,
    entries: &'n [(Key, Node)],
}

impl<'n> Block<'n> {
    /// Opens a block and notes its unknown keys. An empty value is an empty block.
    pub(crate) fn open(
        node: &'n Node,
        reader: &mut Reader<'_>,
        known: &[&'static str],
        later: &[&str],
    ) -> Option<Self> {
        let entries: &[(Key, Node)] = match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Broken => return None,
            _ if node.is_null() => &[],
            _ => {
                let list = known.iter().take(5).copied().collect::<Vec<_>>().join(", ");
                reader.fault(
                    node.place,
                    &format!("must be a block of 'key: value' lines with keys such as {list}"),
                );
                return None;
            }
        };
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) && key.text != "<<" {
                reader.faults.add(key.place, unknown(&key.text, known, later));
            }
        }
        Some(Self { place: node.place, entries })
    }

    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// The value of a key, when it is there and right. A null is as good as absent.
    pub(crate) fn read<T: Shape>(&self, key: &str, reader: &mut Reader<'_>) -> Option<At<T>> {
        let (_, node) = self.entries.iter().find(|(k, _)| k.text == key)?;
        reader.under(key, |r| At::read(node, r))
    }

    /// The value of a key that must be there.
    pub(crate) fn require<T: Shape>(&self, key: &str, reader: &mut Reader<'_>) -> Option<At<T>> {
        if !self.entries.iter().any(|(k, _)| k.text == key) {
            let owner = reader.name();
            reader.faults.add(self.place, format!("'{key}' is missing in {owner}: add it"));
            return None;
        }
        self.read(key, reader)
    }

    pub(crate) const fn fill<T>(&self, value: T) -> At<T> {
        At { value, place: self.place }
    }
}

fn unknown(key: &str, known: &[&'static str], later: &[&str]) -> String {
    let shown = super::shown(key);
    if later.contains(&key) {
        return format!("'{shown}' is not in this version: remove it");
    }
    if let Some(near) = nearest(key, known.iter().copied()) {
        return format!("unknown key '{shown}', did you mean '{near}'?");
    }
    match crate::schema::home_of(key) {
        Some(home) => format!("unknown key '{shown}' here, it belongs {home}"),
        None => format!("unknown key '{shown}', known here: {}", known.join(", ")),
    }
}

/// A property's schema with its description and default.
pub(crate) fn property(schema: Value, doc: &[&str], default: Option<Value>) -> Value {
    let mut described = Map::new();
    let text = doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    described.insert("description".into(), Value::String(text));
    if let Value::Object(members) = schema {
        described.extend(members);
    }
    if let Some(default) = default {
        described.insert("default".into(), default);
    }
    Value::Object(described)
}

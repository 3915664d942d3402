//! The attributes of users and groups, as RFC 7643 has them: what is read, kept and shown follows these tables. Pure.

mod user;

use serde_json::{Value, json};
pub(crate) use user::ENTERPRISE;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Time,
    Reference,
    Binary,
    Complex,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Flag => "boolean",
            Self::Time => "dateTime",
            Self::Reference => "reference",
            Self::Binary => "binary",
            Self::Complex => "complex",
        }
    }
}

/// Who may set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutability {
    ReadWrite,
    ReadOnly,
    /// Set when it is made, and never again.
    Immutable,
    /// Taken, and kept nowhere.
    WriteOnly,
}

/// When it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Always,
    Default,
    /// Where it is asked for.
    Request,
    Never,
}

/// An attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// It has several values.
    pub(crate) many: bool,
    pub(crate) mutability: Mutability,
    pub(crate) returned: Returned,
    pub(crate) required: bool,
    /// Upper and lower case are different.
    pub(crate) exact: bool,
    unique: bool,
    about: &'static str,
    /// The values that it has; any where there are none.
    words: &'static [&'static str],
    pub(crate) subs: &'static [Self],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            kind,
            many: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            required: false,
            exact: false,
            unique: false,
            about,
            words: &[],
            subs: &[],
        }
    }

    const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Text, about)
    }

    const fn complex(name: &'static str, about: &'static str, subs: &'static [Self]) -> Self {
        Self { subs, ..Self::new(name, Kind::Complex, about) }
    }

    /// Several values, each with `subs`.
    const fn list(name: &'static str, about: &'static str, subs: &'static [Self]) -> Self {
        Self { many: true, ..Self::complex(name, about, subs) }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    const fn words(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }

    const fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    const fn on_request(self) -> Self {
        Self { returned: Returned::Request, ..self }
    }

    /// The sub-attribute of that name, whatever its case.
    pub(crate) fn sub(&self, name: &str) -> Option<&'static Self> {
        self.subs.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    fn shown(&self) -> Value {
        let mut shown = json!({
            "name": self.name,
            "type": self.kind.as_str(),
            "multiValued": self.many,
            "description": self.about,
            "required": self.required,
            "caseExact": self.exact,
            "mutability": match self.mutability {
                Mutability::ReadWrite => "readWrite",
                Mutability::ReadOnly => "readOnly",
                Mutability::Immutable => "immutable",
                Mutability::WriteOnly => "writeOnly",
            },
            "returned": match self.returned {
                Returned::Always => "always",
                Returned::Default => "default",
                Returned::Request => "request",
                Returned::Never => "never",
            },
            "uniqueness": if self.unique { "server" } else { "none" },
        });
        if !self.words.is_empty() {
            shown["canonicalValues"] = json!(self.words);
        }
        if self.kind == Kind::Complex {
            shown["subAttributes"] = self.subs.iter().map(Self::shown).collect();
        }
        if self.kind == Kind::Reference {
            let types: &[&str] = match self.name {
                "$ref" => &["User", "Group"],
                _ => &["external"],
            };
            shown["referenceTypes"] = json!(types);
        }
        shown
    }
}

/// A schema.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) urn: &'static str,
    name: &'static str,
    about: &'static str,
    pub(crate) attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of that name, whatever its case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// As `/Schemas` shows it, without `meta`.
    pub(crate) fn shown(&self) -> Value {
        let attributes: Vec<Value> = self.attributes.iter().map(Attribute::shown).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": self.urn,
            "name": self.name,
            "description": self.about,
            "attributes": attributes,
        })
    }
}

/// A kind of resource.
#[derive(Debug)]
pub(crate) struct ResourceKind {
    pub(crate) name: &'static str,
    /// Its place below `/scim/v2/`.
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
    pub(crate) schema: &'static Schema,
    pub(crate) extensions: &'static [&'static Schema],
}

impl ResourceKind {
    /// The attribute of that name in the core schema, or among those that every resource has.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        let common = COMMON.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        self.schema.attribute(name).or(common)
    }
}

/// Attributes of every resource.
pub(crate) const COMMON: &[Attribute] = &[
    Attribute { many: true, ..Attribute::new("schemas", Kind::Reference, "What it is made of.") }
        .exact()
        .read_only()
        .always(),
    Attribute::text("id", "What the gateway calls it.").exact().read_only().always(),
    Attribute::text("externalId", "What the directory calls it.").exact(),
    Attribute::complex("meta", "About the resource itself.", META).read_only(),
];

const META: &[Attribute] = &[
    Attribute::text("resourceType", "User or Group.").exact().read_only(),
    Attribute::new("created", Kind::Time, "When it was made.").read_only(),
    Attribute::new("lastModified", Kind::Time, "When it was last changed.").read_only(),
    Attribute::new("location", Kind::Reference, "Where it is.").exact().read_only(),
    Attribute::text("version", "Its version, as an entity tag.").exact().read_only(),
];

/// Users.
pub(crate) const USERS: ResourceKind = ResourceKind {
    name: "User",
    path: "Users",
    about: "People of the organization.",
    schema: &user::USER,
    extensions: &[&ENTERPRISE],
};

/// Groups.
pub(crate) const GROUPS: ResourceKind = ResourceKind {
    name: "Group",
    path: "Groups",
    about: "Groups of people, which give them roles.",
    schema: &GROUP,
    extensions: &[],
};

const GROUP: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    about: "A group of people.",
    attributes: &[
        Attribute::text("displayName", "Its name; what it gives its members goes by that.")
            .required()
            .unique(),
        Attribute::list(
            "members",
            "The people in it.",
            &[
                Attribute::text("value", "The id of a user.").exact().immutable().required(),
                Attribute::new("$ref", Kind::Reference, "Where the user is.").exact().immutable(),
                Attribute::text("display", "The user's name.").read_only().on_request(),
                Attribute::text("type", "Always User.").immutable().words(&["User"]),
            ],
        ),
    ],
};

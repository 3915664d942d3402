//! The attributes of a user. Plain tables.

use super::{Attribute, Kind, Mutability, Returned, Schema};

/// A value, what it is for, and whether it is the first one to use.
macro_rules! values {
    ($value:expr) => {
        &[
            $value,
            Attribute::text("display", "As people read it."),
            Attribute::text("type", "What it is for."),
            Attribute::new("primary", Kind::Flag, "It is the one to use first; at most one is."),
        ]
    };
}

const TEXTS: &[Attribute] = values!(Attribute::text("value", "The value."));
const EXACT: &[Attribute] = values!(Attribute::text("value", "The value.").exact());
const LINKS: &[Attribute] = values!(Attribute::new("value", Kind::Reference, "The address.").exact());
const CERTIFICATES: &[Attribute] =
    values!(Attribute::new("value", Kind::Binary, "The certificate, in DER and base64.").exact());

const NAME: &[Attribute] = &[
    Attribute::text("formatted", "The whole name, as it is shown."),
    Attribute::text("familyName", "The family name."),
    Attribute::text("givenName", "The given name."),
    Attribute::text("middleName", "Names between."),
    Attribute::text("honorificPrefix", "What stands before the name."),
    Attribute::text("honorificSuffix", "What stands behind the name."),
];

const ADDRESS: &[Attribute] = &[
    Attribute::text("formatted", "The whole address."),
    Attribute::text("streetAddress", "Street and number."),
    Attribute::text("locality", "City."),
    Attribute::text("region", "State or region."),
    Attribute::text("postalCode", "Code of the place."),
    Attribute::text("country", "Country, ISO 3166-1 alpha-2."),
    Attribute::text("type", "What it is for."),
    Attribute::new("primary", Kind::Flag, "It is the one to use first; at most one is."),
];

const GROUPS: &[Attribute] = &[
    Attribute::text("value", "The id of the group.").exact().read_only(),
    Attribute::new("$ref", Kind::Reference, "Where the group is.").exact().read_only(),
    Attribute::text("display", "The group's name.").read_only(),
    Attribute::text("type", "Always direct.").read_only().words(&["direct"]),
];

const MANAGER: &[Attribute] = &[
    Attribute::text("value", "The id of the manager.").exact(),
    Attribute::new("$ref", Kind::Reference, "Where the manager is.").exact(),
    Attribute::text("displayName", "The manager's name."),
];

/// `urn:ietf:params:scim:schemas:core:2.0:User`.
pub(super) const USER: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    about: "A person.",
    attributes: &[
        Attribute::text("userName", "What the person signs in with; unique in the organization.")
            .required()
            .unique(),
        Attribute::complex("name", "The parts of the name.", NAME),
        Attribute::text("displayName", "The name that others see."),
        Attribute::text("nickName", "What others call the person."),
        Attribute::new("profileUrl", Kind::Reference, "A page about the person.").exact(),
        Attribute::text("title", "Position."),
        Attribute::text("userType", "Kind of employment."),
        Attribute::text("preferredLanguage", "Language."),
        Attribute::text("locale", "Where numbers and dates are written so."),
        Attribute::text("timezone", "Time zone."),
        Attribute::new("active", Kind::Flag, "Without it, the person's keys and tokens are refused."),
        Attribute {
            mutability: Mutability::WriteOnly,
            returned: Returned::Never,
            ..Attribute::text("password", "Taken, and kept nowhere.").exact()
        },
        Attribute::list("emails", "Addresses; the primary one is the user's.", TEXTS),
        Attribute::list("phoneNumbers", "Telephone numbers.", TEXTS),
        Attribute::list("ims", "Addresses for messages.", TEXTS),
        Attribute::list("photos", "Pictures.", LINKS),
        Attribute::list("addresses", "Addresses by mail.", ADDRESS),
        Attribute::list("groups", "The groups that the person is in.", GROUPS).read_only(),
        Attribute::list("entitlements", "What the person is entitled to; kept, and used for nothing.", EXACT),
        Attribute::list("roles", "The person's roles elsewhere; kept, and used for nothing.", EXACT),
        Attribute::list("x509Certificates", "Certificates.", CERTIFICATES),
    ],
};

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.
pub(crate) const ENTERPRISE: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    about: "A person in a company.",
    attributes: &[
        Attribute::text("employeeNumber", "Number of the employee."),
        Attribute::text("costCenter", "Cost center."),
        Attribute::text("organization", "Name of the organization."),
        Attribute::text("division", "Name of the division."),
        Attribute::text("department", "Name of the department."),
        Attribute::complex("manager", "The person's manager.", MANAGER),
    ],
};

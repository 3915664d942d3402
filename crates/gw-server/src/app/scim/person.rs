//! A person as a directory says him, and as he is stored: a user with a name, an address and a switch, and beside them all
//! attributes as they were given. Pure.

use gw_model::AccountId;
use gw_store::types::{AccountProfile, ScimPerson, StoredAccount};
use serde_json::{Map, Value, json};

/// Longest address in bytes, by the rules of mail.
const MAX_EMAIL: usize = 254;

/// Longest name in characters.
const MAX_NAME: usize = 256;

/// What a directory wants a person to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PersonGiven {
    pub(crate) user_name: String,
    external_id: Option<String>,
    /// `None`: as he is.
    active: Option<bool>,
    attributes: Map<String, Value>,
}

impl PersonGiven {
    /// Of a resource that was read by the schema.
    pub(crate) fn of(mut resource: Map<String, Value>) -> Self {
        let mut text = |name: &str| match resource.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (user_name, external_id) = (text("userName"), text("externalId"));
        let active = resource.remove("active");
        // Whether he is active is said no more: he stays as he is, and nothing is shown of it.
        if active == Some(Value::Null) {
            resource.insert("active".to_owned(), Value::Null);
        }
        let active = active.and_then(|active| active.as_bool());
        Self { user_name: user_name.unwrap_or_default(), external_id, active, attributes: resource }
    }

    /// His address: the primary one, else the first, else the name that he signs in with.
    pub(super) fn email(&self) -> Option<String> {
        let listed = match self.attributes.get("emails") {
            Some(Value::Array(list)) => list.as_slice(),
            _ => &[],
        };
        let value = |entry: &Value| entry.get("value").and_then(Value::as_str).and_then(address);
        let primary = listed.iter().find(|entry| crate::scim::resource::is_primary(entry)).and_then(value);
        primary.or_else(|| listed.iter().find_map(value)).or_else(|| address(&self.user_name))
    }

    /// What others call him.
    fn name(&self) -> String {
        let text =
            |of: &Map<String, Value>, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let parts = self.attributes.get("name").and_then(Value::as_object);
        let whole = || {
            let parts = parts?;
            let both: Vec<String> =
                ["givenName", "familyName"].iter().filter_map(|name| text(parts, name)).collect();
            text(parts, "formatted").or_else(|| (!both.is_empty()).then(|| both.join(" ")))
        };
        let name = text(&self.attributes, "displayName").or_else(whole);
        let name = name.unwrap_or_else(|| self.user_name.clone());
        name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
    }

    /// Puts it into a profile.
    pub(super) fn put(self, organization: AccountId, profile: &mut AccountProfile) {
        profile.name = self.name();
        profile.email = self.email();
        if let Some(active) = self.active {
            profile.disabled = !active;
        }
        profile.scim = Some(Box::new(ScimPerson {
            organization,
            user_name: self.user_name,
            external_id: self.external_id,
            attributes: self.attributes,
            deleted: false,
        }));
    }
}

fn address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let parts: Vec<&str> = text.split('@').collect();
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    let is_address = matches!(parts[..], [name, host] if !name.is_empty() && !host.is_empty());
    (is_address && text.len() <= MAX_EMAIL && text.chars().all(is_plain)).then_some(text)
}

/// What the directory calls somebody whom it may not have made.
pub(crate) fn user_name(user: &StoredAccount) -> &str {
    let profile = &user.profile;
    let given = profile.scim.as_ref().map(|scim| scim.user_name.as_str());
    given.or(profile.email.as_deref()).unwrap_or(&profile.name)
}

/// A person as a resource, without what only the gateway sets.
pub(crate) fn shown(user: &StoredAccount) -> Map<String, Value> {
    let profile = &user.profile;
    let scim = profile.scim.as_ref();
    let mut resource = scim.map(|scim| scim.attributes.clone()).unwrap_or_default();
    resource.insert("userName".to_owned(), user_name(user).into());
    // Null stands for what the directory took away.
    if resource.remove("active").is_none() {
        resource.insert("active".to_owned(), (!profile.disabled).into());
    }
    if let Some(external_id) = scim.and_then(|scim| scim.external_id.as_deref()) {
        resource.insert("externalId".to_owned(), external_id.into());
    }
    if scim.is_none() {
        resource.insert("displayName".to_owned(), profile.name.as_str().into());
    }
    // The address may have been changed elsewhere.
    if let Some(email) = &profile.email
        && let Value::Array(emails) = resource.entry("emails").or_insert_with(|| json!([]))
    {
        let is_it = |entry: &Value| {
            entry
                .get("value")
                .and_then(Value::as_str)
                .is_some_and(|value| value.trim().to_lowercase() == *email)
        };
        if !emails.iter().any(is_it) {
            let is_first = !emails.iter().any(crate::scim::resource::is_primary);
            emails.push(json!({ "value": email, "type": "work", "primary": is_first }));
        }
    }
    resource
}

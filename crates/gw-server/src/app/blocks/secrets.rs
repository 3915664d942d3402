//! Secrets of providers and guardrails that the API manages: taken out of what is shown, sealed under the block's name, and
//! bound to where it leads.

use super::Kind;
use crate::app::state::App;
use gw_model::Secret;
use gw_store::StoreError;
use gw_store::types::StoredBlock;
use gw_store::vault::name_of_block;
use serde_json::{Map, Value};

/// Members that must not be shown. A proxy's address may hold a password.
const SECRETS: [&str; 6] =
    ["api_key", "client_secret", "aws_secret_access_key", "aws_session_token", "proxy", "secret"];
/// An object whose every value is one.
const HEADERS: &str = "headers";
/// An object of objects that have them.
const CREDENTIALS: &str = "credentials";

/// The address that a guardrail asks; what stands in its query may be a credential.
const URL: &str = "url";

/// What says where requests and credentials go.
const TARGET: [&str; 7] = ["kind", "base_url", "endpoint", "base_url_values", "token_endpoint", "proxy", URL];

/// Is that member a secret, or does it hold some?
fn is_secret(member: &str) -> bool {
    SECRETS.contains(&member) || member == HEADERS || member == CREDENTIALS
}

/// What may be shown, and what may not, in the same shape.
pub(super) fn split(kind: Kind, document: Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    match kind {
        Kind::Provider | Kind::Guardrail => split_members(document),
        Kind::Model => (document, Map::new()),
    }
}

fn split_members(document: Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    let (mut public, mut hidden) = (Map::new(), Map::new());
    for (name, value) in document {
        match value {
            Value::Object(named) if name == CREDENTIALS => {
                let (mut shown, mut kept) = (Map::new(), Map::new());
                for (one, members) in named {
                    let Value::Object(members) = members else { continue };
                    let (public, hidden) = split_members(members);
                    shown.insert(one.clone(), Value::Object(public));
                    kept.insert(one, Value::Object(hidden));
                }
                public.insert(name.clone(), Value::Object(shown));
                hidden.insert(name, Value::Object(kept));
            }
            value if is_hidden(&name, &value) => drop(hidden.insert(name, value)),
            value => drop(public.insert(name, value)),
        }
    }
    (public, hidden)
}

/// Must that not be shown?
pub(super) fn is_hidden(name: &str, value: &Value) -> bool {
    let has_query = || value.as_str().is_some_and(|address| address.contains('?'));
    is_secret(name) || (name == URL && has_query())
}

fn join(public: &mut Map<String, Value>, hidden: &Map<String, Value>) {
    for (name, value) in hidden {
        match (public.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(more)) => join(inner, more),
            _ => drop(public.insert(name.clone(), value.clone())),
        }
    }
}

/// Where secrets stand, as JSON pointers.
pub(super) fn pointers(hidden: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    walk(hidden, "", &mut found);
    found.sort_unstable();
    found
}

fn walk(hidden: &Map<String, Value>, above: &str, found: &mut Vec<String>) {
    for (name, value) in hidden {
        let pointer = format!("{above}/{}", name.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(inner) => walk(inner, &pointer, found),
            _ => found.push(pointer),
        }
    }
}

/// What leads elsewhere, and a secret that is kept and would follow it.
pub(super) fn moved(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Option<(String, String)> {
    let field = TARGET.iter().find(|field| before.get(**field) != after.get(**field))?;
    let kept = before.keys().find(|name| {
        let is_there = match before.get(*name) {
            Some(Value::Object(named)) => !named.is_empty(),
            _ => true,
        };
        is_secret(name) && is_there && !given.contains_key(*name) && *name != field
    })?;
    Some(((*field).to_owned(), kept.clone()))
}

/// Seals what must not be shown.
pub(super) fn seal(
    app: &App,
    kind: Kind,
    name: &str,
    hidden: &Map<String, Value>,
) -> Result<Option<Vec<u8>>, StoreError> {
    if pointers(hidden).is_empty() {
        return Ok(None);
    }
    let text = Secret::new(Value::Object(hidden.clone()).to_string());
    app.storage.vault.seal(&name_of_block(kind.as_str(), name), &text).map(Some)
}

/// The whole block, and what is sealed of it; `None` where that cannot be opened or read.
pub(super) fn open(app: &App, block: &StoredBlock) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut whole: Map<String, Value> = serde_json::from_str(&block.document).ok()?;
    let Some(sealed) = &block.sealed else { return Some((whole, Map::new())) };
    let text = app.storage.vault.open(&name_of_block(&block.kind, &block.name), sealed).ok()?;
    let hidden: Map<String, Value> = serde_json::from_str(text.expose()).ok()?;
    join(&mut whole, &hidden);
    Some((whole, hidden))
}

#[cfg(test)]
mod tests;

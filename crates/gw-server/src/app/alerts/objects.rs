//! Rules, channels and silences that the admin API manages: checked as those of the file are, stored with an entry in the audit
//! log, and in force at every gateway by its next look. What must not be shown is sealed, and never given out again.

use super::book::{Book, Kind, channel, organization_of, reach, rule, secrets};
use crate::app::accounts::allowed;
use crate::app::audit;
use crate::app::authorization::{Caller, Denied, Resource, Standing};
use crate::app::state::App;
use gw_alerts::{ChannelDraft, ChannelSecrets, RuleDraft, SilenceDraft, Wrong};
use gw_model::{AccountId, Level, Secret};
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::traits::ControlStore;
use gw_store::types::StoredAlertObject;
use gw_store::vault::name_of_channel;
use serde_json::{Map, Value, json};

/// What must not be shown of a channel.
const SECRETS: [&str; 4] = ["url", "secret", "headers", "password"];
/// What says where a channel leads.
const TARGET: [&str; 5] = ["kind", "url", "host", "port", "security"];

/// Why something can not be made, changed or removed.
#[derive(Debug)]
pub(crate) enum ObjectError {
    /// There is none of that id.
    NotFound,
    /// It stands in the file.
    OfFile,
    /// There are too many.
    TooMany(usize),
    /// It is wrong.
    Wrong(Wrong),
    /// There is no such organization.
    NoOrganization,
    /// Rules tell this channel.
    InUse(Vec<String>),
    /// He may not.
    Denied(Denied),
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for ObjectError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Wrong> for ObjectError {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<Denied> for ObjectError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// Names of the members of a kind.
pub(crate) fn members(kind: Kind) -> Vec<&'static str> {
    let own: Vec<&'static str> = match kind {
        Kind::Rule => RuleDraft::fields().collect(),
        Kind::Channel => ChannelDraft::FIELDS.to_vec(),
        Kind::Silence => SilenceDraft::FIELDS.to_vec(),
    };
    let mut all = vec!["name", "organization_id"];
    all.extend(own);
    all
}

/// What of a kind whoever asks may see: of the file first, then by id.
pub(crate) fn list(app: &App, caller: &Caller, kind: Kind) -> Result<Vec<Value>, ObjectError> {
    caller.authority.may_somewhere(Resource::Alerts.read())?;
    let sees = |organization: Option<AccountId>| {
        caller.authority.sees(Resource::Alerts.read(), &Standing::hidden_below(app, organization))
    };
    let mut rows = if sees(None) { of_file(app, kind) } else { Vec::new() };
    for stored in app.storage.database.alert_objects()? {
        let is_seen = organization_of(&stored).is_some_and(sees);
        if stored.kind == kind.as_str() && is_seen {
            rows.push(shown(app, &stored));
        }
    }
    Ok(rows)
}

/// One of a kind.
pub(crate) fn show(app: &App, caller: &Caller, kind: Kind, id: &str) -> Result<(Value, i64), ObjectError> {
    if id.starts_with("file:") {
        let found =
            of_file(app, kind).into_iter().find(|row| row["id"] == id).ok_or(ObjectError::NotFound)?;
        caller.authority.may(Resource::Alerts.read(), &Standing::hidden_below(app, None))?;
        return Ok((found, 0));
    }
    let stored = find(app, kind, id)?;
    may(app, caller, &stored, Resource::Alerts.read())?;
    Ok((shown(app, &stored), stored.revision))
}

/// Makes one.
pub(crate) fn create(
    app: &App,
    caller: &Caller,
    kind: Kind,
    mut given: Map<String, Value>,
) -> Result<(Value, i64), ObjectError> {
    let organization = organization(app, caller, given.remove("organization_id"))?;
    let standing = Standing::below(app, organization);
    caller
        .authority
        .may(Resource::Alerts.write(), &standing)
        .map_err(|denied| denied.told(Resource::Alerts.write()))?;
    let _changing = app.changing.lock();
    let id = format!("{}{:032x}", kind.prefix(), random()?);
    let name = match (kind, given.remove("name")) {
        (Kind::Silence, None) => id.clone(),
        (_, name) => text("name", name)?,
    };
    let now = app.gateway.clock().now();
    let mut stored = StoredAlertObject {
        id,
        kind: kind.as_str().to_owned(),
        organization: organization.map(|id| id.to_string()).unwrap_or_default(),
        name,
        document: "{}".to_owned(),
        sealed: None,
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    write(app, kind, &mut stored, given)?;
    let all = app.storage.database.alert_objects()?;
    let of_same = all.iter().filter(|one| one.kind == stored.kind && one.organization == stored.organization);
    let most = app.alerts.policy.load().max_per_organization;
    if of_same.count() >= most {
        return Err(ObjectError::TooMany(most));
    }
    let mut entry = noted(app, caller, kind, "create", &stored);
    entry.after = Some(shown(app, &stored));
    audit::with_entry(app, &entry, |store| store.create_alert_object(&stored).map(Some))?;
    Ok((shown(app, &stored), stored.revision))
}

/// Changes the members given; null takes one away.
pub(crate) fn change(
    app: &App,
    caller: &Caller,
    kind: Kind,
    (id, if_revision): (&str, Option<i64>),
    mut given: Map<String, Value>,
) -> Result<(Value, i64), ObjectError> {
    let _changing = app.changing.lock();
    let mut stored = writable(app, caller, kind, id, if_revision)?;
    if given.remove("organization_id").is_some_and(|id| id.as_str().unwrap_or("") != stored.organization) {
        let text = "'organization_id' cannot be changed: make another one".to_owned();
        return Err(Wrong { field: "organization_id", text }.into());
    }
    let before = shown(app, &stored);
    let is_secret = SECRETS.iter().any(|name| given.contains_key(*name));
    if let Some(name) = given.remove("name") {
        stored.name = text("name", Some(name))?;
    }
    write(app, kind, &mut stored, given)?;
    stored.updated_at = app.gateway.clock().now();
    stored.revision += 1;
    let mut entry = noted(app, caller, kind, "update", &stored);
    let (before, mut after) = changed(&before, &shown(app, &stored));
    if is_secret {
        after["secrets"] = "others".into();
    }
    (entry.before, entry.after) = (Some(before), Some(after));
    let update = |store: &dyn ControlStore| Ok(store.update_alert_object(&stored)?.then_some(()));
    audit::with_entry(app, &entry, update)?.ok_or(ObjectError::NotFound)?;
    Ok((shown(app, &stored), stored.revision))
}

/// Removes one. A channel that rules name stays.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    kind: Kind,
    id: &str,
    if_revision: Option<i64>,
) -> Result<(), ObjectError> {
    let _changing = app.changing.lock();
    let stored = writable(app, caller, kind, id, if_revision)?;
    if kind == Kind::Channel {
        let book = Book::read(app)?;
        let organization = organization_of(&stored).flatten();
        let named = book
            .rules
            .iter()
            .filter(|(rule, _)| rule.organization == organization && rule.channels.contains(&stored.name));
        let named: Vec<String> = named.map(|(rule, _)| rule.name.clone()).collect();
        if !named.is_empty() {
            return Err(ObjectError::InUse(named));
        }
    }
    let mut entry = noted(app, caller, kind, "delete", &stored);
    entry.before = Some(shown(app, &stored));
    let delete = |store: &dyn ControlStore| Ok(store.delete_alert_object(id)?.then_some(()));
    audit::with_entry(app, &entry, delete)?.ok_or(ObjectError::NotFound)
}

/// Checks what is given together with what is there, and puts it into what is stored.
fn write(
    app: &App,
    kind: Kind,
    stored: &mut StoredAlertObject,
    given: Map<String, Value>,
) -> Result<(), ObjectError> {
    let mut document: Map<String, Value> = serde_json::from_str(&stored.document).unwrap_or_default();
    let mut hidden = secrets(app, stored).unwrap_or_default();
    check_target(&document, &hidden, &given)?;
    for (name, value) in given {
        if kind == Kind::Channel && SECRETS.contains(&name.as_str()) {
            put_secret(&mut hidden, &name, value)?;
        } else if value.is_null() {
            document.remove(&name);
        } else {
            document.insert(name, value);
        }
    }
    let organization = organization_of(stored).ok_or(ObjectError::NoOrganization)?;
    check_name(app, kind, stored, organization)?;
    match kind {
        Kind::Rule => {
            let draft: RuleDraft = typed(document.clone())?;
            let rule = draft.check(&stored.id, &stored.name, organization)?;
            let book = Book::read(app)?;
            let is_there = |name: &&String| {
                let channels = book.channels.values();
                !channels.into_iter().any(|one| one.name == **name && one.organization == organization)
            };
            if let Some(missing) = rule.channels.iter().find(is_there) {
                let text = format!("there is no channel '{missing}' beside this rule");
                return Err(Wrong { field: "channels", text }.into());
            }
        }
        Kind::Channel => {
            let draft: ChannelDraft = typed(document.clone())?;
            let way = (stored.id.as_str(), stored.name.as_str());
            draft.check(way, organization, &hidden, reach(app, organization))?;
            stored.sealed = match hidden.is_empty() {
                true => None,
                false => Some(app.storage.vault.seal(&name_of_channel(&stored.id), &hidden.to_text())?),
            };
        }
        Kind::Silence => {
            let draft: SilenceDraft = typed(document.clone())?;
            draft.check_new(&stored.id, organization, app.gateway.clock().now())?;
        }
    }
    stored.document = Value::Object(document).to_string();
    Ok(())
}

/// Secrets go only where whoever gave them wanted them to: with another target, each is given again, or taken away.
fn check_target(
    before: &Map<String, Value>,
    hidden: &ChannelSecrets,
    given: &Map<String, Value>,
) -> Result<(), ObjectError> {
    let is_other = |name: &&&str| match **name {
        "url" => given
            .get("url")
            .is_some_and(|url| url.as_str() != hidden.url.as_ref().map(gw_model::Secret::expose)),
        name => given.get(name).is_some_and(|value| before.get(name) != Some(value)),
    };
    let Some(field) = TARGET.iter().find(is_other).copied() else { return Ok(()) };
    let secrets = [
        ("secret", hidden.secret.is_some()),
        ("headers", !hidden.headers.is_empty()),
        ("password", hidden.password.is_some()),
    ];
    let kept = secrets.iter().find(|(name, is_there)| *is_there && !given.contains_key(*name));
    let Some((kept, _)) = kept else { return Ok(()) };
    let text = format!("'{field}' leads elsewhere: give '{kept}' again, or null");
    Err(Wrong { field, text }.into())
}

/// A name of the file is not given a second time.
fn check_name(
    app: &App,
    kind: Kind,
    stored: &StoredAlertObject,
    organization: Option<AccountId>,
) -> Result<(), ObjectError> {
    let is_taken =
        organization.is_none() && of_file(app, kind).iter().any(|row| row["name"] == stored.name.as_str());
    if is_taken {
        return Err(StoreError::NameTaken { name: stored.name.clone() }.into());
    }
    Ok(())
}

fn typed<T: serde::de::DeserializeOwned>(document: Map<String, Value>) -> Result<T, ObjectError> {
    // The parser's words may repeat what was written, so that the field alone is told.
    for (name, value) in &document {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        if serde_json::from_value::<T>(Value::Object(one)).is_err() {
            let field = known(name);
            return Err(Wrong { field, text: format!("'{field}' is not of the kind that it must be") }.into());
        }
    }
    let whole = serde_json::from_value(Value::Object(document));
    whole.map_err(|_| Wrong { field: "kind", text: "the members do not go together".to_owned() }.into())
}

fn known(name: &str) -> &'static str {
    let all = RuleDraft::fields().chain(ChannelDraft::FIELDS).chain(SilenceDraft::FIELDS);
    all.into_iter().find(|field| *field == name).unwrap_or("kind")
}

fn put_secret(hidden: &mut ChannelSecrets, name: &str, value: Value) -> Result<(), ObjectError> {
    let wrong = |field: &'static str| Wrong { field, text: format!("'{field}' must be a text, or null") };
    let one = |field: &'static str, value: Value| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(Secret::new(text))),
        _ => Err(wrong(field)),
    };
    match name {
        "url" => hidden.url = one("url", value)?,
        "secret" => hidden.secret = one("secret", value)?,
        "password" => hidden.password = one("password", value)?,
        _ => {
            let headers = match value {
                Value::Null => Map::new(),
                Value::Object(headers) => headers,
                _ => {
                    let text = "'headers' must be an object of texts, or null".to_owned();
                    return Err(Wrong { field: "headers", text }.into());
                }
            };
            let header = |(name, value)| Ok((name, one("headers", value)?.ok_or_else(|| wrong("headers"))?));
            hidden.headers = headers.into_iter().map(header).collect::<Result<_, Wrong>>()?;
        }
    }
    Ok(())
}

fn text(field: &'static str, value: Option<Value>) -> Result<String, ObjectError> {
    match value {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Wrong { field, text: format!("'{field}' is missing, or no text: add it") }.into()),
    }
}

/// Whose something new is. One that he does not see is as none.
fn organization(app: &App, caller: &Caller, given: Option<Value>) -> Result<Option<AccountId>, ObjectError> {
    let id = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(id)) => id.parse::<AccountId>().ok(),
        Some(_) => None,
    };
    let id = id.filter(|id| id.level == Level::Organization).ok_or(ObjectError::NoOrganization)?;
    match allowed::is_seen(app, caller, id)? && app.gateway.keys.accounts.get(id).is_some() {
        true => Ok(Some(id)),
        false => Err(ObjectError::NoOrganization),
    }
}

fn find(app: &App, kind: Kind, id: &str) -> Result<StoredAlertObject, ObjectError> {
    let all = app.storage.database.alert_objects()?;
    let found = all.into_iter().find(|one| one.id == id && one.kind == kind.as_str());
    found.ok_or(ObjectError::NotFound)
}

fn writable(
    app: &App,
    caller: &Caller,
    kind: Kind,
    id: &str,
    if_revision: Option<i64>,
) -> Result<StoredAlertObject, ObjectError> {
    if id.starts_with("file:") {
        show(app, caller, kind, id)?;
        return Err(ObjectError::OfFile);
    }
    let stored = find(app, kind, id)?;
    may(app, caller, &stored, Resource::Alerts.write())?;
    match if_revision.is_some_and(|expected| expected != stored.revision) {
        true => Err(StoreError::Changed { revision: stored.revision }.into()),
        false => Ok(stored),
    }
}

fn may(
    app: &App,
    caller: &Caller,
    stored: &StoredAlertObject,
    permission: crate::app::authorization::Permission,
) -> Result<(), ObjectError> {
    let organization = organization_of(stored).ok_or(ObjectError::NotFound)?;
    Ok(caller.authority.may(permission, &Standing::hidden_below(app, organization)).map(drop)?)
}

fn random() -> Result<u128, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(u128::from_be_bytes(bytes))
}

fn noted(
    app: &App,
    caller: &Caller,
    kind: Kind,
    verb: &'static str,
    stored: &StoredAlertObject,
) -> AuditDraft {
    let (of, action) = match (kind, verb) {
        (Kind::Rule, "create") => ("alert_rule", "alert_rule.create"),
        (Kind::Rule, "update") => ("alert_rule", "alert_rule.update"),
        (Kind::Rule, _) => ("alert_rule", "alert_rule.delete"),
        (Kind::Channel, "create") => ("alert_channel", "alert_channel.create"),
        (Kind::Channel, "update") => ("alert_channel", "alert_channel.update"),
        (Kind::Channel, _) => ("alert_channel", "alert_channel.delete"),
        (Kind::Silence, "create") => ("alert_silence", "alert_silence.create"),
        (Kind::Silence, "update") => ("alert_silence", "alert_silence.update"),
        (Kind::Silence, _) => ("alert_silence", "alert_silence.delete"),
    };
    let mut entry = audit::draft(app, &caller.origin, action, of);
    (entry.id, entry.name) = (stored.id.clone(), stored.name.clone());
    entry.places = organization_of(stored).flatten().into_iter().collect();
    entry
}

/// A row of what is stored: never what is sealed.
fn shown(app: &App, stored: &StoredAlertObject) -> Value {
    let document: Map<String, Value> = serde_json::from_str(&stored.document).unwrap_or_default();
    let mut row = json!({
        "id": stored.id,
        "name": stored.name,
        "organization_id": (!stored.organization.is_empty()).then_some(&stored.organization),
        "managed_by": "api",
        "created_at": gw_model::time::format(stored.created_at),
        "updated_at": gw_model::time::format(stored.updated_at),
        "revision": stored.revision,
    });
    match stored.kind.as_str() {
        "channel" => {
            let hidden = secrets(app, stored).unwrap_or_default();
            row["target"] = json!(channel(app, stored).map(|one| one.target()));
            row["has_secret"] = hidden.secret.is_some().into();
            row["has_password"] = hidden.password.is_some().into();
            row["header_names"] = json!(hidden.headers.iter().map(|(name, _)| name).collect::<Vec<_>>());
        }
        "silence" => {
            let now = app.gateway.clock().now();
            let silence = super::book::silence(stored).ok().flatten();
            row["is_active"] = silence.is_some_and(|silence| silence.until > now).into();
        }
        _ => row["enabled"] = rule(stored).ok().flatten().is_some_and(|rule| rule.enabled).into(),
    }
    for (name, value) in document {
        row[name] = value;
    }
    row
}

/// Rows of what stands in the file.
fn of_file(app: &App, kind: Kind) -> Vec<Value> {
    let policy = app.alerts.policy.load();
    let row = |id: &str, name: &str, document: Value| {
        let mut row = json!({ "id": id, "name": name, "organization_id": null, "managed_by": "file",
            "created_at": null, "updated_at": null, "revision": 0 });
        for (name, value) in document.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        row
    };
    match kind {
        Kind::Rule => policy
            .rules
            .iter()
            .map(|(rule, draft)| {
                let mut row = row(&rule.id, &rule.name, json!(draft));
                row["enabled"] = rule.enabled.into();
                row
            })
            .collect(),
        Kind::Channel => policy
            .channels
            .iter()
            .map(|(channel, draft)| {
                let mut row = row(&channel.id, &channel.name, json!(draft));
                row["target"] = channel.target().into();
                row
            })
            .collect(),
        Kind::Silence => Vec::new(),
    }
}

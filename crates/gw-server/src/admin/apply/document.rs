//! Reads a document of organizations, keys and what else there is. Members that the API has too are read by its own
//! readers; here stands what only documents have: nesting, names in place of ids, and the place of every fault.

use super::json;
use crate::admin::account_input::UserKind;
use crate::admin::error::ApiError;
use crate::admin::{account_input, calls, given, key_input, limits};
use crate::app::apply::{Above, Entry, Fault, MAX_FAULTS, Reference, Spot, Wanted, WantedAccount, WantedKey};
use gw_config::Place;
use gw_config::document::{Key, Kind, Node};
use gw_model::nearest::nearest;
use gw_model::{AccountId, KeyId, KeyPolicy, KeyTerms, Level, Role, Secret};
use gw_store::types::AccountProfile;
use members::{Members, SERVICES, TOP, members};
use serde_json::{Map, Value};

mod members;

/// The name of a document that says none.
const DEFAULT_NAME: &str = "default";

/// The version of the form.
const VERSION: &str = "1";

/// What the configuration has that a document may name.
#[derive(Clone, Copy)]
pub(super) struct Configured<'a> {
    /// Is there a provider of that name?
    pub(super) provider: &'a dyn Fn(&str) -> bool,
    /// Is there a guardrail of that name?
    pub(super) guardrail: &'a dyn Fn(&str) -> bool,
}

/// Reads all files of a document into one.
pub(super) fn read(files: &[Node], configured: Configured<'_>) -> Result<Wanted, Vec<Fault>> {
    let wanted = Wanted { document: String::new(), ..Wanted::default() };
    let mut reader = Reader { wanted, faults: Vec::new(), file: 0, configured };
    for (file, root) in files.iter().enumerate() {
        reader.file = file;
        reader.root(root);
    }
    let Reader { mut wanted, mut faults, .. } = reader;
    if wanted.document.is_empty() {
        DEFAULT_NAME.clone_into(&mut wanted.document);
    }
    if faults.is_empty() {
        return Ok(wanted);
    }
    faults.sort_by_key(|fault| fault.entry.spot);
    Err(faults)
}

struct Reader<'a> {
    wanted: Wanted,
    faults: Vec<Fault>,
    file: usize,
    configured: Configured<'a>,
}

/// What an entry stands in.
#[derive(Clone, Copy)]
struct Within {
    level: Level,
    at: usize,
}

type Entries<'n> = &'n [(Key, Node)];

impl Reader<'_> {
    fn fault(&mut self, place: Place, field: &str, message: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            let entry = self.entry(place, field);
            self.faults.push(Fault { entry, message: message.into() });
        }
    }

    fn entry(&self, place: Place, field: &str) -> Entry {
        Entry { spot: Spot { file: self.file, place }, field: field.to_owned() }
    }

    fn root(&mut self, root: &Node) {
        let Kind::Map(entries) = &root.kind else {
            if !root.is_null() {
                self.fault(root.place, "", format!("a document has lists such as {}", TOP.join(", ")));
            }
            return;
        };
        for (key, node) in entries {
            match key.text.as_str() {
                "version" => {
                    if json::text(node).as_deref() != Some(VERSION) {
                        self.fault(
                            node.place,
                            "version",
                            format!("'version' must be {VERSION}, or be left out"),
                        );
                    }
                }
                "document" => self.name(node),
                name => match sort_of(name) {
                    Some(sort) => self.list(sort, name, node, None),
                    None => {
                        let known = TOP.iter().copied().chain(["version", "document"]);
                        self.unknown(key, "", known);
                    }
                },
            }
        }
    }

    /// The document's name, which tells what it manages from what others do.
    fn name(&mut self, node: &Node) {
        let name = json::text(node).unwrap_or_default();
        let is_good =
            !name.trim().is_empty() && name.len() <= given::MAX_TEXT && !name.chars().any(char::is_control);
        if !is_good {
            self.fault(node.place, "document", "'document' must be a name for all that the document manages");
        } else if !self.wanted.document.is_empty() && self.wanted.document != name {
            let text = format!(
                "another file says that the document is '{}'; apply them one by one",
                self.wanted.document
            );
            self.fault(node.place, "document", text);
        } else {
            self.wanted.document = name;
        }
    }

    fn unknown<'k>(&mut self, key: &Key, field: &str, known: impl Iterator<Item = &'k str> + Clone) {
        let name = &key.text;
        let text = match nearest(name, known.clone()) {
            Some(near) => format!("there is no member '{name}', did you mean '{near}'?"),
            None => {
                let known: Vec<&str> = known.collect();
                format!("there is no member '{name}'; there are {}", known.join(", "))
            }
        };
        self.fault(key.place, &joined(field, name), text);
    }

    /// A list of accounts of a level, or of keys.
    fn list(&mut self, (level, kind): Sort, field: &str, node: &Node, within: Option<Within>) {
        let items = match &node.kind {
            Kind::List(items) => items,
            _ if node.is_null() => return,
            Kind::Broken => return,
            _ => {
                let name = field.rsplit('.').next().unwrap_or(field);
                return self.fault(
                    node.place,
                    field,
                    format!("'{name}' must be a list: write '- name: ...' below it"),
                );
            }
        };
        for (at, item) in items.iter().enumerate() {
            let field = format!("{field}[{at}]");
            match &item.kind {
                Kind::Map(entries) if level == Level::Key => self.key(&field, item, entries, within),
                Kind::Map(entries) => self.account((level, kind), &field, item, entries, within),
                Kind::Broken => {}
                _ => self.fault(item.place, &field, format!("a {} is a block with 'name'", level.as_str())),
            }
        }
    }

    /// The members that the API knows, as JSON; all others are known to exist.
    fn body(&mut self, field: &str, entries: Entries<'_>, known: &Members) -> Map<String, Value> {
        let mut body = Map::new();
        for (key, node) in entries {
            let name = key.text.as_str();
            if name == "guardrails" {
                self.check_guardrails(&joined(field, name), node);
            }
            if known.of_api.contains(&name) {
                body.insert(name.to_owned(), json::value(name, node));
            } else if !known.of_document(name) {
                self.unknown(key, field, known.all());
            }
        }
        body
    }

    /// Is there a guardrail for every name?
    fn check_guardrails(&mut self, field: &str, node: &Node) {
        let Kind::List(items) = &node.kind else { return };
        for (at, item) in items.iter().enumerate() {
            let unknown = json::text(item).filter(|name| !(self.configured.guardrail)(name));
            if let Some(name) = unknown {
                let text = format!("there is no guardrail '{name}': write one of the configuration's");
                self.fault(item.place, &format!("{field}[{at}]"), text);
            }
        }
    }

    fn account(
        &mut self,
        (level, kind): Sort,
        field: &str,
        node: &Node,
        entries: Entries<'_>,
        within: Option<Within>,
    ) {
        let known = members(level, kind);
        let body = self.body(field, entries, &known);
        let mut profile = AccountProfile::default();
        let text = Value::Object(body).to_string();
        let read = account_input::read(level, text.as_bytes()).and_then(|given| {
            account_input::apply(level, kind, &given, &mut profile, self.configured.provider)
        });
        if let Err(error) = read {
            self.refused(field, node, error);
        }
        let entry = self.entry(name_place(node), field);
        let plan = self.reference(field, entries, Level::Plan);
        if plan.is_some()
            && let Err(error) = limits::check_beside_plan(&profile.policy.limits, &profile.policy.budgets)
        {
            self.refused(field, node, error);
        }
        let memberships = match find(entries, "memberships") {
            Some((_, node)) if level == Level::User => self.memberships(&joined(field, "memberships"), node),
            _ => Vec::new(),
        };
        let id =
            self.id(field, entries, |text| text.parse::<AccountId>().ok().filter(|id| id.level == level));
        let above = self.parent((level, kind), field, node, entries, within);
        let at = self.wanted.accounts.len();
        self.wanted.accounts.push(WantedAccount { entry, level, id, above, profile, plan, memberships });
        for (key, node) in entries {
            if let Some(below) =
                known.lists.iter().find(|name| **name == key.text).and_then(|name| sort_of(name))
            {
                self.list(below, &joined(field, &key.text), node, Some(Within { level, at }));
            }
        }
    }

    /// What an account belongs to: what it stands in, or what it names.
    fn parent(
        &mut self,
        (level, kind): Sort,
        field: &str,
        node: &Node,
        entries: Entries<'_>,
        within: Option<Within>,
    ) -> Option<Above> {
        let mut named = None;
        let is_person = level == Level::User && kind == UserKind::Person;
        let parents = if is_person { &[] } else { account_input::parents(level) };
        for (_, above) in parents {
            let Some(reference) = self.reference(field, entries, *above) else { continue };
            if within.is_some() || named.is_some() {
                let text = "what it belongs to is said twice: leave this out";
                self.fault(reference.entry.spot.place, &reference.entry.field, text);
            }
            named = Some(Above::Named(reference));
        }
        let above = within.map(|within| Above::Within(within.at)).or(named);
        if level == Level::Project && above.is_none() {
            self.fault(node.place, &joined(field, "team"), "a project belongs to a team: add 'team'");
        }
        if level == Level::User && !is_person && above.is_none() {
            let text = "a service account belongs to something: write it within an organization, a team or a project, or \
                        add 'team'";
            self.fault(node.place, &joined(field, "team"), text);
        }
        above
    }

    fn key(&mut self, field: &str, node: &Node, entries: Entries<'_>, within: Option<Within>) {
        let body = self.body(field, entries, &members(Level::Key, UserKind::default()));
        let terms = KeyTerms { models: vec!["*".to_owned()], ..KeyTerms::default() };
        let mut policy = KeyPolicy { terms, ..KeyPolicy::default() };
        if let Err(error) = key_input::apply(Value::Object(body).to_string().as_bytes(), &mut policy) {
            self.refused(field, node, error);
        }
        let providers = policy.access.as_ref().and_then(|access| access.calls.providers.as_ref());
        if let Err(error) = calls::check_providers(providers, self.configured.provider) {
            self.refused(field, node, error);
        }
        let plan = self.reference(field, entries, Level::Plan);
        if plan.is_some()
            && let Err(error) = limits::check_beside_plan(&policy.limits, &policy.budgets)
        {
            self.refused(field, node, error);
        }
        policy.team_id = self.label(field, entries, "team_label");
        policy.project_id = self.label(field, entries, "project_label");
        let id = self.id(field, entries, |text| text.parse::<KeyId>().ok());
        let mut above = |level| self.above_key(level, field, entries, within);
        let (team, project, user) = (above(Level::Team), above(Level::Project), above(Level::User));
        let secret = find(entries, "key").and_then(|(key, node)| {
            let field = joined(field, "key");
            match json::text(node) {
                Some(text) => Some((self.entry(node.place, &field), Secret::new(text))),
                None if matches!(node.kind, Kind::Broken) => None,
                None => {
                    self.fault(
                        key.place,
                        &field,
                        "'key' must be a text, such as ${APP_KEY}; or leave it out",
                    );
                    None
                }
            }
        });
        let entry = self.entry(name_place(node), field);
        self.wanted.keys.push(WantedKey { entry, id, policy, team, project, user, plan, secret });
    }

    fn above_key(
        &mut self,
        level: Level,
        field: &str,
        entries: Entries<'_>,
        within: Option<Within>,
    ) -> Option<Above> {
        let named = self.reference(field, entries, level);
        let around = within.filter(|within| within.level == level);
        if let (Some(reference), Some(_)) = (&named, around) {
            let text = "what it belongs to is said twice: leave this out";
            self.fault(reference.entry.spot.place, &reference.entry.field, text);
        }
        around.map(|within| Above::Within(within.at)).or(named.map(Above::Named))
    }

    /// A name for reports alone.
    fn label(&mut self, field: &str, entries: Entries<'_>, name: &'static str) -> Option<String> {
        let (_, node) = find(entries, name)?;
        let text = json::text(node)?;
        if text.chars().count() > given::MAX_TEXT || text.parse::<AccountId>().is_ok() {
            self.fault(node.place, &joined(field, name), format!("'{name}' must be a short name, and no id"));
        }
        Some(text)
    }

    /// What an entry names, under the level's name or the API's: `team` or `team_id`.
    fn reference(&mut self, field: &str, entries: Entries<'_>, level: Level) -> Option<Reference> {
        let short = level.as_str();
        let long = format!("{short}_id");
        let mut both = [short, long.as_str()].into_iter().filter_map(|name| find(entries, name));
        let (key, node) = both.next()?;
        if let Some((second, _)) = both.next() {
            let text = format!("'{short}' stands there already: leave this out");
            self.fault(second.place, &joined(field, &long), text);
        }
        self.named(&joined(field, &key.text), node, level)
    }

    fn named(&mut self, field: &str, node: &Node, level: Level) -> Option<Reference> {
        match json::text(node) {
            Some(text) => Some(Reference { entry: self.entry(node.place, field), level, text }),
            None => {
                if !node.is_null() && !matches!(node.kind, Kind::Broken) {
                    let name = level.as_str();
                    self.fault(node.place, field, format!("this must be the name or the id of a {name}"));
                }
                None
            }
        }
    }

    fn id<T>(&mut self, field: &str, entries: Entries<'_>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (_, node) = find(entries, "id").filter(|(_, node)| !node.is_null())?;
        let id = json::text(node).and_then(|text| parse(&text));
        if id.is_none() {
            self.fault(
                node.place,
                &joined(field, "id"),
                "'id' must be an id of what this is, or be left out",
            );
        }
        id
    }

    fn memberships(&mut self, field: &str, node: &Node) -> Vec<(Reference, Role)> {
        const LEVELS: [Level; 3] = [Level::Organization, Level::Team, Level::Project];
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ if node.is_null() => return Vec::new(),
            _ => {
                self.fault(node.place, field, "'memberships' must be a list");
                return Vec::new();
            }
        };
        if items.len() > account_input::MAX_MEMBERSHIPS {
            let text = format!("there may be {} memberships", account_input::MAX_MEMBERSHIPS);
            self.fault(node.place, field, text);
        }
        let mut found = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let field = format!("{field}[{at}]");
            let entries: Entries<'_> = match &item.kind {
                Kind::Map(entries) => entries,
                _ => &[],
            };
            const KNOWN: [&str; 7] =
                ["organization", "organization_id", "team", "team_id", "project", "project_id", "role"];
            for (key, _) in entries.iter().filter(|(key, _)| !KNOWN.contains(&key.text.as_str())) {
                self.unknown(key, &field, KNOWN.into_iter());
            }
            let of: Vec<Reference> =
                LEVELS.iter().filter_map(|level| self.reference(&field, entries, *level)).collect();
            let role = find(entries, "role").and_then(|(_, node)| Role::from_name(&json::text(node)?));
            match (<[Reference; 1]>::try_from(of), role) {
                (Ok([of]), Some(role)) => found.push((of, role)),
                (Ok(_), None) => {
                    let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
                    let place = find(entries, "role").map_or(item.place, |(_, node)| node.place);
                    self.fault(
                        place,
                        &joined(&field, "role"),
                        format!("'role' must be one of {}", names.join(", ")),
                    );
                }
                (Err(_), _) => {
                    self.fault(
                        item.place,
                        &field,
                        "a membership has one of organization, team and project, and role",
                    );
                }
            }
        }
        found
    }

    /// What the API's reader found, at the place of the field that it names.
    fn refused(&mut self, field: &str, node: &Node, error: ApiError) {
        let (named, message) = error.told();
        let place = named.as_deref().map_or(node.place, |named| json::place(node, named));
        self.fault(place, &joined(field, named.as_deref().unwrap_or("")), message);
    }
}

/// What stands in a list.
type Sort = (Level, UserKind);

fn sort_of(list: &str) -> Option<Sort> {
    if list == SERVICES {
        return Some((Level::User, UserKind::Service));
    }
    let level = Level::ALL.iter().copied().find(|level| list.strip_suffix('s') == Some(level.as_str()));
    level.map(|level| (level, UserKind::Person))
}

fn find<'n>(entries: Entries<'n>, name: &str) -> Option<&'n (Key, Node)> {
    entries.iter().find(|(key, _)| key.text == name)
}

/// Where the name of an entry stands: that is what people look for.
fn name_place(node: &Node) -> Place {
    let Kind::Map(entries) = &node.kind else { return node.place };
    find(entries, "name").or_else(|| find(entries, "email")).map_or(node.place, |(key, _)| key.place)
}

fn joined(field: &str, name: &str) -> String {
    match (field.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => field.to_owned(),
        _ => format!("{field}.{name}"),
    }
}

#[cfg(test)]
mod tests;

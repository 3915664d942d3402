//! Keys of a document: what they belong to, and what differs from those that there are.

use super::super::{Change, Entry, WantedKey};
use super::{Holding, Work, shown, stored_keys};
use crate::app::state::App;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Secret};
use gw_store::StoreError;
use gw_store::keys::{file_key_id, generate_key_id};
use gw_store::memory::KeySource;
use gw_store::types::StoredKey;
use std::collections::{HashMap, HashSet};

/// Shortest key in characters: below, it could be guessed.
const MIN_KEY_CHARS: usize = 16;

/// What is wrong with the text of a key, which is never shown. `of`: the key that has it, if any does.
pub(crate) fn secret_fault(app: &App, text: &str, of: Option<KeyId>) -> Option<String> {
    let gateway = &app.gateway;
    if text.chars().count() < MIN_KEY_CHARS {
        return Some(format!("a key must have at least {MIN_KEY_CHARS} characters"));
    }
    if text.contains(char::is_whitespace) || text.chars().any(char::is_control) {
        return Some("a key must not have spaces in it".to_owned());
    }
    let known = gateway.keys.find(text, gateway.clock().now());
    let is_taken = gateway.is_master(text) || known.is_some_and(|known| Some(known.id) != of);
    is_taken.then(|| "another key is the same already; make a new one".to_owned())
}

impl Work<'_> {
    pub(super) fn compare_keys(&mut self) -> Result<(), StoreError> {
        let wanted = self.wanted;
        let policies: Vec<_> = wanted.keys.iter().map(|key| self.policy(key)).collect();
        let ids = self.find_keys(&policies)?;
        let there: Vec<KeyId> = ids.iter().flatten().copied().collect();
        let mut stored = stored_keys(self.app, &there)?;
        let (mut names, mut secrets) = (HashMap::new(), HashSet::new());
        let mut times: HashMap<&str, usize> = HashMap::new();
        wanted.keys.iter().for_each(|key| *times.entry(&key.policy.name).or_default() += 1);
        let (mut paths, first) = (HashSet::new(), self.plan.changes.len());
        for ((key, id), (policy, refers_to)) in wanted.keys.iter().zip(ids).zip(policies) {
            let spot = key.entry.spot;
            if let Some(first) = names.insert((policy.owner().to_owned(), key.policy.name.as_str()), spot) {
                let text = format!("the key '{}' stands {} already", key.policy.name, first.told(spot));
                self.fault(&key.entry, text);
                continue;
            }
            if let Some((entry, secret)) = &key.secret {
                self.check_secret(entry, secret, id);
                if !secrets.insert(secret.expose()) {
                    self.fault(entry, "this is the same as another key of the document; make a new one");
                }
            }
            let mut path = match times.get(key.policy.name.as_str()) {
                Some(2..) => self.key_path(policy.owner(), &policy.name),
                _ => policy.name.clone(),
            };
            // A team and a service account may be called the same.
            let plain = path.clone();
            for number in 2.. {
                if paths.insert(path.clone()) {
                    break;
                }
                path = format!("{plain} #{number}");
            }
            self.compare_key((key, path), (policy, refers_to), id.and_then(|id| stored.remove(&id)))?;
        }
        // A new key may have the name that another one gives up.
        if let Some(changes) = self.plan.changes.get_mut(first..) {
            changes.sort_by_key(|planned| matches!(planned.change, Change::CreateKey { .. }));
        }
        Ok(())
    }

    /// The keys that there are, for each of the document: those that are named by their ids first.
    fn find_keys(
        &mut self,
        policies: &[(KeyPolicy, Vec<AccountId>)],
    ) -> Result<Vec<Option<KeyId>>, StoreError> {
        let wanted = self.wanted;
        let mut found = vec![None; wanted.keys.len()];
        let (mut taken, mut open) = (HashSet::new(), Vec::new());
        let mut order: Vec<_> = wanted.keys.iter().zip(policies).zip(&mut found).collect();
        order.sort_by_key(|((key, _), _)| key.id.is_none());
        for ((key, (policy, _)), place) in order {
            match self.find_key(key, policy) {
                Ok(Some(id)) if taken.insert(id) => *place = Some(id),
                Ok(Some(_)) if key.id.is_some() => {
                    self.fault(&key.entry, "this id stands in the document already");
                }
                Ok(_) => open.push((key.policy.name.as_str(), place)),
                Err(message) => self.fault(&key.entry, message),
            }
        }
        if open.is_empty() {
            return Ok(found);
        }
        let moved = self.managed_keys(&taken)?;
        let mut times: HashMap<&str, usize> = HashMap::new();
        open.iter().for_each(|(name, _)| *times.entry(name).or_default() += 1);
        for (name, place) in open {
            // What is not found where it is to be was moved. Of several, nobody knows which.
            if let (Some(1), Some([id])) = (times.get(name), moved.get(name).map(Vec::as_slice)) {
                *place = Some(*id);
            }
        }
        Ok(found)
    }

    /// Keys that the document manages, by their names, but for these.
    fn managed_keys(&self, taken: &HashSet<KeyId>) -> Result<HashMap<String, Vec<KeyId>>, StoreError> {
        let mut managed: HashMap<String, Vec<KeyId>> = HashMap::new();
        for text in self.app.storage.database.managed_by(&self.wanted.document)? {
            let account = text.parse::<AccountId>().ok().filter(|id| id.level == Level::Key);
            let id = account.map(|account| KeyId(account.number)).filter(|id| !taken.contains(id));
            let entry = id.and_then(|id| self.app.gateway.keys.get(id));
            if let Some(entry) = entry.filter(|entry| entry.source == KeySource::Api) {
                managed.entry(entry.name.to_string()).or_default().push(entry.id);
            }
        }
        Ok(managed)
    }

    /// The key of that id, or of that name where it is to be; `policy` says what it belongs to. Errors: what is wrong.
    fn find_key(&self, key: &WantedKey, policy: &KeyPolicy) -> Result<Option<KeyId>, String> {
        let table = &self.app.gateway.keys;
        let of_file = table.get(file_key_id(&policy.name)).filter(|found| found.source == KeySource::File);
        let named = of_file.or_else(|| table.by_name(policy.owner(), &policy.name));
        let found = match key.id {
            None => named,
            Some(id) if named.is_some_and(|other| other.id != id) => {
                return Err("another key beside it has this name".to_owned());
            }
            Some(id) => Some(table.get(id).ok_or_else(|| {
                format!("there is no key with the id '{id}'; leave 'id' out to find it by its name")
            })?),
        };
        let Some(found) = found else { return Ok(None) };
        match found.source {
            KeySource::Api => Ok(Some(found.id)),
            KeySource::File => {
                Err("this key is managed by the configuration file; change it there".to_owned())
            }
            KeySource::Token => {
                Err("this is no key: the caller has tokens of an identity provider".to_owned())
            }
        }
    }

    fn check_secret(&mut self, entry: &Entry, secret: &Secret, of: Option<KeyId>) {
        if let Some(message) = secret_fault(self.app, secret.expose(), of) {
            self.fault(entry, message);
        }
    }

    /// What a key goes by where several of the document have its name: `Acme/Search/app`.
    pub(in crate::app::apply) fn key_path(&self, owner: &str, name: &str) -> String {
        match owner.parse::<AccountId>() {
            Ok(id) => format!("{}/{name}", self.plan.paths.of(id)),
            Err(_) if owner.is_empty() => name.to_owned(),
            Err(_) => format!("{owner}/{name}"),
        }
    }

    fn compare_key(
        &mut self,
        (key, path): (&WantedKey, String),
        (policy, refers_to): (KeyPolicy, Vec<AccountId>),
        stored: Option<StoredKey>,
    ) -> Result<(), StoreError> {
        let id = match &stored {
            Some(before) => before.id,
            None => generate_key_id()?,
        };
        let account = AccountId { level: Level::Key, number: id.0 };
        self.held.insert(account, Holding { entry: key.entry.clone(), refers_to });
        let secret = key.secret.as_ref().map(|(_, secret)| secret.clone());
        let mut policy = Box::new(policy);
        let change = match stored {
            None => Change::CreateKey { id, policy, secret },
            Some(before) => {
                let secret = secret.filter(|secret| !self.is_present(&before, secret));
                // Who made it is not for a document to say; one that changes it is somebody else than its holder.
                policy.made_by_holder = before.policy.made_by_holder;
                let is_same = before.policy == *policy;
                policy.made_by_holder = false;
                if is_same && secret.is_none() {
                    self.same.push(account);
                    return Ok(());
                }
                Change::UpdateKey { before: Box::new(before), policy, secret }
            }
        };
        self.push(path, &key.entry, change);
        Ok(())
    }

    /// Is it what the key goes by now, and not by one before?
    fn is_present(&self, key: &StoredKey, secret: &Secret) -> bool {
        let (table, now) = (&self.app.gateway.keys, self.app.gateway.clock().now());
        let digest = table.digest(secret.expose());
        let is_old = key.retiring.is_some_and(|old| old.digest == digest);
        !is_old && table.find(secret.expose(), now).is_some_and(|found| found.id == key.id)
    }

    /// The policy with what the key belongs to, and all of that.
    fn policy(&mut self, key: &WantedKey) -> (KeyPolicy, Vec<AccountId>) {
        let mut policy = key.policy.clone();
        let mut team = key.team.as_ref().and_then(|above| self.above(above, None));
        let mut project = key.project.as_ref().and_then(|above| self.above(above, team));
        // A project brings its team along.
        if let Some(of_project) = project.and_then(|project| self.parent_of(project)) {
            if team.is_some_and(|team| team != of_project) {
                let text = format!(
                    "its project belongs to the team '{}'; leave 'team' out, or change one of them",
                    self.plan.paths.of(of_project)
                );
                self.fault(&key.entry, text);
            }
            team = Some(of_project);
        }
        let user = key.user.as_ref().and_then(|above| self.above(above, None));
        (team, project) = self.placed(key, user, (team, project));
        let plan = key.plan.as_ref().and_then(|plan| self.find(plan, None));
        let set = |place: &mut Option<String>, id: Option<AccountId>| {
            if let Some(id) = id {
                *place = Some(shown(id));
            }
        };
        set(&mut policy.team_id, team);
        set(&mut policy.project_id, project);
        set(&mut policy.user_id, user);
        set(&mut policy.plan_id, plan);
        (policy, [team, project, user, plan].into_iter().flatten().collect())
    }

    /// The team and the project of a key. One of a service account stands where that belongs, or below.
    fn placed(
        &mut self,
        key: &WantedKey,
        user: Option<AccountId>,
        (team, project): (Option<AccountId>, Option<AccountId>),
    ) -> (Option<AccountId>, Option<AccountId>) {
        let Some(owner) = user.and_then(|user| self.parent_of(user)) else { return (team, project) };
        let has_label = key.policy.team_id.is_some() || key.policy.project_id.is_some();
        let Some(nearest) = project.or(team) else {
            if has_label && owner.level != Level::Organization {
                self.fault(
                    &key.entry,
                    "a key of a service account has no 'team_label' and no 'project_label'",
                );
            }
            return match owner.level {
                Level::Team => (Some(owner), None),
                Level::Project => (self.parent_of(owner), Some(owner)),
                _ => (None, None),
            };
        };
        if std::iter::successors(Some(nearest), |at| self.parent_of(*at)).all(|at| at != owner) {
            let text = format!(
                "the key is a service account's, which belongs to '{}': leave out where it stands, or name what is below that",
                self.plan.paths.of(owner)
            );
            self.fault(&key.entry, text);
        }
        (team, project)
    }
}

//! From nodes to groups, by following the graph from its start. A node that several ways lead to becomes a group on each
//! of them. It must not be asked about nodes that `check` has not seen.

use super::super::conditions::Conditions;
use super::super::kept::{Kept, MAX_TARGETS};
use super::super::models;
use super::super::targets::MAX_MEMBERS;
use super::check;
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::limits::{SharingMode, WithoutRedis, sharing};
use crate::settings::routes::{NodeSettings, NodeType, RouteSettings, SubjectName};
use crate::shape::{BudgetPeriod, NamedEntry, Text};
use gw_model::ErrorCode;
use gw_model::limits::Period;
use gw_model::nearest::nearest;
use gw_model::routing::{
    Destination, End, Gate, GateBy, GateLimit, GateUnit, Group, Member, StickyBy, Strategy, stable_hash,
};
use gw_model::snapshot::{Model, RetryPolicy, Snapshot, Target, Terms, Timeouts};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Longest way through a route, in nodes.
const MAX_DEPTH: usize = 32;

/// What routes are made from.
pub(super) struct Known<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// Providers that are faulty themselves.
    pub(super) broken: &'a [String],
}

/// Compiles a route. `None` when it has faults.
pub(super) fn compile(
    name: &str,
    route: &RouteSettings,
    known: &Known<'_>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> Option<Model> {
    let mut conditions = Conditions::default();
    if !check::check(route, &mut conditions, faults) {
        return None;
    }
    let mut walk = Walk {
        name,
        route,
        known,
        faults,
        conditions,
        path: Vec::new(),
        reached: BTreeSet::new(),
        targets: Kept::default(),
        groups: 0,
        members: 0,
        is_stopped: false,
    };
    let start = walk.node(&route.start);
    let Walk { reached, targets, mut groups, is_stopped, .. } = walk;
    let start = start.filter(|_| !is_stopped)?;
    if targets.is_empty() {
        faults.add(route.start.place, format!("route '{name}' comes to no model: add a node of type model"));
        return None;
    }
    for node in route.nodes.value.0.iter().filter(|node| !reached.contains(node.name.as_str())) {
        warnings.add(node.place, format!("no way leads to node '{}' of route '{name}'", node.name));
    }
    let group = match start {
        Destination::Group(group) => *group,
        to => {
            groups = groups.saturating_add(1);
            Group::new(groups - 1, Strategy::Fallback, vec![Member::to(to, 1, 0)])
        }
    };
    let queue = route.queue.value.policy();
    Some(Model { queue, ..Model::new(name.into(), group, groups, targets.finish()) })
}

struct Walk<'a, 'f> {
    name: &'a str,
    route: &'a RouteSettings,
    known: &'a Known<'a>,
    faults: &'f mut Faults,
    conditions: Conditions,
    /// The nodes that are being followed, outermost first.
    path: Vec<&'a str>,
    reached: BTreeSet<&'a str>,
    targets: Kept,
    groups: u16,
    members: usize,
    /// A fault ended the walk: what follows would only repeat it.
    is_stopped: bool,
}

impl<'a> Walk<'a, '_> {
    fn stop<T>(&mut self, place: Place, message: String) -> Option<T> {
        self.is_stopped = true;
        self.faults.add(place, message);
        None
    }

    /// What a node becomes.
    fn node(&mut self, at: &'a At<Text>) -> Option<Destination> {
        let node = self.route.nodes.value.0.iter().find(|node| node.name == at.value.as_str())?;
        if self.is_stopped {
            return None;
        }
        let id = node.name.as_str();
        if self.path.contains(&id) {
            let path = self.path.join("' -> '");
            return self.stop(at.place, format!("'{path}' -> '{id}' is a circle: remove one of its links"));
        }
        if self.path.len() >= MAX_DEPTH {
            return self.stop(at.place, format!("the way here has more than {MAX_DEPTH} nodes: shorten it"));
        }
        self.count(at.place)?;
        self.reached.insert(id);
        self.path.push(id);
        let to = match node.value.r#type.value {
            NodeType::Condition => self.condition(node),
            NodeType::Percentage => self.percentage(node),
            NodeType::RateLimit => self.rate_limit(node),
            NodeType::BudgetLimit => self.budget_limit(node),
            NodeType::Model => self.model(node),
            NodeType::End => Some(self.end(node)),
        };
        self.path.pop();
        to
    }

    fn count(&mut self, place: Place) -> Option<()> {
        self.members += 1;
        if self.members <= MAX_MEMBERS {
            return Some(());
        }
        let message = format!("route '{}' has more than {MAX_MEMBERS} ways: use fewer nodes", self.name);
        self.stop(place, message)
    }

    /// A group that stands for a node, of which one member takes the request.
    fn one_of(&mut self, id: &str, strategy: Strategy, members: Vec<Member>) -> Destination {
        let mut group = Group::new(self.next_group(), strategy, members);
        (group.exclusive, group.node) = (true, Some(id.into()));
        Destination::Group(Box::new(group))
    }

    fn next_group(&mut self) -> u16 {
        let id = self.groups;
        self.groups = self.groups.saturating_add(1);
        id
    }

    fn condition(&mut self, node: &'a NamedEntry<NodeSettings>) -> Option<Destination> {
        let settings = &node.value;
        let when = self.conditions.get(settings.when.as_ref()?).ok()?;
        let then = self.node(settings.then.as_ref()?)?;
        let otherwise = self.node(settings.r#else.as_ref()?)?;
        let members =
            vec![Member { when: Some(when), ..Member::to(then, 1, 0) }, Member::to(otherwise, 1, 1)];
        Some(self.one_of(&node.name, Strategy::Fallback, members))
    }

    fn percentage(&mut self, node: &'a NamedEntry<NodeSettings>) -> Option<Destination> {
        let branches = &node.value.branches.as_ref()?.value;
        let mut members = Vec::with_capacity(branches.len());
        for (index, At { value: branch, .. }) in branches.iter().enumerate() {
            let before = branches.iter().take(index);
            let twins = before.filter(|before| before.value.to.value == branch.to.value).count() as u64;
            let (id, to) = (node.name.as_bytes(), branch.to.value.as_str().as_bytes());
            // Callers stay when shares change or branches are added.
            let salt = stable_hash([id, to, &twins.to_le_bytes()]);
            members.push(Member::to(self.node(&branch.to)?, branch.percent.value.small(), salt));
        }
        let by = match node.value.by.as_ref().map(|by| by.value) {
            Some(SubjectName::User) => StickyBy::User,
            Some(SubjectName::Customer) => StickyBy::Customer,
            Some(SubjectName::Session) => StickyBy::Session,
            Some(SubjectName::Prefix) => StickyBy::Prefix,
            Some(SubjectName::Key | SubjectName::Route | SubjectName::Team) | None => StickyBy::Key,
        };
        Some(self.one_of(&node.name, Strategy::Sticky([by].into()), members))
    }

    fn rate_limit(&mut self, node: &'a NamedEntry<NodeSettings>) -> Option<Destination> {
        let settings = &node.value;
        let limit = &settings.limit.as_ref()?.value;
        let (unit, max) = match (&limit.requests, &limit.tokens) {
            (Some(requests), _) => (GateUnit::Requests, requests.value.get()),
            (None, tokens) => (GateUnit::Tokens, tokens.as_ref()?.value.get()),
        };
        let mode = settings.mode.map_or(SharingMode::Strict, |mode| mode.value);
        let without = settings.on_unavailable.map_or(WithoutRedis::Local, |without| without.value);
        let (per_seconds, sharing) = (limit.per_seconds.value.small(), sharing(mode, without));
        let limit = GateLimit::Rate { unit, max, per_seconds, sharing };
        self.gated(node, limit, settings.exceeded.as_ref(), ErrorCode::RateLimitExceeded)
    }

    fn budget_limit(&mut self, node: &'a NamedEntry<NodeSettings>) -> Option<Destination> {
        let settings = &node.value;
        let At { value: BudgetPeriod(period), place } = *settings.period.as_ref()?;
        if matches!(period, Period::Rolling(_)) {
            let text = "a budget of a route has the 'period' day, week, month or total";
            self.faults.add(place, text);
            return None;
        }
        let limit = GateLimit::Budget { limit: settings.limit_usd.as_ref()?.value.0, period };
        self.gated(node, limit, settings.over.as_ref(), ErrorCode::BudgetExceeded)
    }

    /// A limit: what is within it goes on, the rest goes elsewhere or is refused.
    fn gated(
        &mut self,
        node: &'a NamedEntry<NodeSettings>,
        limit: GateLimit,
        above: Option<&'a At<Text>>,
        code: ErrorCode,
    ) -> Option<Destination> {
        let by = match node.value.by.as_ref().map(|by| by.value) {
            Some(SubjectName::Key) => GateBy::Key,
            Some(SubjectName::User) => GateBy::User,
            Some(SubjectName::Customer) => GateBy::Customer,
            Some(SubjectName::Session) => GateBy::Session,
            Some(SubjectName::Team) => GateBy::Team,
            Some(SubjectName::Route | SubjectName::Prefix) | None => GateBy::Route,
        };
        let counter = stable_hash([self.name.as_bytes(), node.name.as_bytes()]);
        let gate = Gate { counter, by, limit };
        let within = self.node(node.value.within.as_ref()?)?;
        let above = match above {
            Some(to) => self.node(to)?,
            None => {
                let what = if code == ErrorCode::BudgetExceeded { "budget" } else { "limit" };
                Destination::End(Arc::new(End {
                    // The step that leads here says enough.
                    node: "".into(),
                    code,
                    message: format!("the {what} '{}' of the route '{}' is reached", node.name, self.name)
                        .into(),
                }))
            }
        };
        let members =
            vec![Member { gate: Some(Arc::new(gate)), ..Member::to(within, 1, 0) }, Member::to(above, 1, 1)];
        Some(self.one_of(&node.name, Strategy::Fallback, members))
    }

    fn end(&self, node: &NamedEntry<NodeSettings>) -> Destination {
        let code = match node.value.status.as_ref().map_or(503, |status| status.value.get()) {
            400 => ErrorCode::InvalidRequest,
            402 => ErrorCode::BudgetExceeded,
            403 => ErrorCode::ModelNotAllowed,
            429 => ErrorCode::RateLimitExceeded,
            _ => ErrorCode::NoHealthyTarget,
        };
        let given = node.value.message.as_ref().map(|message| message.value.as_str().into());
        let message =
            given.unwrap_or_else(|| format!("the route '{}' ends at '{}'", self.name, node.name).into());
        Destination::End(Arc::new(End { node: node.name.as_str().into(), code, message }))
    }

    fn model(&mut self, node: &'a NamedEntry<NodeSettings>) -> Option<Destination> {
        let named = node.value.model.as_ref()?;
        let name = named.value.as_str();
        let snapshot = self.known.snapshot;
        let to = if let Some(model) = snapshot.models.get(name) {
            if model.group.node.is_some() {
                return self.stop(named.place, format!("'{name}' is a route: routes name models only"));
            }
            let terms = self.terms(&node.value, &model.retry, &model.timeouts);
            Destination::Group(Box::new(self.graft(&model.group, model, &terms, named.place)?))
        } else {
            let direct = name.split_once('/').filter(|(_, model)| !model.is_empty());
            let Some((provider, model)) =
                direct.and_then(|(provider, model)| Some((snapshot.providers.get(provider)?, model)))
            else {
                if !direct.is_some_and(|(provider, _)| self.known.broken.iter().any(|name| name == provider))
                {
                    self.faults.add(named.place, self.missing(name));
                }
                self.is_stopped = true;
                return None;
            };
            let info = snapshot.custom_info(&provider.name, model).unwrap_or_else(|| {
                Arc::new(snapshot.catalog.model(&provider.price_key, model).unwrap_or_default())
            });
            let terms = self.terms(&node.value, &RetryPolicy::default(), &Timeouts::default());
            let target = Target { terms: Some(terms), ..Target::plain(provider, model, info) };
            Destination::Target(self.keep(target, named.place)?)
        };
        let mut members = vec![Member::to(to, 1, 0)];
        if let Some(next) = &node.value.next {
            members.push(Member::to(self.node(next)?, 1, 1));
        }
        let mut group = Group::new(self.next_group(), Strategy::Fallback, members);
        group.node = Some(node.name.as_str().into());
        Some(Destination::Group(Box::new(group)))
    }

    fn missing(&self, name: &str) -> String {
        let models = self.known.snapshot.models.values().filter(|model| model.group.node.is_none());
        match nearest(name, models.map(|model| &*model.name)) {
            Some(near) => format!("there is no model '{name}', did you mean '{near}'?"),
            None => {
                format!("there is no model '{name}': write 'provider/model', or add an alias of that name")
            }
        }
    }

    /// An alias's group, with targets of this route.
    fn graft(&mut self, group: &Group, model: &Model, terms: &Arc<Terms>, place: Place) -> Option<Group> {
        let id = self.next_group();
        let mut members = Vec::with_capacity(group.members.len());
        for member in &group.members {
            self.count(place)?;
            let to = match &member.to {
                Destination::Target(index) => {
                    let target = model.targets.get(*index)?;
                    let target = Target { terms: Some(Arc::clone(terms)), ..Target::clone(target) };
                    Destination::Target(self.keep(target, place)?)
                }
                Destination::Group(inner) => {
                    Destination::Group(Box::new(self.graft(inner, model, terms, place)?))
                }
                Destination::End(end) => Destination::End(Arc::clone(end)),
            };
            members.push(Member { to, ..member.clone() });
        }
        Some(Group::new(id, group.strategy.clone(), members))
    }

    fn keep(&mut self, target: Target, place: Place) -> Option<usize> {
        let found = self.targets.place(target);
        if found.is_none() {
            let message = format!("route '{}' has more than {MAX_TARGETS} targets", self.name);
            return self.stop(place, message);
        }
        found
    }

    /// How a node's targets are tried: as the alias says, but for what the node says.
    fn terms(&mut self, node: &NodeSettings, retry: &RetryPolicy, timeouts: &Timeouts) -> Arc<Terms> {
        let mut timeouts = *timeouts;
        if let Some(At { value: given, .. }) = &node.timeout {
            let set = |into: &mut u64, given: Option<u64>| *into = given.unwrap_or(*into);
            set(&mut timeouts.connect_ms, given.connect_ms.as_ref().map(|ms| ms.value.get()));
            set(&mut timeouts.first_byte_ms, given.first_byte_ms.as_ref().map(|ms| ms.value.get()));
            set(&mut timeouts.first_token_ms, given.first_token_ms.as_ref().map(|ms| ms.value.get()));
            set(&mut timeouts.idle_ms, given.idle_ms.as_ref().map(|ms| ms.value.get()));
        }
        let retry = match &node.retry {
            Some(given) => models::retry(&given.value, self.faults),
            None => retry.clone(),
        };
        Arc::new(Terms { retry, timeouts })
    }
}

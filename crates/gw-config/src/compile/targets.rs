//! The targets of an alias: its own, those of aliases that it names, and groups within groups, gathered into one list
//! and a tree over it. Cycles, names that stand for nothing, and lists without end are faults with their places.

use super::conditions::Conditions;
use super::kept::{Kept, MAX_TARGETS};
use super::models::Known;
use super::{auto, credentials, prices, semantic};
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::auto::AutoSettings;
use crate::settings::drop_params::DropParamsSetting;
use crate::settings::models::{CapacitySettings, ModelSettings, StickyName, StrategyName, TargetSettings};
use crate::settings::semantic::SemanticSettings;
use crate::shape::{NamedEntry, Texts};
use gw_model::catalog::ModelInfo;
use gw_model::nearest::nearest;
use gw_model::policy::Condition;
use gw_model::routing::{Capacity, Destination, Group, Member, StickyBy, Strategy, stable_hash};
use gw_model::snapshot::Target;
use std::sync::Arc;

/// Most choices in the tree of one alias: aliases within aliases multiply.
pub(super) const MAX_MEMBERS: usize = 10_000;

/// Deepest nesting of groups and aliases.
const MAX_DEPTH: usize = 16;

/// How the members of a group are chosen, as it is written.
struct Choosing<'s> {
    strategy: StrategyName,
    sticky_by: Option<&'s At<Vec<At<StickyName>>>>,
    regions: Option<&'s At<Texts>>,
    semantic: Option<&'s At<SemanticSettings>>,
    auto: Option<&'s At<AutoSettings>>,
    targets: &'s [At<TargetSettings>],
    drop_params: Option<&'s At<DropParamsSetting>>,
    place: Place,
}

/// See the module.
pub(super) struct Gathering<'a, 'f> {
    known: &'a Known<'a>,
    faults: &'f mut Faults,
    warnings: &'f mut Faults,
    conditions: Conditions,
    /// The aliases that are being gathered, outermost first.
    path: Vec<&'a str>,
    depth: usize,
    /// Of the alias, and of those within it that lead here: all of them hold.
    residency: Vec<&'a At<Texts>>,
    targets: Kept,
    groups: u16,
    members: usize,
    /// Targets were found, but none where they may be.
    left_out: bool,
    is_full: bool,
}

impl<'a, 'f> Gathering<'a, 'f> {
    pub(super) fn new(
        known: &'a Known<'a>,
        faults: &'f mut Faults,
        warnings: &'f mut Faults,
        entry: &'a NamedEntry<ModelSettings>,
    ) -> Self {
        Self {
            known,
            faults,
            warnings,
            conditions: Conditions::default(),
            path: vec![entry.name.as_str()],
            depth: 0,
            residency: entry.value.residency.iter().collect(),
            targets: Kept::default(),
            groups: 0,
            members: 0,
            left_out: false,
            is_full: false,
        }
    }

    /// All targets, and how many groups there are.
    pub(super) fn finish(self) -> (Vec<Arc<Target>>, u16) {
        (self.targets.finish(), self.groups)
    }

    /// The group that an alias is.
    pub(super) fn alias(&mut self, settings: &'a ModelSettings) -> Group {
        let group = self.group(&Choosing {
            strategy: settings.strategy.value,
            sticky_by: settings.sticky_by.as_ref(),
            regions: settings.regions.as_ref(),
            semantic: settings.semantic.as_ref(),
            auto: settings.auto.as_ref(),
            targets: &settings.targets.value,
            drop_params: settings.drop_params.as_ref(),
            place: settings.targets.place,
        });
        if self.targets.is_empty() && self.left_out {
            let place = self.residency.last().map_or(settings.targets.place, |residency| residency.place);
            self.faults
                .add(place, format!("no target of model '{}' is in one of these regions", self.current()));
        }
        group
    }

    /// The models of a list, one after the other. `None` when it is empty.
    pub(super) fn fallback(&mut self, list: &'a At<Texts>) -> Option<Group> {
        let id = self.next_group();
        let members: Vec<Member> = list
            .value
            .0
            .iter()
            .enumerate()
            .filter_map(|(at, name)| {
                let to = self.named(name.value.as_str(), name.place)?;
                Some(Member::to(to, 1, at as u64))
            })
            .collect();
        (!members.is_empty()).then(|| Group::new(id, Strategy::Fallback, members))
    }

    /// One target of an alias, as if it were the only one.
    pub(super) fn only(
        &mut self,
        target: &'a At<TargetSettings>,
        drop_of_alias: Option<&'a At<DropParamsSetting>>,
    ) -> Option<Group> {
        let id = self.next_group();
        let to = self.member(target, drop_of_alias)?;
        Some(Group::new(
            id,
            Strategy::Fallback,
            vec![Member { when: self.when(target), ..Member::to(to, 1, 0) }],
        ))
    }

    fn next_group(&mut self) -> u16 {
        let id = self.groups;
        self.groups = self.groups.saturating_add(1);
        id
    }

    fn group(&mut self, choosing: &Choosing<'a>) -> Group {
        let id = self.next_group();
        if choosing.targets.is_empty() {
            let message = format!("model '{}' has no targets: add at least one", self.current());
            self.faults.add(choosing.place, message);
        }
        let weights: u64 = choosing.targets.iter().map(|target| target.value.weight.value.get()).sum();
        let draws = matches!(choosing.strategy, StrategyName::Weighted | StrategyName::Percentage);
        if draws && weights == 0 && !choosing.targets.is_empty() {
            let message = format!("all weights of model '{}' are 0: give one target more", self.current());
            self.faults.add(choosing.place, message);
        }
        if choosing.strategy == StrategyName::Conditional {
            self.warn_without_otherwise(choosing);
        }
        let mut strategy = self.strategy(choosing);
        let mut members = Vec::with_capacity(choosing.targets.len());
        let mut kept = Vec::with_capacity(choosing.targets.len());
        for (index, target) in choosing.targets.iter().enumerate() {
            let Some(to) = self.member(target, choosing.drop_params) else { continue };
            let priority = match (choosing.strategy, choosing.regions) {
                (StrategyName::Region, Some(regions)) => self.distance(&to, &regions.value),
                _ => target.value.priority.value.small(),
            };
            let salt = self.salt(&target.value, &to);
            let when = self.when(target);
            let weight = target.value.weight.value.small();
            members.push(Member { priority, when, ..Member::to(to, weight, salt) });
            kept.push(index);
        }
        match choosing.strategy {
            StrategyName::Semantic => {
                strategy = semantic::strategy(choosing.semantic, choosing.targets, &kept);
            }
            StrategyName::Auto => {
                strategy = auto::strategy(choosing.auto, choosing.semantic, choosing.targets, &kept);
            }
            _ => {}
        }
        Group::new(id, strategy, members)
    }

    fn strategy(&mut self, choosing: &Choosing<'_>) -> Strategy {
        let sticky = matches!(choosing.strategy, StrategyName::Sticky | StrategyName::Percentage);
        if let (Some(by), false) = (choosing.sticky_by, sticky) {
            self.faults.add(by.place, "'sticky_by' is for strategies sticky and percentage: remove it");
        }
        match (choosing.strategy, choosing.regions) {
            (StrategyName::Region, None) => {
                let message = "strategy 'region' needs 'regions', in order of preference";
                self.faults.add(choosing.place, message);
            }
            (StrategyName::Region, Some(_)) | (_, None) => {}
            (_, Some(regions)) => {
                self.faults.add(regions.place, "'regions' is for strategy region: remove it");
            }
        }
        match choosing.strategy {
            // Members whose conditions do not hold are passed over in any strategy, and what `semantic` and `auto` need
            // is known when their members are.
            StrategyName::Fallback
            | StrategyName::Conditional
            | StrategyName::Semantic
            | StrategyName::Auto => Strategy::Fallback,
            StrategyName::Priority | StrategyName::Region => Strategy::Priority,
            StrategyName::Weighted => Strategy::Weighted,
            StrategyName::Percentage => Strategy::Sticky(sticky_by(choosing, &[StickyBy::Key])),
            StrategyName::Sticky => {
                let all =
                    [StickyBy::Session, StickyBy::User, StickyBy::Customer, StickyBy::Prefix, StickyBy::Key];
                Strategy::Sticky(sticky_by(choosing, &all))
            }
            StrategyName::RoundRobin => Strategy::RoundRobin,
            StrategyName::LeastBusy => Strategy::LeastBusy,
            StrategyName::Latency => Strategy::Latency,
            StrategyName::Cost => Strategy::Cost,
            StrategyName::Usage => Strategy::Usage,
            StrategyName::Ensemble => {
                if self.depth > 0 {
                    let message =
                        "an ensemble can not stand within another model: give it an alias that callers name";
                    self.faults.add(choosing.place, message);
                }
                Strategy::Fallback
            }
        }
    }

    fn when(&mut self, target: &At<TargetSettings>) -> Option<Arc<dyn Condition>> {
        let when = target.value.when.as_ref()?;
        match self.conditions.get(when) {
            Ok(condition) => Some(condition),
            Err(message) => {
                self.faults.add(when.place, message);
                None
            }
        }
    }

    fn warn_without_otherwise(&mut self, choosing: &Choosing<'_>) {
        if !choosing.targets.iter().all(|target| target.value.when.is_some()) {
            return;
        }
        let message = format!(
            "every target of this group of model '{}' has 'when': a request of which none holds is refused with 503 \
             no_healthy_target, unless another group takes it; a last target without 'when' takes the rest",
            self.current()
        );
        self.warnings.add(choosing.place, message);
    }

    /// The same in every process that has this configuration, wherever the member stands in its list. Groups within
    /// groups must not choose alike, so the depth counts.
    fn salt(&self, written: &TargetSettings, to: &Destination) -> u64 {
        let depth = self.depth.to_le_bytes();
        match (&written.model, to) {
            (_, Destination::End(end)) => stable_hash([&depth[..], end.node.as_bytes()]),
            // Another alias, whatever stands behind it.
            (Some(name), Destination::Group(_)) => stable_hash([&depth[..], name.value.as_str().as_bytes()]),
            (_, to) => {
                let target = first_target(to).and_then(|index| self.targets.get(index));
                let texts = target.map_or(["", "", ""], |target| {
                    [&*target.provider.name, &*target.model, target.credential.as_deref().unwrap_or_default()]
                });
                stable_hash(std::iter::once(&depth[..]).chain(texts.map(str::as_bytes)))
            }
        }
    }

    /// How far down the list of regions the nearest target of a member is.
    fn distance(&self, to: &Destination, regions: &Texts) -> u32 {
        let last = regions.0.len();
        let at = match to {
            Destination::Target(index) => {
                let region = self.targets.get(*index).and_then(|target| target.provider.region.as_deref());
                let place = |region| regions.0.iter().position(|text| text.value.as_str() == region);
                region.and_then(place).unwrap_or(last)
            }
            Destination::Group(inner) => {
                let nearest = inner.members.iter().map(|member| self.distance(&member.to, regions)).min();
                return nearest.unwrap_or(u32::MAX);
            }
            Destination::End(_) => return u32::MAX,
        };
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn current(&self) -> &'a str {
        self.path.last().copied().unwrap_or_default()
    }

    fn member(
        &mut self,
        at: &'a At<TargetSettings>,
        drop_of_alias: Option<&'a At<DropParamsSetting>>,
    ) -> Option<Destination> {
        if self.members >= MAX_MEMBERS {
            self.too_many(at.place, format!("comes to more than {MAX_MEMBERS} choices"));
            return None;
        }
        self.members += 1;
        let settings = &at.value;
        if let (Some(capacity), None) = (&settings.capacity, &settings.provider) {
            let message =
                "'capacity' is of a provider's model: write it at the targets within, or at the provider";
            self.faults.add(capacity.place, message);
        }
        match (&settings.provider, &settings.model, &settings.targets) {
            (Some(_), Some(_), None) => self.target(at, drop_of_alias).map(Destination::Target),
            (None, Some(name), None) => self.named(name.value.as_str(), name.place),
            (None, None, Some(targets)) => self.nested(at.place, |gathering| {
                Some(gathering.group(&Choosing {
                    strategy: settings.strategy.as_ref().map_or(StrategyName::Fallback, |name| name.value),
                    sticky_by: settings.sticky_by.as_ref(),
                    regions: settings.regions.as_ref(),
                    semantic: settings.semantic.as_ref(),
                    auto: settings.auto.as_ref(),
                    targets: &targets.value.0,
                    drop_params: settings.drop_params.as_ref().or(drop_of_alias),
                    place: targets.place,
                }))
            }),
            (Some(provider), None, None) => {
                let message = "'model' is missing: write the model's name at the provider";
                self.faults.add(provider.place, message);
                None
            }
            (None, None, None) => {
                let message = "a target needs 'provider' and 'model', or 'model' alone for another alias, or \
                               'targets' for a group";
                self.faults.add(at.place, message);
                None
            }
            (_, _, Some(targets)) => {
                let message = "a target is either a provider's model or a group: remove 'targets', or 'provider' and \
                               'model'";
                self.faults.add(targets.place, message);
                None
            }
        }
    }

    /// Another alias, or `provider/model`.
    fn named(&mut self, name: &'a str, place: Place) -> Option<Destination> {
        let known = self.known;
        let Some(settings) = known.models.get(name) else {
            let direct = name.split_once('/').filter(|(_, model)| !model.is_empty());
            let found =
                direct.and_then(|(provider, model)| Some((known.providers.providers.get(provider)?, model)));
            let Some((provider, model)) = found else {
                let message = missing_alias(name, known);
                self.faults.add(place, message);
                return None;
            };
            let info = known.providers.info(provider, model, known.catalog);
            let target = Target::plain(provider, model, info);
            return self.keep(target, place).map(Destination::Target);
        };
        if self.path.contains(&name) {
            let path = self.path.join("' -> '");
            self.faults
                .add(place, format!("model '{path}' -> '{name}' is a circle: remove one of its links"));
            return None;
        }
        if settings.strategy.value == StrategyName::Ensemble {
            self.faults.add(place, within(name));
            return None;
        }
        let outer = self.residency.len();
        self.path.push(name);
        self.residency.extend(&settings.residency);
        let group = self.nested(place, |gathering| Some(gathering.alias(settings)));
        self.residency.truncate(outer);
        self.path.pop();
        group
    }

    fn nested(
        &mut self,
        place: Place,
        gather: impl FnOnce(&mut Self) -> Option<Group>,
    ) -> Option<Destination> {
        if self.depth >= MAX_DEPTH {
            self.faults.add(place, format!("is more than {MAX_DEPTH} groups deep: make it flatter"));
            return None;
        }
        self.depth += 1;
        let group = gather(self);
        self.depth -= 1;
        group.filter(|group| !group.members.is_empty()).map(|group| Destination::Group(Box::new(group)))
    }

    fn target(
        &mut self,
        at: &'a At<TargetSettings>,
        drop_of_alias: Option<&'a At<DropParamsSetting>>,
    ) -> Option<usize> {
        let known = self.known;
        let settings = &at.value;
        let (named, model) = (settings.provider.as_ref()?, settings.model.as_ref()?);
        let (name, model_name) = (named.value.as_str(), model.value.as_str());
        if model_name.is_empty() {
            self.faults.add(model.place, "'model' is empty: write the model's name at the provider");
        }
        for (is_there, place, key) in [
            (settings.strategy.is_some(), settings.strategy.as_ref().map(|at| at.place), "strategy"),
            (settings.regions.is_some(), settings.regions.as_ref().map(|at| at.place), "regions"),
            (settings.sticky_by.is_some(), settings.sticky_by.as_ref().map(|at| at.place), "sticky_by"),
        ] {
            if is_there {
                let message = format!("'{key}' is for groups: add 'targets', or remove it");
                self.faults.add(place.unwrap_or(at.place), message);
            }
        }
        let Some(provider) = known.providers.providers.get(name) else {
            if !known.providers.broken.iter().any(|broken| broken == name) {
                self.faults.add(named.place, missing_provider(name, known));
            }
            return None;
        };
        let credential = settings.credential.as_ref();
        if let Some(wanted) = credential.filter(|wanted| !credentials::has(provider, wanted.value.as_str())) {
            let message = format!("provider '{name}' has no credential '{}'", wanted.value.as_str());
            self.faults.add(wanted.place, message);
        }
        let mut info = known.providers.info(provider, model_name, known.catalog);
        if let Some(facts) = &settings.prices {
            let base = ModelInfo::clone(&info);
            let (key, catalog) = (&provider.price_key, known.catalog);
            info = Arc::new(prices::resolve(&facts.value, facts.place, base, key, catalog, self.faults));
        }
        if let Some(drop) = settings.drop_params.as_ref().or(drop_of_alias) {
            Arc::make_mut(&mut info).drop_params = drop.value.0.clone();
        }
        let family = settings.family.as_ref().map_or(model_name, |family| family.value.as_str());
        let target = Target {
            credential: credential.map(|name| name.value.as_str().into()),
            capacity: capacity(settings.capacity.as_ref(), provider.capacity),
            family: family.into(),
            ..Target::plain(provider, model_name, info)
        };
        self.keep(target, at.place)
    }

    /// Says once that an alias is too large.
    fn too_many(&mut self, place: Place, what: String) {
        if !std::mem::replace(&mut self.is_full, true) {
            let name = self.path.first().copied().unwrap_or_default();
            self.faults.add(place, format!("model '{name}' {what}"));
        }
    }

    /// Puts a target into the list, unless it may not be used or stands there already.
    fn keep(&mut self, target: Target, place: Place) -> Option<usize> {
        let region = target.provider.region.as_deref();
        let is_allowed = |residency: &&At<Texts>| {
            residency.value.0.iter().any(|allowed| Some(allowed.value.as_str()) == region)
        };
        if !self.residency.iter().all(is_allowed) {
            self.left_out = true;
            return None;
        }
        let found = self.targets.place(target);
        if found.is_none() {
            self.too_many(place, format!("has more than {MAX_TARGETS} targets"));
        }
        found
    }
}

/// What a group without a name is known by.
fn first_target(to: &Destination) -> Option<usize> {
    match to {
        Destination::Target(index) => Some(*index),
        Destination::Group(group) => group.members.iter().find_map(|member| first_target(&member.to)),
        Destination::End(_) => None,
    }
}

/// What is written at the target goes before what is written at its provider, number by number.
fn capacity(written: Option<&At<CapacitySettings>>, of_provider: Option<Capacity>) -> Option<Capacity> {
    let Some(own) = written.map(|at| at.value.capacity()) else { return of_provider };
    Some(own.or(of_provider.unwrap_or_default()))
}

fn sticky_by(choosing: &Choosing<'_>, unless_given: &[StickyBy]) -> Arc<[StickyBy]> {
    let Some(given) = choosing.sticky_by.filter(|by| !by.value.is_empty()) else {
        return unless_given.into();
    };
    let by = |name: &At<StickyName>| match name.value {
        StickyName::Key => StickyBy::Key,
        StickyName::User => StickyBy::User,
        StickyName::Customer => StickyBy::Customer,
        StickyName::Session => StickyBy::Session,
        StickyName::Prefix => StickyBy::Prefix,
    };
    given.value.iter().map(by).collect()
}

fn missing_provider(name: &str, known: &Known<'_>) -> String {
    let names = known.providers.providers.keys().map(AsRef::as_ref);
    match nearest(name, names) {
        Some(near) => format!("there is no provider '{name}', did you mean '{near}'?"),
        None => format!("there is no provider '{name}': add it under 'providers'"),
    }
}

/// Why an ensemble is refused where another model would do.
pub(super) fn within(name: &str) -> String {
    format!("model '{name}' is an ensemble, which can not stand within another model: name its targets")
}

pub(super) fn missing_alias(name: &str, known: &Known<'_>) -> String {
    let names = known.models.0.iter().map(|entry| entry.name.as_str());
    match nearest(name, names) {
        Some(near) => format!("there is no model '{name}', did you mean '{near}'?"),
        None => format!(
            "there is no model '{name}': write 'provider' too, or 'provider/model', or add an alias of that name"
        ),
    }
}

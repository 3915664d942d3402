//! Strategy `auto`: which classes a group has, what counts for each, and how good each target is at each. Checked with
//! what is written about meaning (`semantic`), and made with the group (`targets`). It must not guess how good a model
//! is: nothing that the gateway ships says so.

use super::semantic::{Checking, Written, made};
use crate::errors::Faults;
use crate::place::At;
use crate::settings::auto::{AutoSettings, ClassSettings, QualitySetting};
use crate::settings::models::TargetSettings;
use crate::settings::semantic::SemanticSettings;
use crate::shape::{Fraction, NamedEntry, Texts};
use gw_model::nearest::nearest;
use gw_model::routing::{Auto, Strategy, Task, TaskClass, Weights};
use std::sync::Arc;

/// Classes of a group besides those that are known.
const MAX_OWN: usize = 32;

/// In a table of quality: every class that is not named.
const DEFAULT: &str = "default";

/// Refuses what is for strategy `auto` where another one chooses.
pub(super) fn refuse(group: &Written<'_>, faults: &mut Faults) {
    if let Some(auto) = group.auto {
        faults.add(auto.place, "'auto' is for strategy auto: remove it");
    }
    for quality in group.targets.iter().filter_map(|target| target.value.quality.as_ref()) {
        faults.add(quality.place, "'quality' is for targets of strategy auto: remove it");
    }
}

/// Checks a group whose strategy it is.
pub(super) fn check(checking: &mut Checking<'_, '_>, group: &Written<'_>) {
    let own: Vec<&NamedEntry<ClassSettings>> = own(group.auto).collect();
    if let Some(far) = own.get(MAX_OWN) {
        let message = format!("there are more than {MAX_OWN} classes of your own: use fewer");
        checking.faults.add(far.place, message);
    }
    for class in own.iter().filter(|class| texts(class).is_none()) {
        let known = nearest(&class.name, Task::ALL.iter().map(|task| task.as_str()));
        let message = match known {
            Some(near) => format!("there is no class '{}', did you mean '{near}'?", class.name),
            None => format!(
                "nothing says which requests are of class '{}': add 'utterances', or write one of {}",
                class.name,
                known_names()
            ),
        };
        checking.faults.add(class.place, message);
    }
    weights_that_are_none(group, checking.faults);
    let names: Vec<&str> = names(group.auto).collect();
    for target in group.targets {
        quality(target, &names, checking.faults);
    }
    let lists: Vec<&At<Texts>> = entries(group.auto).iter().filter_map(texts).collect();
    let Some(semantic) = group.semantic else {
        if !lists.is_empty() {
            checking.classes(lists.into_iter(), group);
        }
        return;
    };
    if lists.is_empty() {
        let message =
            "'semantic' is for classes with 'utterances': add some under 'auto.classes', or remove it";
        checking.faults.add(semantic.place, message);
        return;
    }
    if let Some(default) = &semantic.value.default {
        let message = "what is like no utterance is of the class that it looks like: remove 'default'";
        checking.faults.add(default.place, message);
    }
    checking.classes(lists.into_iter(), group);
}

/// The strategy of a group of which those targets are left that are in `kept`, in order.
pub(super) fn strategy(
    auto: Option<&At<AutoSettings>>,
    semantic: Option<&At<SemanticSettings>>,
    targets: &[At<TargetSettings>],
    kept: &[usize],
) -> Strategy {
    let names: Vec<&str> = names(auto).collect();
    let written = auto.map_or_else(AutoSettings::default, |auto| auto.value.clone());
    let class = |name: &str| {
        let entry = entries(auto).iter().find(|entry| entry.name == name);
        TaskClass { name: name.into(), weights: weights(&written, entry.map(|entry| &entry.value)) }
    };
    let of_class = |name: &&str| {
        let of_target = |index: &usize| {
            let setting = targets.get(*index).and_then(|target| target.value.quality.as_ref());
            worth(setting.map(|quality| &quality.value), name).unwrap_or(0)
        };
        kept.iter().map(of_target).collect()
    };
    let utterances = |name: &&str| {
        let list = entries(auto).iter().find(|entry| entry.name == **name).and_then(texts);
        let list = list.map_or(&[][..], |list| &list.value.0);
        list.iter().map(|text| Arc::from(text.value.as_str())).collect()
    };
    let mut compared: Vec<Vec<Arc<str>>> = names.iter().map(utterances).collect();
    let has_some = compared.iter().any(|list| !list.is_empty());
    // What is like none of them is of no class by its meaning.
    compared.push(Vec::new());
    Strategy::Auto(Arc::new(Auto {
        classes: names.iter().map(|name| class(name)).collect(),
        quality: names.iter().map(of_class).collect(),
        long_context_tokens: written.long_context_tokens.value.get(),
        meaning: has_some.then(|| Arc::new(made(semantic, compared, names.len()))),
    }))
}

fn entries(auto: Option<&At<AutoSettings>>) -> &[NamedEntry<ClassSettings>] {
    auto.map_or(&[], |auto| &auto.value.classes.value.0)
}

/// Classes that only the configuration knows.
fn own(auto: Option<&At<AutoSettings>>) -> impl Iterator<Item = &NamedEntry<ClassSettings>> {
    let is_known = |name: &str| Task::ALL.iter().any(|task| task.as_str() == name);
    entries(auto).iter().filter(move |entry| !is_known(&entry.name))
}

/// All classes of a group, in order.
fn names(auto: Option<&At<AutoSettings>>) -> impl Iterator<Item = &str> {
    let known = Task::ALL.iter().map(|task| task.as_str());
    known.chain(own(auto).take(MAX_OWN).map(|entry| entry.name.as_str()))
}

fn known_names() -> String {
    Task::ALL.map(Task::as_str).join(", ")
}

/// Utterances, where there are any.
fn texts(entry: &NamedEntry<ClassSettings>) -> Option<&At<Texts>> {
    entry.value.utterances.as_ref().filter(|list| !list.value.0.is_empty())
}

/// What counts for a class.
fn weights(auto: &AutoSettings, class: Option<&ClassSettings>) -> Weights {
    let weight = |of_class: fn(&ClassSettings) -> &Option<At<Fraction>>, of_group| {
        let given = class.and_then(|class| of_class(class).as_ref());
        given.map_or(of_group, |given| given.value.permille())
    };
    Weights {
        quality: weight(|class| &class.quality, auto.quality.value.permille()),
        cost: weight(|class| &class.cost, auto.cost.value.permille()),
        latency: weight(|class| &class.latency, auto.latency.value.permille()),
    }
}

fn weights_that_are_none(group: &Written<'_>, faults: &mut Faults) {
    let Some(auto) = group.auto else { return };
    let is_none = |weights: Weights| weights.quality + weights.cost + weights.latency == 0;
    let message = "'quality', 'cost' and 'latency' are all 0: give one of them more";
    if is_none(weights(&auto.value, None)) {
        faults.add(auto.place, message);
        return;
    }
    for class in entries(group.auto).iter().filter(|class| is_none(weights(&auto.value, Some(&class.value))))
    {
        faults.add(class.place, format!("of class '{}' {message}", class.name));
    }
}

/// How good the table says that a target is at a class, in thousandths.
fn worth(quality: Option<&QualitySetting>, class: &str) -> Option<u32> {
    match quality? {
        QualitySetting::Same(all) => Some(all.permille()),
        QualitySetting::ByClass(table) => {
            let found = table.get(class).or_else(|| table.get(DEFAULT));
            found.map(|found| found.value.permille())
        }
    }
}

/// Does the table of a target say something of every class, and of no other?
fn quality(target: &At<TargetSettings>, classes: &[&str], faults: &mut Faults) {
    let Some(quality) = &target.value.quality else {
        let message =
            "this target needs 'quality', from 0 to 1: strategy 'auto' knows of no model how good it is";
        faults.add(target.place, message);
        return;
    };
    let QualitySetting::ByClass(table) = &quality.value else { return };
    for entry in
        table.0.iter().filter(|entry| entry.name != DEFAULT && !classes.contains(&entry.name.as_str()))
    {
        let message = match nearest(&entry.name, classes.iter().copied().chain([DEFAULT])) {
            Some(near) => format!("there is no class '{}', did you mean '{near}'?", entry.name),
            None => format!(
                "there is no class '{}': write one of {}, or add it under 'auto.classes'",
                entry.name,
                known_names()
            ),
        };
        faults.add(entry.place, message);
    }
    if let Some(class) = classes.iter().find(|class| worth(Some(&quality.value), class).is_none()) {
        faults
            .add(quality.place, format!("'quality' says nothing of class '{class}': add it, or '{DEFAULT}'"));
    }
}

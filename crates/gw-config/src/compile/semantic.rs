//! Strategy `semantic`: what is written about groups is checked once for the whole file, each fault with its place;
//! `targets` then makes each group from it. What strategy `auto` has besides is `auto`'s. It must not read weights:
//! whoever loads them says whether they are good.

use super::auto;
use super::providers::Providers;
use crate::errors::{ConfigErrors, Fault, Faults};
use crate::place::{At, Place};
use crate::settings::FileSettings;
use crate::settings::auto::AutoSettings;
use crate::settings::embeddings::{EmbeddingsSettings, PrecisionName};
use crate::settings::models::{StrategyName, TargetSettings};
use crate::settings::semantic::{OnErrorName, SemanticSettings};
use crate::shape::{Text, Texts};
use gw_model::Endpoint;
use gw_model::routing::{EmbedderName, MAX_UTTERANCES, OnSemanticError, Semantic, Strategy};
use std::path::PathBuf;
use std::sync::Arc;

/// Utterances of one target.
const MAX_OF_TARGET: usize = 64;

/// Utterances of a whole file: each takes some milliseconds to compute.
const MAX_OF_FILE: usize = 2_000;

/// Longest utterance or description in bytes; models read little more.
const MAX_BYTES: usize = 1_024;

/// The word for the model in the process.
const LOCAL: &str = "local";

/// The model for embeddings in the process, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalEmbeddings {
    /// The folder of its weights.
    pub model_dir: PathBuf,
    /// Weights in 8 bits.
    pub int8: bool,
    /// Threads that compute.
    pub threads: usize,
    /// Texts that may wait.
    pub queue: usize,
    /// What the cache may hold.
    pub cache_bytes: usize,
    place: Place,
    source: Arc<str>,
}

impl LocalEmbeddings {
    /// Is it the same model, wherever it is written?
    #[must_use]
    pub fn is_same_model(&self, other: &Self) -> bool {
        let Self { model_dir, int8, threads, queue, cache_bytes, place: _, source: _ } = self;
        *model_dir == other.model_dir
            && (*int8, *threads) == (other.int8, other.threads)
            && (*queue, *cache_bytes) == (other.queue, other.cache_bytes)
    }

    /// The refusal of a folder that cannot be used, at its place.
    #[must_use]
    pub fn refused(&self, why: &str) -> ConfigErrors {
        let fault = Fault { place: self.place, message: format!("'model_dir' cannot be used: {why}") };
        ConfigErrors::new(Arc::clone(&self.source), vec![fault])
    }
}

pub(super) fn local(settings: &EmbeddingsSettings, source: &Arc<str>) -> Option<LocalEmbeddings> {
    let model_dir = settings.model_dir.as_ref()?;
    Some(LocalEmbeddings {
        model_dir: PathBuf::from(model_dir.value.as_str()),
        int8: settings.precision.value == PrecisionName::Int8,
        threads: settings.threads.value.size(),
        queue: settings.queue.value.size(),
        cache_bytes: settings.cache_bytes.value.size(),
        place: model_dir.place,
        source: Arc::clone(source),
    })
}

/// Checks every group of the file, and what else compares texts by their vectors.
pub(super) fn check(file: &FileSettings, providers: &Providers, faults: &mut Faults) {
    super::guardrails::check_embedders(file, providers, faults);
    let mut checking = Checking { file, providers, faults, utterances: 0 };
    for entry in &file.models.value.0 {
        let model = &entry.value;
        checking.group(&Written {
            strategy: model.strategy.value,
            semantic: model.semantic.as_ref(),
            auto: model.auto.as_ref(),
            targets: &model.targets.value,
            place: model.strategy.place,
        });
    }
}

/// A group as it is written.
pub(super) struct Written<'a> {
    strategy: StrategyName,
    pub(super) semantic: Option<&'a At<SemanticSettings>>,
    pub(super) auto: Option<&'a At<AutoSettings>>,
    pub(super) targets: &'a [At<TargetSettings>],
    pub(super) place: Place,
}

pub(super) struct Checking<'a, 'f> {
    file: &'a FileSettings,
    providers: &'a Providers,
    pub(super) faults: &'f mut Faults,
    utterances: usize,
}

impl Checking<'_, '_> {
    fn group(&mut self, group: &Written<'_>) {
        match group.strategy {
            StrategyName::Semantic => self.semantic(group),
            StrategyName::Auto => {
                self.no_words(group);
                auto::check(self, group);
            }
            _ => {
                if let Some(semantic) = group.semantic {
                    self.faults.add(semantic.place, "'semantic' is for strategy semantic: remove it");
                }
                self.no_words(group);
            }
        }
        if group.strategy != StrategyName::Auto {
            auto::refuse(group, self.faults);
        }
        for target in group.targets {
            let settings = &target.value;
            let strategy = settings.strategy.as_ref();
            let Some(targets) = &settings.targets else {
                if let Some(semantic) = &settings.semantic {
                    self.faults.add(semantic.place, "'semantic' is for groups: add 'targets', or remove it");
                }
                if let Some(auto) = &settings.auto {
                    self.faults.add(auto.place, "'auto' is for groups: add 'targets', or remove it");
                }
                continue;
            };
            self.group(&Written {
                strategy: strategy.map_or(StrategyName::Fallback, |name| name.value),
                semantic: settings.semantic.as_ref(),
                auto: settings.auto.as_ref(),
                targets: &targets.value.0,
                place: strategy.map_or(target.place, |name| name.place),
            });
        }
    }

    /// Targets are not compared by words.
    fn no_words(&mut self, group: &Written<'_>) {
        for target in group.targets {
            if let Some(utterances) = &target.value.utterances {
                let message = "'utterances' are for targets of strategy semantic: remove them";
                self.faults.add(utterances.place, message);
            }
            if let Some(description) = &target.value.description {
                let message = "'description' is for targets of strategy semantic: remove it";
                self.faults.add(description.place, message);
            }
        }
    }

    fn semantic(&mut self, group: &Written<'_>) {
        self.embedder(group);
        let default = default_of(group.semantic, group.targets);
        if let (None, Some(named)) = (default, group.semantic.and_then(|s| s.value.default.as_ref())) {
            let message = format!(
                "there is no target '{}' here: write its place in the list, from 0, or its name",
                named.value.as_str()
            );
            self.faults.add(named.place, message);
        }
        let before = self.utterances;
        for (index, target) in group.targets.iter().enumerate() {
            let words = self.words(target);
            if words == 0 && default.is_some_and(|default| default != index) {
                let message = "this target has neither 'utterances' nor 'description', so no prompt can be like it: \
                               add some, or make it the default of 'semantic'";
                self.faults.add(target.place, message);
            }
            self.utterances = self.utterances.saturating_add(words);
        }
        if self.utterances == before && !group.targets.is_empty() {
            let message = "strategy 'semantic' needs a target with 'utterances' or a 'description'";
            self.faults.add(group.place, message);
        }
        self.count(before, group);
    }

    /// Notes it when the utterances since `before`, which are a group's, are too many.
    fn count(&mut self, before: usize, group: &Written<'_>) {
        let of_group = self.utterances - before;
        if of_group > MAX_UTTERANCES {
            let message = format!("a group has at most {MAX_UTTERANCES} utterances, not {of_group}");
            self.faults.add(group.place, message);
        }
        if self.utterances > MAX_OF_FILE && before <= MAX_OF_FILE {
            let message = format!("a file has at most {MAX_OF_FILE} utterances: with this group it has more");
            self.faults.add(group.place, message);
        }
    }

    /// Utterances of classes in place of targets.
    pub(super) fn classes<'t>(&mut self, lists: impl Iterator<Item = &'t At<Texts>>, group: &Written<'_>) {
        let before = self.utterances;
        for list in lists {
            self.list(list, "class");
            self.utterances = self.utterances.saturating_add(list.value.0.len());
        }
        self.embedder(group);
        self.count(before, group);
    }

    /// Is there something that makes the vectors?
    fn embedder(&mut self, group: &Written<'_>) {
        let named = group.semantic.map(|semantic| &semantic.value.model);
        let place = named.map_or(group.place, |named| named.place);
        let name = named.map_or(LOCAL, |named| named.value.as_str());
        let wanted = Wanted { name, place, by: "strategy 'semantic'", member: "'model' under 'semantic'" };
        wanted.check(self.file, self.providers, self.faults);
    }

    /// How many texts a target is compared by; faults of each.
    fn words(&mut self, target: &At<TargetSettings>) -> usize {
        let settings = &target.value;
        if let Some(list) = &settings.utterances {
            self.list(list, "target");
        }
        if let Some(description) = &settings.description {
            self.text(description, "target");
        }
        texts_of(settings).len()
    }

    fn list(&mut self, list: &At<Texts>, owner: &str) {
        for text in &list.value.0 {
            self.text(text, owner);
        }
        let count = list.value.0.len();
        if count > MAX_OF_TARGET {
            let message = format!("a {owner} has at most {MAX_OF_TARGET} utterances, not {count}");
            self.faults.add(list.place, message);
        }
    }

    fn text(&mut self, text: &At<Text>, owner: &str) {
        let (text, place) = (text.value.as_str(), text.place);
        if text.trim().is_empty() {
            let message = format!("is empty: write a text like those that are meant for this {owner}");
            self.faults.add(place, message);
        } else if text.len() > MAX_BYTES {
            let message = format!("is longer than {MAX_BYTES} bytes: models for embeddings read little more");
            self.faults.add(place, message);
        }
    }
}

/// A model for embeddings that something needs.
pub(super) struct Wanted<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where it is named.
    pub(super) place: Place,
    /// What needs it.
    pub(super) by: &'static str,
    /// The member that names it.
    pub(super) member: &'static str,
}

impl Wanted<'_> {
    /// Notes it when there is no such model.
    pub(super) fn check(&self, file: &FileSettings, providers: &Providers, faults: &mut Faults) {
        let (name, place) = (self.name, self.place);
        if name == LOCAL {
            if file.embeddings.value.model_dir.is_none() {
                let message = format!(
                    "{} needs a model for embeddings: set 'model_dir' under 'embeddings' \
                     (docs/guides/embeddings-in-process.md says how to get one), or name one as {}",
                    self.by, self.member
                );
                faults.add(place, message);
            }
            return;
        }
        if file.models.value.get(name).is_some() {
            return;
        }
        let Some((provider, _)) = name.split_once('/').filter(|(_, model)| !model.is_empty()) else {
            let message = format!(
                "there is no model '{name}': write 'local', an alias, or a model for embeddings as 'provider/model'"
            );
            faults.add(place, message);
            return;
        };
        let Some(known) = providers.providers.get(provider) else {
            if !providers.broken.iter().any(|broken| broken == provider) {
                let message = format!("there is no provider '{provider}': add it under 'providers'");
                faults.add(place, message);
            }
            return;
        };
        if !known.formats.iter().any(|format| format.endpoint() == Endpoint::Embeddings) {
            let message = format!("provider '{provider}' makes no embeddings: name a model of another one");
            faults.add(place, message);
        }
        if !file.direct_models.value {
            let message = format!("'direct_models' is false: add an alias for '{name}', and name that here");
            faults.add(place, message);
        }
    }
}

/// What makes vectors, by its name in the file.
pub(super) fn embedder(name: &str) -> EmbedderName {
    if name == LOCAL { EmbedderName::Local } else { EmbedderName::Model(name.into()) }
}

/// What a target is compared by: its utterances, else its description.
fn texts_of(target: &TargetSettings) -> Vec<&Text> {
    match &target.utterances {
        Some(texts) if !texts.value.0.is_empty() => texts.value.0.iter().map(|text| &text.value).collect(),
        _ => target.description.iter().map(|text| &text.value).collect(),
    }
}

/// Which target is the default; `None` when what is named is not there.
fn default_of(semantic: Option<&At<SemanticSettings>>, targets: &[At<TargetSettings>]) -> Option<usize> {
    let Some(named) = semantic.and_then(|semantic| semantic.value.default.as_ref()) else {
        return targets.len().checked_sub(1);
    };
    let name = named.value.as_str();
    if let Ok(index) = name.parse::<usize>() {
        return Some(index).filter(|index| *index < targets.len());
    }
    targets.iter().position(|target| {
        let text = |text: &Option<At<Text>>| text.as_ref().map(|text| text.value.0.clone());
        match (text(&target.value.provider), text(&target.value.model)) {
            (Some(provider), Some(model)) => name == format!("{provider}/{model}"),
            (_, Some(alias)) => name == alias,
            _ => false,
        }
    })
}

/// The strategy of a group of which those targets are left that are in `kept`, in order.
pub(super) fn strategy(
    semantic: Option<&At<SemanticSettings>>,
    targets: &[At<TargetSettings>],
    kept: &[usize],
) -> Strategy {
    let texts = |index: &usize| {
        let found = targets.get(*index).map(|target| texts_of(&target.value)).unwrap_or_default();
        found.into_iter().map(|text| Arc::from(text.as_str())).collect::<Vec<Arc<str>>>()
    };
    let utterances: Vec<Vec<Arc<str>>> = kept.iter().map(texts).collect();
    // Whoever could be compared may not be used here.
    if utterances.iter().all(Vec::is_empty) {
        return Strategy::Fallback;
    }
    let default = default_of(semantic, targets)
        .and_then(|default| kept.iter().position(|index| *index == default))
        .unwrap_or(kept.len().saturating_sub(1));
    Strategy::Semantic(Arc::new(made(semantic, utterances, default)))
}

/// What prompts are compared with, and what becomes of those that cannot be.
pub(super) fn made(
    semantic: Option<&At<SemanticSettings>>,
    utterances: Vec<Vec<Arc<str>>>,
    default: usize,
) -> Semantic {
    let written = semantic.map_or_else(SemanticSettings::default, |semantic| semantic.value.clone());
    Semantic {
        utterances,
        threshold_permille: written.threshold.value.permille(),
        default,
        on_error: match written.on_error.value {
            OnErrorName::Default => OnSemanticError::Default,
            OnErrorName::Next => OnSemanticError::Next,
            OnErrorName::Refuse => OnSemanticError::Refuse,
        },
        timeout_ms: written.timeout_ms.value.get(),
        embedder: embedder(written.model.value.as_str()),
    }
}

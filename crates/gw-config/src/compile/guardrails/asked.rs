//! Guardrails that ask: who, within which bounds, and that what they name exists. It must not reach out.

use super::{texts, topics};
use crate::compile::url;
use crate::errors::{ConfigErrors, Fault, Faults};
use crate::place::{At, Place};
use crate::settings::embeddings::PrecisionName;
use crate::settings::guardrails::{GuardAction, GuardKind as Kind, GuardSide, GuardrailSettings, OnAskError};
use crate::shape::{Named, NamedEntry, Text};
use gw_model::Snapshot;
use gw_model::catalog::ProviderKind;
use gw_model::guardrail::{AskSpec, Asked, Host, LocalModel, Threshold};
use gw_model::nearest::nearest;
use std::sync::Arc;

/// How long a verdict may take, in milliseconds: of a service, of a model, of a plugin.
const SERVICE_MS: u64 = 2_000;
const MODEL_MS: u64 = 10_000;
const PLUGIN_MS: u64 = 10;

/// Most questions at the same time.
const MAX_PARALLEL: u64 = 64;

/// Most text of one question, in bytes.
const MAX_TEXT_BYTES: u64 = 256 << 10;

/// The same for models in the process: some 30 pages at a time take seconds.
const MAX_LOCAL_BYTES: u64 = 32 << 10;

/// How likely what a model in the process says must be, in percent: a name, a label.
const MIN_ENTITY_SCORE: u32 = 50;
const MIN_LABEL_SCORE: u32 = 80;

/// Shortest secret of a web hook, in bytes.
const MIN_SECRET_BYTES: usize = 16;

/// A plugin's bounds.
const MAX_MEMORY_MB: u64 = 16;
const MAX_FUEL: u64 = 100_000_000;

/// Where the service is, unless the configuration says otherwise.
const LAKERA: &str = "https://api.lakera.ai";

/// Presidio's own default lets everything pass; half sure is what people set.
const PRESIDIO_MIN_SCORE_PERMILLE: u32 = 500;

/// Kinds that ask.
const ASKING: &[Kind] = &[
    Kind::Webhook,
    Kind::OpenAiModeration,
    Kind::LlmJudge,
    Kind::LlamaGuard,
    Kind::Presidio,
    Kind::AzureContentSafety,
    Kind::BedrockGuardrail,
    Kind::Lakera,
    Kind::Topics,
    Kind::Ner,
    Kind::Classifier,
    Kind::Wasm,
];

/// Kinds that ask a model in the process.
const LOCAL: &[Kind] = &[Kind::Ner, Kind::Classifier];

/// Kinds that may ask a host of their own.
const HOSTS: &[Kind] =
    &[Kind::Webhook, Kind::Presidio, Kind::AzureContentSafety, Kind::Lakera, Kind::OpenAiModeration];

/// Categories of Llama Guard.
const LLAMA_GUARD: u32 = 14;

/// Does a kind look by itself?
pub(super) fn asks_nobody(kind: Kind) -> bool {
    !ASKING.contains(&kind)
}

/// What is asked; `None` for kinds that ask nobody, and where what they need is missing.
pub(super) fn spec(settings: &GuardrailSettings, faults: &mut Faults) -> Option<AskSpec> {
    let kind = settings.kind.value;
    if asks_nobody(kind) {
        return None;
    }
    check(settings, faults);
    let who = who(settings, faults)?;
    let usual_ms = match kind {
        Kind::LlmJudge | Kind::LlamaGuard | Kind::Ner | Kind::Classifier => MODEL_MS,
        Kind::Wasm => PLUGIN_MS,
        _ => SERVICE_MS,
    };
    let usual_bytes = if LOCAL.contains(&kind) { MAX_LOCAL_BYTES } else { MAX_TEXT_BYTES };
    let number = |given: Option<u64>, usual: u64| given.unwrap_or(usual);
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Some(AskSpec {
        who,
        timeout_ms: number(settings.timeout_ms.as_ref().map(|at| at.value.get()), usual_ms),
        is_open: settings.on_error.as_ref().is_some_and(|at| at.value == OnAskError::Open),
        is_parallel: settings.parallel.as_ref().is_some_and(|at| at.value),
        max_parallel: u32::try_from(number(
            settings.max_parallel.as_ref().map(|at| at.value.get()),
            MAX_PARALLEL,
        ))
        .unwrap_or(u32::MAX),
        max_text_bytes: size(number(settings.max_text_bytes.as_ref().map(|at| at.value.get()), usual_bytes)),
    })
}

fn who(settings: &GuardrailSettings, faults: &mut Faults) -> Option<Asked> {
    let text = |at: &Option<At<Text>>| at.as_ref().map(|at| Arc::<str>::from(at.value.as_str()));
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Some(match settings.kind.value {
        Kind::Webhook => Asked::Webhook {
            at: host(settings, None, faults)?,
            secret: settings.secret.as_ref().map(|at| at.value.clone()),
        },
        Kind::OpenAiModeration => Asked::Moderation {
            at: match settings.url {
                Some(_) => Some(host(settings, None, faults)?),
                None => None,
            },
            model: text(&settings.model)?,
            thresholds: thresholds(&settings.thresholds.value, |share| share.permille()),
        },
        Kind::LlmJudge => Asked::Judge { model: text(&settings.model)?, rule: text(&settings.rule)? },
        Kind::LlamaGuard => {
            Asked::LlamaGuard { model: text(&settings.model)?, categories: texts(&settings.categories) }
        }
        Kind::Presidio => Asked::Presidio {
            at: host(settings, None, faults)?,
            language: text(&settings.language).unwrap_or_else(|| "en".into()),
            entities: texts(&settings.entities),
            min_score_permille: settings
                .min_score
                .as_ref()
                .map_or(PRESIDIO_MIN_SCORE_PERMILLE, |at| at.value.small() * 10),
        },
        Kind::AzureContentSafety => Asked::AzureContentSafety {
            at: host(settings, None, faults)?,
            thresholds: thresholds(&settings.severities.value, |severity| severity.small()),
            blocklists: texts(&settings.blocklists),
        },
        Kind::BedrockGuardrail => Asked::Bedrock {
            provider: text(&settings.provider)?,
            id: text(&settings.guardrail_id)?,
            version: text(&settings.guardrail_version).unwrap_or_else(|| "DRAFT".into()),
        },
        Kind::Lakera => {
            Asked::Lakera { at: host(settings, Some(LAKERA), faults)?, project: text(&settings.project) }
        }
        Kind::Topics => Asked::Topics(topics::topics(settings, faults)),
        Kind::Ner => Asked::Entities {
            model: local(settings)?,
            entities: texts(&settings.entities),
            min_score: score(settings, MIN_ENTITY_SCORE),
        },
        Kind::Classifier => Asked::Classifier {
            model: local(settings)?,
            labels: texts(&settings.labels),
            min_score: score(settings, MIN_LABEL_SCORE),
        },
        Kind::Wasm => Asked::Plugin {
            file: text(&settings.file)?,
            settings: text(&settings.settings).unwrap_or_else(|| "{}".into()),
            max_memory_bytes: size(
                settings.max_memory_mb.as_ref().map_or(MAX_MEMORY_MB, |at| at.value.get()) << 20,
            ),
            max_fuel: settings.max_fuel.as_ref().map_or(MAX_FUEL, |at| at.value.get()),
        },
        _ => return None,
    })
}

/// The model in the process; `None` where its folder is missing.
fn local(settings: &GuardrailSettings) -> Option<LocalModel> {
    Some(LocalModel {
        folder: settings.model_dir.as_ref()?.value.as_str().into(),
        int8: settings.precision.as_ref().is_some_and(|at| at.value == PrecisionName::Int8),
        threads: settings.threads.as_ref().map_or(1, |at| at.value.size()),
    })
}

fn score(settings: &GuardrailSettings, usual: u32) -> u8 {
    let percent = settings.min_score.as_ref().map_or(usual, |at| at.value.small());
    u8::try_from(percent).unwrap_or(100)
}

fn thresholds<T>(list: &Named<T>, from: impl Fn(&T) -> u32) -> Vec<Threshold> {
    list.0
        .iter()
        .map(|entry| Threshold { category: entry.name.as_str().into(), from: from(&entry.value) })
        .collect()
}

/// The host; `None` with a fault where its address is none.
fn host(settings: &GuardrailSettings, usual: Option<&str>, faults: &mut Faults) -> Option<Host> {
    let url = match &settings.url {
        Some(at) => match url::parse(at.value.as_str()) {
            Ok(url) => url.text,
            Err(why) => {
                faults.add(at.place, format!("'url' {why}"));
                return None;
            }
        },
        None => usual?.to_owned(),
    };
    Some(Host {
        url: url.into(),
        api_key: settings.api_key.as_ref().map(|at| at.value.clone()),
        ca_file: settings.ca_file.as_ref().map(|at| at.value.as_str().into()),
    })
}

/// What fits the kind and is wrong all the same.
fn check(settings: &GuardrailSettings, faults: &mut Faults) {
    if let Some(at) = settings.parallel.as_ref().filter(|at| at.value) {
        if !matches!(settings.action.value, GuardAction::Flag | GuardAction::Block) {
            faults.add(
                at.place,
                "what is replaced must be known before the call is made: remove 'parallel', or flag or block",
            );
        }
        if !settings.on.value.iter().any(|side| side.value == GuardSide::Request) {
            faults.add(at.place, "'parallel' is about requests, and 'on' has response only: remove it");
        }
    }
    if let Some(at) = settings.secret.as_ref().filter(|at| at.value.expose().len() < MIN_SECRET_BYTES) {
        faults.add(at.place, format!("'secret' has fewer than {MIN_SECRET_BYTES} characters"));
    }
    if let Some(at) = settings.settings.as_ref()
        && let Err(error) = serde_json::from_str::<serde_json::Value>(at.value.as_str())
    {
        faults.add(at.place, format!("'settings' is no JSON: {error}"));
    }
    let is_category = |name: &str| {
        let number = name.strip_prefix(['S', 's']).and_then(|number| number.parse::<u32>().ok());
        number.is_some_and(|number| (1..=LLAMA_GUARD).contains(&number))
    };
    for at in settings.categories.value.0.iter().filter(|at| !is_category(at.value.as_str())) {
        faults.add(
            at.place,
            format!("'{}' is no category of Llama Guard: write S1 to S{LLAMA_GUARD}", at.value.as_str()),
        );
    }
    const AZURE: [&str; 4] = ["Hate", "SelfHarm", "Sexual", "Violence"];
    for entry in &settings.severities.value.0 {
        if !AZURE.iter().any(|known| known.eq_ignore_ascii_case(&entry.name)) {
            faults.add(entry.place, format!("'{}' is no category: write {}", entry.name, AZURE.join(", ")));
        }
    }
    for at in [&settings.guardrail_id, &settings.guardrail_version].into_iter().flatten() {
        if !at.value.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            faults.add(at.place, "has letters, digits and '-' only: it stands in a path");
        }
    }
}

/// Settings of kinds that ask: name, place, and the kinds that have it.
pub(super) fn members(settings: &GuardrailSettings) -> Vec<(&'static str, Option<Place>, &'static [Kind])> {
    const MODELS: &[Kind] = &[Kind::LlmJudge, Kind::LlamaGuard, Kind::OpenAiModeration];
    const KEYED: &[Kind] = HOSTS;
    fn place<T>(at: &Option<At<T>>) -> Option<Place> {
        at.as_ref().map(|at| at.place)
    }
    let s = settings;
    let list = |at: &At<crate::shape::Texts>| (!at.value.0.is_empty()).then_some(at.place);
    vec![
        ("timeout_ms", place(&s.timeout_ms), ASKING),
        ("on_error", place(&s.on_error), ASKING),
        ("parallel", place(&s.parallel), ASKING),
        ("max_parallel", place(&s.max_parallel), ASKING),
        ("max_text_bytes", place(&s.max_text_bytes), ASKING),
        ("url", place(&s.url), HOSTS),
        ("api_key", place(&s.api_key), KEYED),
        ("ca_file", place(&s.ca_file), HOSTS),
        ("secret", place(&s.secret), &[Kind::Webhook]),
        ("model", place(&s.model), MODELS),
        ("rule", place(&s.rule), &[Kind::LlmJudge]),
        ("categories", list(&s.categories), &[Kind::LlamaGuard]),
        (
            "thresholds",
            (!s.thresholds.value.0.is_empty()).then_some(s.thresholds.place),
            &[Kind::OpenAiModeration],
        ),
        (
            "severities",
            (!s.severities.value.0.is_empty()).then_some(s.severities.place),
            &[Kind::AzureContentSafety],
        ),
        ("blocklists", list(&s.blocklists), &[Kind::AzureContentSafety]),
        ("language", place(&s.language), &[Kind::Presidio]),
        ("provider", place(&s.provider), &[Kind::BedrockGuardrail]),
        ("guardrail_id", place(&s.guardrail_id), &[Kind::BedrockGuardrail]),
        ("guardrail_version", place(&s.guardrail_version), &[Kind::BedrockGuardrail]),
        ("project", place(&s.project), &[Kind::Lakera]),
        ("topics", (!s.topics.value.0.is_empty()).then_some(s.topics.place), &[Kind::Topics]),
        ("similarity", place(&s.similarity), &[Kind::Topics]),
        ("embeddings", place(&s.embeddings), &[Kind::Topics]),
        ("model_dir", place(&s.model_dir), LOCAL),
        ("labels", list(&s.labels), &[Kind::Classifier]),
        ("precision", place(&s.precision), LOCAL),
        ("threads", place(&s.threads), LOCAL),
        ("file", place(&s.file), &[Kind::Wasm]),
        ("settings", place(&s.settings), &[Kind::Wasm]),
        ("max_memory_mb", place(&s.max_memory_mb), &[Kind::Wasm]),
        ("max_fuel", place(&s.max_fuel), &[Kind::Wasm]),
    ]
}

/// The file of a plugin, and where the configuration names it.
#[derive(Clone, Debug)]
pub struct PluginFile {
    /// Its path.
    pub file: Arc<str>,
    place: Place,
    source: Arc<str>,
}

impl PluginFile {
    /// The refusal of a file that can not be used, at its place.
    #[must_use]
    pub fn refused(&self, why: &str) -> ConfigErrors {
        let message = format!("the plugin '{}' can not be used: {why}", self.file);
        ConfigErrors::new(Arc::clone(&self.source), vec![Fault { place: self.place, message }])
    }
}

/// The plugins of a file.
pub(in crate::compile) fn plugins(file: &Named<GuardrailSettings>, source: &Arc<str>) -> Vec<PluginFile> {
    let plugin = |entry: &NamedEntry<GuardrailSettings>| {
        let at = entry.value.file.as_ref()?;
        Some(PluginFile { file: at.value.as_str().into(), place: at.place, source: Arc::clone(source) })
    };
    file.0.iter().filter_map(plugin).collect()
}

/// The folder of a model in the process, what is asked of it, and where the configuration says so.
#[derive(Clone, Debug)]
pub struct LocalModelFolder {
    /// What is asked: [`Asked::Entities`] or [`Asked::Classifier`].
    pub who: Asked,
    place: Place,
    names: Place,
    source: Arc<str>,
}

impl LocalModelFolder {
    /// The refusal of a folder that can not be used, at its place.
    #[must_use]
    pub fn refused(&self, why: &str) -> ConfigErrors {
        let message = format!("'model_dir' can not be used: {why}");
        ConfigErrors::new(Arc::clone(&self.source), vec![Fault { place: self.place, message }])
    }

    /// The refusal of what the model has no name for, at its place.
    #[must_use]
    pub fn unknown(&self, name: &str, known: &[Arc<str>]) -> ConfigErrors {
        let message = format!("the model knows no '{name}': it has {}", known.join(", "));
        ConfigErrors::new(Arc::clone(&self.source), vec![Fault { place: self.names, message }])
    }
}

/// The models in the process that a file's guardrails ask.
pub(in crate::compile) fn local_models(
    file: &Named<GuardrailSettings>,
    source: &Arc<str>,
) -> Vec<LocalModelFolder> {
    let folder = |entry: &NamedEntry<GuardrailSettings>| {
        let settings = &entry.value;
        let place = settings.model_dir.as_ref()?.place;
        let names = match settings.kind.value {
            Kind::Ner => settings.entities.place,
            Kind::Classifier => settings.labels.place,
            _ => return None,
        };
        let who = who(settings, &mut Faults::default())?;
        Some(LocalModelFolder { who, place, names, source: Arc::clone(source) })
    };
    file.0.iter().filter_map(folder).collect()
}

/// Those that look at all texts unless they are told otherwise: what they find is no matter of who says it.
pub(super) const fn is_broad(ask: &AskSpec) -> bool {
    matches!(
        ask.who,
        Asked::Webhook { .. } | Asked::Presidio { .. } | Asked::Entities { .. } | Asked::Plugin { .. }
    )
}

/// Models and providers that guardrails ask must be there.
pub(in crate::compile) fn check_references(
    entries: &[NamedEntry<GuardrailSettings>],
    snapshot: &Snapshot,
    faults: &mut Faults,
) {
    for entry in entries {
        let settings = &entry.value;
        let asked = settings.model.as_ref().filter(|_| settings.url.is_none());
        for at in asked.into_iter().chain(&settings.to) {
            let name = at.value.as_str();
            let provider = name.split_once('/').map(|(provider, _)| provider);
            let is_known = snapshot.models.contains_key(name)
                || provider.is_some_and(|provider| snapshot.providers.contains_key(provider));
            if !is_known {
                let near = nearest(name, snapshot.models.keys().map(|name| &**name));
                let hint = near.map_or_else(
                    || "write one of 'models', or provider/model".to_owned(),
                    |near| format!("did you mean '{near}'?"),
                );
                faults.add(at.place, format!("there is no model '{name}': {hint}"));
            }
        }
        if let Some(at) = &settings.provider {
            let name = at.value.as_str();
            match snapshot.providers.get(name) {
                None => faults.add(at.place, format!("there is no provider '{name}'")),
                Some(provider) if provider.kind != ProviderKind::Bedrock => {
                    faults.add(at.place, format!("provider '{name}' is not of kind bedrock"));
                }
                Some(_) => {}
            }
        }
    }
}

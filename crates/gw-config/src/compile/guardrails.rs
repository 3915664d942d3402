//! Guardrails to specifications: settings that belong to another kind, and checks that can not be made, are faults with
//! their places. Also the names by which keys and models ask for them.

mod asked;
mod terms;
mod topics;

pub use asked::{LocalModelFolder, PluginFile};
pub(super) use asked::{check_references, local_models, plugins};
pub(super) use terms::files;
pub(super) use topics::check_embedders;

use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::Files;
use crate::settings::guardrails::{
    GuardAction as Action, GuardKind as Kind, GuardSide as Side, GuardSpeaker, GuardrailSettings, OnUnchecked,
};
use crate::shape::{Named, NamedEntry, Texts};
use gw_guard::Check;
use gw_model::guardrail::{CheckSpec, Expression, GuardAction, GuardrailSpec, LengthSpec, Speaker, Speakers};
use std::sync::Arc;

/// How sure a finding of an injection must be, in percent.
const MIN_SCORE: u64 = 70;

/// Longest match of a pattern, in bytes.
const MAX_MATCH_BYTES: u64 = 256;

pub(super) fn compile(
    entries: &[NamedEntry<GuardrailSettings>],
    files: &Files,
    faults: &mut Faults,
) -> Vec<Arc<GuardrailSpec>> {
    entries.iter().filter_map(|entry| guardrail(entry, files, faults)).collect()
}

/// Names of guardrails; those that there are not are faults.
pub(super) fn names(list: &Texts, known: &Named<GuardrailSettings>, faults: &mut Faults) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in &list.0 {
        let text = name.value.as_str();
        if known.get(text).is_none() {
            faults.add(name.place, format!("guardrail '{text}' stands nowhere in 'guardrails'"));
        } else if !names.iter().any(|known| known == text) {
            names.push(text.into());
        }
    }
    names
}

fn guardrail(
    entry: &NamedEntry<GuardrailSettings>,
    files: &Files,
    faults: &mut Faults,
) -> Option<Arc<GuardrailSpec>> {
    let settings = &entry.value;
    let before = faults.len();
    if entry.name.is_empty()
        || !entry.name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    {
        faults.add(
            entry.place,
            "a guardrail's name has letters, digits, '-', '_' and '.' only: headers carry it",
        );
    }
    check_members(settings, faults);
    check_speakers(settings, faults);
    let check = match asked::spec(settings, faults) {
        Some(ask) => CheckSpec::Asked(Box::new(ask)),
        None if settings.kind.value == Kind::Cel => CheckSpec::Expression(expression(settings, faults)?),
        None => check_spec(settings, files, faults),
    };
    if faults.len() == before
        && let Err(error) = Check::compile(&check)
    {
        let list = list_of(settings);
        let place = error.at.and_then(|at| list.value.0.get(at)).map(|text| text.place);
        let place =
            place.or_else(|| settings.schema.as_ref().map(|schema| schema.place)).unwrap_or(entry.place);
        faults.add(place, format!("guardrail '{}': {error}", entry.name));
    }
    let on = |side: Side| settings.on.value.iter().any(|at| at.value == side);
    let action = action(settings.action.value);
    check_action(settings, &check, action, faults);
    if let Some(refusal) = settings.refusal.as_ref().filter(|_| action != GuardAction::Block) {
        faults.add(refusal.place, "'refusal' is for action block: remove it, or write action: block");
    }
    check_route(settings, faults);
    if settings.mandatory.value && settings.default.value {
        let text = "'default' lets callers leave it out, and 'mandatory' does not: write one of them";
        faults.add(settings.default.place, text);
    }
    if let Some(repair) = settings.repair.as_ref().filter(|at| at.value && action != GuardAction::Block) {
        faults.add(repair.place, "'repair' is for action block: remove it, or write action: block");
    }
    Some(Arc::new(GuardrailSpec {
        name: entry.name.as_str().into(),
        on_request: on(Side::Request),
        on_response: on(Side::Response),
        action,
        mandatory: settings.mandatory.value,
        by_default: settings.default.value,
        shadow: settings.shadow.value,
        sample_permille: u16::try_from(settings.sample_percent.value.get() * 10).unwrap_or(1000),
        speakers: speakers(settings, &check),
        message: settings.message.as_ref().map(|text| text.value.as_str().into()),
        repairs: settings.repair.as_ref().is_some_and(|at| at.value),
        to: settings.to.as_ref().map(|text| text.value.as_str().into()),
        refusal: settings.refusal.as_ref().map(|text| text.value.as_str().into()),
        replacement: settings.replacement.as_ref().map(|text| text.value.as_str().into()),
        pass_unchecked: settings.on_unchecked.value == OnUnchecked::Pass,
        check,
    }))
}

/// What is replaced must be found at its place.
fn check_action(settings: &GuardrailSettings, check: &CheckSpec, action: GuardAction, faults: &mut Faults) {
    // Where what a kind asks is missing, that is the fault.
    let is_whole = asked::asks_nobody(settings.kind.value) || matches!(check, CheckSpec::Asked(_));
    if is_whole
        && !check.finds_spans()
        && !matches!(action, GuardAction::Flag | GuardAction::Block | GuardAction::Route)
    {
        let text = format!(
            "a guardrail of kind '{}' is about texts as a whole: its action is flag, block or route",
            check.kind()
        );
        faults.add(settings.action.place, text);
    }
    if (action == GuardAction::Rewrite) && settings.replacement.is_none() {
        faults.add(settings.action.place, "action rewrite needs 'replacement'");
    }
}

/// What leads elsewhere says where, and looks before it is too late.
fn check_route(settings: &GuardrailSettings, faults: &mut Faults) {
    match (settings.action.value == Action::Route, &settings.to) {
        (true, None) => faults.add(settings.action.place, "action route needs 'to', the model that is asked"),
        (false, Some(to)) => {
            faults.add(to.place, "'to' is for action route: remove it, or write action: route")
        }
        _ => {}
    }
    let is_answer = |at: &&At<Side>| at.value == Side::Response;
    if settings.action.value == Action::Route
        && let Some(at) = settings.on.value.iter().find(is_answer)
    {
        faults.add(at.place, "action route is for requests: an answer is there already; write on: [request]");
    }
}

/// It looks at something, and at what its kind is for. A schema is for answers: what tools are called with comes in pieces in
/// some formats.
fn check_speakers(settings: &GuardrailSettings, faults: &mut Faults) {
    if settings.on.value.is_empty() {
        faults.add(settings.on.place, "'on' is empty: write request, response, or both");
    }
    let is_call = |at: &&At<GuardSpeaker>| at.value == GuardSpeaker::ToolCall;
    let named = settings.speakers.value.iter().find(is_call);
    if let Some(at) = named.filter(|_| settings.kind.value == Kind::JsonSchema) {
        let text =
            "a schema is for answers, not for calls of tools, which have their own: remove 'tool_call'";
        faults.add(at.place, text);
    }
}

/// The expression of a guardrail. `None`: it has none that can be used.
fn expression(settings: &GuardrailSettings, faults: &mut Faults) -> Option<Expression> {
    let at = settings.expression.as_ref()?;
    let condition = match gw_policy::compile(at.value.as_str()) {
        Ok(condition) => condition,
        Err(error) => {
            faults.add(at.place, format!("'expression' is none: {error}"));
            return None;
        }
    };
    let reads = condition.reads();
    if reads.headers || reads.metadata || reads.tags || reads.content || reads.budget {
        let text =
            "guardrails know nothing of headers, metadata, tags, images, tools and budgets: leave that out";
        faults.add(at.place, text);
        return None;
    }
    Some(Expression(condition))
}

const fn action(action: Action) -> GuardAction {
    match action {
        Action::Flag => GuardAction::Flag,
        Action::Block => GuardAction::Block,
        Action::Redact => GuardAction::Redact,
        Action::Tokenize => GuardAction::Tokenize,
        Action::Rewrite => GuardAction::Rewrite,
        Action::Route => GuardAction::Route,
    }
}

fn speakers(settings: &GuardrailSettings, check: &CheckSpec) -> Speakers {
    let speaker = |at: &At<GuardSpeaker>| match at.value {
        GuardSpeaker::System => Speaker::System,
        GuardSpeaker::User => Speaker::User,
        GuardSpeaker::Assistant => Speaker::Assistant,
        GuardSpeaker::Tool => Speaker::Tool,
        GuardSpeaker::Definition => Speaker::Definition,
        GuardSpeaker::ToolCall => Speaker::ToolCall,
    };
    match (settings.speakers.value.as_slice(), check) {
        ([], CheckSpec::Asked(ask)) if asked::is_broad(ask) => Speakers::ALL,
        ([], CheckSpec::Injection { .. } | CheckSpec::Asked(_)) => {
            // What an application says to its model is an order, and no injection. Answers are looked at too.
            let asked = Speakers::NONE.with(Speaker::User).with(Speaker::Tool);
            if settings.on.value.iter().any(|at| at.value == Side::Response) {
                asked.with(Speaker::Assistant)
            } else {
                asked
            }
        }
        ([], _) => Speakers::ALL,
        (list, _) => list.iter().fold(Speakers::NONE, |set, at| set.with(speaker(at))),
    }
}

fn texts(list: &At<Texts>) -> Vec<Arc<str>> {
    list.value.0.iter().map(|text| text.value.as_str().into()).collect()
}

/// The list whose entries a check may find fault with.
fn list_of(settings: &GuardrailSettings) -> &At<Texts> {
    match settings.kind.value {
        Kind::Regex => &settings.patterns,
        Kind::Keywords => &settings.terms,
        _ => &settings.entities,
    }
}

fn check_spec(settings: &GuardrailSettings, files: &Files, faults: &mut Faults) -> CheckSpec {
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    match settings.kind.value {
        Kind::Pii => CheckSpec::Pii { entities: texts(&settings.entities) },
        Kind::Secrets => CheckSpec::Secrets { entropy: settings.entropy.as_ref().is_some_and(|at| at.value) },
        Kind::Injection => {
            let score = settings.min_score.as_ref().map_or(MIN_SCORE, |at| at.value.get());
            CheckSpec::Injection { min_score: u8::try_from(score).unwrap_or(100) }
        }
        Kind::Regex => CheckSpec::Regex {
            patterns: texts(&settings.patterns),
            max_match_bytes: count(
                settings.max_match_bytes.as_ref().map_or(MAX_MATCH_BYTES, |at| at.value.get()),
            ),
        },
        Kind::Keywords => CheckSpec::Keywords {
            terms: {
                let mut all = texts(&settings.terms);
                all.extend(settings.terms_file.iter().flat_map(|at| terms::read(at, files, faults)));
                all
            },
            case_sensitive: settings.case_sensitive.as_ref().is_some_and(|at| at.value),
            whole_words: settings.whole_words.as_ref().is_none_or(|at| at.value),
        },
        Kind::Length => CheckSpec::Length(LengthSpec {
            min_chars: settings.min_chars.as_ref().map(|at| count(at.value.get())),
            max_chars: settings.max_chars.as_ref().map(|at| count(at.value.get())),
            max_words: settings.max_words.as_ref().map(|at| count(at.value.get())),
        }),
        Kind::JsonSchema => {
            let schema = settings.schema.as_ref().map_or("true", |at| at.value.as_str());
            CheckSpec::JsonSchema { schema: schema.into() }
        }
        Kind::Urls => CheckSpec::Urls { allow: texts(&settings.allow), deny: texts(&settings.deny) },
        Kind::InvisibleText => CheckSpec::InvisibleText,
        Kind::Refusal => CheckSpec::Refusal,
        Kind::Language => CheckSpec::Language { allow: texts(&settings.allow) },
        // Kinds that ask, when what they need is missing.
        _ => CheckSpec::Code { languages: texts(&settings.languages) },
    }
}

/// Settings of other kinds are faults, and so are those that the kind needs and has not.
fn check_members(settings: &GuardrailSettings, faults: &mut Faults) {
    let kind = settings.kind.value;
    let list = |at: &At<Texts>| (!at.value.0.is_empty()).then_some(at.place);
    let mut given: Vec<(&str, Option<Place>, &[Kind])> = vec![
        ("entities", list(&settings.entities), &[Kind::Pii, Kind::Presidio, Kind::Ner]),
        ("entropy", settings.entropy.as_ref().map(|at| at.place), &[Kind::Secrets]),
        (
            "min_score",
            settings.min_score.as_ref().map(|at| at.place),
            &[Kind::Injection, Kind::Presidio, Kind::Ner, Kind::Classifier],
        ),
        ("patterns", list(&settings.patterns), &[Kind::Regex]),
        ("max_match_bytes", settings.max_match_bytes.as_ref().map(|at| at.place), &[Kind::Regex]),
        ("terms", list(&settings.terms), &[Kind::Keywords]),
        ("terms_file", settings.terms_file.as_ref().map(|at| at.place), &[Kind::Keywords]),
        ("case_sensitive", settings.case_sensitive.as_ref().map(|at| at.place), &[Kind::Keywords]),
        ("whole_words", settings.whole_words.as_ref().map(|at| at.place), &[Kind::Keywords]),
        ("min_chars", settings.min_chars.as_ref().map(|at| at.place), &[Kind::Length]),
        ("max_chars", settings.max_chars.as_ref().map(|at| at.place), &[Kind::Length]),
        ("repair", settings.repair.as_ref().map(|at| at.place), &[Kind::JsonSchema]),
        ("schema", settings.schema.as_ref().map(|at| at.place), &[Kind::JsonSchema]),
        ("allow", list(&settings.allow), &[Kind::Urls, Kind::Language, Kind::Topics]),
        ("deny", list(&settings.deny), &[Kind::Urls, Kind::Topics]),
        ("languages", list(&settings.languages), &[Kind::Code]),
    ];
    given.push(("expression", settings.expression.as_ref().map(|at| at.place), &[Kind::Cel]));
    given.extend(asked::members(settings));
    for (name, place, kinds) in &given {
        if let Some(place) = place.filter(|_| !kinds.contains(&kind)) {
            let owner = kinds.first().map_or("", |kind| kind.as_str());
            faults.add(place, format!("'{name}' is for kind {owner}, not {}: remove it", kind.as_str()));
        }
    }
    let is_given = |name: &str| given.iter().any(|(known, place, _)| *known == name && place.is_some());
    let needed: &[&str] = match kind {
        Kind::Regex => &["patterns"],
        Kind::JsonSchema => &["schema"],
        Kind::Language => &["allow"],
        Kind::Cel => &["expression"],
        Kind::Webhook | Kind::Presidio => &["url"],
        Kind::AzureContentSafety => &["url", "api_key"],
        Kind::Lakera => &["api_key"],
        Kind::OpenAiModeration | Kind::LlamaGuard => &["model"],
        Kind::LlmJudge => &["model", "rule"],
        Kind::BedrockGuardrail => &["provider", "guardrail_id"],
        Kind::Wasm => &["file"],
        Kind::Topics => &["topics"],
        Kind::Ner => &["model_dir"],
        Kind::Classifier => &["model_dir", "labels"],
        _ => &[],
    };
    for name in needed.iter().filter(|name| !is_given(name)) {
        faults.add(settings.kind.place, format!("kind {} needs '{name}'", kind.as_str()));
    }
    if kind == Kind::Keywords && !is_given("terms") && !is_given("terms_file") {
        faults.add(settings.kind.place, "kind keywords needs 'terms' or 'terms_file'");
    }
    let has_bounds = is_given("min_chars") || is_given("max_chars") || settings.max_words.is_some();
    if kind == Kind::Length && !has_bounds {
        faults.add(settings.kind.place, "kind length needs 'min_chars', 'max_chars' or 'max_words'");
    }
    if matches!(kind, Kind::Urls | Kind::Topics) && !is_given("allow") && !is_given("deny") {
        faults.add(settings.kind.place, format!("kind {} needs 'allow' or 'deny'", kind.as_str()));
    }
}

//! Checks that ask somebody for a verdict: what is written to them, and what their answers mean. Serves the guard stages,
//! which do the asking. Pure: it must not open a socket, and no word of an answer is kept but the names of kinds, since
//! others could repeat what was found.

mod azure;
mod bedrock;
mod fault;
mod judge;
mod lakera;
mod llama_guard;
mod local;
mod moderation;
mod names;
mod places;
mod plugin;
mod presidio;
pub mod topics;
mod webhook;

pub use fault::AskFault;
pub use local::{LocalFinding, read_local};
pub use plugin::{PluginAnswer, PluginFinding, PluginVerdict};

use crate::finding::Finding;
use crate::notes::{Place, Side};
use gw_model::Secret;
use gw_model::guardrail::{AskSpec, Asked, GuardAction};
use std::ops::Range;
use std::sync::Arc;

/// Most findings of one answer.
const MAX_FINDINGS: usize = 1_000;

/// Most questions that one side of a call is split into.
const MAX_ASKS: usize = 64;

/// A text that is asked about, as checks see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedText {
    /// Where it stands in its call.
    pub place: Place,
    /// What it says.
    pub text: String,
}

/// What is known of the call; empty where it is not.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Id of the request.
    pub request_id: String,
    /// The model as the caller names it.
    pub model: String,
    /// The caller's wire format.
    pub format: &'static str,
    /// The answer is streamed.
    pub stream: bool,
    /// Id of the key.
    pub key_id: String,
    /// Name of the key.
    pub key_name: String,
    /// The kind of endpoint.
    pub endpoint: &'static str,
    /// Estimated input.
    pub input_tokens: u64,
    /// The bound on output that the request states.
    pub max_output_tokens: Option<u64>,
    /// Answers that it asks for.
    pub choices: u32,
    /// Size of its body.
    pub body_bytes: u64,
    /// Id of the key's team.
    pub team: String,
    /// Id of the key's project.
    pub project: String,
    /// The caller's own session.
    pub session: String,
    /// The caller's own customer.
    pub customer: String,
    /// Seconds since the epoch.
    pub now_s: i64,
    /// The caller wants nothing that was kept before.
    pub no_read: bool,
    /// The caller wants nothing to be kept.
    pub no_store: bool,
    /// Nothing older will do, in seconds.
    pub max_age_seconds: Option<u64>,
}

/// What somebody is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The guardrail's name.
    pub guardrail: &'a str,
    /// The side of the call.
    pub side: Side,
    /// The call.
    pub about: &'a About,
    /// The texts, in their order.
    pub texts: &'a [&'a AskedText],
}

/// How a question travels.
#[derive(Clone, Debug)]
pub enum Way {
    /// To the guardrail's own host.
    Host {
        /// What stands behind the address, with its query.
        suffix: String,
        /// Headers besides those of every JSON request.
        headers: Vec<(&'static str, Secret)>,
    },
    /// To a model of the gateway, in the format of OpenAI's chats.
    Chat,
    /// To a model of the gateway, in the format of OpenAI's moderations.
    Moderation,
    /// To a path of a provider of the gateway.
    Provider {
        /// The provider.
        provider: Arc<str>,
        /// The path below its base URL.
        path: String,
    },
}

/// A question as it is written.
#[derive(Clone, Debug)]
pub struct Ask {
    /// How it travels.
    pub way: Way,
    /// JSON.
    pub body: Vec<u8>,
    /// The texts that it is about, of those of the question.
    texts: Range<usize>,
    /// Where its text begins, of a text that is asked about in parts; in bytes.
    offset: usize,
}

/// One thing that somebody said about a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Which text of the question.
    pub text: usize,
    /// What, and where in the text, in bytes.
    pub finding: Finding,
    /// The most that it leads to; the guardrail's own action bounds it too.
    pub most: GuardAction,
    /// What is to stand in its place.
    pub with: Option<String>,
}

impl Told {
    /// Something about a text as a whole.
    fn whole(question: &Question<'_>, text: usize, kind: &'static str, reason: &'static str) -> Self {
        let end = question.texts.get(text).map_or(0, |asked| asked.text.len());
        let finding = Finding { start: 0, end, kind, score: 100, reason };
        Self { text, finding, most: GuardAction::Block, with: None }
    }
}

/// Writes what is asked.
///
/// # Errors
/// [`AskFault::TooLong`] when there is too much text.
pub fn asks(spec: &AskSpec, question: &Question<'_>) -> Result<Vec<Ask>, AskFault> {
    let bytes: usize = question.texts.iter().map(|asked| asked.text.len()).sum();
    if bytes > spec.max_text_bytes {
        return Err(AskFault::TooLong);
    }
    let asks = match &spec.who {
        Asked::Webhook { secret, at } => vec![webhook::ask(question, secret.as_ref(), at.api_key.as_ref())],
        Asked::Moderation { at, model, .. } => moderation::asks(question, at.as_ref(), model),
        Asked::Judge { model, rule } => vec![judge::ask(question, model, rule)],
        Asked::LlamaGuard { model, .. } => vec![llama_guard::ask(question, model)],
        Asked::Presidio { language, entities, min_score_permille, at } => {
            presidio::asks(question, at, language, entities, *min_score_permille)
        }
        Asked::AzureContentSafety { at, blocklists, .. } => azure::asks(question, at, blocklists),
        Asked::Bedrock { provider, id, version } => vec![bedrock::ask(question, provider, id, version)],
        Asked::Lakera { at, project } => vec![lakera::ask(question, at, project.as_deref())],
        Asked::Plugin { .. } | Asked::Topics(_) | Asked::Entities { .. } | Asked::Classifier { .. } => {
            Vec::new()
        }
    };
    if asks.len() > MAX_ASKS { Err(AskFault::TooLong) } else { Ok(asks) }
}

/// What an answer says.
///
/// # Errors
/// It is no good answer.
pub fn read(
    spec: &AskSpec,
    question: &Question<'_>,
    ask: &Ask,
    status: u16,
    body: &[u8],
) -> Result<Vec<Told>, AskFault> {
    if !(200..300).contains(&status) {
        return Err(AskFault::Status(status));
    }
    if status == 204 && matches!(spec.who, Asked::Webhook { .. }) {
        return Ok(Vec::new());
    }
    let answer: serde_json::Value = serde_json::from_slice(body).map_err(|_| AskFault::Malformed)?;
    let told = match &spec.who {
        Asked::Webhook { .. } => webhook::read(question, &answer),
        Asked::Moderation { thresholds, .. } => moderation::read(question, ask, &answer, thresholds),
        Asked::Judge { .. } => judge::read(question, &answer),
        Asked::LlamaGuard { categories, .. } => llama_guard::read(question, &answer, categories),
        Asked::Presidio { .. } => presidio::read(question, ask, &answer),
        Asked::AzureContentSafety { thresholds, .. } => azure::read(question, ask, &answer, thresholds),
        Asked::Bedrock { .. } => bedrock::read(question, &answer),
        Asked::Lakera { .. } => lakera::read(question, &answer),
        Asked::Plugin { .. } | Asked::Topics(_) | Asked::Entities { .. } | Asked::Classifier { .. } => {
            return Err(AskFault::Malformed);
        }
    };
    match told {
        Some(told) if told.len() <= MAX_FINDINGS => Ok(told),
        _ => Err(AskFault::Malformed),
    }
}

/// What a plugin's answer says.
///
/// # Errors
/// It is no good answer.
pub fn read_plugin(question: &Question<'_>, answer: &PluginAnswer) -> Result<Vec<Told>, AskFault> {
    let told = plugin::read(question, answer);
    told.filter(|told| told.len() <= MAX_FINDINGS).ok_or(AskFault::Malformed)
}

/// The text of a chat's answer.
fn said(answer: &serde_json::Value) -> Option<&str> {
    answer.get("choices")?.get(0)?.get("message")?.get("content")?.as_str()
}

/// A share from 0 to 1 in percent; `None` for what is none.
fn percent(share: f64) -> Option<u8> {
    (0.0..=1.0).contains(&share).then(|| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let percent = (share * 100.0).round() as u8;
        percent
    })
}

/// A host's credential as most take it.
fn bearer(at: &gw_model::guardrail::Host) -> Vec<(&'static str, Secret)> {
    let header = |key: &Secret| ("authorization", Secret::new(format!("Bearer {}", key.expose())));
    at.api_key.iter().map(header).collect()
}

/// A body for one question about all texts.
fn about_all(question: &Question<'_>, way: Way, body: &serde_json::Value) -> Ask {
    Ask { way, body: body.to_string().into_bytes(), texts: 0..question.texts.len(), offset: 0 }
}

#[cfg(test)]
mod tests;

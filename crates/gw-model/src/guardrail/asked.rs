//! Guardrails that ask somebody: a service over the network, a model, or a plugin on another thread. What is asked, how
//! long is waited, and what becomes of a call when there is no verdict. It must not ask.

use crate::routing::EmbedderName;
use crate::secret::Secret;
use std::sync::Arc;

/// What such a guardrail asks, and within which bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct AskSpec {
    /// Who is asked.
    pub who: Asked,
    /// How long a verdict may take, in milliseconds.
    pub timeout_ms: u64,
    /// Without a verdict the call passes; else it is refused.
    pub is_open: bool,
    /// The call goes on meanwhile; its answer waits for the verdict.
    pub is_parallel: bool,
    /// Most questions at the same time; further ones have no verdict.
    pub max_parallel: u32,
    /// Most text of one question, in bytes; of a longer one there is no verdict.
    pub max_text_bytes: usize,
}

/// Who is asked for a verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A web hook of the user's own.
    Webhook {
        /// Where.
        at: Host,
        /// What questions are signed with.
        secret: Option<Secret>,
    },
    /// A moderation model of OpenAI's format.
    Moderation {
        /// Where, where it is no model of the gateway.
        at: Option<Host>,
        /// Its model: of the gateway, or as the service names it.
        model: Arc<str>,
        /// Categories that count; none: all that the service flags.
        thresholds: Vec<Threshold>,
    },
    /// A model that judges by a rule in words.
    Judge {
        /// The model.
        model: Arc<str>,
        /// What is not allowed, in words.
        rule: Arc<str>,
    },
    /// A model of the Llama Guard family.
    LlamaGuard {
        /// The model.
        model: Arc<str>,
        /// Categories that count, such as `S1`; none: all.
        categories: Vec<Arc<str>>,
    },
    /// An analyzer of Presidio's.
    Presidio {
        /// Where.
        at: Host,
        /// Language of the texts.
        language: Arc<str>,
        /// Entities that count, by its names; none: all.
        entities: Vec<Arc<str>>,
        /// Findings below that score, in thousandths, do not count.
        min_score_permille: u32,
    },
    /// Azure AI Content Safety.
    AzureContentSafety {
        /// Where.
        at: Host,
        /// Severities from which on a category counts.
        thresholds: Vec<Threshold>,
        /// Block lists to look at.
        blocklists: Vec<Arc<str>>,
    },
    /// A guardrail of Amazon Bedrock.
    Bedrock {
        /// The provider whose host and credentials are used.
        provider: Arc<str>,
        /// Its id.
        id: Arc<str>,
        /// Its version.
        version: Arc<str>,
    },
    /// Lakera Guard.
    Lakera {
        /// Where.
        at: Host,
        /// The project whose policy counts.
        project: Option<Arc<str>>,
    },
    /// A model for embeddings: what texts are about.
    Topics(Topics),
    /// A model in the process that finds names, places and the like.
    Entities {
        /// The model.
        model: LocalModel,
        /// What counts, as the model names it; none: all.
        entities: Vec<Arc<str>>,
        /// Findings below that score, in percent, do not count.
        min_score: u8,
    },
    /// A model in the process that says what a text is.
    Classifier {
        /// The model.
        model: LocalModel,
        /// The labels that are findings.
        labels: Vec<Arc<str>>,
        /// How likely a label must be, in percent.
        min_score: u8,
    },
    /// A plugin of the user's own.
    Plugin {
        /// The file.
        file: Arc<str>,
        /// What it is told about itself, as JSON.
        settings: Arc<str>,
        /// Most memory, in bytes.
        max_memory_bytes: usize,
        /// Most work, in units of fuel.
        max_fuel: u64,
    },
}

/// A model of a folder, run in the process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalModel {
    /// The folder of its weights.
    pub folder: Arc<str>,
    /// Weights in 8 bits.
    pub int8: bool,
    /// Threads that compute.
    pub threads: usize,
}

/// What texts may or must not be about.
#[derive(Clone, Debug, PartialEq)]
pub struct Topics {
    /// What makes vectors.
    pub embedder: EmbedderName,
    /// Least cosine of a text and an example of its topic, in thousandths.
    pub threshold_permille: u32,
    /// The topics.
    pub list: Vec<Topic>,
}

impl Topics {
    /// The least cosine, 0 to 1.
    #[must_use]
    pub fn threshold(&self) -> f32 {
        // A thousand at most: no digit is lost.
        f32::from(u16::try_from(self.threshold_permille).unwrap_or(1000)) / 1000.0
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: Arc<str>,
    /// Texts of this topic pass, and others do not; else these do not.
    pub is_allowed: bool,
    /// Texts of that topic.
    pub examples: Vec<Arc<str>>,
}

/// A host that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The address.
    pub url: Arc<str>,
    /// Its credential.
    pub api_key: Option<Secret>,
    /// Certificates of authorities that are trusted there besides, as PEM.
    pub ca_file: Option<Arc<str>>,
}

/// From where on a category counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The category, as the service names it.
    pub category: Arc<str>,
    /// The smallest score, in thousandths; a severity in whole numbers.
    pub from: u32,
}

impl Asked {
    /// The kind, as configurations name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Moderation { .. } => "openai-moderation",
            Self::Judge { .. } => "llm-judge",
            Self::LlamaGuard { .. } => "llama-guard",
            Self::Presidio { .. } => "presidio",
            Self::AzureContentSafety { .. } => "azure-content-safety",
            Self::Bedrock { .. } => "bedrock-guardrail",
            Self::Lakera { .. } => "lakera",
            Self::Topics(_) => "topics",
            Self::Entities { .. } => "ner",
            Self::Classifier { .. } => "classifier",
            Self::Plugin { .. } => "wasm",
        }
    }

    /// Does it say where in a text something is?
    #[must_use]
    pub const fn finds_spans(&self) -> bool {
        matches!(
            self,
            Self::Webhook { .. }
                | Self::Presidio { .. }
                | Self::Bedrock { .. }
                | Self::Lakera { .. }
                | Self::Entities { .. }
                | Self::Plugin { .. }
        )
    }

    /// Can its verdict be that something is to be replaced, where a finding would stop the call?
    #[must_use]
    pub const fn may_replace(&self) -> bool {
        matches!(self, Self::Webhook { .. } | Self::Bedrock { .. } | Self::Plugin { .. })
    }

    /// The host that is asked, where it is one of its own.
    #[must_use]
    pub const fn host(&self) -> Option<&Host> {
        match self {
            Self::Webhook { at, .. }
            | Self::Presidio { at, .. }
            | Self::AzureContentSafety { at, .. }
            | Self::Lakera { at, .. } => Some(at),
            Self::Moderation { at, .. } => at.as_ref(),
            Self::Judge { .. }
            | Self::LlamaGuard { .. }
            | Self::Bedrock { .. }
            | Self::Topics(_)
            | Self::Entities { .. }
            | Self::Classifier { .. }
            | Self::Plugin { .. } => None,
        }
    }

    /// The model in the process that is asked.
    #[must_use]
    pub const fn local(&self) -> Option<&LocalModel> {
        match self {
            Self::Entities { model, .. } | Self::Classifier { model, .. } => Some(model),
            _ => None,
        }
    }

    /// The model of the gateway that is asked.
    #[must_use]
    pub const fn model(&self) -> Option<&Arc<str>> {
        match self {
            Self::Judge { model, .. }
            | Self::LlamaGuard { model, .. }
            | Self::Moderation { at: None, model, .. } => Some(model),
            _ => None,
        }
    }
}

//! What strategy `auto` goes by: classes of tasks, how good each member is at them, and how much quality, cost and
//! latency count. It must not recognise a class, nor know a price.

use super::Semantic;
use std::sync::Arc;

/// Classes that are recognised from the request itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Task {
    /// Everything else.
    #[default]
    Chat,
    /// Programs: written, explained, mended.
    Code,
    /// Sums, proofs, puzzles.
    Math,
    /// Data from a text, or an answer that must be JSON.
    Extraction,
    /// A shorter text.
    Summarization,
    /// Another language.
    Translation,
    /// The request offers tools.
    Tools,
    /// The prompt is long.
    LongContext,
    /// The request has images.
    Vision,
}

impl Task {
    /// Every one; they are the first classes of every group, in this order.
    pub const ALL: [Self; 9] = [
        Self::Chat,
        Self::Code,
        Self::Math,
        Self::Extraction,
        Self::Summarization,
        Self::Translation,
        Self::Tools,
        Self::LongContext,
        Self::Vision,
    ];

    /// The name in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Code => "code",
            Self::Math => "math",
            Self::Extraction => "extraction",
            Self::Summarization => "summarization",
            Self::Translation => "translation",
            Self::Tools => "tools",
            Self::LongContext => "long_context",
            Self::Vision => "vision",
        }
    }

    /// Its place among the classes of a group.
    #[must_use]
    pub const fn class(self) -> usize {
        self as usize
    }
}

/// How much each counts, in thousandths; their sum is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// What the table says of the member.
    pub quality: u32,
    /// What the request may cost there, against the cheapest.
    pub cost: u32,
    /// Expected time to first byte, against the soonest.
    pub latency: u32,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskClass {
    /// Its name.
    pub name: Arc<str>,
    /// What counts for it.
    pub weights: Weights,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auto {
    /// Those of [`Task`], then the configuration's own.
    pub classes: Vec<TaskClass>,
    /// By class, then by member, in thousandths: a request is of one class, and looks at all members.
    pub quality: Vec<Box<[u32]>>,
    /// A prompt of so many estimated tokens is long.
    pub long_context_tokens: u64,
    /// Utterances of classes, where there are any: a list for each class, and one that is empty for the rest, which is
    /// the default.
    pub meaning: Option<Arc<Semantic>>,
}

impl Auto {
    /// How good each member is at a class, in thousandths.
    #[must_use]
    pub fn qualities(&self, class: usize) -> &[u32] {
        self.quality.get(class).map_or(&[], |by_member| by_member)
    }

    /// How good a member is at a class, in thousandths.
    #[must_use]
    pub fn quality(&self, member: usize, class: usize) -> u32 {
        self.qualities(class).get(member).copied().unwrap_or(0)
    }
}

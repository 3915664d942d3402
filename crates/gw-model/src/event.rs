//! The answer side of the intermediate form: a stream of events. A whole answer is the same events, folded.

use crate::usage::Usage;
use bytes::Bytes;

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// One of the caller's stop sequences; the sequence, when the format tells.
    StopSequence(Option<String>),
    /// The output bound.
    Length,
    /// It calls tools.
    ToolCalls,
    /// A content filter or refusal.
    ContentFilter,
    /// The provider paused a long turn; the caller may continue it.
    Pause,
    /// A reason that has no common name, as the upstream wrote it.
    Other(String),
}

/// What a piece of an answer's text rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citation {
    /// The characters (Unicode scalar values) of the block's text that it supports: the first, and one past the
    /// last. `None`: all that came of the block.
    pub range: Option<(u32, u32)>,
    /// Title of the source; empty when unknown.
    pub title: String,
    /// Address of the source; empty when it has none.
    pub url: String,
    /// What the source says; empty when the upstream does not tell.
    pub quote: String,
    /// The number of the source among the documents of the request.
    pub document: Option<u32>,
    /// Where in the document.
    pub place: Option<CitedPlace>,
}

/// A part of a document, from the first to one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CitedPlace {
    /// Characters, from 0.
    Characters(u32, u32),
    /// Pages, from 1.
    Pages(u32, u32),
    /// Blocks of a document that consists of them, from 0.
    Blocks(u32, u32),
}

/// How likely the model found a token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenLogprob {
    /// The token as text.
    pub token: String,
    /// Its bytes, when the upstream tells.
    pub bytes: Option<Vec<u8>>,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// What else could have stood there, likeliest first. These have none themselves.
    pub top: Vec<TokenLogprob>,
}

/// One step of an answer. `choice` is the choice's index (0 unless `n` > 1); `block` numbers the content
/// blocks of a choice from 0, in the order they start.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer begins. Comes once, first.
    Start {
        /// The upstream's id of the answer.
        id: String,
        /// The upstream's name of the model.
        model: String,
        /// Seconds since the epoch, when the format tells.
        created: Option<i64>,
    },
    /// Text of the answer.
    Text {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// Piece of the text.
        text: String,
    },
    /// Reasoning that the provider shows.
    Thinking {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// Piece of the text.
        text: String,
    },
    /// The signature that lets a provider check its own reasoning when it is sent back.
    ThinkingSignature {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// Opaque.
        signature: String,
    },
    /// Reasoning that the provider hides, opaque, to be sent back as it is.
    RedactedThinking {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// Opaque.
        data: String,
    },
    /// A refusal in the model's words.
    Refusal {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// Piece of the text.
        text: String,
    },
    /// A tool call begins.
    ToolStart {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// A piece of a tool call's arguments (JSON text).
    ToolArguments {
        /// Choice.
        choice: u32,
        /// Block of the call that it belongs to.
        block: u32,
        /// Piece of JSON text.
        json: String,
    },
    /// Some of the block's text rests on a source. Comes behind the text that it is about.
    Citation {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// The source.
        citation: Box<Citation>,
    },
    /// Probabilities of the tokens of the text, piece by piece: each comes before or behind its piece.
    Logprobs {
        /// Choice.
        choice: u32,
        /// Tokens in order.
        tokens: Vec<TokenLogprob>,
    },
    /// A block is complete. Formats without block ends do not send it; writers must not depend on it.
    BlockEnd {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
    },
    /// A choice is complete.
    Finish {
        /// Choice.
        choice: u32,
        /// Why.
        reason: FinishReason,
    },
    /// Usage so far; later ones refine earlier ones.
    Usage(Usage),
    /// The upstream reported an error inside the stream.
    Error {
        /// Its kind or code, as the upstream names it.
        kind: String,
        /// Its message.
        message: String,
    },
    /// The answer is complete. Comes once, last; a stream without it was cut.
    End,
    /// A content block that only the upstream's own format can carry (server tools and the like), as JSON.
    Opaque {
        /// Choice.
        choice: u32,
        /// Block.
        block: u32,
        /// The block, as the upstream wrote it.
        json: Bytes,
    },
}

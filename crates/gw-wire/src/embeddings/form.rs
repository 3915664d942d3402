//! The one form that every dialect of embeddings is read into and written from. It must not hold what only
//! one dialect knows, except by name, so that it can be told to the caller.

use super::vector::Vector;
use gw_model::Usage;
use std::borrow::Cow;

/// How a request and its answer are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI `/embeddings`, and all that copy it.
    OpenAi,
    /// Cohere `/v2/embed`.
    Cohere,
    /// Voyage `/v1/embeddings`.
    Voyage,
    /// Google `embedContent`: one content.
    Gemini,
    /// Google `batchEmbedContents`: several.
    GeminiBatch,
    /// Vertex AI's `predict`: several, for its older models. Upstream only.
    VertexPredict,
    /// Amazon's Titan models on Bedrock: one text. Upstream only.
    Titan,
    /// Cohere's models on Bedrock. Upstream only.
    BedrockCohere,
}

impl Dialect {
    /// The path names the model, and the body must not.
    #[must_use]
    pub(super) const fn has_model_in_path(self) -> bool {
        !matches!(self, Self::OpenAi | Self::Cohere | Self::Voyage)
    }

    /// A request holds one input.
    #[must_use]
    pub const fn takes_one_input(self) -> bool {
        matches!(self, Self::Gemini | Self::Titan)
    }
}

/// What is to be embedded; each element becomes one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Texts.
    Texts(Vec<String>),
    /// Token ids of the model's own tokenizer.
    Tokens(Vec<Vec<u64>>),
}

impl Input {
    /// How many vectors are wanted.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tokens(lists) => lists.len(),
        }
    }

    /// True when nothing is to be embedded. Readers refuse that.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the numbers of a vector are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit floats.
    #[default]
    Float,
    /// Whole numbers from -128.
    Int8,
    /// Whole numbers up to 255.
    Uint8,
    /// Eight signs in each number, from -128.
    Binary,
    /// Eight signs in each number, up to 255.
    Ubinary,
}

impl Dtype {
    /// The name in the dialects that have one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
            Self::Binary => "binary",
            Self::Ubinary => "ubinary",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Float, Self::Int8, Self::Uint8, Self::Binary, Self::Ubinary]
            .into_iter()
            .find(|dtype| dtype.as_str() == name)
    }
}

/// How vectors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// What their numbers are.
    pub dtype: Dtype,
    /// As base64 of the numbers' bytes, not as a list.
    pub base64: bool,
}

/// What the vectors are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be found.
    Document,
    /// To find.
    Query,
    /// Another one, as the dialect names it, in small letters.
    Other(String),
}

impl Purpose {
    /// Another one that is a kind of finding: dialects with fewer names call it a query.
    #[must_use]
    pub(super) fn finds(&self) -> bool {
        const KINDS: [&str; 3] = ["question_answering", "fact_verification", "code_retrieval_query"];
        matches!(self, Self::Other(name) if KINDS.contains(&name.as_str()))
    }
}

/// What is to become of texts that are too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// They are refused.
    Refuse,
    /// Their beginning is left out.
    Start,
    /// Their end is left out.
    End,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The model, as the caller named it.
    pub model: String,
    /// What is to be embedded.
    pub input: Input,
    /// How the caller wants the vectors; at least one.
    pub encodings: Vec<Encoding>,
    /// How many numbers a vector is to have.
    pub dimensions: Option<u64>,
    /// What the vectors are for.
    pub purpose: Option<Purpose>,
    /// What becomes of texts that are too long.
    pub truncation: Option<Truncation>,
    /// The end user.
    pub user: Option<String>,
    /// Names of members that the form has no field for.
    pub unknown: Vec<String>,
}

/// Vectors of one encoding, in the order of the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSet<'a> {
    /// What their numbers are.
    pub dtype: Dtype,
    /// One for each input.
    pub vectors: Vec<Vector<'a>>,
}

/// An answer, as far as possible a view of the upstream's bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer<'a> {
    /// The upstream's id; empty when it gives none.
    pub id: Cow<'a, str>,
    /// The upstream's name of the model; empty when it gives none.
    pub model: Cow<'a, str>,
    /// The vectors, once for each encoding that came.
    pub sets: Vec<VectorSet<'a>>,
    /// What was used.
    pub usage: Option<Usage>,
}

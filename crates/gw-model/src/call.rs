//! A caller's request as the stages see it: the original bytes, and the few facts read from them.

use crate::abilities::Abilities;
use crate::format::WireFormat;
use crate::media::Media;
use crate::price::ServiceTier;
use crate::raw::RawLine;
use crate::record::Parameters;
use bytes::Bytes;
use std::sync::Arc;

/// A half-open byte range of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// One request to a model. The body stays as the caller wrote it; edits are spliced when it is forwarded.
#[derive(Clone, Debug)]
pub struct Call {
    /// The caller's wire format.
    pub format: WireFormat,
    /// The body as received.
    pub body: Bytes,
    /// What the stages need of it.
    pub facts: CallFacts,
    /// Headers of the caller that may go upstream (lower-case name, value), chosen by ingress.
    pub forward_headers: Vec<(&'static str, Bytes)>,
    /// The request's head, when it goes to a path of the provider as it is.
    pub raw: Option<Box<RawLine>>,
}

/// What the stages read from a body. Spans point into [`Call::body`].
#[derive(Clone, Debug, Default)]
pub struct CallFacts {
    /// The model that the caller named, unescaped.
    pub model: String,
    /// The value of the `model` member, quotes included. `None` when the name came from the path.
    pub model_span: Option<Span>,
    /// Just behind the `{` of the top-level object: where new members can be spliced in.
    pub insert_at: usize,
    /// True when the top-level object has no member, so that an inserted one takes no comma.
    pub is_empty_object: bool,
    /// The caller asked for a stream.
    pub stream: bool,
    /// The value of `stream_options`, when present.
    pub stream_options_span: Option<Span>,
    /// The caller asked for usage in the stream (`stream_options.include_usage`), or its format always has it.
    pub include_usage: bool,
    /// The caller's bound on output tokens, for one choice.
    pub max_output_tokens: Option<u64>,
    /// The values of members that bound the output, to be replaced when the bound is clamped.
    pub max_output_span: Option<Span>,
    /// The answer is to be made in the background and fetched later: the first reply states no usage.
    pub background: bool,
    /// The member that refers to something stored at the provider by an earlier request (a conversation, cached
    /// content), whoever made it.
    pub stored: Option<&'static str>,
    /// The answer that the request goes on from, by its id (`previous_response_id`).
    pub previous_response: Option<String>,
    /// Items of the input stand for stored ones, by their ids.
    pub refers_to_items: bool,
    /// The answer is to be stored for later requests: the format stores answers, and the caller does not say no.
    pub stores: bool,
    /// What the request goes on from, once that is known.
    pub earlier: Option<Box<Earlier>>,
    /// The stream is to be a JSON array, in formats that know such streams.
    pub json_array: bool,
    /// How many choices were asked for.
    pub choices: u32,
    /// Conservative count of the input tokens (never below what a tokenizer would give, in practice).
    pub input_tokens: u64,
    /// The most that the request can make of images, speech and recordings.
    pub media: Media,
    /// The body is a form (`multipart/form-data`); [`Self::model_span`] is then the bare value of the part, and
    /// [`Self::insert_at`] where its first boundary stands.
    pub is_form: bool,
    /// The service tier asked for; it changes the price.
    pub service_tier: Option<ServiceTier>,
    /// The end user that the caller names.
    pub user: Option<String>,
    /// Searches that a ranking may be billed as; 0 when nothing is ranked.
    pub searches: u64,
    /// The format that the members show, where several have the same path.
    pub dialect: Option<WireFormat>,
    /// What the request may ask of a model by its parameters: a target that has all of it needs no further look.
    /// Content of messages is not looked at.
    pub asks: Abilities,
    /// What of its parameters is written down.
    pub parameters: Parameters,
    /// Names of top-level members that choose other models or providers than `model` does.
    pub routing_members: Vec<String>,
}

/// An earlier answer that a request goes on from.
#[derive(Clone, Debug)]
pub enum Earlier {
    /// This provider stores it (its configured name): no other can go on from it.
    AtProvider(Arc<str>),
    /// The gateway stored it: [`Call::body`] is the request written out, as a target of the caller's own format takes it.
    Here {
        /// The body that the caller sent.
        asked: Bytes,
        /// The request written out with all that is known, for targets of other formats.
        full: Bytes,
    },
}

impl Call {
    /// The body that the caller sent.
    #[must_use]
    pub fn asked(&self) -> &Bytes {
        match self.facts.earlier.as_deref() {
            Some(Earlier::Here { asked, .. }) => asked,
            _ => &self.body,
        }
    }

    /// The request with all that it goes on from, as far as the gateway knows it.
    #[must_use]
    pub fn full(&self) -> &Bytes {
        match self.facts.earlier.as_deref() {
            Some(Earlier::Here { full, .. }) => full,
            _ => &self.body,
        }
    }
}

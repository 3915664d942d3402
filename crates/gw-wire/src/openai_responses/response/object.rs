//! Answers and items, written. Serves the writers of whole answers and of streams. It must not hold content.

use super::fold::{Item, Kind, Part, PartKind};
use crate::codec::WriteContext;
use crate::json::Writer;
use crate::openai_chat::{annotation, logprobs};
use crate::openai_responses::echo::Echo;
use crate::openai_responses::request::unwrap_input;
use crate::openai_responses::{ids, usage};
use gw_model::{FinishReason, Usage};
use std::borrow::Cow;

/// The members of an answer that are the same in every state, and what goes into the ids of its items.
#[derive(Debug, Default)]
pub(crate) struct Shell {
    /// The object's opening and those members.
    head: Vec<u8>,
    /// See [`ids::stem`].
    stem: String,
}

/// How an answer stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending<'a> {
    /// It is being made.
    InProgress,
    /// It ended, for a reason if one was stated.
    Ended(Option<&'a FinishReason>),
    /// It failed.
    Failed { code: &'a str, message: &'a str },
}

impl Ending<'_> {
    /// Why it is incomplete.
    const fn incomplete(&self) -> Option<&'static str> {
        match self {
            Self::Ended(Some(FinishReason::Length)) => Some("max_output_tokens"),
            Self::Ended(Some(FinishReason::ContentFilter)) => Some("content_filter"),
            _ => None,
        }
    }

    /// The `status` of an answer.
    pub(crate) const fn status(&self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Failed { .. } => "failed",
            Self::Ended(_) if self.incomplete().is_some() => "incomplete",
            Self::Ended(_) => "completed",
        }
    }

    /// The `status` of an item that is closed now.
    pub(crate) const fn item_status(&self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Ended(Some(FinishReason::Length | FinishReason::ContentFilter)) | Self::Failed { .. } => {
                "incomplete"
            }
            Self::Ended(_) => "completed",
        }
    }
}

impl Shell {
    /// For an answer with an id and a model's name, where the upstream gave those.
    pub(crate) fn new(
        (id, model, created): (&str, &str, Option<i64>),
        context: &WriteContext,
        echo: &Echo,
    ) -> Self {
        let id = if id.is_empty() { context.fallback_id.as_str() } else { id };
        let id = context.stored_as.as_deref().unwrap_or(id);
        let model = if model.is_empty() { context.fallback_model.as_str() } else { model };
        let mut w = Writer::with_capacity(512);
        w.begin_object();
        w.string_member("id", id);
        w.string_member("object", "response");
        w.number_member("created_at", created.unwrap_or(context.created));
        w.bool_member("background", false);
        w.string_member("model", model);
        echo.write(&mut w);
        Self { head: w.into_bytes(), stem: ids::stem(id) }
    }

    /// Writes the answer.
    pub(crate) fn write(
        &self,
        w: &mut Writer,
        ending: Ending<'_>,
        usage: Option<&Usage>,
        items: impl FnOnce(&mut Writer),
    ) {
        // The head is an object without its closing brace; members go on behind it.
        w.raw(std::str::from_utf8(&self.head).unwrap_or("{"));
        w.string_member("status", ending.status());
        match ending {
            Ending::Failed { code, message } => {
                w.key("error");
                w.begin_object();
                w.string_member("code", code);
                w.string_member("message", message);
                w.end_object();
            }
            _ => w.null_member("error"),
        }
        match ending.incomplete() {
            Some(reason) => {
                w.key("incomplete_details");
                w.begin_object();
                w.string_member("reason", reason);
                w.end_object();
            }
            None => w.null_member("incomplete_details"),
        }
        match usage.and_then(|usage| usage.service_tier) {
            Some(tier) => w.string_member("service_tier", usage::tier(tier)),
            None => w.null_member("service_tier"),
        }
        w.key("output");
        w.begin_array();
        items(w);
        w.end_array();
        match usage {
            Some(usage) => {
                w.key("usage");
                usage::write(w, usage);
            }
            None => w.null_member("usage"),
        }
        w.end_object();
    }

    /// The id of the item at `index`. Opaque items have ids of their own.
    pub(crate) fn item_id(&self, item: &Item, index: usize, echo: &Echo) -> String {
        let prefix = match &item.kind {
            Kind::Message(_) => "msg",
            Kind::Reasoning { .. } => "rs",
            Kind::Call { name, .. } if echo.is_custom(name) => "ctc",
            Kind::Call { .. } => "fc",
            Kind::Opaque(_) => "item",
        };
        ids::item(prefix, &self.stem, index)
    }

    /// The id of a call: the upstream's, or one that is the same whenever the answer is written.
    fn call_id<'a>(&self, id: &'a str, index: usize) -> Cow<'a, str> {
        if id.is_empty() { Cow::Owned(ids::item("call", &self.stem, index)) } else { Cow::Borrowed(id) }
    }
}

/// Writes an item. With the status `in_progress` it has no content yet.
pub(crate) fn write_item(
    w: &mut Writer,
    shell: &Shell,
    echo: &Echo,
    item: &Item,
    (index, status): (usize, &str),
) {
    if let Kind::Opaque(json) = &item.kind {
        w.raw(json);
        return;
    }
    let has_content = status != "in_progress";
    w.begin_object();
    w.string_member("id", &shell.item_id(item, index, echo));
    match &item.kind {
        Kind::Message(parts) => {
            w.string_member("type", "message");
            w.string_member("status", status);
            w.string_member("role", "assistant");
            w.key("content");
            w.begin_array();
            parts.iter().filter(|_| has_content).for_each(|part| write_part(w, part, true));
            w.end_array();
        }
        Kind::Reasoning { text, signature, hidden, .. } => {
            w.string_member("type", "reasoning");
            w.key("summary");
            w.begin_array();
            if has_content && !text.is_empty() {
                w.begin_object();
                w.string_member("type", "summary_text");
                w.string_member("text", text);
                w.end_object();
            }
            w.end_array();
            if has_content {
                write_sealed(w, text, signature, hidden);
            }
        }
        Kind::Call { id, name, arguments, .. } => {
            let arguments = arguments.as_str();
            let is_custom = echo.is_custom(name);
            w.string_member("type", if is_custom { "custom_tool_call" } else { "function_call" });
            w.string_member("status", status);
            w.string_member("call_id", &shell.call_id(id, index));
            let (namespace, name) = echo.name(name);
            w.string_member("name", name);
            if let Some(namespace) = namespace {
                w.string_member("namespace", namespace);
            }
            match (is_custom, has_content) {
                (true, true) => w.string_member("input", &unwrap_input(arguments)),
                (true, false) => w.string_member("input", ""),
                (false, true) => w.string_member("arguments", or_empty_object(arguments)),
                (false, false) => w.string_member("arguments", ""),
            }
        }
        Kind::Opaque(_) => {}
    }
    w.end_object();
}

/// Callers parse arguments: none are an empty object.
pub(crate) fn or_empty_object(arguments: &str) -> &str {
    if arguments.trim().is_empty() { "{}" } else { arguments }
}

fn write_sealed(w: &mut Writer, text: &str, signature: &str, hidden: &str) {
    if !hidden.is_empty() {
        w.string_member("encrypted_content", hidden);
    } else if !signature.is_empty() {
        w.string_member("encrypted_content", &ids::sealed(text, signature));
    }
}

/// Writes a part of a message, with its content if `is_whole`.
pub(crate) fn write_part(w: &mut Writer, part: &Part, is_whole: bool) {
    let text = if is_whole { part.text.as_str() } else { "" };
    w.begin_object();
    match part.kind {
        PartKind::Text => {
            w.string_member("type", "output_text");
            w.string_member("text", text);
            w.key("annotations");
            w.begin_array();
            for (citation, range) in part.citations.iter().filter(|_| is_whole) {
                annotation::write_responses(w, citation, *range);
            }
            w.end_array();
            w.key("logprobs");
            logprobs::write(w, if is_whole { &part.logprobs } else { &[] });
        }
        PartKind::Refusal => {
            w.string_member("type", "refusal");
            w.string_member("refusal", text);
        }
    }
    w.end_object();
}

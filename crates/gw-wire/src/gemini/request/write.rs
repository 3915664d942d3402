//! The intermediate form to a request for an upstream. Serves the translate step. It must not send what the
//! API refuses for certain, nor leave anything out without naming it. Model and streaming stand in the path,
//! which is not written here.

use super::media::unsupported;
use super::read::{Place, write_extra_path};
use super::{write_config, write_contents, write_tools};
use crate::codec::{Options, Written};
use crate::json::Writer;
use crate::outgoing::{capacity, drop_once, renamed};
use gw_model::chat::{ChatRequest, Json, PartKind};
use gw_model::{ErrorCode, Refusal};

/// Writes a request. Of `options`, `include_usage` and `default_max_output_tokens` are not used: the format
/// always states usage and does not demand a bound. A clamp is sent also when the caller stated no bound.
///
/// # Errors
/// 400 `unsupported_parameter` for what the format cannot express and what must not be left out.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    let mut out = Out::new(request, options);
    out.w.begin_object();
    write_members(request, &mut out)?;
    out.w.end_object();
    Ok(Written { body: out.w.into_bytes(), dropped: out.dropped, ..Written::default() })
}

/// Writes a request whose tokens are to be counted: the request inside, with its model.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_wrapped(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    let mut out = Out::new(request, options);
    out.w.begin_object();
    out.w.key("generateContentRequest");
    out.w.begin_object();
    let prefix = if out.model.contains('/') { "" } else { "models/" };
    out.w.string_member("model", &[prefix, out.model].concat());
    write_members(request, &mut out)?;
    out.w.end_object();
    out.w.end_object();
    Ok(Written { body: out.w.into_bytes(), dropped: out.dropped, ..Written::default() })
}

/// Writes the members of a request into an open object.
fn write_members<'a>(request: &'a ChatRequest, out: &mut Out<'a>) -> Result<(), Refusal> {
    write_contents::write(request, out)?;
    write_tools::write(request, out)?;
    write_config::write(request, out)?;
    for (name, value) in out.extras(Place::Top) {
        out.key(name);
        out.w.raw(value.get());
    }
    Ok(())
}

/// A request as it grows.
pub(super) struct Out<'a> {
    pub(crate) w: Writer,
    pub(crate) dropped: Vec<String>,
    pub(crate) options: &'a Options,
    /// The model at the target.
    pub(crate) model: &'a str,
    extras: Vec<(Place, &'a str, &'a Json)>,
}

impl<'a> Out<'a> {
    /// An empty one, with the request's extra members sorted by their places.
    pub(crate) fn new(request: &'a ChatRequest, options: &'a Options) -> Self {
        let mut out = Self {
            w: Writer::with_capacity(capacity(request)),
            dropped: Vec::new(),
            options,
            model: options.model.as_deref().unwrap_or(&request.model),
            extras: Vec::with_capacity(request.extra.len()),
        };
        for (name, value) in &request.extra {
            match write_extra_path(name) {
                Some((place, name)) => out.extras.push((place, name, value)),
                None => out.drop_named(name),
            }
        }
        out
    }

    /// Names something left out, once.
    pub(crate) fn drop_named(&mut self, name: &str) {
        drop_once(&mut self.dropped, name);
    }

    /// A member's name, renamed when the target calls it otherwise.
    pub(crate) fn key(&mut self, name: &str) {
        self.w.key(renamed(self.options, name));
    }

    /// The extra members of a place.
    pub(crate) fn extras(&self, place: Place) -> Vec<(&'a str, &'a Json)> {
        let of_place = self.extras.iter().filter(|(found, ..)| *found == place);
        of_place.map(|(_, name, value)| (*name, *value)).collect()
    }

    /// One extra member.
    pub(crate) fn extra(&self, place: Place, name: &str) -> Option<&'a Json> {
        let mut extras = self.extras.iter();
        extras.find(|(found, known, _)| *found == place && *known == name).map(|(_, _, value)| *value)
    }
}

/// A 400 that names a parameter.
pub(super) fn refused(param: &'static str, message: &'static str) -> Refusal {
    Refusal::new(ErrorCode::UnsupportedParameter, message).param(param)
}

/// A 400 for a part in the wrong place.
pub(super) fn misplaced(kind: &PartKind) -> Refusal {
    unsupported(match kind {
        PartKind::ToolCall { .. } => "A tool call outside of an assistant's turn",
        PartKind::ToolResult { .. } => "A tool's result outside of a user's turn",
        PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => {
            "Reasoning outside of an assistant's turn"
        }
        _ => "A content part of this kind",
    })
}

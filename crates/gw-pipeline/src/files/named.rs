//! What a call names: ids where only ids stand, and whatever else could be one. Judges whether all of it may be named
//! by the caller: what is another key's is as unknown as what nobody has.

use super::claim::{caller, unknown};
use super::collections::Place;
use super::reach::Reach;
use crate::credentials::Pins;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::{Call, ErrorCode, RawLine, Refusal};
use gw_providers::recognise::decoded;
use gw_store::objects::{Object as Stored, ObjectKind};
use gw_wire::multipart::{Boundary, Form, is_form};
use gw_wire::references::{self, add_id, names_file, strings};
use std::collections::{BTreeSet, HashSet};

/// Bodies up to this size are searched on the worker.
const INLINE_BYTES: usize = 256 << 10;

/// Most texts of one call that are looked up.
const MAX_STRINGS: usize = 100_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Ids of files: they must be known, and the caller's.
    pub(super) files: BTreeSet<String>,
    /// Names of which one must be known, and the caller's, unless there is none.
    pub(super) place: Vec<String>,
    /// What must not be known as another's.
    pub(super) strings: BTreeSet<String>,
}

impl Named {
    /// What the body names, and, for a call that names a path in place of a model, what that and the query do.
    pub(super) async fn of(call: &Call) -> Result<Self, Refusal> {
        let line = call.raw.as_deref();
        let content_type = line.and_then(|line| line.header("content-type")).cloned().unwrap_or_default();
        let mut named = if call.body.len() <= INLINE_BYTES {
            Self::in_body(&call.body, &content_type)?
        } else {
            // Off the worker, whose other calls would wait.
            let body = call.body.clone();
            let read = tokio::task::spawn_blocking(move || Self::in_body(&body, &content_type)).await;
            read.map_err(|_| Refusal::new(ErrorCode::Internal, "the request could not be read"))??
        };
        if let Some(line) = line {
            named.add_line(line);
            named.refuse_too_many()?;
        }
        Ok(named)
    }

    fn in_body(body: &Bytes, content_type: &[u8]) -> Result<Self, Refusal> {
        let mut named = Self::default();
        let text = body.trim_ascii_start();
        if is_form(content_type) && !body.is_empty() {
            named.add_form(body, content_type)?;
        } else if text.starts_with(b"{") || text.starts_with(b"[") {
            named.add_json(text);
        } else if is_pairs(content_type) {
            named.add_pairs(&String::from_utf8_lossy(body));
        }
        named.refuse_too_many()?;
        Ok(named)
    }

    fn add_json(&mut self, json: &[u8]) {
        self.files.extend(references::file_ids(json));
        // One more than is looked up says that there are too many.
        let _ = strings(json, 0, MAX_STRINGS + 1, &mut self.strings);
    }

    fn add_form(&mut self, body: &[u8], content_type: &[u8]) -> Result<(), Refusal> {
        let unread =
            |what: &str| Refusal::new(ErrorCode::InvalidRequest, format!("the form can not be read: {what}"));
        let boundary = Boundary::of(content_type).ok_or_else(|| unread("it has no boundary"))?;
        let form = Form::parse(body, &boundary).map_err(|error| unread(&error.to_string()))?;
        for part in form.parts.iter().filter(|part| part.filename.is_none()) {
            let value = form.value(part).trim_ascii();
            if value.starts_with(b"{") || value.starts_with(b"[") {
                self.add_json(value);
                if names_file(field(part.name)) {
                    self.files.extend(references::file_ids(&[b"{\"file_id\":", value, b"}"].concat()));
                }
            } else if let Ok(text) = std::str::from_utf8(value) {
                self.add_field(part.name, text);
            }
            self.refuse_too_many()?;
        }
        Ok(())
    }

    fn add_pairs(&mut self, pairs: &str) {
        for pair in pairs.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            self.add_field(&decoded(name), &decoded(value));
            if self.refuse_too_many().is_err() {
                return;
            }
        }
    }

    /// A field that is no JSON: a text, or several with commas between them.
    fn add_field(&mut self, name: &str, text: &str) {
        let is_file = names_file(field(name));
        for text in text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            if is_file {
                self.files.insert(text.to_owned());
            }
            add_id(text, &mut self.strings);
            if self.refuse_too_many().is_err() {
                return;
            }
        }
    }

    fn add_line(&mut self, line: &RawLine) {
        self.add_pairs(&line.query);
        let segments: Vec<String> =
            line.path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        segments.iter().for_each(|segment| add_id(segment, &mut self.strings));
        segments.windows(2).for_each(|pair| add_id(&pair.join("/"), &mut self.strings));
        if line.format.is_none() {
            self.place = Place::of(line).map(|place| place.owned()).unwrap_or_default();
        }
    }

    /// The credentials that must be used for it. Errors: the caller may not name all of it.
    pub(super) async fn judge(self, ticket: &Ticket, reach: &Reach<'_>) -> Result<Pins, Refusal> {
        let Self { files, place, strings } = self;
        let mut all = strings;
        all.extend(files.iter().chain(&place).cloned());
        let worker = ticket.worker();
        let found = worker.gateway().objects.named(all.into_iter().collect(), worker.now()).await;
        let mut found = found.map_err(|error| error.refusal())?;
        let who = caller(ticket);
        found.retain(|object| object.is_of(who) || reach.has(object));
        if let Some(foreign) = found.iter().find(|object| !object.is_of(who)) {
            return Err(unknown(foreign.kind, &foreign.id));
        }
        let mut pins = Pins::default();
        // Items of stored answers may come from several accounts, written out; what refers to one is looked up later.
        let is_item = |object: &Stored| matches!(object.kind, ObjectKind::Item | ObjectKind::Response);
        let mut binding = found.iter().filter(|object| place.contains(&object.id) || !is_item(object));
        binding.try_for_each(|object| pins.pin(object))?;
        if ticket.key().is_none() {
            return Ok(pins);
        }
        let own: HashSet<&str> = found.iter().map(|object| &*object.id).collect();
        if let Some(id) = files.iter().find(|id| !own.contains(&***id)) {
            return Err(unknown(ObjectKind::File, id).param("file_id"));
        }
        match place.first() {
            Some(id) if !place.iter().any(|name| own.contains(&**name)) => {
                Err(unknown(ObjectKind::Other, id))
            }
            _ => Ok(pins),
        }
    }

    /// More than is looked up is not let through unseen.
    fn refuse_too_many(&self) -> Result<(), Refusal> {
        let refuse = |text: String| Err(Refusal::new(ErrorCode::InvalidRequest, text).param("file_id"));
        if self.files.len() > references::MAX_IDS {
            return refuse(format!("the request names more than {} files", references::MAX_IDS));
        }
        if self.strings.len() > MAX_STRINGS {
            return refuse(format!("the request holds more than {MAX_STRINGS} texts that could be ids"));
        }
        Ok(())
    }
}

/// A field's name without the index of an element.
fn field(name: &str) -> &str {
    name.split('[').next().unwrap_or_default()
}

fn is_pairs(content_type: &[u8]) -> bool {
    let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests;

//! A file on its way to a provider: one for a batch holds requests, and each of them must be one that its owner could
//! make. Aliases become the provider's own names of models.

use super::NOTE_SEPARATOR;
use super::lines::Reading;
use super::named::Named;
use crate::authorize::{check_as_it_is, check_tools_of};
use crate::live::Live;
use crate::route::resolve;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::snapshot::Provider;
use gw_model::{Call, ErrorCode, Refusal, Span, WireFormat};
use gw_store::memory::KeyEntry;
use gw_wire::batch_lines::{self, Line};
use gw_wire::json::escape_into;
use gw_wire::json::splice::{Edit, apply};
use gw_wire::multipart::{Boundary, Form};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Bodies up to this size are read on the worker.
const INLINE_BYTES: usize = 256 << 10;

/// Most different models in one file, and most bytes of their names: what is remembered of it.
const MAX_MODELS: usize = 16;
const MAX_NOTE_BYTES: usize = 1024;

/// Paths that a batch's line may be for, and what they ask for.
const URLS: [(&str, WireFormat); 6] = [
    ("/chat/completions", WireFormat::OpenAiChat),
    ("/completions", WireFormat::OpenAiCompletions),
    ("/embeddings", WireFormat::OpenAiEmbeddings),
    ("/responses", WireFormat::OpenAiResponses),
    ("/moderations", WireFormat::OpenAiModerations),
    ("/images/generations", WireFormat::OpenAiImages),
];

/// An upload that may go out.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// The body, where names of models were replaced in it.
    pub(super) body: Option<Bytes>,
    /// The first model of a batch's file.
    pub(super) model: String,
    /// The file's purpose, and the models of a batch's file as the caller named them.
    pub(super) note: String,
}

/// What stands in the form.
pub(super) struct Upload {
    purpose: String,
    /// The form as it came, which the lines' places are of.
    body: Bytes,
    lines: Vec<Line>,
    /// Files that the lines refer to.
    file_ids: BTreeSet<String>,
}

impl Upload {
    /// The models of a batch's file, each once, in the order of their first lines.
    pub(super) fn models(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let names = self.lines.iter().map(|line| &*line.model);
        names.filter(|name| seen.insert(*name)).take(MAX_MODELS).collect()
    }

    /// What the lines name: their files, and whatever else in them could be an id.
    pub(super) fn named(self) -> (Named, Reading) {
        (Named { files: self.file_ids, ..Named::default() }, Reading::new(self.body, self.lines))
    }
}

/// Judges the lines of a batch's file.
pub(super) fn check(
    ticket: &Ticket,
    live: &Live,
    call: &Call,
    provider: &Arc<Provider>,
    upload: &Upload,
) -> Result<Checked, Refusal> {
    if upload.purpose != "batch" {
        return Ok(Checked { note: upload.purpose.clone(), ..Checked::default() });
    }
    let judge = Judge { live, provider, key: ticket.key().map(|key| &**key) };
    let may_rename = call.format != WireFormat::Passthrough;
    let mut known: HashMap<&str, Option<Bytes>> = HashMap::new();
    let mut edits = Vec::new();
    let mut checked = Checked { note: upload.purpose.clone(), ..Checked::default() };
    for line in &upload.lines {
        let format = judge.line(line)?;
        let request = call.body.get(line.request.start..line.request.end).unwrap_or_default();
        check_tools_of(ticket, format, request)?;
        check_as_it_is(ticket, format, request).map_err(|refusal| {
            let text = format!("line {}: {}", line.number, refusal.message);
            Refusal { message: text.into(), ..refusal }
        })?;
        if !known.contains_key(line.model.as_str()) {
            let name = judge.model(line, may_rename)?;
            known.insert(&line.model, name);
            checked.note.push(NOTE_SEPARATOR);
            checked.note.push_str(&line.model);
            if known.len() > MAX_MODELS || checked.note.len() > MAX_NOTE_BYTES {
                return Err(batch_lines::at(line.number, "the file names too many different models"));
            }
        }
        if let Some(Some(name)) = known.get(line.model.as_str()) {
            edits.push(Edit::replace(line.model_span, name.clone()));
        }
    }
    checked.model = upload.lines.first().map(|line| line.model.clone()).unwrap_or_default();
    if !edits.is_empty() {
        checked.body = Some(Bytes::from(apply(&call.body, &mut edits).concat()));
    }
    Ok(checked)
}

/// Judges lines.
struct Judge<'a> {
    live: &'a Live,
    provider: &'a Arc<Provider>,
    key: Option<&'a KeyEntry>,
}

impl Judge<'_> {
    /// What does not depend on the model.
    fn line(&self, line: &Line) -> Result<WireFormat, Refusal> {
        let path = line.url.strip_prefix("/v1").unwrap_or(&line.url);
        let Some((_, format)) = URLS.into_iter().find(|(url, _)| *url == path) else {
            return Err(batch_lines::at(line.number, "its `url` can not be part of a batch here"));
        };
        let Some(key) = self.key else { return Ok(format) };
        let endpoint = format.endpoint();
        if !key.allows_endpoint(endpoint) {
            let text = format!(
                "line {} of the file: this key may not use '{}' endpoints",
                line.number,
                endpoint.as_str()
            );
            return Err(Refusal::new(ErrorCode::EndpointNotAllowed, text).param("file"));
        }
        if let Some(member) = line.stored {
            let text =
                format!("'{member}' refers to something stored earlier, which a batch can not do here");
            return Err(batch_lines::at(line.number, &text));
        }
        if let Some(member) = line.routing.filter(|_| *self.provider.name != *"openai") {
            let text = format!("'{member}' chooses other models than 'model' does; remove it");
            return Err(batch_lines::at(line.number, &text));
        }
        Ok(format)
    }

    /// The model's name at the provider, as JSON, when it is another than the caller's.
    fn model(&self, line: &Line, may_rename: bool) -> Result<Option<Bytes>, Refusal> {
        let snapshot = &self.live.snapshot;
        let place = |refusal: Refusal| {
            let text = format!("line {} of the file: {}", line.number, refusal.message);
            Refusal { message: text.into(), param: Some("file".into()), ..refusal }
        };
        let name: Arc<str> = if may_rename {
            let found = resolve::name_at(snapshot, self.provider, &line.model);
            // Whoever may not call a name learns only that, not which names exist.
            let hidden = self.key.is_some_and(|key| !key.allows_model(&[&line.model]));
            match found {
                Err(_) if hidden => return Err(place(crate::authorize::not_allowed(&line.model))),
                found => found.map_err(place)?,
            }
        } else {
            line.model.as_str().into()
        };
        let qualified = format!("{}/{name}", self.provider.name);
        // An alias stands for what it names; anything else may be meant by either spelling.
        let is_alias = may_rename && snapshot.models.contains_key(&*line.model);
        let names: &[&str] = if is_alias { &[&line.model] } else { &[&line.model, &qualified] };
        if self.key.is_some_and(|key| !key.allows_model(names)) {
            return Err(place(crate::authorize::not_allowed(&line.model)));
        }
        if *name == *line.model {
            return Ok(None);
        }
        let mut written = vec![b'"'];
        escape_into(&mut written, &name);
        written.push(b'"');
        Ok(Some(Bytes::from(written)))
    }
}

/// Reads the form; a large one off the worker, whose other calls would wait.
pub(super) async fn read(call: &Call, max_depth: usize) -> Result<Upload, Refusal> {
    let content_type =
        call.raw.as_deref().and_then(|line| line.header("content-type")).cloned().unwrap_or_default();
    let body = call.body.clone();
    if body.len() <= INLINE_BYTES {
        return parse(&content_type, &body, max_depth);
    }
    match tokio::task::spawn_blocking(move || parse(&content_type, &body, max_depth)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(ErrorCode::Internal, "the request could not be read")),
    }
}

fn parse(content_type: &[u8], body: &Bytes, max_depth: usize) -> Result<Upload, Refusal> {
    let refuse = |text: String| Refusal::new(ErrorCode::InvalidRequest, text);
    let Some(boundary) = Boundary::of(content_type) else {
        return Err(refuse(
            "the body must be a multipart form with the fields 'file' and 'purpose'".to_owned(),
        ));
    };
    let form =
        Form::parse(body, &boundary).map_err(|error| refuse(format!("the form can not be read: {error}")))?;
    let one = |name: &'static str| {
        let mut parts = form.parts.iter().filter(|part| part.name.eq_ignore_ascii_case(name));
        match (parts.next(), parts.next()) {
            (Some(part), None) if part.name == name => Ok(part),
            (None, _) => Err(refuse(format!("the form has no field '{name}'")).param(name)),
            _ => Err(refuse(format!("the form must have one field '{name}', written so")).param(name)),
        }
    };
    let (file, purpose) = (one("file")?, one("purpose")?);
    let purpose = std::str::from_utf8(form.value(purpose)).unwrap_or_default().trim().to_owned();
    let is_name = purpose.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if purpose.is_empty() || purpose.len() > 64 || !is_name {
        return Err(refuse("'purpose' is no name of a purpose, such as 'batch'".to_owned()).param("purpose"));
    }
    let span = Span { start: file.value.start, end: file.value.end };
    let read = match &*purpose {
        "batch" => batch_lines::read(body, span, max_depth)?,
        _ => batch_lines::Lines::default(),
    };
    Ok(Upload { purpose, body: body.clone(), lines: read.lines, file_ids: read.file_ids })
}

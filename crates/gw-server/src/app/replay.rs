//! One record again: what its caller sent, as guardrails left it, goes through the gateway with a key. What was masked stays
//! masked: a secret is never restored for it. It must not know HTTP.

use super::audit;
use super::body_storage;
use super::inside::InsideCall;
use super::state::App;
use bytes::Bytes;
use gw_model::{AccountId, RequestId, Secret, WireFormat};
use gw_pipeline::PathFacts;
use gw_store::StoreError;
use gw_store::audit::Origin;
use gw_store::bodies::BodyContent;
use gw_store::types::{LogFilter, LogRow};
use serde_json::{Value, json};
use std::fmt;

/// What somebody wants.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) id: RequestId,
    /// The virtual key that the call is made with.
    pub(crate) key: Secret,
    /// Another model.
    pub(crate) model: Option<String>,
    /// Records of whose calls he may see.
    pub(crate) seen_from: Option<Vec<AccountId>>,
}

/// What is to be done.
pub(crate) struct Prepared {
    pub(crate) call: InsideCall,
    pub(crate) model: String,
    /// Personal data or credentials were masked when it was kept.
    pub(crate) is_masked: bool,
}

/// Why it cannot be done.
#[derive(Debug)]
pub(crate) enum ReplayError {
    /// There is no such record.
    Unknown,
    /// Its body is not kept.
    NoBody,
    /// It is kept, and not to be had here and now.
    Unread(String),
    /// Only the beginning of it is.
    Cut,
    /// Calls of that format have no body that says all.
    Format(String),
    /// What is kept is no request.
    Damaged,
    /// The key is none.
    Key,
    /// The database.
    Store(StoreError),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no record of this request"),
            Self::NoBody => f.write_str(
                "no body of this request is kept, so that it cannot be made again: 'records.logging' or the 'logging' of what it \
                 counts for says so, or its time is over",
            ),
            Self::Cut => f.write_str(
                "only the beginning of this request is kept, since it is larger than 'records.max_body_bytes'",
            ),
            Self::Unread(why) => f.write_str(why),
            Self::Format(format) => write!(f, "calls of the format '{format}' cannot be made again"),
            Self::Damaged => f.write_str("what is kept of this request is no JSON object"),
            Self::Key => f.write_str(
                "'key' must be a virtual key of this gateway, which the call counts for; the master key is none",
            ),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl From<StoreError> for ReplayError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Reads the record, and writes down who makes it again before anything is done.
pub(crate) fn prepare(app: &App, origin: &Origin, wish: Wish) -> Result<Prepared, ReplayError> {
    let (record, content) = read(app, &wish)?;
    let key = app.gateway.keys.find(wish.key.expose(), app.gateway.clock().now()).ok_or(ReplayError::Key)?;
    let format = format_of(&record)?;
    let model = wish.model.as_deref().unwrap_or(&record.model).to_owned();
    let body = body_of(format, &content, wish.model.as_deref())?;
    let mut entry = audit::draft(app, origin, "log.replay", "log");
    entry.id = wish.id.to_string();
    entry.places.clone_from(&record.accounts);
    entry.after = Some(json!({ "request_id": entry.id, "key_id": key.id.to_string(), "model": model }));
    audit::with_entry(app, &entry, |_| Ok(Some(())))?;
    let path = match format.has_model_in_path() {
        true => PathFacts { model: Some(model.clone()), stream: record.stream, json_array: false },
        false => PathFacts::default(),
    };
    let metadata = json!({ "replay_of": wish.id.to_string() }).to_string();
    let from = origin.address.parse().ok();
    let (key, errand, session) = (Some(wish.key), None, None);
    let call = InsideCall { format, path, key, errand, session, from, metadata, body };
    Ok(Prepared { call, model, is_masked: content.is_masked })
}

fn read(app: &App, wish: &Wish) -> Result<(LogRow, BodyContent), ReplayError> {
    let one = LogFilter {
        request_id: Some(wish.id),
        seen_from: wish.seen_from.clone(),
        with_bodies: true,
        ..LogFilter::default()
    };
    let record = app.storage.database.logs(&one)?.rows.into_iter().next().ok_or(ReplayError::Unknown)?;
    if let Some(why) = record.unread {
        return Err(ReplayError::Unread(body_storage::unread(app, wish.id, why)));
    }
    let sealed = record.bodies.as_ref().ok_or(ReplayError::NoBody)?;
    let content = app.storage.bodies.sealer().open(wish.id, sealed)?;
    match content.request.is_cut {
        true => Err(ReplayError::Cut),
        false if content.request.bytes.is_empty() => Err(ReplayError::NoBody),
        false => Ok((record, content)),
    }
}

/// Only what is one JSON object and needs no other thing that a caller made before.
fn format_of(record: &LogRow) -> Result<WireFormat, ReplayError> {
    let format = WireFormat::ALL.iter().copied().find(|format| format.as_str() == record.format);
    let format = format.filter(|format| {
        use WireFormat as F;
        !format.takes_form()
            && !matches!(format, F::Passthrough | F::OpenAiFiles | F::OpenAiBatches | F::OpenAiRealtime)
    });
    format.ok_or_else(|| ReplayError::Format(record.format.clone()))
}

/// The request, for another model where one is named.
fn body_of(format: WireFormat, content: &BodyContent, model: Option<&str>) -> Result<Bytes, ReplayError> {
    let mut request: Value =
        serde_json::from_slice(&content.request.bytes).map_err(|_| ReplayError::Damaged)?;
    let members = request.as_object_mut().ok_or(ReplayError::Damaged)?;
    match model {
        Some(model) if !format.has_model_in_path() => {
            members.insert("model".to_owned(), model.into());
            Ok(request.to_string().into())
        }
        _ => Ok(Bytes::copy_from_slice(&content.request.bytes)),
    }
}

//! What a provider says of files and batches, before the caller hears it: what was made gets its owner, lists lose what
//! is not the caller's, and a batch that is done is charged. It must not change anything else of an answer.

use super::claim::caller;
use super::{foreign, settle};
use crate::attempt::{Answered, another_page};
use bytes::Bytes;
use gw_model::{ErrorCode, KeyId, ObjectAsk, Refusal};
use gw_store::objects::{Object as Stored, ObjectKind, ObjectList};
use gw_wire::json::cursor::DEPTH_CEILING;
use gw_wire::json::{Object, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Pages of a provider's list that are read for one page of a caller's.
const MAX_PAGES: usize = 64;
/// Objects of one key that a list can know of.
const MAX_OWNED: usize = 100_000;
/// Objects that are read from the store at once.
const OWNED_PAGE: usize = 1000;

/// How much of an answer is seen before the caller gets any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noting {
    /// Nothing need be.
    None,
    /// All of it, if it is small: what is larger makes nothing.
    Small,
    /// All of it.
    Whole,
}

/// How much of this answer must be seen. Also in what is no file or batch of OpenAI's shape something may be made, or
/// another's be listed.
pub(crate) fn noting(answered: &Answered, is_json: bool) -> Noting {
    let line = answered.call.raw.as_deref().filter(|line| line.method != "HEAD");
    let Some(line) = line.filter(|_| answered.response.status.is_success()) else { return Noting::None };
    match &line.object {
        Some(ObjectAsk::FileContent(_)) => Noting::None,
        Some(_) => Noting::Whole,
        None if is_json => foreign::noting(&answered.ticket, line),
        None => Noting::None,
    }
}

/// Looks at a good answer; gives what the caller gets. Errors: it could not be noted whose something is.
pub(crate) async fn note(answered: &mut Answered, body: Bytes) -> Result<Bytes, Refusal> {
    let Some(ask) = answered.call.raw.as_ref().and_then(|line| line.object.clone()) else {
        return foreign::note(answered, body).await;
    };
    match &ask {
        ObjectAsk::CreateFile => made(answered, ObjectKind::File, &body).await?,
        ObjectAsk::CreateBatch => {
            made(answered, ObjectKind::Batch, &body).await?;
            results(answered, caller(&answered.ticket), &body).await?;
        }
        ObjectAsk::Batch(_) | ObjectAsk::CancelBatch(_) => {
            let batch = answered.ticket.claims.as_ref().and_then(|claims| claims.object.clone());
            if let Some(batch) = batch {
                results(answered, batch.owner, &body).await?;
                settle::batch(answered, &batch, &body).await?;
            }
        }
        ObjectAsk::DeleteFile(id) => {
            let objects = &answered.ticket.worker().gateway().objects;
            objects.remove(ObjectKind::File, id).await.map_err(|error| error.refusal())?;
        }
        ObjectAsk::ListFiles | ObjectAsk::ListBatches => {
            let body =
                if answered.ticket.key().is_some() { own_list(answered, &ask, body).await? } else { body };
            if ask == ObjectAsk::ListBatches {
                listed(answered, &body).await?;
            }
            return Ok(body);
        }
        _ => {}
    }
    Ok(body)
}

/// A list shows batches as they stand, as looking at one does.
async fn listed(answered: &Answered, body: &Bytes) -> Result<(), Refusal> {
    let Ok(object) = Object::parse(body, DEPTH_CEILING) else { return Ok(()) };
    let Some(data) = object.get("data") else { return Ok(()) };
    let (worker, who) = (answered.ticket.worker(), caller(&answered.ticket));
    for entry in data.elements() {
        let Some(id) = entry_id(&entry) else { continue };
        let found = worker.gateway().objects.find(ObjectKind::Batch, &id, who, worker.now()).await;
        let Some(batch) = found.map_err(|error| error.refusal())? else { continue };
        let raw = entry.raw().as_bytes();
        results(answered, batch.owner, raw).await?;
        settle::batch(answered, &batch, raw).await?;
    }
    Ok(())
}

/// Writes down whose the object is that the answer shows.
async fn made(answered: &Answered, kind: ObjectKind, body: &[u8]) -> Result<(), Refusal> {
    let id = Object::parse(body, DEPTH_CEILING).ok().and_then(|object| text(&object, "id"));
    let Some(id) = id else { return Err(nameless()) };
    let claims = answered.ticket.claims.as_deref();
    let stored = Stored {
        kind,
        id,
        provider: answered.target.provider.name.to_string(),
        credential: used(answered),
        owner: caller(&answered.ticket),
        model: claims.map(|claims| claims.model.clone()).unwrap_or_default(),
        detail: claims.map(|claims| claims.note.clone()).unwrap_or_default(),
        created: answered.ticket.record.time,
        expires: None,
    };
    put(answered, stored).await
}

/// The credential in whose account the thing is.
pub(super) fn used(answered: &Answered) -> String {
    answered.ticket.credential.as_deref().unwrap_or_default().to_owned()
}

pub(super) async fn put(answered: &Answered, stored: Stored) -> Result<(), Refusal> {
    let is_id = !stored.id.is_empty() && stored.id.len() <= gw_store::journal::MAX_OBJECT_ID_BYTES;
    if !is_id {
        return Err(nameless());
    }
    let objects = &answered.ticket.worker().gateway().objects;
    // Nobody gets what is another's because a provider says so.
    let (worker, who) = (answered.ticket.worker(), KeyId::MASTER);
    let known =
        objects.find(stored.kind, &stored.id, who, worker.now()).await.map_err(|error| error.refusal())?;
    match known {
        Some(known) if known.owner == stored.owner && known.provider == stored.provider => Ok(()),
        Some(_) => {
            Err(Refusal::new(ErrorCode::UpstreamError, "the provider gave an id that it has given before"))
        }
        None => objects.put(stored).await.map_err(|error| error.refusal()),
    }
}

fn nameless() -> Refusal {
    Refusal::new(ErrorCode::UpstreamError, "the provider's answer has no id that could be owned")
}

/// The files that a batch has made are its owner's.
async fn results(answered: &Answered, owner: KeyId, body: &[u8]) -> Result<(), Refusal> {
    let Ok(object) = Object::parse(body, DEPTH_CEILING) else { return Ok(()) };
    for name in ["output_file_id", "error_file_id"] {
        let Some(id) = text(&object, name) else { continue };
        let stored = Stored {
            kind: ObjectKind::File,
            id,
            provider: answered.target.provider.name.to_string(),
            credential: used(answered),
            owner,
            model: String::new(),
            detail: "batch_output".to_owned(),
            created: answered.ticket.record.time,
            expires: None,
        };
        put(answered, stored).await?;
    }
    Ok(())
}

pub(super) fn text(object: &Object<'_>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(std::borrow::Cow::into_owned)
}

/// A page of what is the caller's, put together from as many pages of the provider as it takes. Its own entries go on
/// as the provider wrote them.
async fn own_list(answered: &mut Answered, ask: &ObjectAsk, first: Bytes) -> Result<Bytes, Refusal> {
    let kind = if ask.is_about_file() { ObjectKind::File } else { ObjectKind::Batch };
    let own = owned(answered, kind).await?;
    let wanted = answered.ticket.claims.as_ref().map_or(usize::MAX, |claims| claims.limit);
    let (mut kept, mut has_more, mut page) = (Vec::<(String, String)>::new(), false, first);
    for _ in 0..MAX_PAGES {
        let (is_last, after) = {
            let refuse = || Refusal::new(ErrorCode::UpstreamError, "the provider's list can not be read");
            let object = Object::parse(&page, DEPTH_CEILING).map_err(|_| refuse())?;
            let data = object.get("data").ok_or_else(refuse)?;
            let mut last = None;
            for entry in data.elements() {
                let Some(id) = entry_id(&entry) else { continue };
                if own.contains(&id) {
                    has_more |= kept.len() == wanted;
                    if kept.len() < wanted {
                        kept.push((id.clone(), entry.raw().to_owned()));
                    }
                }
                last = Some(id);
            }
            let more = object.get("has_more").and_then(|value| value.as_bool()).unwrap_or(false);
            (!more, last)
        };
        let (false, false, Some(after)) = (is_last, has_more || kept.len() >= own.len(), after) else {
            break;
        };
        page = another_page(answered, "after", &after).await?;
    }
    Ok(written(&kept, has_more))
}

pub(super) fn entry_id(entry: &Value<'_>) -> Option<String> {
    text(&entry.object().ok()?, "id")
}

/// Everything of that kind that is the caller's.
async fn owned(answered: &Answered, kind: ObjectKind) -> Result<HashSet<String>, Refusal> {
    let worker = Arc::clone(answered.ticket.worker().gateway());
    let now = answered.ticket.worker().now();
    let (mut own, mut after) = (HashSet::new(), None);
    while own.len() < MAX_OWNED {
        let owner = Some(caller(&answered.ticket));
        let list = ObjectList { kind, owner, after, oldest_first: false, now, limit: OWNED_PAGE };
        let page = worker.objects.list(list).await.map_err(|error| error.refusal())?;
        let is_last = page.len() < OWNED_PAGE;
        after = page.last().map(|object| object.id.clone());
        own.extend(page.into_iter().map(|object| object.id));
        if is_last {
            break;
        }
    }
    Ok(own)
}

fn written(kept: &[(String, String)], has_more: bool) -> Bytes {
    let id = |entry: Option<&(String, String)>| {
        String::from_utf8_lossy(&foreign::quoted(entry.map(|(id, _)| &**id))).into_owned()
    };
    let entries: Vec<&str> = kept.iter().map(|(_, raw)| &**raw).collect();
    format!(
        "{{\"object\":\"list\",\"data\":[{}],\"first_id\":{},\"last_id\":{},\"has_more\":{has_more}}}",
        entries.join(","),
        id(kept.first()),
        id(kept.last())
    )
    .into()
}

//! Answers of a provider's own paths that are no files or batches of OpenAI's shape: what is made there gets its owner
//! when its id or the path tells what it is, and lists lose what is another key's. It must not change anything else.

use super::answer::{Noting, put, text, used};
use super::claim::{caller, find};
use super::collections::Place;
use crate::attempt::{Answered, another_page};
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::catalog::ProviderKind;
use gw_model::{KeyId, RawLine, Refusal};
use gw_store::objects::{Object as Stored, ObjectKind};
use gw_wire::json::cursor::DEPTH_CEILING;
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::{Kind, Object, Value, escape_into};
use std::collections::HashMap;

/// How ids begin that tell what they are the ids of.
const ID_PREFIXES: [(&str, ObjectKind); 17] = [
    ("file-", ObjectKind::File),
    ("file_", ObjectKind::File),
    ("batch_", ObjectKind::Batch),
    ("msgbatch_", ObjectKind::Batch),
    ("batches/", ObjectKind::Batch),
    ("resp_", ObjectKind::Response),
    ("conv_", ObjectKind::Conversation),
    ("upload_", ObjectKind::Upload),
    ("ftjob-", ObjectKind::Other),
    ("vs_", ObjectKind::Other),
    ("asst_", ObjectKind::Other),
    ("thread_", ObjectKind::Other),
    ("cntr_", ObjectKind::Other),
    ("container_", ObjectKind::Other),
    ("eval_", ObjectKind::Other),
    ("skill_", ObjectKind::Other),
    ("video_", ObjectKind::Other),
];

/// Pages of a provider's list that are read for one page of a caller's.
const MAX_PAGES: usize = 64;

/// What an id is the id of, where it tells.
fn kind_of(id: &str) -> Option<ObjectKind> {
    ID_PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, kind)| *kind)
}

/// May an answer to this make something, or list something of another's?
pub(super) fn noting(ticket: &Ticket, line: &RawLine) -> Noting {
    match &*line.method {
        // Answers in a known format are nothing that stays, but for stored responses, which have their own way.
        "POST" if line.format.is_none() => Noting::Small,
        "GET" if ticket.key().is_some() => Noting::Whole,
        _ => Noting::None,
    }
}

/// Looks at a good JSON answer; gives what the caller gets.
pub(super) async fn note(answered: &Answered, body: Bytes) -> Result<Bytes, Refusal> {
    let Ok(object) = Object::parse(&body, DEPTH_CEILING) else { return Ok(body) };
    let Some(line) = answered.call.raw.as_deref() else { return Ok(body) };
    let place = Place::of(line).filter(Place::is_all);
    if line.method == "POST" {
        made(answered, &object, place.as_ref()).await?;
        return Ok(body);
    }
    let Some((member, data)) = entries(&object, place.as_ref()) else { return Ok(body) };
    let mut list = List { answered, member, only_own: place.is_some(), kept: Vec::new(), dropped: false };
    let size = list.add(&data).await?;
    let has_more = if list.only_own { list.fill(&object, size).await? } else { None };
    if !list.dropped {
        return Ok(body);
    }
    let mut edits = list.edits(&object, &data, has_more);
    Ok(Bytes::from(apply(&body, &mut edits).concat()))
}

/// The entries of a list, and the member that has them: Google and others name it like what it holds.
fn entries<'a>(object: &Object<'a>, place: Option<&Place>) -> Option<(&'static str, Value<'a>)> {
    let names = ["data"].into_iter().chain(place.map(|place| place.name)).chain(["operations"]);
    let mut found = names.filter_map(|name| Some((name, object.get(name)?)));
    found.find(|(_, value)| value.kind == Kind::Array)
}

/// What a thing is called: by its `id`, or by the end of its `name`, as Google has it.
fn id_of(object: &Object<'_>) -> Option<String> {
    if let Some(id) = text(object, "id") {
        return Some(id);
    }
    let name = text(object, "name")?;
    let mut segments = name.rsplit('/');
    let (last, kind) = (segments.next()?, segments.next()?);
    Some(format!("{kind}/{last}"))
}

/// The id of what an answer shows as made in that place.
fn made_id(object: &Object<'_>, place: Option<&Place>) -> Option<String> {
    let Some(place) = place else { return id_of(object) };
    // An upload to Gemini answers with the file as a member, Cohere with what was tuned.
    let inner = |value: &Value<'_>| value.object().ok().and_then(|object| id_of(&object));
    let objects = || object.members.iter().map(|member| object.value(member));
    let only = || {
        let mut ids = objects().filter(|value| value.kind == Kind::Object).filter_map(|value| inner(&value));
        ids.next().filter(|_| ids.next().is_none())
    };
    let file = object.get("file").filter(|file| file.kind == Kind::Object).and_then(|file| inner(&file));
    // An answer in a conversation says which one that is.
    let conversation = || text(object, "conversation_id").filter(|_| place.kind == ObjectKind::Conversation);
    file.or_else(conversation).or_else(|| id_of(object)).or_else(only)
}

async fn made(answered: &Answered, object: &Object<'_>, place: Option<&Place>) -> Result<(), Refusal> {
    let Some(id) = made_id(object, place) else { return Ok(()) };
    let Some(kind) = kind_of(&id).or(place.map(|place| place.kind)) else { return Ok(()) };
    // A response is noted where responses are stored; looking at what exists makes nothing.
    let ticket = &answered.ticket;
    if kind == ObjectKind::Response || find(ticket, kind, &id, KeyId::MASTER).await?.is_some() {
        return Ok(());
    }
    let stored = Stored {
        kind,
        id,
        provider: answered.target.provider.name.to_string(),
        credential: used(answered),
        owner: caller(ticket),
        model: ticket.record.model.clone(),
        detail: "passthrough".to_owned(),
        created: ticket.record.time,
        expires: None,
    };
    put(answered, stored).await
}

/// A list as the caller is to see it.
struct List<'a> {
    answered: &'a Answered,
    member: &'static str,
    /// Of a collection of which every entry has an owner, what is not known to be the caller's is left out; of
    /// others, what is known to be another's.
    only_own: bool,
    /// Entries as the provider wrote them, with their ids.
    kept: Vec<(Option<String>, String)>,
    /// Something is not as the provider said.
    dropped: bool,
}

impl List<'_> {
    /// Adds what the caller may see of a page; how many entries that page has.
    async fn add(&mut self, data: &Value<'_>) -> Result<usize, Refusal> {
        let entries: Vec<(Option<String>, &str)> = data
            .elements()
            .map(|entry| (entry.object().ok().and_then(|object| id_of(&object)), entry.raw()))
            .collect();
        let (worker, who) = (self.answered.ticket.worker(), caller(&self.answered.ticket));
        let ids = entries.iter().filter_map(|(id, _)| id.clone()).collect();
        let found = worker.gateway().objects.named(ids, worker.now()).await;
        let found = found.map_err(|error| error.refusal())?;
        // Of two things of one id, the stranger's counts.
        let mut owned: HashMap<&str, bool> = HashMap::new();
        for object in &found {
            *owned.entry(&object.id).or_insert(true) &= object.is_of(who);
        }
        let size = entries.len();
        for (id, raw) in entries {
            let known = id.as_deref().and_then(|id| owned.get(id).copied());
            if known.unwrap_or(!self.only_own) {
                self.kept.push((id, raw.to_owned()));
            } else {
                self.dropped = true;
            }
        }
        Ok(size)
    }

    /// Reads on until there is as much as the caller asked for; whether there is more, when the provider says so.
    async fn fill(&mut self, first: &Object<'_>, size: usize) -> Result<Option<bool>, Refusal> {
        let Some(mut more) = first.get("has_more").and_then(|value| value.as_bool()) else { return Ok(None) };
        let (limit, is_backwards) = self.asked();
        let wanted = limit.unwrap_or(size).max(1);
        if !self.dropped || is_backwards {
            return Ok(Some(more));
        }
        let is_anthropic = self.answered.target.provider.kind == ProviderKind::Anthropic;
        let cursor = if is_anthropic { "after_id" } else { "after" };
        let mut last = last_id(first, self.member);
        for _ in 0..MAX_PAGES {
            let (true, true, Some(after)) = (more, self.kept.len() <= wanted, &last) else { break };
            let page = another_page(self.answered, cursor, after).await?;
            let Ok(object) = Object::parse(&page, DEPTH_CEILING) else { break };
            let Some(data) = object.get(self.member) else { break };
            self.add(&data).await?;
            more = object.get("has_more").and_then(|value| value.as_bool()).unwrap_or(false);
            last = last_id(&object, self.member);
        }
        let has_more = self.kept.len() > wanted;
        self.kept.truncate(wanted);
        Ok(Some(has_more))
    }

    /// How many entries the caller wants, and whether those before one of them.
    fn asked(&self) -> (Option<usize>, bool) {
        let query = self.answered.call.raw.as_ref().map_or("", |line| &line.query);
        let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
        let limit = pairs().find(|(name, _)| *name == "limit").and_then(|(_, value)| value.parse().ok());
        (limit, pairs().any(|(name, _)| matches!(name, "before" | "before_id")))
    }

    /// The changes to the provider's page, where it says first and last these too.
    fn edits(&self, object: &Object<'_>, data: &Value<'_>, has_more: Option<bool>) -> Vec<Edit> {
        let raw: Vec<&str> = self.kept.iter().map(|(_, raw)| &**raw).collect();
        let mut edits = vec![Edit::replace(data.span, Bytes::from(format!("[{}]", raw.join(","))))];
        for (name, entry) in [("first_id", self.kept.first()), ("last_id", self.kept.last())] {
            if let Some(value) = object.get(name) {
                edits.push(Edit::replace(value.span, quoted(entry.and_then(|(id, _)| id.as_deref()))));
            }
        }
        if let (Some(value), Some(has_more)) = (object.get("has_more"), has_more) {
            edits.push(Edit::replace(value.span, Bytes::from(has_more.to_string())));
        }
        edits
    }
}

fn last_id(page: &Object<'_>, member: &str) -> Option<String> {
    id_of(&page.get(member)?.elements().last()?.object().ok()?)
}

/// An id as JSON.
pub(super) fn quoted(id: Option<&str>) -> Bytes {
    let Some(id) = id else { return Bytes::from_static(b"null") };
    let mut out = vec![b'"'];
    escape_into(&mut out, id);
    out.push(b'"');
    Bytes::from(out)
}

#[cfg(test)]
mod tests;

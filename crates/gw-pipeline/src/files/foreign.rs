//! Answers of a provider's own paths that are no files or batches of OpenAI's shape: what is made there gets its owner
//! when its id tells what it is, and lists lose what is known to be another key's. It must not change anything else.

use super::answer::{Noting, entry_id, put, text};
use super::claim::{caller, find};
use crate::attempt::Answered;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::{KeyId, RawLine, Refusal};
use gw_store::objects::{Object as Stored, ObjectKind};
use gw_wire::json::cursor::DEPTH_CEILING;
use gw_wire::json::splice::{Edit, apply};
use gw_wire::json::{Object, Value};

/// How ids begin that tell what they are the ids of.
const ID_PREFIXES: [(&str, ObjectKind); 7] = [
    ("file-", ObjectKind::File),
    ("file_", ObjectKind::File),
    ("batch_", ObjectKind::Batch),
    ("msgbatch_", ObjectKind::Batch),
    ("resp_", ObjectKind::Response),
    ("conv_", ObjectKind::Conversation),
    ("upload_", ObjectKind::Upload),
];

/// What an id is the id of, where it tells.
pub(super) fn kind_of(id: &str) -> Option<ObjectKind> {
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
    if answered.call.raw.as_ref().is_some_and(|line| line.method == "POST") {
        made(answered, &object).await?;
        return Ok(body);
    }
    let Some(data) = object.get("data") else { return Ok(body) };
    let mut edits = foreign(answered, &data).await?;
    if edits.is_empty() {
        return Ok(body);
    }
    Ok(Bytes::from(apply(&body, &mut edits).concat()))
}

async fn made(answered: &Answered, object: &Object<'_>) -> Result<(), Refusal> {
    let Some(id) = text(object, "id") else { return Ok(()) };
    let Some(kind) = kind_of(&id) else { return Ok(()) };
    // A response is noted where responses are stored; looking at what exists makes nothing.
    let ticket = &answered.ticket;
    if kind == ObjectKind::Response || find(ticket, kind, &id, KeyId::MASTER).await?.is_some() {
        return Ok(());
    }
    let stored = Stored {
        kind,
        id,
        provider: answered.target.provider.name.to_string(),
        owner: caller(ticket),
        model: ticket.record.model.clone(),
        detail: "passthrough".to_owned(),
        created: ticket.record.time,
        expires: None,
    };
    put(answered, stored).await
}

/// Takes out of a list what is another key's, with the comma beside it.
async fn foreign(answered: &Answered, data: &Value<'_>) -> Result<Vec<Edit>, Refusal> {
    let who = caller(&answered.ticket);
    let (mut edits, mut before, mut kept) = (Vec::new(), data.span.start + 1, 0);
    let mut elements = data.elements().peekable();
    while let Some(element) = elements.next() {
        let known = match entry_id(&element) {
            Some(id) => match kind_of(&id) {
                Some(kind) => find(&answered.ticket, kind, &id, KeyId::MASTER).await?,
                None => None,
            },
            None => None,
        };
        let end = element.span.end;
        if known.is_some_and(|object| !object.is_of(who)) {
            // With the comma in front of it; where nothing is in front, with the one behind.
            let until = elements.peek().filter(|_| kept == 0).map_or(end, |next| next.span.start);
            let start = if kept == 0 { element.span.start } else { before };
            edits.push(Edit::replace(gw_model::Span { start, end: until }, Bytes::new()));
        } else {
            kept += 1;
        }
        before = end;
    }
    Ok(edits)
}

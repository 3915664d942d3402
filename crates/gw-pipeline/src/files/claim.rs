//! The stage itself: looks up every id of a call, and makes calls for files and batches ready to go out.

use super::named::Named;
use super::reach::Reach;
use super::upload::Upload;
use super::{Claims, batch, choose, upload};
use crate::authorize::may_use;
use crate::live::Live;
use crate::receive::Received;
use crate::route::resolve;
use crate::ticket::{Rejected, Ticket};
use gw_model::snapshot::Provider;
use gw_model::{Call, ErrorCode, KeyId, ObjectAsk, RawLine, Refusal, WireFormat};
use gw_store::objects::{Object, ObjectKind};
use gw_wire::references;
use std::sync::Arc;

/// Most entries of one page of a list, as OpenAI has it.
const MAX_FILES: usize = 10_000;
const MAX_BATCHES: usize = 100;

/// A call that names nothing of somebody else's. Made here only.
pub(crate) struct Claimed {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    _proof: (),
}

/// Looks up what the call names.
pub(crate) async fn claim(received: Received) -> Result<Claimed, Rejected> {
    let Received { mut ticket, live, mut call } = received;
    // Most calls name nothing: a search over the body is all they pay.
    let is_plain = call.raw.is_none() && (ticket.key().is_none() || !references::may_refer(&call.body));
    if is_plain {
        return Ok(Claimed { ticket, live, call, _proof: () });
    }
    // A box: rare, and larger than what every call's future should have room for.
    match Box::pin(check(&mut ticket, &live, &mut call)).await {
        Ok(()) => Ok(Claimed { ticket, live, call, _proof: () }),
        Err(refusal) => Err(ticket.reject(refusal)),
    }
}

async fn check(ticket: &mut Ticket, live: &Live, call: &mut Call) -> Result<(), Refusal> {
    // Before a look-up could tell anything.
    may_use(ticket, call.format)?;
    if let Some(line) = &mut call.raw {
        gw_providers::check_path(&line.path)?;
        if line.object.is_some() && !is_shaped_like_openai(live, call.format, line) {
            line.object = None;
        }
    }
    let Some(ask) = call.raw.as_ref().and_then(|line| line.object.clone()) else {
        return own_references(ticket, live, call).await;
    };
    let mut claims = Claims { object: named(ticket, &ask).await?, ..Claims::default() };
    let input = if ask == ObjectAsk::CreateBatch { batch::input(ticket, call).await? } else { None };
    for object in claims.object.iter().chain(&input) {
        ticket.pins.pin(object)?;
    }
    let upload = match ask {
        ObjectAsk::CreateFile => Some(upload::read(call, live.snapshot.settings.max_json_depth).await?),
        _ => None,
    };
    let by_model = upload.as_ref().and_then(|upload| choose::by_models(live, call, &upload.models()));
    let asked = || choose::provider(live, call, &ask, claims.object.as_deref().or(input.as_deref()));
    let provider = by_model.map_or_else(asked, Ok)?;
    if let Some(upload) = upload {
        file_made(ticket, live, call, &provider, upload, &mut claims).await?;
    }
    match &ask {
        ObjectAsk::CreateBatch => {
            own_references(ticket, live, call).await?;
            claims.model = batch::check(ticket, live, input.as_deref(), &provider.name)?;
            // What the alias means now is what the batch is charged to when it is done.
            let called = resolve::name_at(&live.snapshot, &provider, &claims.model);
            claims.note = called.map(|name| name.to_string()).unwrap_or_default();
        }
        // The operator's list goes on in the account that it was begun in.
        _ if ask.is_list() && ticket.key().is_none() => own_references(ticket, live, call).await?,
        _ => {}
    }
    if ask.is_list() && ticket.key().is_some() {
        claims.limit = own_page(ticket, call, &ask).await?;
    }
    if let (WireFormat::OpenAiFiles | WireFormat::OpenAiBatches, Some(line)) = (call.format, &mut call.raw) {
        choose::address(&provider, &ask, line)?;
    }
    let model = claims.object.as_ref().map_or(&claims.model, |object| &object.model);
    ticket.record.model.clone_from(model);
    ticket.claims = Some(Box::new(claims));
    Ok(())
}

/// A file that is to be made: its lines are judged, and their aliases become names.
async fn file_made(
    ticket: &mut Ticket,
    live: &Live,
    call: &mut Call,
    provider: &Arc<Provider>,
    upload: Upload,
    claims: &mut Claims,
) -> Result<(), Refusal> {
    let checked = upload::check(ticket, live, call, provider, &upload)?;
    (claims.model, claims.note) = (checked.model, checked.note);
    if let Some(body) = checked.body {
        call.body = body;
    }
    let reach = Reach::at(live, provider);
    let (named, lines) = upload.named();
    let pins = named.judge(ticket, &reach).await?;
    ticket.pins.merge(&pins)?;
    lines.judge(ticket, &reach).await
}

/// A provider's own path may look like a file's and be none.
fn is_shaped_like_openai(live: &Live, format: WireFormat, line: &RawLine) -> bool {
    format != WireFormat::Passthrough
        || live.snapshot.providers.get(&*line.provider).is_some_and(|provider| choose::has_files(provider))
}

/// The object that is named. A key's must be its own; the operator may also name what the gateway does not know.
async fn named(ticket: &Ticket, ask: &ObjectAsk) -> Result<Option<Arc<Object>>, Refusal> {
    let Some(id) = ask.id() else { return Ok(None) };
    let kind = if ask.is_about_file() { ObjectKind::File } else { ObjectKind::Batch };
    let found = find(ticket, kind, id, caller(ticket)).await?;
    if found.is_none() && ticket.key().is_some() {
        return Err(unknown(kind, id));
    }
    Ok(found)
}

pub(super) fn caller(ticket: &Ticket) -> KeyId {
    ticket.record.key.unwrap_or(KeyId::MASTER)
}

pub(super) async fn find(
    ticket: &Ticket,
    kind: ObjectKind,
    id: &str,
    who: KeyId,
) -> Result<Option<Arc<Object>>, Refusal> {
    let worker = ticket.worker();
    let found = worker.gateway().objects.find(kind, id, who, worker.now()).await;
    found.map_err(|error| error.refusal())
}

pub(super) fn unknown(kind: ObjectKind, id: &str) -> Refusal {
    let text = match kind {
        ObjectKind::Batch => format!("No batch found with id '{id}'."),
        ObjectKind::File => format!("No such File object: {id}"),
        _ => format!("Nothing of yours has the id '{id}'."),
    };
    Refusal::new(ErrorCode::NotFound, text).param("id")
}

/// Makes ready a list that is to hold only what is the caller's: the provider is asked for as much as it gives at once.
/// How many entries the caller wants.
async fn own_page(ticket: &mut Ticket, call: &mut Call, ask: &ObjectAsk) -> Result<usize, Refusal> {
    let (kind, usual, most) = match ask {
        ObjectAsk::ListBatches => (ObjectKind::Batch, 20, MAX_BATCHES),
        _ => (ObjectKind::File, MAX_FILES, MAX_FILES),
    };
    let Some(line) = &mut call.raw else { return Ok(usual) };
    let (mut limit, mut query) = (usual, String::new());
    for pair in line.query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match &*gw_providers::recognise::decoded(name) {
            "limit" => {
                let refuse = || {
                    let text = format!("'limit' must be a whole number from 1 to {most}");
                    Refusal::new(ErrorCode::InvalidRequest, text).param("limit")
                };
                limit = value.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(refuse)?;
                continue;
            }
            "after" => {
                let id = gw_providers::recognise::decoded(value);
                let found = find(ticket, kind, &id, caller(ticket)).await?;
                let found = found.ok_or_else(|| unknown(kind, &id).param("after"))?;
                ticket.pins.pin(&found)?;
            }
            _ => {}
        }
        query.push_str(pair);
        query.push('&');
    }
    query.push_str("limit=");
    query.push_str(itoa::Buffer::new().format(most));
    line.query = query;
    Ok(limit)
}

/// What path, query and body name.
async fn own_references(ticket: &mut Ticket, live: &Live, call: &Call) -> Result<(), Refusal> {
    let named = match Named::of(call).await {
        Ok(named) => named,
        // What cannot be read is the operator's own business.
        Err(_) if ticket.key().is_none() => return Ok(()),
        Err(refusal) => return Err(refusal),
    };
    let pins = named.judge(ticket, &Reach::of(live, call)).await?;
    ticket.pins.merge(&pins)
}

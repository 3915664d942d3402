//! Between admit and guard: what the call goes on from. An earlier answer that a provider stores binds the call to
//! that provider; one that the gateway stored is written out, together with items that the call refers to. Guards see
//! what is sent. It must not show one caller what is another's: a foreign id is as unknown as any.

use crate::admit::Admitted;
use crate::credentials::Pins;
use crate::lineup::Lineup;
use crate::live::Live;
use crate::receive::{INLINE_BYTES, too_large};
use crate::ticket::{Rejected, Ticket};
use bytes::Bytes;
use gw_model::{Call, Earlier, ErrorCode, KeyId, Refusal, WireFormat, snapshot::Model};
use gw_store::objects::{Object, ObjectKind};
use gw_wire::openai_responses::stored::{History, Reference, State, answer_of_item, expand, references};
use std::collections::HashMap;
use std::sync::Arc;

/// Stored answers that the items of one call may be taken from.
const MAX_ANSWERS: usize = 64;

/// Proof that the call has all that it goes on from. Made here only.
pub(crate) struct Recalled {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) model: Arc<Lineup>,
    _proof: (),
}

/// Looks up what the call goes on from.
pub(crate) async fn recall(admitted: Admitted) -> Result<Recalled, Rejected> {
    let Admitted { mut ticket, live, mut call, model, .. } = admitted;
    if call.facts.previous_response.is_some() || call.facts.refers_to_items {
        let looked = Looking { ticket: &ticket, live: &live, model: &model }.look(&mut call).await;
        let pinned = looked.and_then(|pins| ticket.pins.merge(&pins));
        if let Err(refusal) = pinned {
            return Err(ticket.reject(refusal));
        }
    }
    Ok(Recalled { ticket, live, call, model, _proof: () })
}

struct Looking<'a> {
    ticket: &'a Ticket,
    live: &'a Live,
    model: &'a Model,
}

impl Looking<'_> {
    /// What it goes on from goes into the call; the credentials that must be used for it.
    async fn look(&self, call: &mut Call) -> Result<Pins, Refusal> {
        let mut found = Found::default();
        if let Some(id) = call.facts.previous_response.clone() {
            self.previous(&id, call, &mut found).await?;
        }
        if call.facts.refers_to_items {
            let body = call.body.clone();
            found.items = match body.len() <= INLINE_BYTES {
                true => references(&body),
                false => {
                    tokio::task::spawn_blocking(move || references(&body)).await.map_err(|_| broken())?
                }
            };
            for item in found.items.clone() {
                self.item(&item, &mut found).await?;
            }
        }
        let pins = std::mem::take(&mut found.pins);
        if let Some(provider) = found.bound {
            if found.previous.is_some() || !found.holders.is_empty() {
                return Err(split());
            }
            call.facts.earlier = Some(Box::new(Earlier::AtProvider(provider)));
        } else if found.previous.is_some() || !found.holders.is_empty() {
            if call.raw.is_some() {
                let text = "items that the gateway stores can not be referred to on a provider's own path";
                return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("input"));
            }
            self.write_out(call, found).await?;
        }
        Ok(pins)
    }

    /// The earlier answer that the call names.
    async fn previous(&self, id: &str, call: &mut Call, found: &mut Found) -> Result<(), Refusal> {
        match self.find(ObjectKind::Response, id, self.who()).await? {
            // What goes on as it is cannot be written out.
            Some(object) if object.is_kept_here() && call.raw.is_some() => return Err(unknown_answer(id)),
            Some(object) if object.is_kept_here() => found.previous = Some(object),
            Some(object) => {
                // What it holds is input again.
                let earlier: u64 = object.detail.parse().unwrap_or(0);
                call.facts.input_tokens = call.facts.input_tokens.saturating_add(earlier);
                found.bind(&object)?;
            }
            // The operator knows what the provider's account holds.
            None if self.is_master() && (call.raw.is_some() || self.speaks_natively()) => {}
            None => return Err(unknown_answer(id)),
        }
        Ok(())
    }

    /// An item that stands for a stored one.
    async fn item(&self, item: &Reference, found: &mut Found) -> Result<(), Refusal> {
        if let Some(answer) = answer_of_item(&item.id) {
            if found.holders.contains_key(&answer) {
                return Ok(());
            }
            if found.holders.len() >= MAX_ANSWERS {
                return Err(too_many());
            }
            return match self.find(ObjectKind::Response, &answer, self.who()).await? {
                Some(object) if object.is_kept_here() => {
                    found.holders.insert(answer, object);
                    Ok(())
                }
                // An item that is whole but for its reasoning may outlive the answer that it was part of.
                _ if !item.is_bare => Ok(()),
                _ => Err(unknown_item(&item.id)),
            };
        }
        match self.find(ObjectKind::Item, &item.id, KeyId::MASTER).await? {
            Some(object) if !object.is_of(self.who()) => Err(unknown_item(&item.id)),
            Some(object) if item.is_bare => found.bind(&object),
            None if item.is_bare && !self.is_master() => Err(unknown_item(&item.id)),
            // Nobody here made it, or it says what it holds itself.
            _ => Ok(()),
        }
    }

    async fn write_out(&self, call: &mut Call, found: Found) -> Result<(), Refusal> {
        let previous = match &found.previous {
            Some(object) => Some(self.state(object).await?),
            None => None,
        };
        let mut states = Vec::new();
        for object in found.holders.values() {
            states.push(self.state(object).await?);
        }
        let settings = &self.live.snapshot.settings;
        let work = Work {
            format: call.format,
            body: call.body.clone(),
            previous,
            states,
            items: found.items,
            is_master: self.is_master(),
            speaks_natively: self.speaks_natively(),
            max_body_bytes: settings.max_body_bytes,
            max_depth: settings.max_json_depth,
            model: call.facts.model.clone(),
        };
        let written = tokio::task::spawn_blocking(move || work.write_out()).await;
        written.unwrap_or_else(|_| Err(broken()))?.put_into(call);
        Ok(())
    }

    fn who(&self) -> KeyId {
        match self.ticket.record.key {
            Some(key) => key,
            None => KeyId::MASTER,
        }
    }

    fn is_master(&self) -> bool {
        self.ticket.key().is_none()
    }

    /// Does one of the targets take the caller's format as it is?
    fn speaks_natively(&self) -> bool {
        let format = WireFormat::OpenAiResponses;
        let mut targets = self.model.targets.iter();
        targets.any(|t| gw_providers::upstream_format(&t.provider, &t.model, format) == Some(format))
    }

    async fn find(&self, kind: ObjectKind, id: &str, who: KeyId) -> Result<Option<Arc<Object>>, Refusal> {
        let worker = self.ticket.worker();
        let found = worker.gateway().objects.find(kind, id, who, worker.now()).await;
        found.map_err(|error| error.refusal())
    }

    async fn state(&self, object: &Arc<Object>) -> Result<Vec<u8>, Refusal> {
        match self.ticket.worker().gateway().objects.state(object).await {
            Ok(Some(state)) => Ok(state),
            // Removed this moment.
            Ok(None) => Err(unknown_answer(&object.id)),
            Err(error) => {
                tracing::error!(request_id = %self.ticket.record.id, %error, "a stored response can not be read");
                Err(error.refusal())
            }
        }
    }
}

/// What a call goes on from.
#[derive(Default)]
struct Found {
    /// The earlier answer, when the gateway stores it.
    previous: Option<Arc<Object>>,
    /// Items that stand for stored ones.
    items: Vec<Reference>,
    /// Answers of the gateway's that hold such items, by id.
    holders: HashMap<String, Arc<Object>>,
    /// The provider that stores what the call goes on from.
    bound: Option<Arc<str>>,
    /// With which credentials that was made.
    pins: Pins,
}

impl Found {
    /// Binds the call to the provider that stores an object.
    fn bind(&mut self, object: &Object) -> Result<(), Refusal> {
        self.pins.pin(object)?;
        match &self.bound {
            Some(provider) if **provider != *object.provider => Err(split()),
            Some(_) => Ok(()),
            None => {
                self.bound = Some(object.provider.as_str().into());
                Ok(())
            }
        }
    }
}

/// What is needed to write a call out, off the worker: histories are long.
struct Work {
    format: WireFormat,
    body: Bytes,
    previous: Option<Vec<u8>>,
    states: Vec<Vec<u8>>,
    items: Vec<Reference>,
    is_master: bool,
    speaks_natively: bool,
    max_body_bytes: usize,
    max_depth: usize,
    model: String,
}

struct WrittenOut {
    body: Bytes,
    full: Bytes,
    facts: gw_model::CallFacts,
}

impl Work {
    fn write_out(self) -> Result<WrittenOut, Refusal> {
        let read = |bytes| State::read(bytes).map_err(|_| broken());
        let previous = self.previous.as_deref().map(read).transpose()?;
        let states = self.states.iter().map(|bytes| read(bytes)).collect::<Result<Vec<_>, _>>()?;
        let mut history = History { previous: previous.as_ref(), items: HashMap::new() };
        for item in &self.items {
            match states.iter().find_map(|state| state.item(&item.id)) {
                Some(found) => drop(history.items.insert(item.id.clone(), found)),
                None if self.is_master || !item.is_bare => {}
                None => return Err(unknown_item(&item.id)),
            }
        }
        let full = Bytes::from(expand(&self.body, &history, false).ok_or_else(broken)?);
        let body = match self.speaks_natively {
            true => Bytes::from(expand(&self.body, &history, true).ok_or_else(broken)?),
            false => full.clone(),
        };
        if full.len() > self.max_body_bytes {
            return Err(too_large(self.max_body_bytes));
        }
        // Two more levels: what was an answer's stands in a request now.
        let read = |body| gw_wire::facts::read_with_model(self.format, body, self.max_depth + 2, &self.model);
        let mut facts = read(&body)?;
        facts.input_tokens = facts.input_tokens.max(read(&full)?.input_tokens);
        Ok(WrittenOut { body, full, facts })
    }
}

impl WrittenOut {
    fn put_into(self, call: &mut Call) {
        let asked = std::mem::replace(&mut call.body, self.body);
        let stream = call.facts.stream;
        call.facts = self.facts;
        call.facts.stream |= stream;
        call.facts.earlier = Some(Box::new(Earlier::Here { asked, full: self.full }));
    }
}

/// In OpenAI's own words.
fn unknown_answer(id: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("Previous response with id '{id}' not found."))
        .param("previous_response_id")
}

fn unknown_item(id: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("Item with id '{id}' not found.")).param("input")
}

/// What a call goes on from is stored in more than one place, and nobody has all of it.
fn split() -> Refusal {
    let text =
        "what this request goes on from is stored in different places; send the earlier items themselves";
    Refusal::new(ErrorCode::UnsupportedParameter, text).param("input")
}

fn too_many() -> Refusal {
    let text =
        format!("'input' refers to items of more than {MAX_ANSWERS} answers; send the items themselves");
    Refusal::new(ErrorCode::InvalidRequest, text).param("input")
}

fn broken() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the stored conversation can not be read")
}

//! Between admit and guard: what the call goes on from. An earlier answer that a provider stores binds the call to
//! that provider; one that the gateway stored is written out, together with items that the call refers to. Guards see
//! what is sent. It must not show one caller what is another's: a foreign id is as unknown as any.

use crate::admit::Admitted;
use crate::live::Live;
use crate::receive::too_large;
use crate::ticket::{Rejected, Ticket};
use bytes::Bytes;
use gw_model::{Call, Earlier, ErrorCode, KeyId, Refusal, WireFormat, snapshot::Model};
use gw_store::objects::{Object, ObjectKind};
use gw_wire::openai_responses::stored::{History, State, answer_of_item, expand, references};
use std::collections::HashMap;
use std::sync::Arc;

/// Stored answers that the items of one call may be taken from.
const MAX_ANSWERS: usize = 64;

/// Proof that the call has all that it goes on from. Made here only.
pub(crate) struct Recalled {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Call,
    pub(crate) model: Arc<Model>,
    _proof: (),
}

/// Looks up what the call goes on from.
pub(crate) async fn recall(admitted: Admitted) -> Result<Recalled, Rejected> {
    let Admitted { ticket, live, mut call, model, .. } = admitted;
    if call.facts.previous_response.is_some() || call.facts.refers_to_items {
        let looked = Looking { ticket: &ticket, live: &live, model: &model }.look(&mut call).await;
        if let Err(refusal) = looked {
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
    async fn look(&self, call: &mut Call) -> Result<(), Refusal> {
        let previous = match call.facts.previous_response.clone() {
            None => None,
            Some(id) => match self.find(&id).await? {
                Some(object) if object.is_kept_here() => Some(object),
                Some(object) => {
                    bind(call, &object);
                    None
                }
                // The operator knows what the provider's account holds.
                None if self.is_master() && self.speaks_natively() => None,
                None => return Err(unknown_answer(&id)),
            },
        };
        let mut holders = HashMap::new();
        let items = if call.facts.refers_to_items { references(&call.body) } else { Vec::new() };
        for item in &items {
            self.holder(item, &mut holders).await?;
        }
        if previous.is_none() && holders.is_empty() {
            return Ok(());
        }
        if call.facts.previous_response.is_some() && previous.is_none() {
            let text = "'previous_response_id' names an answer that a provider stores, and 'input' refers to items of \
                        answers that the gateway stores; send those items themselves";
            return Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param("input"));
        }
        let previous = match previous {
            Some(object) => Some(self.state(&object).await?),
            None => None,
        };
        let mut states = Vec::new();
        for object in holders.values() {
            states.push(self.state(object).await?);
        }
        let work = Work {
            body: call.body.clone(),
            previous,
            states,
            items,
            is_master: self.is_master(),
            speaks_natively: self.speaks_natively(),
            max_body_bytes: self.live.snapshot.settings.max_body_bytes,
            max_depth: self.live.snapshot.settings.max_json_depth,
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
        let native = |provider| gw_providers::upstream_format(provider, format) == Some(format);
        self.model.targets.iter().any(|target| native(&target.provider))
    }

    async fn find(&self, id: &str) -> Result<Option<Arc<Object>>, Refusal> {
        let worker = self.ticket.worker();
        let objects = &worker.gateway().objects;
        let found = objects.find(ObjectKind::Response, id, self.who(), worker.now()).await;
        found.map_err(|error| error.refusal())
    }

    /// Notes the stored answer that an item is part of.
    async fn holder(&self, item: &str, holders: &mut HashMap<String, Arc<Object>>) -> Result<(), Refusal> {
        let Some(answer) = answer_of_item(item) else {
            return if self.is_master() { Ok(()) } else { Err(foreign_item()) };
        };
        if holders.contains_key(&answer) {
            return Ok(());
        }
        if holders.len() >= MAX_ANSWERS {
            let text =
                format!("'input' refers to items of more than {MAX_ANSWERS} answers; send items themselves");
            return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("input"));
        }
        match self.find(&answer).await? {
            Some(object) if object.is_kept_here() => {
                holders.insert(answer, object);
                Ok(())
            }
            _ => Err(unknown_item(item)),
        }
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

/// Binds the call to the provider that stores the answer it goes on from, whose tokens count as input.
fn bind(call: &mut Call, object: &Object) {
    let earlier: u64 = object.detail.parse().unwrap_or(0);
    call.facts.input_tokens = call.facts.input_tokens.saturating_add(earlier);
    call.facts.earlier = Some(Box::new(Earlier::AtProvider(object.provider.as_str().into())));
}

/// What is needed to write a call out, off the worker: histories are long.
struct Work {
    body: Bytes,
    previous: Option<Vec<u8>>,
    states: Vec<Vec<u8>>,
    items: Vec<String>,
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
            match states.iter().find_map(|state| state.item(item)) {
                Some(found) => drop(history.items.insert(item.clone(), found)),
                None if self.is_master => {}
                None => return Err(unknown_item(item)),
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
        let read = |body| {
            gw_wire::facts::read_with_model(
                WireFormat::OpenAiResponses,
                body,
                self.max_depth + 2,
                &self.model,
            )
        };
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

/// All keys share the provider's account, and whose its items are is not known.
fn foreign_item() -> Refusal {
    let text = "'input' refers to an item that is stored at the provider, and who may see it is not known here; send \
                the item itself, or name the answer that it is part of in 'previous_response_id'";
    Refusal::new(ErrorCode::UnsupportedParameter, text).param("input")
}

fn broken() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the stored conversation can not be read")
}

//! Charges a batch to its owner when the gateway first sees that it is done, once.
//!
//! The record of the charge has an id that follows from the batch alone, and the store takes a record of an id once,
//! however often it comes: a process that dies between the charge and the note that it was made may make it again.

use super::answer::text;
use crate::attempt::Answered;
use crate::metrics::Ending;
use crate::route::resolve;
use crate::worker::Worker;
use bytes::Bytes;
use gw_model::snapshot::Quota;
use gw_model::{
    AttemptRecord, KeyId, NanoUsd, Outcome, Record, RecordDetails, Refusal, RequestId, ServiceTier, Usage,
    UsageSource, WireFormat,
};
use gw_store::memory::{Amounts, Chain};
use gw_store::objects::{Object as Stored, ObjectKind};
use gw_wire::json::Object;
use gw_wire::json::cursor::DEPTH_CEILING;
use std::rc::Rc;

/// What is noted of a batch that has been charged.
const SETTLED: &str = "settled";

/// States that a batch does not leave.
const FINAL: [&str; 4] = ["completed", "cancelled", "expired", "failed"];

/// Charges the batch that the answer shows, if it is done and was not charged yet. Errors: the charge cannot be written
/// down, so that the caller must ask again.
pub(super) async fn batch(answered: &Answered, batch: &Stored, body: &[u8]) -> Result<(), Refusal> {
    if batch.detail == SETTLED {
        return Ok(());
    }
    let Some(done) = Done::read(body) else { return Ok(()) };
    let worker = answered.ticket.worker();
    let gateway = worker.gateway();
    // Somebody else is at it, or has been: then this is the next one's business, or nobody's.
    let Some(_turn) = gateway.settling.begin(&batch.id) else { return Ok(()) };
    let found = gateway.objects.find(ObjectKind::Batch, &batch.id, KeyId::MASTER, worker.now()).await;
    match found.map_err(|error| error.refusal())? {
        Some(stored) if stored.detail != SETTLED => {}
        _ => return Ok(()),
    }
    charge(worker, answered, batch, &done)?;
    let settled = Stored { detail: SETTLED.to_owned(), ..batch.clone() };
    gateway.objects.put(settled).await.map_err(|error| error.refusal())
}

/// A batch that is done and says what it has used.
struct Done {
    usage: Usage,
    model: Option<String>,
    /// Seconds since the epoch.
    at: i64,
}

impl Done {
    fn read(body: &[u8]) -> Option<Self> {
        let object = Object::parse(body, DEPTH_CEILING).ok()?;
        let status = text(&object, "status")?;
        if !FINAL.contains(&&*status) {
            return None;
        }
        let usage = gw_wire::usage::from_whole(WireFormat::OpenAiResponses, body)
            .or_else(|| gw_wire::usage::from_whole(WireFormat::OpenAiChat, body))?;
        let seconds = |name: &str| object.get(name).and_then(|value| value.as_i64());
        let at = ["completed_at", "cancelled_at", "expired_at", "failed_at", "created_at"]
            .into_iter()
            .find_map(seconds)?;
        (usage.total_tokens() > 0).then(|| Self { usage, model: text(&object, "model"), at })
    }
}

/// Writes the record, and takes the cost from the owner's budget.
fn charge(worker: &Rc<Worker>, answered: &Answered, batch: &Stored, done: &Done) -> Result<(), Refusal> {
    let snapshot = &answered.live.snapshot;
    let provider = &answered.target.provider;
    // It counts for the model that was called, as every call does. Providers answer with a name of their own for it: with
    // its date, or what stands behind a deployment's name.
    let known = resolve::name_at(snapshot, provider, &batch.model).ok();
    let called = Some(&*batch.detail).filter(|name| !name.is_empty()).or(known.as_deref());
    let upstream_model = called.or(done.model.as_deref()).unwrap_or(&batch.model);
    let info = |model: &str| {
        let custom = snapshot.custom_info(&provider.name, model).map(|info| (*info).clone());
        custom.or_else(|| snapshot.catalog.model(&provider.price_key, model))
    };
    // What the provider names is what it bills, and the price list may have that without its date only.
    let priced = done.model.as_deref().into_iter().chain([upstream_model]).find_map(info);
    let cost = priced.map_or(NanoUsd::ZERO, |info| info.prices.cost(&done.usage, ServiceTier::Batch));
    let gateway = worker.gateway();
    let owner = gateway.keys.get(batch.owner);
    let time = done.at.saturating_mul(1_000_000);
    let mut chain = owner.as_ref().map_or_else(Chain::default, |entry| Chain::new(entry.links()));
    let record = Record {
        id: RequestId::new(time, number(&provider.name, &batch.id)),
        time,
        key: Some(batch.owner),
        team_id: owner.as_ref().and_then(|entry| entry.policy.team_id.clone()),
        format: WireFormat::OpenAiBatches,
        model: batch.model.clone(),
        stream: false,
        outcome: Outcome::Success,
        status: 200,
        error_code: String::new(),
        error_detail: format!("batch {}", batch.id),
        attempts: vec![AttemptRecord {
            provider: provider.name.to_string(),
            upstream_model: upstream_model.to_owned(),
            status: 200,
            reason: String::new(),
            duration_us: 0,
            usage: done.usage,
            usage_source: UsageSource::Upstream,
            cost,
        }],
        cache: "bypass".to_owned(),
        customer: None,
        first_byte_us: None,
        total_us: 0,
        parent: None,
        tolls: Vec::new(),
        accounts: chain.accounts().collect(),
        saved: NanoUsd::ZERO,
        details: RecordDetails::default(),
    };
    worker.journal().record(&record, 0).map_err(|error| crate::ticket::journal_refusal(worker, &error))?;
    // A batch has token limits of its own at the provider; only money counts here.
    gateway.metrics.note_overrun(chain.charge(worker.now(), Amounts::cost(cost)));
    if let Some(mut tries) = chain.of_try(&provider.name, &[&batch.model, upstream_model]) {
        tries.charge(worker.now(), Amounts::cost(cost));
    }
    let called = [Quota::of_provider(&provider.name), Quota::of_deployment(&provider.name, upstream_model)];
    let called = called.iter().filter_map(|id| gateway.keys.accounts.get(*id));
    Chain::new(called.map(|account| account.link())).charge(worker.now(), Amounts::cost(cost));
    worker.count(&Ending { record: &record, model: None });
    Ok(())
}

/// A number that follows from the batch.
fn number(provider: &str, id: &str) -> u128 {
    let text = Bytes::from([provider, "\n", id].concat());
    let digest = gw_providers::aws::body_hash(&[text]);
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

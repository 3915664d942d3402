//! Whose an answer is that its provider stores: written down with the call that made it. It must not decide how long
//! that is kept.

use super::Open;
use crate::respond::keep::expiry;
use gw_model::KeyId;
use gw_store::journal::{MAX_OBJECT_ID_BYTES, Owned};
use gw_store::objects::{Object, ObjectKind};
use gw_wire::openai_responses::stored::Made;

impl Open {
    /// Notes whose the answer and its items are that the provider stores, in the journal and for the next request of
    /// any worker.
    pub(super) fn own(&self, made: &Made) {
        let Some(attempt) = self.record.last_attempt().filter(|_| self.announced > 0) else { return };
        let gateway = self.worker.gateway();
        let days = gateway.live().snapshot.settings.response_retention_days;
        let created = self.record.time;
        let object = |kind: ObjectKind, id: &str, model: &str, detail: String| Object {
            kind,
            id: id.to_owned(),
            provider: attempt.provider.clone(),
            credential: self.credential.as_deref().unwrap_or_default().to_owned(),
            owner: self.record.key.unwrap_or(KeyId::MASTER),
            model: model.to_owned(),
            detail,
            created,
            expires: Some(expiry(created, days)),
        };
        // What a call that goes on from it sends again.
        let tokens = attempt.usage.total_tokens().to_string();
        let answer = std::iter::once(object(ObjectKind::Response, &made.id, &self.record.model, tokens));
        let items = made.items.iter().map(|id| object(ObjectKind::Item, id, "", String::new()));
        let objects: Vec<Object> = answer.chain(items).filter(|object| is_plain(&object.id)).collect();
        if let Err(error) = self.worker.journal().owned(objects.iter().map(owned)) {
            gateway.metrics.records_lost.inc();
            tracing::error!(request_id = %self.record.id, %error, "whose a response is could not be written down");
        }
        objects.into_iter().for_each(|object| gateway.objects.note(object));
    }
}

/// Ids go into paths; what could lead elsewhere there is nobody's.
fn is_plain(id: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    id.len() <= MAX_OBJECT_ID_BYTES && id.bytes().all(is_plain) && !id.bytes().all(|b| b == b'.')
}

fn owned(object: &Object) -> Owned<'_> {
    Owned {
        kind: object.kind.code(),
        id: &object.id,
        provider: &object.provider,
        owner: object.owner,
        model: &object.model,
        detail: &object.detail,
        created: object.created,
        expires: object.expires,
        credential: &object.credential,
    }
}

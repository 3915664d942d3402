//! First stage: who calls. A virtual key or a known token (looked up by its HMAC in memory), or the master key. A token
//! that is new is introduced first. It must not read the body.

use crate::inbound::Inbound;
use crate::ticket::{Rejected, Ticket};
use crate::worker::Worker;
use gw_model::{ErrorCode, Micros, Principal, Refusal};
use gw_store::memory::{Holder, KeyEntry, KeySource, KeyTable};
use std::net::IpAddr;
use std::sync::Arc;

/// Proof that the caller is known. Made here only.
pub(crate) struct Authenticated {
    pub(crate) ticket: Ticket,
    _proof: (),
}

/// Checks the credential.
pub(crate) async fn authenticate<B>(
    mut ticket: Ticket,
    inbound: &Inbound<B>,
) -> Result<Authenticated, Rejected> {
    ticket.note_client(inbound.from);
    let whence = Whence { address: inbound.from, origin: inbound.context.origin.as_deref() };
    if let Some(errand) = &inbound.errand {
        let gateway = Arc::clone(ticket.worker().gateway());
        let known = gateway.keys.get(errand.key).ok_or_else(|| {
            Refusal::new(ErrorCode::InvalidApiKey, "the API key of this call is not there any more")
        });
        let checked = known.and_then(|entry| {
            check_place(&gateway.keys, &entry, whence)?;
            check(&gateway.keys, &entry, ticket.record.time)?;
            Ok(entry)
        });
        return match checked {
            Ok(entry) => {
                known_by(&mut ticket, entry);
                ticket.run_errand(Arc::clone(errand));
                Ok(Authenticated { ticket, _proof: () })
            }
            Err(refusal) => Err(ticket.reject(refusal)),
        };
    }
    let caller = match (&inbound.credential, &inbound.signed) {
        // Who signed is a claim until the body is there; receive checks it.
        (None, Some(signed)) => {
            let claimed = signed.access_key_id(ticket.record.time);
            match claimed {
                Ok(id) => identify(ticket.worker(), Some(id), whence).await,
                Err(refusal) => Err(refusal),
            }
        }
        (credential, _) => identify(ticket.worker(), credential.as_deref(), whence).await,
    };
    match caller {
        Ok(Caller::Master) => ticket.record.key = Some(Principal::Master.key_id()),
        Ok(Caller::Key(entry)) => known_by(&mut ticket, entry),
        Err(refusal) => {
            ticket.record.details.user_agent.clone_from(&inbound.context.user_agent);
            return Err(ticket.reject(refusal));
        }
    }
    Ok(Authenticated { ticket, _proof: () })
}

fn known_by(ticket: &mut Ticket, entry: Arc<KeyEntry>) {
    ticket.record.key = Some(entry.id);
    ticket.record.team_id.clone_from(&entry.policy.team_id);
    ticket.set_key(entry);
}

/// Where a call comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whence<'a> {
    /// Address of the client; `None` for calls of the gateway's own.
    pub address: Option<IpAddr>,
    /// The web page whose script calls, where a browser says so.
    pub origin: Option<&'a str>,
}

/// A known caller.
pub(crate) enum Caller {
    /// Holds the master key.
    Master,
    /// Holds a virtual key.
    Key(Arc<KeyEntry>),
}

/// Finds the holder of a credential; a refusal says no more than that it is not valid. Waits only where a token must be
/// introduced first.
pub(crate) async fn identify(
    worker: &Worker,
    credential: Option<&str>,
    whence: Whence<'_>,
) -> Result<Caller, Refusal> {
    let gateway = worker.gateway();
    let Some(presented) = credential.filter(|c| !c.is_empty()) else {
        return Err(Refusal::new(
            ErrorCode::InvalidApiKey,
            "no API key was sent; send your Gatewright key as 'Authorization: Bearer gw-...'",
        ));
    };
    if let Some(entry) = gateway.keys.find(presented, worker.now()) {
        check_place(&gateway.keys, &entry, whence)?;
        check(&gateway.keys, &entry, worker.now())?;
        return Ok(Caller::Key(entry));
    }
    if gateway.is_master(presented) {
        return Ok(Caller::Master);
    }
    match gateway.introducer().and_then(|introducer| introducer.introduce(presented)) {
        Some(introduction) => {
            let entry = introduction.await?;
            check_place(&gateway.keys, &entry, whence)?;
            check(&gateway.keys, &entry, worker.now())?;
            Ok(Caller::Key(entry))
        }
        None => Err(Refusal::new(
            ErrorCode::InvalidApiKey,
            "this API key is not known here; check the key and the base URL",
        )),
    }
}

/// May the key be used from there? Asked before anything else about the key, so that a key in the wrong hands tells nothing.
fn check_place(keys: &KeyTable, entry: &KeyEntry, whence: Whence<'_>) -> Result<(), Refusal> {
    let Whence { address, origin } = whence;
    let refused = keys.access(entry, |access| {
        let (address, origin) = (access.allows_address(address), access.allows_origin(origin));
        (!address || !origin).then_some(address)
    });
    let Some((holder, is_address_good)) = refused else { return Ok(()) };
    if !is_address_good {
        let from = address.map_or_else(|| "here".to_owned(), |address| address.to_string());
        let text = format!(
            "calls of {holder} are not taken from {from}; call from an allowed address, or have 'allowed_ips' changed"
        );
        return Err(Refusal::new(ErrorCode::AddressNotAllowed, text));
    }
    let text = format!(
        "calls of {holder} are not taken from web pages of this origin; call from an allowed one, or have \
         'allowed_origins' changed"
    );
    Err(Refusal::new(ErrorCode::OriginNotAllowed, text))
}

/// May calls of the holder come now, or what else it counts for?
pub(crate) fn not_now(holder: &Holder) -> Refusal {
    let text = format!(
        "calls of {holder} are not taken at this time; call within its hours, or have 'hours' changed"
    );
    Refusal::new(ErrorCode::TimeNotAllowed, text)
}

/// Is the key good at this moment? Asked again when time has passed: a slow upload or a back-off must not
/// carry a revoked key to a provider.
pub(crate) fn check(keys: &KeyTable, entry: &KeyEntry, now: Micros) -> Result<(), Refusal> {
    // Before anything else, as with addresses.
    if let Some((holder, ())) = keys.access(entry, |access| (!access.allows_time(now)).then_some(())) {
        return Err(not_now(&holder));
    }
    if entry.source == KeySource::Token {
        return check_bearer(entry, now);
    }
    if entry.disabled {
        return Err(Refusal::new(ErrorCode::InvalidApiKey, "this API key is disabled"));
    }
    if entry.revoked() {
        return Err(Refusal::new(ErrorCode::InvalidApiKey, "this API key has been revoked"));
    }
    if entry.is_closed() {
        let text = "what this API key belongs to has been disabled or deleted";
        return Err(Refusal::new(ErrorCode::InvalidApiKey, text));
    }
    if entry.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::new(ErrorCode::InvalidApiKey, "this API key has expired"));
    }
    Ok(())
}

/// The same of whoever calls with a token.
fn check_bearer(entry: &KeyEntry, now: Micros) -> Result<(), Refusal> {
    if entry.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::new(ErrorCode::InvalidApiKey, "this token has expired; get a new one"));
    }
    if entry.is_closed() {
        let text = "the user of this token, or what it belongs to, has been disabled or deleted";
        return Err(Refusal::new(ErrorCode::InvalidApiKey, text));
    }
    Ok(())
}

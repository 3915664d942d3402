//! Records as they are stored, for whoever follows them live. While somebody does, the fold says which records this node
//! stored, and where nodes share a database, that is asked for what the others did. Nothing of it stands on the request path,
//! and nobody who reads slowly holds up anything: what he cannot take in time he is told that he missed. It must not know HTTP.

mod cursor;
mod others;
mod reader;

pub(crate) use cursor::Cursor;
pub(crate) use reader::{Again, Reader, Refused, Wish};

use super::shares::{self, Shares};
use super::state::App;
use gw_model::{AccountId, RequestId};
use gw_store::fold::{Following, Newly};
use others::Others;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};

/// How often is looked for what is new, and after how many looks bodies of it are kept as well.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS_FOR_BODIES: usize = 6;

/// Of so many places, one is for the gateway's own readers, whatever organizations do; at least one where there are several.
const KEPT_OF: usize = 4;

/// Rounds of news that may wait for a slow reader.
const WAITING_ROUNDS: usize = 64;

/// What was stored between two looks.
#[derive(Clone, Debug)]
struct Round {
    /// How many records there were before, since somebody follows.
    before: u64,
    ids: Arc<[RequestId]>,
}

/// See the module.
pub(crate) struct Tail {
    newly: Arc<Newly>,
    most: usize,
    places: Arc<Shares>,
    readers: AtomicUsize,
    begun: Notify,
    stored: AtomicU64,
    /// At once, and when the bodies are there too.
    now: broadcast::Sender<Round>,
    later: broadcast::Sender<Round>,
}

/// A reader's place among those that there may be. It is free again when this is dropped.
pub(crate) struct Place {
    tail: Arc<Tail>,
    _share: shares::Place,
    _following: Following,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tail.readers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Tail {
    /// For at most so many readers, of what is noted there.
    pub(crate) fn new(newly: Arc<Newly>, most: usize) -> Arc<Self> {
        Arc::new(Self {
            newly,
            most,
            places: Shares::with_some_kept(most, kept(most)),
            readers: AtomicUsize::new(0),
            begun: Notify::new(),
            stored: AtomicU64::new(0),
            now: broadcast::Sender::new(WAITING_ROUNDS),
            later: broadcast::Sender::new(WAITING_ROUNDS),
        })
    }

    /// A place for one more reader of an organization, which has no more of them than what it leaves free; or for the gateway's
    /// own. None where there is none for him.
    pub(crate) fn place(self: &Arc<Self>, organization: Option<AccountId>) -> Option<Place> {
        let share = match organization {
            Some(id) => self.places.take(&id.to_string()),
            None => self.places.take_kept(),
        }?;
        self.readers.fetch_add(1, Ordering::AcqRel);
        let place = Place { tail: Arc::clone(self), _share: share, _following: self.newly.follow() };
        self.begun.notify_one();
        Some(place)
    }

    /// Most readers.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    fn subscribe(&self, with_bodies: bool) -> broadcast::Receiver<Round> {
        if with_bodies { self.later.subscribe() } else { self.now.subscribe() }
    }

    fn is_read(&self) -> bool {
        self.readers.load(Ordering::Acquire) > 0
    }

    /// One more round, where there is something in it.
    fn round(&self, ids: Vec<u128>, missed: u64) -> Option<Round> {
        self.stored.fetch_add(missed, Ordering::AcqRel);
        if ids.is_empty() {
            return None;
        }
        let before = self.stored.fetch_add(ids.len() as u64, Ordering::AcqRel);
        Some(Round { before, ids: ids.into_iter().map(RequestId).collect() })
    }
}

/// How many places are for the gateway's own readers.
const fn kept(most: usize) -> usize {
    match most {
        0 | 1 => 0,
        2..KEPT_OF => 1,
        _ => most / KEPT_OF,
    }
}

/// Hands out what is new, for as long as the process runs.
pub(crate) async fn keep(app: Arc<App>) {
    while !app.is_draining() {
        app.tail.begun.notified().await;
        let mut others = Others::default();
        let mut held: VecDeque<Option<Round>> = VecDeque::new();
        while app.tail.is_read() && !app.is_draining() {
            tokio::time::sleep(LOOK_EVERY).await;
            let (mut ids, missed) = app.tail.newly.take();
            if app.storage.database.is_shared() {
                others = others.look(&app, &mut ids).await;
            }
            let round = app.tail.round(ids, missed);
            if let Some(round) = &round {
                // That nobody reads it there is no fault.
                let _ = app.tail.now.send(round.clone());
            }
            held.push_back(round);
            if held.len() > LOOKS_FOR_BODIES
                && let Some(Some(round)) = held.pop_front()
            {
                let _ = app.tail.later.send(round);
            }
        }
    }
}

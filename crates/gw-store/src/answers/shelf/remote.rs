//! Answers in Redis, for all gateways together: each asks there for what its own memory has not, and follows two streams:
//! turns that were kept, which go into its index, and what was thrown away. Serves the shelf's thread. Redis is best effort:
//! what does not come in time is a miss. Everything of callers is sealed, so that gateways need the same encryption key.
//!
//! Names below the prefix: `PREFIX:answers:KEY` (an answer, ends when it is too old), `PREFIX:answers:turns` and
//! `PREFIX:answers:purges` (streams of bounded length).

use super::purges::{MAX_PURGES, Owed, Purges};
use super::{Order, Purged};
use crate::answers::form::AnswerSeal;
use crate::answers::similar::{Index, RoomKey};
use crate::answers::{Answer, AnswerKey, Purge};
use crate::keys::hex;
use crate::redis::RedisError;
use gw_model::{AccountId, Clock, Micros, Secret};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, Client};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest time for a connection to come about, and for any answer.
const OPEN_LIMIT: Duration = Duration::from_secs(3);
/// How often it is looked what others kept.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
/// Entries of a stream that are read at once.
const PAGE: usize = 500;
/// Commands that run at the same time.
const MAX_OPEN: usize = 256;

/// Where answers are, and how many.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// The address of Redis.
    pub url: Secret,
    /// What all names there begin with.
    pub prefix: String,
    /// Turns that are kept there for gateways that start later.
    pub max_turns: usize,
    /// The longest that a call waits for an answer.
    pub within: Duration,
}

/// What is done here when something was thrown away elsewhere.
pub type OnPurge = Box<dyn Fn(&Purge) + Send + Sync>;

#[derive(Serialize, Deserialize)]
struct PurgeForm {
    /// Which gateway.
    from: String,
    key: Option<[u8; 32]>,
    model: Option<String>,
    tag: Option<String>,
    account: Option<AccountId>,
    /// When.
    at: Micros,
}

/// See the module.
pub(super) struct Remote {
    /// Tells this process from others.
    id: String,
    client: Client,
    settings: RemoteSettings,
    seal: AnswerSeal,
    index: Arc<Index>,
    clock: Arc<dyn Clock>,
    on_purge: OnPurge,
    purges: Arc<Purges>,
}

impl Remote {
    /// Errors: the address cannot be used.
    pub(super) fn new(
        settings: RemoteSettings,
        seal: AnswerSeal,
        index: Arc<Index>,
        clock: Arc<dyn Clock>,
        on_purge: OnPurge,
    ) -> Result<Self, RedisError> {
        let client = Client::open(settings.url.expose()).map_err(|_| RedisError::Address)?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| RedisError::Random)?;
        Ok(Self { id: hex(&id), client, settings, seal, index, clock, on_purge, purges: Arc::default() })
    }

    pub(super) const fn purges(&self) -> &Arc<Purges> {
        &self.purges
    }

    fn name(&self, what: &str) -> String {
        format!("{}:answers:{what}", self.settings.prefix)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(OPEN_LIMIT))
            .set_response_timeout(Some(OPEN_LIMIT));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let connected = tokio::time::timeout(OPEN_LIMIT, connecting).await;
        Ok(connected.map_err(|_| RedisError::Timeout)??)
    }

    /// Carries orders out until nobody can give any more. Without Redis they are not.
    pub(super) async fn serve(self: Arc<Self>, mut orders: mpsc::Receiver<Order>, put: Arc<dyn Fn(&Answer)>) {
        let mut follower = Follower::default();
        loop {
            let connection = match self.connect().await {
                Ok(connection) => connection,
                Err(error) => {
                    tracing::warn!(%error, "the cache in Redis is out of reach");
                    // Whoever asks meanwhile goes on at once.
                    if !self.pass_over(&mut orders, &*put).await {
                        return;
                    }
                    continue;
                }
            };
            tracing::info!("the cache in Redis is in use");
            match self.work(&connection, &mut orders, &mut follower, &put).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the cache in Redis is lost"),
            }
            // One that takes connections and refuses what it is told is not asked without a break.
            if !self.pass_over(&mut orders, &*put).await {
                return;
            }
        }
    }

    /// Lets orders go for a while; what is to be thrown away is kept. False: nobody gives any more.
    async fn pass_over(&self, orders: &mut mpsc::Receiver<Order>, put: &dyn Fn(&Answer)) -> bool {
        let all = async {
            while let Some(order) = orders.recv().await {
                self.note(&order);
                match order {
                    // Dropping what is asked tells whoever waits.
                    Order::Get(..) => {}
                    Order::Put(_, answer, ..) => put(&answer),
                    Order::Purge(purge, reply) => {
                        let keys = purge.key.into_iter().collect();
                        drop(reply.send(Purged { keys, is_pending: true }));
                    }
                }
            }
        };
        tokio::time::timeout(FOLLOW_EVERY * 2, all).await.is_err()
    }

    /// Errors: the connection is of no use any more.
    async fn work(
        self: &Arc<Self>,
        connection: &MultiplexedConnection,
        orders: &mut mpsc::Receiver<Order>,
        follower: &mut Follower,
        put: &Arc<dyn Fn(&Answer)>,
    ) -> Result<(), RedisError> {
        // What was thrown away while it was out of reach is gone before anything is asked for.
        self.tell_purges(connection.clone()).await?;
        let mut tasks = tokio::task::JoinSet::new();
        let mut tick = tokio::time::interval(FOLLOW_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // What others threw away is known before anything is asked for.
                biased;
                _ = tick.tick() => self.follow(connection.clone(), follower).await?,
                Some(done) = tasks.join_next() => {
                    if let Ok(Err(error)) = done {
                        return Err(error);
                    }
                }
                order = orders.recv(), if tasks.len() < MAX_OPEN => {
                    let Some(order) = order else { return Ok(()) };
                    // Before anything can go wrong: this gateway gives none of it any more.
                    self.note(&order);
                    let (remote, connection, put) = (Arc::clone(self), connection.clone(), Arc::clone(put));
                    tasks.spawn_local(async move { remote.carry_out(connection, order, &*put).await });
                }
            }
        }
    }

    async fn carry_out(
        &self,
        mut connection: MultiplexedConnection,
        order: Order,
        put: &dyn Fn(&Answer),
    ) -> Result<(), RedisError> {
        match order {
            Order::Get(key, reply) => {
                let sealed: Option<Vec<u8>> = connection.get(self.name(&key.to_string())).await?;
                let answer = sealed.and_then(|sealed| self.seal.open_answer(&key, &sealed));
                drop(reply.send(answer.filter(|answer| self.is_there(&key, answer))));
            }
            Order::Put(key, answer, turn, is_gone) => {
                let answer = Waiting { answer, put };
                if is_gone() {
                    return Ok(());
                }
                let answer = &answer.answer;
                let left_us = answer.until.saturating_sub(self.clock.now());
                let Ok(sealed) = self.seal.answer(&key, answer) else { return Ok(()) };
                let mut pipe = redis::pipe();
                let left_ms = u64::try_from(left_us / 1000).unwrap_or(0).max(1);
                pipe.cmd("SET").arg(self.name(&key.to_string())).arg(sealed).arg("PX").arg(left_ms).ignore();
                if let Some(Ok(turn)) = turn.map(|turn| self.seal.turn(&key, &turn)) {
                    pipe.cmd("XADD")
                        .arg(self.name("turns"))
                        .arg("MAXLEN")
                        .arg("~")
                        .arg(self.settings.max_turns);
                    pipe.arg("*")
                        .arg("k")
                        .arg(&key.0[..])
                        .arg("t")
                        .arg(turn)
                        .arg("u")
                        .arg(answer.until)
                        .ignore();
                }
                pipe.query_async::<()>(&mut connection).await?;
            }
            Order::Purge(purge, reply) => {
                let told = self.tell_purges(connection).await;
                let keys = purge.key.into_iter().collect();
                drop(reply.send(Purged { keys, is_pending: told.is_err() }));
                told?;
            }
        }
        Ok(())
    }

    fn note(&self, order: &Order) {
        if let Order::Purge(purge, _) = order {
            self.purges.owe(self.clock.now(), purge.clone());
        }
    }

    /// Was the answer kept after all purges that take it?
    fn is_there(&self, key: &AnswerKey, answer: &Answer) -> bool {
        answer.until > self.clock.now() && !self.purges.takes(key, answer)
    }

    /// Tells all gateways what is to be thrown away and not told yet. What goes by its labels is overlooked from now on, and
    /// ends in its time.
    async fn tell_purges(&self, mut connection: MultiplexedConnection) -> Result<(), RedisError> {
        let owed = self.purges.owed();
        if owed.is_empty() {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        for Owed { at, purge, .. } in &owed {
            let Purge { key, model, tag, account } = purge.clone();
            let key = key.map(|key| key.0);
            if let Some(key) = key {
                pipe.cmd("DEL").arg(self.name(&AnswerKey(key).to_string())).ignore();
            }
            let form = PurgeForm { from: self.id.clone(), key, model, tag, account, at: *at };
            let Ok(text) = serde_json::to_string(&form) else { continue };
            pipe.cmd("XADD").arg(self.name("purges")).arg("MAXLEN").arg("~").arg(MAX_PURGES + 1);
            pipe.arg("*").arg("p").arg(text).ignore();
        }
        pipe.query_async::<()>(&mut connection).await?;
        self.purges.done(&owed, true);
        Ok(())
    }

    /// Reads what others kept and threw away since the last time.
    async fn follow(
        &self,
        mut connection: MultiplexedConnection,
        follower: &mut Follower,
    ) -> Result<(), RedisError> {
        let (turns, purges) = (self.name("turns"), self.name("purges"));
        loop {
            let mut read = redis::cmd("XREAD");
            read.arg("COUNT").arg(PAGE).arg("STREAMS").arg(&purges).arg(&turns);
            read.arg(&follower.purges).arg(&follower.turns);
            let streams: Option<Vec<(String, Vec<Entry>)>> = read.query_async(&mut connection).await?;
            let mut is_more = false;
            for (stream, entries) in streams.unwrap_or_default() {
                is_more |= entries.len() >= PAGE;
                for (id, fields) in entries {
                    if stream == purges {
                        self.note_purge(&fields);
                        follower.purges = id;
                    } else {
                        follower.rooms.extend(self.note_turn(&fields));
                        follower.turns = id;
                    }
                }
            }
            if !is_more {
                break;
            }
        }
        let (index, rooms) = (Arc::clone(&self.index), std::mem::take(&mut follower.rooms));
        if !rooms.is_empty() {
            let grow = move || rooms.iter().for_each(|room| index.grow(room));
            drop(tokio::task::spawn_blocking(grow));
        }
        Ok(())
    }

    fn note_purge(&self, fields: &[Vec<u8>]) {
        let form = field(fields, b"p").and_then(|text| serde_json::from_slice::<PurgeForm>(text).ok());
        let Some(PurgeForm { from, key, model, tag, account, at }) = form else { return };
        // Our own is done, and newer answers stay.
        if from == self.id {
            return;
        }
        let purge = Purge { key: key.map(AnswerKey), model, tag, account };
        (self.on_purge)(&purge);
        // A clock that is ahead would have it take what comes later.
        self.purges.remember(at.min(self.clock.now()), purge);
    }

    /// Gives the room, where that wants to grow.
    fn note_turn(&self, fields: &[Vec<u8>]) -> Option<RoomKey> {
        let key = AnswerKey(field(fields, b"k")?.try_into().ok()?);
        let until: Micros = std::str::from_utf8(field(fields, b"u")?).ok()?.parse().ok()?;
        let turn = self.seal.open_turn(&key, field(fields, b"t")?)?;
        (until > self.clock.now() && self.index.put(&turn, key)).then_some(turn.room)
    }
}

/// An entry of a stream: its id, and names and values by turns.
type Entry = (String, Vec<Vec<u8>>);

fn field<'a>(fields: &'a [Vec<u8>], name: &[u8]) -> Option<&'a [u8]> {
    fields.chunks(2).find_map(|pair| match pair {
        [known, value] if known == name => Some(value.as_slice()),
        _ => None,
    })
}

/// How far the streams are read.
struct Follower {
    turns: String,
    purges: String,
    rooms: HashSet<RoomKey>,
}

impl Default for Follower {
    fn default() -> Self {
        Self { turns: "0".to_owned(), purges: "0".to_owned(), rooms: HashSet::new() }
    }
}

/// An answer that waits to be written, until that is done or given up.
struct Waiting<'a> {
    answer: Arc<Answer>,
    put: &'a dyn Fn(&Answer),
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        (self.put)(&self.answer);
    }
}

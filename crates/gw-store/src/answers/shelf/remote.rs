//! Answers in Redis, for all gateways together: each asks there for what its own memory has not, and follows two streams:
//! turns that were kept, which go into its index, and what was thrown away. Serves the shelf's thread. Redis is best effort:
//! what does not come in time is a miss. Everything of callers is sealed, so that gateways need the same encryption key.
//!
//! Names below the prefix: `PREFIX:answers:KEY` (an answer, ends when it is too old), `PREFIX:answers:turns` and
//! `PREFIX:answers:purges` (streams of bounded length).

use super::Order;
use crate::answers::form::AnswerSeal;
use crate::answers::similar::{Index, RoomKey};
use crate::answers::{Answer, AnswerKey, Purge};
use crate::keys::hex;
use crate::redis::RedisError;
use gw_model::{AccountId, Clock, Micros, Secret};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, Client};
use serde::{Deserialize, Serialize};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Longest time for a connection to come about, and for any answer.
const OPEN_LIMIT: Duration = Duration::from_secs(3);
/// How often it is looked what others kept.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
/// Entries of a stream that are read at once.
const PAGE: usize = 500;
/// Purges that are remembered, here and there.
const MAX_PURGES: usize = 1000;
/// Commands that run at the same time.
const MAX_OPEN: usize = 256;
/// Clocks of gateways may differ by so much: an answer that seems to be as much younger than a purge may be older.
const SKEW_US: Micros = 5_000_000;

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
    purges: parking_lot::Mutex<VecDeque<(Micros, Purge)>>,
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
        Ok(Self {
            id: hex(&id),
            client,
            settings,
            seal,
            index,
            clock,
            on_purge,
            purges: parking_lot::Mutex::default(),
        })
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
                    if !pass_over(&mut orders, FOLLOW_EVERY * 2, &*put).await {
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
        }
    }

    /// Errors: the connection is of no use any more.
    async fn work(
        self: &Arc<Self>,
        connection: &MultiplexedConnection,
        orders: &mut mpsc::Receiver<Order>,
        follower: &mut Follower,
        put: &Arc<dyn Fn(&Answer)>,
    ) -> Result<(), RedisError> {
        let mut tasks = tokio::task::JoinSet::new();
        let mut tick = tokio::time::interval(FOLLOW_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = orders.recv(), if tasks.len() < MAX_OPEN => {
                    let Some(order) = order else { return Ok(()) };
                    let (remote, connection, put) = (Arc::clone(self), connection.clone(), Arc::clone(put));
                    tasks.spawn_local(async move { remote.carry_out(connection, order, &*put).await });
                }
                Some(done) = tasks.join_next() => {
                    if let Ok(Err(error)) = done {
                        return Err(error);
                    }
                }
                _ = tick.tick() => self.follow(connection.clone(), follower).await?,
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
            Order::Put(key, answer, turn) => {
                let answer = Waiting { answer, put };
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
            Order::Purge(purge, reply) => self.purge(connection, purge, reply).await?,
        }
        Ok(())
    }

    /// Was the answer kept after all purges that take it?
    fn is_there(&self, key: &AnswerKey, answer: &Answer) -> bool {
        answer.until > self.clock.now()
            && !self.purges.lock().iter().any(|(at, purge)| {
                answer.stored_at <= at.saturating_add(SKEW_US) && purge.takes(key, &answer.labels)
            })
    }

    /// Tells all gateways. What is thrown away by its labels is overlooked from now on, and ends in its time.
    async fn purge(
        &self,
        mut connection: MultiplexedConnection,
        purge: Purge,
        reply: oneshot::Sender<Vec<AnswerKey>>,
    ) -> Result<(), RedisError> {
        let at = self.clock.now();
        self.remember(at, purge.clone());
        let Purge { key, model, tag, account } = purge;
        let form = PurgeForm { from: self.id.clone(), key: key.map(|key| key.0), model, tag, account, at };
        let Ok(text) = serde_json::to_string(&form) else { return Ok(()) };
        let mut pipe = redis::pipe();
        let mut gone = Vec::new();
        if let Some(key) = key {
            pipe.cmd("DEL").arg(self.name(&key.to_string())).ignore();
            gone.push(key);
        }
        pipe.cmd("XADD").arg(self.name("purges")).arg("MAXLEN").arg("~").arg(MAX_PURGES);
        pipe.arg("*").arg("p").arg(text).ignore();
        pipe.query_async::<()>(&mut connection).await?;
        drop(reply.send(gone));
        Ok(())
    }

    fn remember(&self, at: Micros, purge: Purge) {
        let mut purges = self.purges.lock();
        purges.push_back((at, purge));
        if purges.len() > MAX_PURGES
            && let Some((oldest, _)) = purges.pop_front()
        {
            // Rather too much than too little: everything that old is gone.
            purges.push_front((oldest, Purge::default()));
            if purges.len() > MAX_PURGES {
                purges.remove(1);
            }
        }
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
        self.remember(at, purge);
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

/// Lets orders go for a while. False: nobody gives any more.
async fn pass_over(orders: &mut mpsc::Receiver<Order>, time: Duration, put: &dyn Fn(&Answer)) -> bool {
    let all = async {
        // Dropping what is asked tells whoever waits.
        while let Some(order) = orders.recv().await {
            if let Order::Put(_, answer, _) = order {
                put(&answer);
            }
        }
    };
    tokio::time::timeout(time, all).await.is_err()
}

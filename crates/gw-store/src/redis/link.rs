//! A connection to Redis: one for commands and for what others publish, by version 3 of its protocol. It does not connect
//! again by itself; whoever holds it opens another.
//!
//! Names below the prefix: the channel `PREFIX:health`; the keys `PREFIX:health:parked:FINGERPRINT` and
//! `...:tripped:FINGERPRINT`, which end with what they say; and `PREFIX:health:index`, a sorted set of their names, since
//! a search of all keys would take longer the more there are of others.

use super::error::RedisError;
use super::notice::{News, Notice};
use crate::keys::hex;
use gw_model::Secret;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest time for a connection to come about, its greeting and its subscription included.
const OPEN_LIMIT: Duration = Duration::from_secs(3);

/// Longest time for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// Messages that may wait to be looked at; more are dropped and counted.
const MAX_WAITING: usize = 1024;

/// Most notices that are kept for gateways that start later.
const MAX_KEPT: usize = 1000;

/// How long the index outlives its last entry, in milliseconds: longer than any notice.
const INDEX_MS: u64 = 2 * 86_400_000;

/// Where gateways meet, and as whom this process comes.
#[derive(Clone)]
pub struct Meeting {
    client: Client,
    from: Arc<str>,
    channel: Arc<str>,
    index: Arc<str>,
}

impl std::fmt::Debug for Meeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meeting").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// See the module.
pub struct Link {
    meeting: Meeting,
    connection: MultiplexedConnection,
    incoming: mpsc::Receiver<Pushed>,
    overflow: Arc<AtomicU64>,
}

/// What the connection brings without being asked.
enum Pushed {
    Message(Vec<u8>),
    Gone,
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// News from another gateway.
    Notice(Notice),
    /// Our own word.
    Own,
    /// Something that is no notice.
    Malformed,
}

impl Meeting {
    /// Errors: the address cannot be used.
    pub fn new(url: &Secret, prefix: &str) -> Result<Self, RedisError> {
        let info = url.expose().into_connection_info().map_err(|_| RedisError::Address)?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings)).map_err(|_| RedisError::Address)?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| RedisError::Random)?;
        Ok(Self {
            client,
            from: hex(&id).into(),
            channel: format!("{prefix}:health").into(),
            index: format!("{prefix}:health:index").into(),
        })
    }

    /// Connects, and hears from then on what others publish.
    pub async fn open(&self) -> Result<Link, RedisError> {
        tokio::time::timeout(OPEN_LIMIT, self.connect()).await.map_err(|_| RedisError::Timeout)?
    }

    async fn connect(&self) -> Result<Link, RedisError> {
        let (sender, incoming) = mpsc::channel(MAX_WAITING);
        let overflow = Arc::new(AtomicU64::new(0));
        let dropped = Arc::clone(&overflow);
        let push = move |info: PushInfo| -> Result<(), redis::aio::SendError> {
            let Some(pushed) = Pushed::of(info) else { return Ok(()) };
            if sender.try_send(pushed).is_err() {
                dropped.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(OPEN_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT))
            .set_push_sender(push);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        connection.subscribe(&*self.channel).await?;
        Ok(Link { meeting: self.clone(), connection, incoming, overflow })
    }

    /// The key behind an entry of the index.
    fn key(&self, entry: &str) -> String {
        format!("{}:{entry}", self.channel)
    }
}

impl Pushed {
    fn of(info: PushInfo) -> Option<Self> {
        match (info.kind, info.data.into_iter().nth(1)) {
            (PushKind::Message, Some(Value::BulkString(bytes))) => Some(Self::Message(bytes)),
            (PushKind::Disconnection, _) => Some(Self::Gone),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("meeting", &self.meeting).finish_non_exhaustive()
    }
}

impl Link {
    /// Tells the others, and keeps it for those that come later. `now_ms` only orders the index.
    pub async fn tell(&mut self, notice: &Notice, now_ms: u64) -> Result<(), RedisError> {
        let text = notice.write(&self.meeting.from);
        let (kind, left_ms) = match notice.news {
            News::Parked { ms } => ("parked", ms),
            News::Tripped { ms } => ("tripped", ms),
            News::Closed => ("tripped", 0),
        };
        let entry = format!("{kind}:{}", hex(&notice.deployment));
        let (key, index) = (self.meeting.key(&entry), &*self.meeting.index);
        let mut pipe = redis::pipe();
        pipe.atomic();
        if left_ms > 0 {
            pipe.cmd("SET").arg(&key).arg(&text).arg("PX").arg(left_ms).ignore();
            pipe.cmd("ZADD").arg(index).arg(now_ms).arg(&entry).ignore();
            let oldest = format!("-{}", MAX_KEPT + 1);
            pipe.cmd("ZREMRANGEBYRANK").arg(index).arg(0).arg(oldest).ignore();
            pipe.cmd("PEXPIRE").arg(index).arg(INDEX_MS).ignore();
        } else {
            pipe.cmd("DEL").arg(&key).ignore();
            pipe.cmd("ZREM").arg(index).arg(&entry).ignore();
        }
        pipe.cmd("PUBLISH").arg(&*self.meeting.channel).arg(&text).ignore();
        Ok(pipe.query_async::<()>(&mut self.connection).await?)
    }

    /// What others kept there, each with what is left of its time.
    pub async fn kept(&mut self) -> Result<Vec<Heard>, RedisError> {
        let last = MAX_KEPT - 1;
        let entries: Vec<String> = redis::cmd("ZRANGE")
            .arg(&*self.meeting.index)
            .arg(0)
            .arg(last)
            .query_async(&mut self.connection)
            .await?;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        for entry in &entries {
            let key = self.meeting.key(entry);
            pipe.cmd("GET").arg(&key).cmd("PTTL").arg(&key);
        }
        let values: Vec<Value> = pipe.query_async(&mut self.connection).await?;
        let mut heard = Vec::new();
        let mut ended = Vec::new();
        for (entry, pair) in entries.iter().zip(values.chunks_exact(2)) {
            match pair {
                [Value::BulkString(bytes), Value::Int(left)] => {
                    let left = u64::try_from(*left).unwrap_or(0);
                    heard.push(match self.meeting.hear(bytes) {
                        Heard::Notice(notice) => Heard::Notice(notice.at_most(left)),
                        other => other,
                    });
                }
                _ => ended.push(entry),
            }
        }
        if !ended.is_empty() {
            let mut remove = redis::cmd("ZREM");
            remove.arg(&*self.meeting.index).arg(ended);
            remove.query_async::<()>(&mut self.connection).await?;
        }
        Ok(heard)
    }

    /// What comes next. Errors: the connection is gone. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Result<Heard, RedisError> {
        match self.incoming.recv().await {
            Some(Pushed::Message(bytes)) => Ok(self.meeting.hear(&bytes)),
            Some(Pushed::Gone) | None => Err(RedisError::Gone),
        }
    }

    /// Is it still there?
    pub async fn ping(&mut self) -> Result<(), RedisError> {
        Ok(redis::cmd("PING").query_async(&mut self.connection).await?)
    }

    /// Messages since the last look that were dropped, as too many came at once.
    pub fn take_overflow(&self) -> u64 {
        self.overflow.swap(0, Ordering::Relaxed)
    }
}

impl Meeting {
    fn hear(&self, bytes: &[u8]) -> Heard {
        match Notice::read(bytes) {
            None => Heard::Malformed,
            Some((from, _)) if *from == *self.from => Heard::Own,
            Some((_, notice)) => Heard::Notice(notice),
        }
    }
}

//! A connection on which limits and budgets are counted: the scripts, and what they answer. It does not connect again by
//! itself. Every exchange has a time limit.

use super::super::error::RedisError;
use super::wire::{self, Answer, Args, Told};
use crate::memory::Claim;
use gw_model::{AccountId, Micros, NanoUsd, Secret};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, Value};
use std::time::Duration;

const COUNT: &str = include_str!("count.lua");
const MEMBER: &str = include_str!("member.lua");

/// Longest time for a connection to come about, and for what is said when coming.
const OPEN_LIMIT: Duration = Duration::from_secs(1);

/// Without an answer for so long, or for twice the time that calls wait, Redis is away; until then it is slow, and who came
/// with one answer too late is not put out.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where gateways count together, and as whom this one comes.
#[derive(Clone, Debug)]
pub(super) struct Place {
    client: Client,
    prefix: String,
    node: String,
    timeout: Duration,
}

/// See the module.
pub(super) struct Exchange {
    place: Place,
    connection: MultiplexedConnection,
    count: String,
    member: String,
    session: String,
    /// The run of the server.
    pub(super) run: String,
    /// It was told in that run what those spent that may be gone.
    pub(super) knows_others: bool,
}

/// One thing that is sent.
pub(super) enum Sent<'a> {
    Claim(&'a Claim),
    Told(&'a [Told]),
}

/// What a beat says.
pub(super) struct Beat {
    pub(super) is_open: bool,
    pub(super) nodes: Vec<String>,
}

impl Place {
    pub(super) fn new(url: &Secret, prefix: &str, node: u64, timeout: Duration) -> Result<Self, RedisError> {
        let info = url.expose().into_connection_info().map_err(|_| RedisError::Address)?;
        let client = Client::open(info).map_err(|_| RedisError::Address)?;
        Ok(Self { client, prefix: prefix.to_owned(), node: wire::node(node), timeout })
    }

    fn patience(&self) -> Duration {
        PATIENCE.max(self.timeout * 2)
    }

    /// Connects and says who is there, and whom it knows. What is then sent counts once [`Exchange::join`] is done.
    pub(super) async fn open(&self, known: &[String]) -> Result<Exchange, RedisError> {
        tokio::time::timeout(OPEN_LIMIT, self.connect(known)).await.map_err(|_| RedisError::Timeout)?
    }

    async fn connect(&self, known: &[String]) -> Result<Exchange, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(OPEN_LIMIT))
            .set_response_timeout(Some(self.patience()));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let load = |script: &str| redis::cmd("SCRIPT").arg("LOAD").arg(script).clone();
        let count: String = load(COUNT).query_async(&mut connection).await?;
        let member: String = load(MEMBER).query_async(&mut connection).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().to_owned();
        let mut hello = redis::cmd("EVALSHA");
        hello.arg(&member).arg(0).arg(&self.prefix).arg(&self.node).arg("hello").arg(&run).arg(known);
        let (session, knows_others): (String, bool) = hello.query_async(&mut connection).await?;
        Ok(Exchange { place: self.clone(), connection, count, member, session, run, knows_others })
    }
}

impl Exchange {
    /// Says what was spent; it counts at once.
    pub(super) async fn say_spent(&mut self, told: &[Told]) -> Result<(), RedisError> {
        let mut args = Args::new();
        told.iter().for_each(|told| wire::told(&mut args, told));
        let mut command = self.counting("say", 0);
        command.arg(args);
        let sent = command.query_async::<Value>(&mut self.connection);
        let value = tokio::time::timeout(OPEN_LIMIT, sent).await.map_err(|_| RedisError::Timeout)??;
        match wire::answer(&value) {
            Some(Answer::Taken { .. }) => Ok(()),
            _ => Err(RedisError::Gone),
        }
    }

    /// Says what this gateway's calls hold: it takes the place of what was known of that. With that it takes part.
    pub(super) async fn join(
        &mut self,
        held: impl Iterator<Item = (&String, &u64)>,
    ) -> Result<(), RedisError> {
        let mut join = self.member("join");
        join.arg(self.knows_others);
        for (name, n) in held {
            join.arg(name).arg(*n);
        }
        let sent = join.query_async::<()>(&mut self.connection);
        Ok(tokio::time::timeout(OPEN_LIMIT, sent).await.map_err(|_| RedisError::Timeout)??)
    }

    /// Says that this gateway leaves.
    pub(super) async fn bye(&mut self) {
        let bye = self.member("bye");
        // Who cannot be told will notice.
        tokio::time::timeout(self.place.timeout, bye.query_async::<()>(&mut self.connection)).await.ok();
    }

    /// Says that this gateway is there.
    pub(super) async fn beat(&mut self, dead_after: Duration, grace: Duration) -> Result<Beat, RedisError> {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut beat = self.member("beat");
        beat.arg(us(dead_after)).arg(us(grace));
        let sent = beat.query_async::<Vec<Value>>(&mut self.connection);
        let value =
            tokio::time::timeout(self.place.patience(), sent).await.map_err(|_| RedisError::Timeout)??;
        let [_, open, nodes] = value.as_slice() else { return Err(RedisError::Forgotten) };
        let nodes = redis::from_redis_value_ref(nodes).map_err(|_| RedisError::Gone)?;
        Ok(Beat { is_open: wire::number(open) == Some(1), nodes })
    }

    /// What all gateways hold of the budgets of these accounts, in their order.
    pub(super) async fn held(&mut self, accounts: &[AccountId]) -> Result<Vec<NanoUsd>, RedisError> {
        let mut pipe = redis::pipe();
        for account in accounts {
            pipe.cmd("HGET").arg(format!("{}:r:{account}", self.place.prefix)).arg("t");
        }
        let sent = pipe.query_async::<Vec<Option<i64>>>(&mut self.connection);
        let held =
            tokio::time::timeout(self.place.patience(), sent).await.map_err(|_| RedisError::Timeout)??;
        // What is told twice may be below nothing for a moment.
        let amount = |held: Option<i64>| NanoUsd(held.and_then(|held| u64::try_from(held).ok()).unwrap_or(0));
        Ok(held.into_iter().map(amount).collect())
    }

    /// Sends all of it in one go; an answer for each, in their order.
    pub(super) async fn send(&mut self, all: &[Sent<'_>], at: Micros) -> Result<Vec<Answer>, RedisError> {
        let mut pipe = redis::pipe();
        for one in all {
            let mut args = Args::new();
            let mode = match one {
                Sent::Claim(claim) => {
                    wire::claim(&mut args, claim);
                    "ask"
                }
                Sent::Told(told) => {
                    told.iter().for_each(|told| wire::told(&mut args, told));
                    "tell"
                }
            };
            let mut command = self.counting(mode, at);
            command.arg(args);
            pipe.add_command(command);
        }
        let sent = pipe.query_async::<Vec<Value>>(&mut self.connection);
        let values =
            tokio::time::timeout(self.place.patience(), sent).await.map_err(|_| RedisError::Timeout)??;
        let answers: Option<Vec<Answer>> = values.iter().map(wire::answer).collect();
        answers.filter(|answers| answers.len() == all.len()).ok_or(RedisError::Gone)
    }

    fn counting(&self, mode: &str, at: Micros) -> redis::Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.count).arg(0).arg(&self.place.prefix).arg(&self.place.node);
        command.arg(&self.session).arg(mode).arg(at);
        command
    }

    fn member(&self, what: &str) -> redis::Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.member).arg(0).arg(&self.place.prefix).arg(&self.place.node);
        command.arg(what).arg(&self.session);
        command
    }
}

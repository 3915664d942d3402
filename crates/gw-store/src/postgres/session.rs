//! One connection to PostgreSQL, used by one thread at a time. The driver is asynchronous: each connection has a small
//! runtime of its own, which runs while somebody waits for an answer and on that thread alone. Every wait has a limit,
//! and a connection on which it passed is given up. It must not know what is asked.

use super::address::{Address, CONNECT_LIMIT};
use super::fault::Fault;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Row, Statement};

/// The schema that all tables stand in.
pub(super) const SCHEMA: &str = "gatewright";

/// Statements that are kept prepared on a connection; more are prepared each time.
const MAX_STATEMENTS: usize = 128;

/// A connection that rested longer is asked whether it is still there before it is used.
const REST: Duration = Duration::from_millis(500);

/// Longest time for that.
const CHECK_LIMIT: Duration = Duration::from_secs(2);

/// What every connection is told at its start. A gateway that stands still in a transaction must not keep the others
/// waiting for its locks. The server's limits end before our own, so that the connection can be kept.
const GREETING: &str = "SET search_path TO gatewright; SET timezone TO 'UTC'; SET client_min_messages TO warning; \
     SET statement_timeout TO '50s'; SET lock_timeout TO '4s'; SET idle_in_transaction_session_timeout TO '20s'";

/// Values of a statement.
pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// See the module.
pub(super) struct Session {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    statements: HashMap<String, Statement>,
    used: Instant,
    notified: Arc<Notify>,
    ended: Arc<AtomicBool>,
    /// A transaction is open that others began: see [`Session::begin`].
    is_within: bool,
    /// What went wrong within it, so that nothing of it can be kept.
    is_spoilt: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Plain dropping would wait, which some threads must not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A connection that may be asked.
pub(crate) struct Db<'s> {
    client: &'s Client,
    statements: &'s mut HashMap<String, Statement>,
}

impl Session {
    /// Connects. Errors: nobody answers, or refuses.
    #[expect(clippy::disallowed_methods, reason = "the task ends with the runtime of the connection")]
    pub(super) fn open(address: &Address) -> Result<Self, Fault> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::System)?;
        let (notified, ended) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let connect = async {
            let (client, mut connection) = address.config.connect(address.tls.clone()).await?;
            let (seen, over) = (Arc::clone(&notified), Arc::clone(&ended));
            tokio::spawn(async move {
                while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                    if let AsyncMessage::Notification(_) = message {
                        seen.notify_one();
                    }
                }
                over.store(true, Ordering::Relaxed);
                seen.notify_one();
            });
            client.batch_execute(GREETING).await?;
            Ok::<_, Fault>(client)
        };
        let client = runtime
            .block_on(async { tokio::time::timeout(CONNECT_LIMIT, connect).await })
            .map_err(|_| Fault::Timeout)??;
        Ok(Self {
            runtime: Some(runtime),
            client,
            statements: HashMap::new(),
            used: now(),
            notified,
            ended,
            is_within: false,
            is_spoilt: false,
        })
    }

    /// Is it of any use? One that rested for long is asked.
    pub(super) fn is_alive(&mut self) -> bool {
        if self.used.elapsed() < REST {
            return !self.client.is_closed();
        }
        self.run(CHECK_LIMIT, async |db| db.client.check_connection().await.map_err(Fault::from)).is_ok()
    }

    /// Runs `work` on this thread, for at most `limit`.
    pub(super) fn run<T>(
        &mut self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut Db<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Some(runtime) = &self.runtime else { return Err(Fault::Timeout) };
        let mut db = Db { client: &self.client, statements: &mut self.statements };
        let result = runtime
            .block_on(async { tokio::time::timeout(limit, work(&mut db)).await })
            .unwrap_or(Err(Fault::Timeout));
        self.used = now();
        result
    }

    /// The same within a transaction, which is undone when `work` fails. Whoever gets an error that
    /// [ends the connection](Fault::ends_connection) must drop the session: the server then undoes it.
    pub(super) fn transaction<T>(
        &mut self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut Db<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (begin, keep, undo) = match self.is_within {
            false => ("BEGIN", "COMMIT", "ROLLBACK"),
            true => ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"),
        };
        self.run(limit, async |db| {
            db.client.batch_execute(begin).await?;
            match work(db).await {
                Ok(done) => {
                    db.client.batch_execute(keep).await?;
                    Ok(done)
                }
                Err(fault) => {
                    if !fault.ends_connection() {
                        db.client.batch_execute(undo).await?;
                    }
                    Err(fault)
                }
            }
        })
    }

    /// Begins a transaction that later calls take part in, with a first statement. [`Session::end`] ends it.
    pub(super) fn begin(&mut self, limit: Duration, first: &str) -> Result<(), Fault> {
        let begun = self.run(limit, async |db| {
            db.client.batch_execute("BEGIN").await?;
            let done = db.client.batch_execute(first).await.map_err(Fault::from);
            if let Err(fault) = &done
                && !fault.ends_connection()
            {
                db.client.batch_execute("ROLLBACK").await?;
            }
            done
        });
        (self.is_within, self.is_spoilt) = (begun.is_ok(), false);
        begun
    }

    /// Something went wrong within the transaction. After some of it nothing more can be asked.
    pub(super) fn spoil(&mut self, fault: &Fault) {
        self.is_spoilt |= fault.ends_connection();
    }

    /// Ends the transaction that was begun. Errors as with [`Session::transaction`].
    pub(super) fn end(&mut self, limit: Duration, keep: bool) -> Result<(), Fault> {
        self.is_within = false;
        if self.is_spoilt {
            return Err(Fault::Timeout);
        }
        self.run(limit, async |db| {
            Ok(db.client.batch_execute(if keep { "COMMIT" } else { "ROLLBACK" }).await?)
        })
    }

    /// Waits for a notification, for at most `limit`. False when the connection is gone.
    pub(super) fn wait(&mut self, limit: Duration) -> bool {
        let Some(runtime) = &self.runtime else { return false };
        // Nothing heard in time is as good as something heard: whoever waits looks anyway.
        let _ = runtime.block_on(async { tokio::time::timeout(limit, self.notified.notified()).await });
        !self.ended.load(Ordering::Relaxed)
    }
}

impl Db<'_> {
    async fn prepared(&mut self, sql: &str) -> Result<Statement, Fault> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        if self.statements.len() < MAX_STATEMENTS {
            self.statements.insert(sql.to_owned(), statement.clone());
        }
        Ok(statement)
    }

    /// All rows.
    pub(super) async fn query(&mut self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Fault> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.query(&statement, values).await?)
    }

    /// The first row.
    pub(crate) async fn first(&mut self, sql: &str, values: Values<'_>) -> Result<Option<Row>, Fault> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// The one row that there must be.
    pub(super) async fn one(&mut self, sql: &str, values: Values<'_>) -> Result<Row, Fault> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.query_one(&statement, values).await?)
    }

    /// How many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &str, values: Values<'_>) -> Result<u64, Fault> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.execute(&statement, values).await?)
    }

    /// Statements without values.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        Ok(self.client.batch_execute(sql).await?)
    }
}

#[expect(clippy::disallowed_methods, reason = "when a connection was used last; no result depends on it")]
fn now() -> Instant {
    Instant::now()
}

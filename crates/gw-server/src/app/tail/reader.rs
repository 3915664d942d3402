//! One reader of the tail: looks which new records his filter lets through, says what he missed, and asks again and again
//! whether he still may see them.

use super::cursor::{Cursor, end_of};
use super::{Place, Round};
use crate::app::state::App;
use bytes::Bytes;
use gw_model::{AccountId, Micros, RequestId};
use gw_store::StoreError;
use gw_store::types::{LogFilter, LogRow};
use serde_json::{Value, json};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;
use tokio::time::Interval;

/// How often is asked whether he still may, and whether the process ends.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// How often he hears of nothing, so that nobody in between takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Records of one round that are looked at; of more, the newest.
const MAX_ROUND: usize = 1_000;

/// Records whose bodies are looked into at once.
const WITH_BODIES: usize = 32;

/// Records that a reader gets who comes back, and how far back is looked for them.
const MAX_MISSED: usize = 1_000;
const LOOK_BACK: Micros = 900_000_000;

/// Records may be stored in another order than they end: so much before a cursor is looked at again.
const SLACK: Micros = 2_000_000;

/// How long a look for what he missed may take.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// Records that are known to have been sent.
const MAX_SENT: usize = 4_096;

/// Why somebody is not let on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// He may see no records any more.
    Permission,
    /// It cannot be found out at this moment.
    Unknown,
}

/// Whose calls somebody may see at this moment: nothing where all. Blocks.
pub(crate) type Again = Arc<dyn Fn() -> Result<Option<Vec<AccountId>>, Refused> + Send + Sync>;

/// What somebody wants to follow.
pub(crate) struct Wish {
    pub(crate) filter: LogFilter,
    /// Is a record that the filter lets through wanted after all?
    pub(crate) keep: Arc<dyn Fn(&LogRow) -> bool + Send + Sync>,
    /// How a record is shown.
    pub(crate) show: fn(&LogRow) -> Value,
    pub(crate) again: Again,
    /// Where he was before.
    pub(crate) from: Option<Cursor>,
    /// After so many seconds it is over.
    pub(crate) seconds: Option<u64>,
}

/// Why it is over.
enum Over {
    /// Nobody reads on.
    Gone,
    /// He is told this.
    Told(&'static str),
}

/// See the module.
pub(crate) struct Reader {
    app: Arc<App>,
    wish: Wish,
    out: mpsc::Sender<Bytes>,
    checks: Interval,
    /// How many records there were when he saw the last.
    seen: Option<u64>,
    sent: VecDeque<RequestId>,
    known: HashSet<RequestId>,
    _place: Place,
}

impl Reader {
    /// Somebody who has a place, and takes what is sent there.
    pub(crate) fn new(app: Arc<App>, place: Place, wish: Wish, out: mpsc::Sender<Bytes>) -> Self {
        let mut checks = tokio::time::interval(CHECK_EVERY);
        checks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (sent, known) = (VecDeque::new(), HashSet::new());
        Self { app, wish, out, checks, seen: None, sent, known, _place: place }
    }

    /// Sends until it is over.
    pub(crate) async fn run(mut self) {
        if let Err(Over::Told(reason)) = self.follow().await {
            // Whoever does not take it sees the end of the stream alone.
            let _ = self.out.try_send(event("end", None, &json!({ "reason": reason })));
        }
    }

    async fn follow(&mut self) -> Result<(), Over> {
        let needs_bodies = self.wish.filter.with_bodies || self.wish.filter.has_body.is_some();
        // Before the look back, so that nothing comes between them.
        let mut rounds = self.app.tail.subscribe(needs_bodies);
        let now = Cursor::at(self.app.gateway.clock().now());
        self.send(event("open", Some(self.wish.from.unwrap_or(now)), &json!({}))).await?;
        if let Some(from) = self.wish.from {
            self.look_back(from).await?;
        }
        let end = Duration::from_secs(self.wish.seconds.unwrap_or(u64::from(u32::MAX)));
        let mut end = std::pin::pin!(tokio::time::sleep(end));
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.reset();
        loop {
            let out = self.out.clone();
            tokio::select! {
                () = out.closed() => return Err(Over::Gone),
                () = &mut end => return Err(Over::Told("time")),
                _ = self.checks.tick() => self.check().await?,
                _ = heartbeat.tick() => self.send(Bytes::from_static(b": heartbeat\n\n")).await?,
                round = rounds.recv() => self.take(round).await?,
            }
        }
    }

    /// What was stored since the last look.
    async fn take(&mut self, round: Result<Round, RecvError>) -> Result<(), Over> {
        let round = match round {
            Ok(round) => round,
            // The next round says how many it were.
            Err(broadcast::error::RecvError::Lagged(_)) => return Ok(()),
            Err(broadcast::error::RecvError::Closed) => return Err(Over::Told("shutdown")),
        };
        let missed = self.seen.map_or(0, |seen| round.before.saturating_sub(seen));
        self.seen = Some(round.before + round.ids.len() as u64);
        let mut ids = round.ids.to_vec();
        ids.sort_unstable();
        let surplus = ids.len().saturating_sub(MAX_ROUND);
        let ids = ids.split_off(surplus);
        if missed + surplus as u64 > 0 {
            self.send(dropped(Some(missed + surplus as u64))).await?;
        }
        let (app, filter, keep) =
            (Arc::clone(&self.app), self.wish.filter.clone(), Arc::clone(&self.wish.keep));
        let rows = read(move || {
            let mut found = Vec::new();
            // Bodies are looked into a few at a time, and not kept.
            let step = if filter.with_bodies { WITH_BODIES } else { ids.len().max(1) };
            for ids in ids.chunks(step) {
                let mut rows = app.storage.database.records_of(ids, &filter)?;
                rows.retain(|row| keep(row));
                rows.iter_mut().for_each(|row| row.bodies = None);
                found.extend(rows);
            }
            Ok(found)
        });
        let rows = rows.await?;
        self.show(rows).await
    }

    /// What ended since he was there before.
    async fn look_back(&mut self, from: Cursor) -> Result<(), Over> {
        let (app, keep) = (Arc::clone(&self.app), Arc::clone(&self.wish.keep));
        let filter = LogFilter {
            from: Some(from.ended.saturating_sub(LOOK_BACK).max(0)),
            limit: MAX_MISSED,
            max_bytes: Some(self.app.storage.max_page_bytes),
            ..self.wish.filter.clone()
        };
        let found = read(move || {
            let mut wanted =
                |row: &LogRow| end_of(row) >= from.ended - SLACK && row.request_id != from.id && keep(row);
            app.storage.database.search(&filter, Some(LOOK_LIMIT), &mut wanted)
        });
        let page = found.await?;
        if page.next.is_some() {
            self.send(dropped(None)).await?;
        }
        self.show(page.rows).await
    }

    /// Sends records, those first that ended first.
    async fn show(&mut self, mut rows: Vec<LogRow>) -> Result<(), Over> {
        rows.sort_by_key(|row| (end_of(row), row.request_id));
        for row in rows {
            if !self.known.insert(row.request_id) {
                continue;
            }
            self.sent.push_back(row.request_id);
            if self.sent.len() > MAX_SENT
                && let Some(oldest) = self.sent.pop_front()
            {
                self.known.remove(&oldest);
            }
            self.send(event("record", Some(Cursor::of(&row)), &(self.wish.show)(&row))).await?;
        }
        Ok(())
    }

    /// Sends something, as soon as he takes it.
    async fn send(&mut self, piece: Bytes) -> Result<(), Over> {
        loop {
            let out = self.out.clone();
            tokio::select! {
                biased;
                _ = self.checks.tick() => self.check().await?,
                room = out.reserve() => {
                    room.map_err(|_| Over::Gone)?.send(piece);
                    return Ok(());
                }
            }
        }
    }

    /// May he still, and does the process go on?
    async fn check(&mut self) -> Result<(), Over> {
        if self.app.is_draining() {
            return Err(Over::Told("shutdown"));
        }
        let again = Arc::clone(&self.wish.again);
        match tokio::task::spawn_blocking(move || again()).await {
            Ok(Ok(seen_from)) => {
                self.wish.filter.seen_from = seen_from;
                Ok(())
            }
            Ok(Err(Refused::Permission)) => Err(Over::Told("permission")),
            Ok(Err(Refused::Unknown)) | Err(_) => Err(Over::Told("error")),
        }
    }
}

async fn read<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Over> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::warn!(%error, "records cannot be followed");
            Err(Over::Told("error"))
        }
        Err(error) => {
            tracing::error!(%error, "records cannot be followed");
            Err(Over::Told("error"))
        }
    }
}

/// That records were passed over: how many, where that is known.
fn dropped(records: Option<u64>) -> Bytes {
    event("dropped", None, &json!({ "records": records }))
}

/// An event as it is sent. What is shown has no line breaks of its own.
fn event(name: &str, cursor: Option<Cursor>, data: &Value) -> Bytes {
    let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n").into()
}

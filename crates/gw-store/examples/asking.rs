//! How long answers take that people wait for: a page of records with any two filters, newest first, and the sums of an
//! overview. Prints rows for the results of the benchmark.
//!
//!     gatewright emulate --seed-records 10000000 --data-dir /var/tmp/ten
//!     cargo run --release -p gw-store --example asking -- /var/tmp/ten/gatewright.db

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "it measures: what goes wrong ends it, and time is what it is about"
)]

use gw_model::{Level, Outcome};
use gw_store::SqliteStore;
use gw_store::analytics::{RollupBy, RollupQuery, Span as Stretch};
use gw_store::traits::{Analytics, Reports};
use gw_store::types::{LogFilter, LogRow, Span};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As the admin API has it.
const LIMIT: Duration = Duration::from_millis(200);
const DAY: i64 = 86_400_000_000;

type Set = Box<dyn Fn(&mut LogFilter)>;

/// Filters by name, with values that a record has.
fn filters(row: &LogRow) -> Vec<(&'static str, Set)> {
    let account = |level| row.accounts.iter().copied().find(|id| id.level == level);
    let mut all: Vec<(&'static str, Set)> = Vec::new();
    let mut add = |name, set: Set| all.push((name, set));
    let at_least = |from| Span { from: Some(from), to: None };
    let (model, provider, key, format) =
        (row.model.clone(), row.provider.clone(), row.key_id, row.format.clone());
    add("model", Box::new(move |f| f.model = Some(model.clone())));
    add("provider", Box::new(move |f| f.provider = provider.clone().or(Some("none".to_owned()))));
    add("key", Box::new(move |f| f.key_id = key));
    add("format", Box::new(move |f| f.formats = vec![format.clone()]));
    for level in [Level::Organization, Level::Team, Level::Project, Level::User, Level::Customer, Level::Tag]
    {
        if let Some(id) = account(level) {
            add(level.as_str(), Box::new(move |f| f.accounts.push(id)));
        }
    }
    let outcome = row.outcome;
    add("outcome", Box::new(move |f| f.outcome = Some(outcome)));
    add("outcome cut", Box::new(|f| f.outcome = Some(Outcome::StreamCut)));
    add("status 402", Box::new(|f| f.status = Span { from: Some(402), to: Some(402) }));
    add("error", Box::new(|f| f.error_code = Some("model_not_allowed".to_owned())));
    add("cache hit", Box::new(|f| f.cache = Some("hit".to_owned())));
    add("stream", Box::new(|f| f.stream = Some(true)));
    add("guardrail", Box::new(|f| f.guardrail = Some("personal-data".to_owned())));
    add("agent", Box::new(|f| f.user_agent = Some("langchain".to_owned())));
    add("no such agent", Box::new(|f| f.user_agent = Some("nothing".to_owned())));
    add("cost", Box::new(move |f| f.cost = at_least(15_000_000)));
    add("duration", Box::new(move |f| f.total_us = at_least(15_000_000)));
    add("tokens", Box::new(move |f| f.tokens = at_least(6_500)));
    add("attempts", Box::new(move |f| f.attempts = at_least(3)));
    add("bodies", Box::new(|f| f.has_body = Some(true)));
    if let Some(session) = row.session.clone() {
        add("session", Box::new(move |f| f.session = Some(session.clone())));
    }
    all
}

fn ms(time: &Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn main() {
    let path = std::env::args().nth(1).expect("the path of a database");
    let store = SqliteStore::open(Path::new(&path)).unwrap();
    let mut out = std::io::stdout().lock();
    let recent = store.logs(&LogFilter { limit: 1_000, ..LogFilter::default() }).unwrap().rows;
    let has_all = |row: &&LogRow| row.session.is_some() && row.customer.is_some() && !row.tags.is_empty();
    let row = recent.iter().rfind(has_all).or(recent.last()).expect("records");
    let filters = filters(row);
    let mut taken: Vec<(Duration, String, usize, bool)> = Vec::new();
    for (at, (first, set)) in filters.iter().enumerate() {
        for (second, also) in &filters[at + 1..] {
            let mut filter = LogFilter { limit: 50, ..LogFilter::default() };
            set(&mut filter);
            also(&mut filter);
            let began = Instant::now();
            let page = store.search(&filter, Some(LIMIT), &mut |_| true).unwrap();
            let is_whole = page.searched_to.is_none();
            taken.push((began.elapsed(), format!("{first} and {second}"), page.rows.len(), is_whole));
        }
    }
    taken.sort();
    let whole = taken.iter().filter(|(.., is_whole)| *is_whole).count();
    let (slowest, name, rows, _) = taken.last().unwrap();
    let middle = &taken[taken.len() / 2].0;
    let most = &taken[taken.len() * 95 / 100].0;
    writeln!(
        out,
        "{} pairs of filters: median {:.0} ms, 95 % {:.0} ms, slowest {:.0} ms ({name}, {rows} rows); {whole} pages were \
         full or at the end, the others go on from a cursor",
        taken.len(),
        ms(middle),
        ms(most),
        ms(slowest),
    )
    .unwrap();
    for (what, time) in [("95 of 100", most), ("slowest", slowest)] {
        writeln!(out, "figure | a page with any two filters, {what} | {:.0} | ms | at most | 250", ms(time))
            .unwrap();
    }
    overviews(&store, row.time, &mut out);
    let bytes = std::fs::metadata(&path).unwrap().len();
    let records = calls(&store);
    writeln!(out, "{bytes} bytes of database, {records} records").unwrap();
    writeln!(
        out,
        "figure | database for each record, all sums among it | {:.0} | bytes | at most | 350",
        bytes as f64 / records as f64
    )
    .unwrap();
}

/// How many calls there are, by the sums of days.
fn calls(store: &SqliteStore) -> i64 {
    let sums = store.rollups(&RollupQuery::over(Stretch::Day, 0, i64::MAX)).unwrap();
    sums.iter().map(|row| row.sums.requests).sum()
}

/// Sums of a day, a week and a month, the best of five.
fn overviews(store: &SqliteStore, now: i64, out: &mut impl Write) {
    for days in [1, 7, 30] {
        let span = if days > 8 { Stretch::Day } else { Stretch::Hour };
        let ask = |from, to, group_by, with_latency| RollupQuery {
            group_by,
            with_latency,
            ..RollupQuery::over(span, from, to)
        };
        let (from, earlier) = (now - days * DAY, now - 2 * days * DAY);
        let by = [
            RollupBy::Cache,
            RollupBy::Model,
            RollupBy::Provider,
            RollupBy::Team,
            RollupBy::Key,
            RollupBy::Outcome,
            RollupBy::Error,
        ];
        let mut queries: Vec<RollupQuery> =
            by.into_iter().map(|by| ask(from, now, Some(by), false)).collect();
        queries.push(ask(from, now, None, true));
        queries.push(ask(earlier, from, None, true));
        queries.push(ask(earlier, from, Some(RollupBy::Cache), false));
        queries.push(RollupQuery { by_time: true, ..RollupQuery::over(Stretch::Day, now - 30 * DAY, now) });
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let began = Instant::now();
            store.rollups_together(&queries).unwrap();
            best = best.min(began.elapsed());
        }
        writeln!(out, "figure | overview of {days} days | {:.0} | ms | at most | 300", ms(&best)).unwrap();
    }
}

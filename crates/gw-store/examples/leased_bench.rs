//! Measures what limits and budgets cost a call by `mode`, CPU time of the whole process, with those who talk to Redis:
//! `cargo run --release -p gw-store --example leased_bench -- redis://127.0.0.1:6379`. It writes there under a prefix of
//! its own. Must not be taken for a test: it asserts nothing.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use gw_model::limits::{Budget, Limit, LimitKind, LimitUnit, Limits, Mode, Period, Reserve, Sharing};
use gw_model::{AccountId, Clock, Level, Micros, NanoUsd, Secret};
use gw_store::SqliteStore;
use gw_store::memory::{Amounts, Chain, Holder, KeyTable, Link, Rules, Tally};
use gw_store::redis::strict::{Books, Clerk, ClerkSettings, Desk, Phase, Takes};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// As many calls a second as a busy gateway of one core serves.
const CALLS_PER_SECOND: u64 = 20_000;
const SECONDS: u64 = 5;

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Micros {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Micros::try_from(now.as_micros()).unwrap()
    }
}

/// A key in a team, each with a limit of requests, one of tokens, one of parallel calls, and a budget.
fn links(mode: Mode) -> [Link; 2] {
    let sharing = Sharing { mode, ..Sharing::DEFAULT };
    let limit = |unit, per_seconds| Limit {
        unit,
        max: 1_000_000_000_000,
        per_seconds,
        kind: LimitKind::Sliding,
        burst: 0,
        models: None,
        providers: None,
        shadow: false,
        sharing,
        reserve: Reserve::default(),
    };
    let more =
        vec![limit(LimitUnit::Requests, 60), limit(LimitUnit::Tokens, 60), limit(LimitUnit::Parallel, 0)];
    let budget = Budget { sharing, ..Budget::new(NanoUsd(1_000_000_000_000_000), Period::Month) };
    let limits = Limits { more, ..Limits::default() };
    [Level::Key, Level::Team].map(|level| Link {
        id: AccountId { level, number: 7 },
        holder: Holder::default(),
        tally: Arc::new(Tally::default()),
        rules: Arc::new(Rules::new(&limits, vec![budget.clone()])),
        generation: 1,
    })
}

/// True when it had to ask.
async fn call(links: &[Link; 2], desk: &Desk, mode: Mode) -> bool {
    let held = Amounts { input: 500, output: 500, cost: NanoUsd(5000) };
    let used = Amounts { input: 100, output: 200, cost: NanoUsd(1000) };
    let mut chain = Chain::new(links.iter().cloned());
    chain.admit(Wall.now()).unwrap();
    chain.reserve(Wall.now(), held).unwrap();
    let mut asked = false;
    if mode == Mode::Local {
        chain.settle(Wall.now(), used);
    } else {
        let mut takes = Takes::of(desk.leases());
        let claim = chain.claim_beyond(Wall.now(), held, true, &mut takes.lender(Wall.now()));
        let grant = match claim {
            Some(claim) => Some(desk.ask_later(claim).unwrap().await.unwrap().unwrap().grant),
            None => None,
        };
        asked = grant.is_some();
        chain.settle(Wall.now(), used);
        takes.settle(&used, true, Wall.now());
        if let Some(grant) = grant {
            grant.settle(used, true, chain.marks(Wall.now()));
        }
    }
    chain.leave();
    asked
}

/// CPU time of the process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| "redis://127.0.0.1:6379".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let ledger = Arc::new(SqliteStore::open(&dir.path().join("empty.db")).unwrap());
    let keys = Arc::new(KeyTable::new(vec![Secret::new("pepper".to_owned())]));
    let books = Arc::new(Books::new(keys, ledger, Arc::new(Wall)));
    let settings = ClerkSettings {
        url: Secret::new(url),
        prefix: format!("bench{}", Wall.now()),
        node: 1,
        timeout: Duration::from_secs(1),
        dead_after: Duration::from_secs(15),
    };
    let (clerk, desk) = Clerk::new(&settings, books, Box::new(|_, _, _| {})).unwrap();
    tokio::spawn(clerk.run());
    let started = Instant::now();
    while desk.phase() != Phase::Open {
        assert!(started.elapsed() < Duration::from_secs(10), "there is no Redis");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for mode in [Mode::Local, Mode::Leased, Mode::Strict] {
        let links = links(mode);
        let (before, began) = (cpu(), Instant::now());
        let (mut calls, mut asked) = (0, 0);
        while began.elapsed() < Duration::from_secs(SECONDS) {
            let due = u64::try_from(began.elapsed().as_millis()).unwrap() * CALLS_PER_SECOND / 1000;
            while calls < due {
                asked += u32::from(call(&links, &desk, mode).await);
                calls += 1;
                if calls % 16 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let each = (cpu() - before).as_nanos() / u128::from(calls.max(1));
        println!("{:>6}: {each} ns of CPU per call, {asked} of {calls} calls asked", mode.as_str());
    }
}

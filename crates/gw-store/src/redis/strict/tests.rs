//! The scripts against the chain in memory, which is the reference: the same operations at the same times have the same
//! answers. They need a Redis server, and say so where there is none.

use super::desk::Message;
use super::exchange::{Exchange, Place, Sent};
use super::grant::Grant;
use super::wire::{Answer, Told};
use crate::memory::{Amounts, Chain, Holder, Item, Link, Mark, Refused, Rules, Tally};
use gw_model::limits::{Budget, Limit, LimitKind, LimitUnit, Limits, Period, Reserve, Rollover, Sharing};
use gw_model::{AccountId, Level, Micros, NanoUsd, Secret};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;

mod windows;

const SECOND: Micros = 1_000_000;

/// A server of the test's own, which ends with it.
struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn server() -> Option<Server> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
    match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(child) => Some(Server(child, port)),
        Err(_) => {
            eprintln!("SKIPPED: `redis-server` is missing");
            None
        }
    }
}

/// A gateway that has come, and for which limits hold.
async fn gateway(server: &Server, prefix: &str, node: u64) -> Exchange {
    let url = Secret::new(format!("redis://127.0.0.1:{}", server.1));
    let place = Place::new(&url, prefix, node, Duration::from_secs(5)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut exchange = loop {
        match place.open(&[]).await {
            Ok(exchange) => break exchange,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    exchange.join(std::iter::empty()).await.unwrap();
    assert!(exchange.beat(Duration::from_secs(60), Duration::ZERO).await.unwrap().is_open);
    exchange
}

fn now() -> Micros {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Micros::try_from(now.as_millis()).unwrap() * 1000
}

fn limit(unit: LimitUnit, max: u64, per_seconds: u32, kind: LimitKind) -> Limit {
    let burst = if kind == LimitKind::Gcra { max / 2 } else { 0 };
    let sharing = Sharing::default();
    Limit {
        unit,
        max,
        per_seconds,
        kind,
        burst,
        models: None,
        providers: None,
        shadow: false,
        sharing,
        reserve: Reserve::default(),
    }
}

fn link(level: Level, number: u128, rng: &mut fastrand::Rng) -> Link {
    let kinds = [LimitKind::Sliding, LimitKind::Fixed];
    let any = [LimitKind::Sliding, LimitKind::Fixed, LimitKind::Gcra];
    let more = vec![
        limit(LimitUnit::Requests, rng.u64(3..20), 60, kinds[rng.usize(0..2)]),
        limit(LimitUnit::Requests, rng.u64(3..30), rng.choice([1, 7, 3600]).unwrap(), LimitKind::Sliding),
        limit(LimitUnit::Tokens, rng.u64(500..3000), 60, any[rng.usize(0..3)]),
        limit(LimitUnit::OutputTokens, rng.u64(300..2000), 60, any[rng.usize(0..3)]),
        limit(LimitUnit::Cost, rng.u64(5000..50_000), 3600, LimitKind::Sliding),
        limit(LimitUnit::Parallel, rng.u64(2..9), 0, LimitKind::Sliding),
    ];
    let limits = Limits { more, ..Limits::default() };
    let budgets = [Period::Total, Period::Day, Period::Rolling(3600)];
    let mut budgets = budgets.map(|period| Budget::new(NanoUsd(rng.u64(5_000..100_000)), period));
    let cap = rng.bool().then(|| NanoUsd(rng.u64(1_000..50_000)));
    budgets[1].rollover = rng.bool().then_some(Rollover { cap, since: 0 });
    Link {
        id: AccountId { level, number },
        holder: Holder::default(),
        tally: Arc::new(Tally::default()),
        rules: Arc::new(Rules::new(&limits, budgets.to_vec())),
        generation: 1,
    }
}

/// A call that costs nothing is let in there also where no money is left: only what is wanted is asked for.
fn amounts(rng: &mut fastrand::Rng) -> Amounts {
    Amounts { input: rng.u64(2..100), output: rng.u64(2..300), cost: NanoUsd(rng.u64(1..3000)) }
}

/// A call that runs, in memory and there.
struct Call {
    chain: Chain,
    grant: Grant,
}

#[tokio::test]
async fn the_scripts_answer_as_the_chain_in_memory_does() {
    let Some(server) = server() else { return };
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..24 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut exchange = gateway(&server, &format!("case{seed}"), 1).await;
        let (queue, mut told) = mpsc::channel(16);
        let team = link(Level::Team, 9, &mut rng);
        let keys = [link(Level::Key, 1, &mut rng), link(Level::Key, 2, &mut rng)];
        let mut at = now();
        let mut calls: Vec<Call> = Vec::new();
        for step in 0..120 {
            at += rng.i64(0..4000) * 1000 * if rng.u8(0..30) == 0 { 20 } else { 1 };
            if rng.u8(0..50) == 0 {
                at += 86_400 * SECOND;
            }
            if rng.u8(0..3) == 0 && !calls.is_empty() {
                let mut call = calls.swap_remove(rng.usize(0..calls.len()));
                let used = amounts(&mut rng);
                call.chain.settle(at, used);
                call.grant.settle(used, true, call.chain.marks(at));
                call.chain.leave();
                let Some(Message::Tell(told)) = told.recv().await else { panic!("it is told") };
                let answers = exchange.send(&[Sent::Told(&told)], at).await.unwrap();
                assert!(matches!(answers[..], [Answer::Taken { .. }]), "{answers:?}");
                continue;
            }
            let links = [keys[rng.usize(0..2)].clone(), team.clone()];
            let wanted = amounts(&mut rng);
            let mut template = Chain::new(links.clone());
            template.assume_admitted();
            let claim = template.claim(at, wanted, true).unwrap();
            let answers = exchange.send(&[Sent::Claim(&claim)], at).await.unwrap();
            let mut chain = Chain::new(links);
            let here = chain.admit(at).is_ok() && chain.reserve(at, wanted).is_ok();
            match &answers[..] {
                [Answer::Taken { at: stamp, .. }] => {
                    assert!(here, "seed {seed} step {step}: taken there and not here: {claim:?}");
                    let place = queue.clone().try_reserve_owned().unwrap();
                    calls.push(Call { chain, grant: Grant::new(claim, *stamp, place) });
                    taken += 1;
                }
                [Answer::Refused(item, why)] => {
                    assert!(!here, "seed {seed} step {step}: {:?} {why:?}", claim.items[*item]);
                    chain.give_request_back();
                    chain.leave();
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        for call in calls {
            let Call { mut chain, grant } = call;
            chain.settle(at, Amounts::default());
            drop(grant);
        }
    }
    assert!(taken > 200 && refused > 200, "{taken} {refused}");
}

fn one(budget: Option<Budget>, limits: Limits) -> Chain {
    let rules = Rules::new(&limits, budget.into_iter().collect());
    let mut chain = Chain::new([Link {
        id: AccountId { level: Level::Key, number: 7 },
        holder: Holder::default(),
        tally: Arc::new(Tally::default()),
        rules: Arc::new(rules),
        generation: 1,
    }]);
    chain.assume_admitted();
    chain
}

#[tokio::test]
async fn a_wait_ends_when_the_window_lets_one_more_through() {
    let Some(server) = server() else { return };
    for (seconds, kind) in [(60, LimitKind::Sliding), (60, LimitKind::Fixed), (1, LimitKind::Sliding)] {
        let mut exchange = gateway(&server, &format!("wait{seconds}{kind:?}"), 1).await;
        let more = vec![limit(LimitUnit::Requests, 2, seconds, kind)];
        let chain = one(None, Limits { more, ..Limits::default() });
        let at = now();
        let claim = chain.claim(at, Amounts::default(), true).unwrap();
        let two = exchange.send(&[Sent::Claim(&claim), Sent::Claim(&claim)], at).await.unwrap();
        assert!(two.iter().all(|answer| matches!(answer, Answer::Taken { .. })));
        let third = exchange.send(&[Sent::Claim(&claim)], at).await.unwrap().remove(0);
        let Answer::Refused(0, Refused::Limit { retry_after_us }) = third else { panic!("{third:?}") };
        let wait = Micros::try_from(retry_after_us).unwrap();
        assert!(wait > 0 && wait <= Micros::from(seconds) * SECOND * 62 / 60, "{wait}");
        let early = exchange.send(&[Sent::Claim(&claim)], at + wait - 1).await.unwrap().remove(0);
        assert!(matches!(early, Answer::Refused(..)), "{kind:?} {early:?}");
        let late = exchange.send(&[Sent::Claim(&claim)], at + wait).await.unwrap().remove(0);
        assert!(matches!(late, Answer::Taken { .. }), "{kind:?} {late:?}");
    }
}

#[tokio::test]
async fn what_shadows_refuse_is_noted_and_taken() {
    let Some(server) = server() else { return };
    let mut exchange = gateway(&server, "shadow", 1).await;
    let budget = Budget { shadow: true, ..Budget::new(NanoUsd(10), Period::Total) };
    let chain = one(Some(budget), Limits::default());
    let claim = chain.claim(now(), Amounts::cost(NanoUsd(11)), true).unwrap();
    let answer = exchange.send(&[Sent::Claim(&claim)], 0).await.unwrap().remove(0);
    let Answer::Taken { shadow: Some((0, Refused::Budget { index: 0, .. })), .. } = answer else {
        panic!("{answer:?}")
    };
    assert!(matches!(claim.items[0], Item::Budgets { .. }));
}

#[tokio::test]
async fn an_older_connection_of_the_same_gateway_counts_nothing_any_more() {
    let Some(server) = server() else { return };
    let mut old = gateway(&server, "twice", 1).await;
    let chain = one(Some(Budget::new(NanoUsd(100), Period::Total)), Limits::default());
    let claim = chain.claim(now(), Amounts::cost(NanoUsd(60)), true).unwrap();
    assert!(matches!(old.send(&[Sent::Claim(&claim)], 0).await.unwrap()[..], [Answer::Taken { .. }]));
    // It comes again and says that nothing is held: what the old connection took is free.
    let mut new = gateway(&server, "twice", 1).await;
    assert_eq!(old.send(&[Sent::Claim(&claim)], 0).await.unwrap(), [Answer::Stale]);
    assert!(matches!(new.send(&[Sent::Claim(&claim)], 0).await.unwrap()[..], [Answer::Taken { .. }]));
    let second = new.send(&[Sent::Claim(&claim)], 0).await.unwrap().remove(0);
    assert!(
        matches!(second, Answer::Refused(0, Refused::Budget { reserved: NanoUsd(60), .. })),
        "{second:?}"
    );
}

fn mark(rolling: u32, spent: &[(i64, u64)]) -> Mark {
    let name = if rolling == 0 { "total:0".to_owned() } else { format!("r{rolling}") };
    Mark { name, ends_ms: 0, rolling, spent: spent.to_vec() }
}

/// What all have spent, as a call sees it that asks next.
async fn spent(exchange: &mut Exchange, period: Period) -> u64 {
    let chain = one(Some(Budget::new(NanoUsd(1_000_000), period)), Limits::default());
    let claim = chain.claim(now(), Amounts::default(), true).unwrap();
    let answer = exchange.send(&[Sent::Claim(&claim)], 0).await.unwrap().remove(0);
    let Answer::Taken { used, .. } = answer else { panic!("{answer:?}") };
    used[0]
}

#[tokio::test]
async fn what_others_spent_counts_once_whoever_says_it_and_they_know_better() {
    let Some(server) = server() else { return };
    let mut one = gateway(&server, "others", 1).await;
    let account = AccountId { level: Level::Key, number: 7 };
    let sub = now() / (SECOND * 60);
    for (rolling, period) in [(0, Period::Total), (3600, Period::Rolling(3600))] {
        let at = if rolling == 0 { 0 } else { sub };
        let of = |node, n| Told::Elsewhere { node, account, mark: mark(rolling, &[(at, n)]) };
        let told = [of(2, 30), of(3, 5), of(2, 30), of(2, 20)];
        one.send(&[Sent::Told(&told)], 0).await.unwrap();
        assert_eq!(spent(&mut one, period).await, 35, "said twice, and late");
        // It comes itself, and knows of more, which stood elsewhere in its window.
        let own: &[(i64, u64)] = if rolling == 0 { &[(0, 40)] } else { &[(at, 25), (at - 1, 15)] };
        let all = Told::All { account, mark: mark(rolling, own) };
        let mut two = gateway(&server, "others", 2).await;
        two.send(&[Sent::Told(std::slice::from_ref(&all))], 0).await.unwrap();
        two.send(&[Sent::Told(&[all])], 0).await.unwrap();
        assert_eq!(spent(&mut one, period).await, 45, "as it says itself");
        one.send(&[Sent::Told(&[of(2, 60)])], 0).await.unwrap();
        assert_eq!(spent(&mut one, period).await, 45, "who takes part is not spoken for");
        two.bye().await;
        one.send(&[Sent::Told(&[of(2, 60)])], 0).await.unwrap();
        assert_eq!(spent(&mut one, period).await, 65, "until it is gone");
    }
}

//! What calls took of limits is known again to a Redis that has lost it.

use super::*;

/// A gateway's part of a key's limit, with a counter of its own.
fn part_of(kind: LimitKind) -> Link {
    let more = vec![limit(LimitUnit::Requests, 50, 3600, kind)];
    Link {
        id: AccountId { level: Level::Key, number: 7 },
        holder: Holder::default(),
        tally: Arc::new(Tally::default()),
        rules: Arc::new(Rules::new(&Limits { more, ..Limits::default() }, Vec::new())),
        generation: 1,
    }
}

/// How many requests of a key go through, of so many that are tried.
async fn taken(exchange: &mut Exchange, link: &Link, tries: usize) -> usize {
    let mut taken = 0;
    for _ in 0..tries {
        let mut chain = Chain::new([link.clone()]);
        chain.admit(now()).ok();
        let Some(claim) = chain.claim(now(), Amounts::default(), true) else { continue };
        match exchange.send(&[Sent::Claim(&claim)], 0).await.unwrap().remove(0) {
            Answer::Taken { .. } => taken += 1,
            _ => chain.give_request_back(),
        }
        chain.leave();
    }
    taken
}

async fn comes_again(server: &Server, prefix: &str, node: u64, link: &Link, how_often: usize) -> Exchange {
    let url = Secret::new(format!("redis://127.0.0.1:{}", server.1));
    let place = Place::new(&url, prefix, node, Duration::from_secs(5)).unwrap();
    let mut exchange = place.open(&[]).await.unwrap();
    let told: Vec<Told> = link.recent(now()).into_iter().map(Told::Recent).collect();
    for _ in 0..how_often {
        exchange.say_spent(&told).await.unwrap();
    }
    exchange.join(std::iter::empty()).await.unwrap();
    exchange
}

#[tokio::test]
async fn gateways_say_what_their_calls_took_of_limits() {
    let Some(server) = server() else { return };
    for kind in [LimitKind::Sliding, LimitKind::Fixed, LimitKind::Gcra] {
        for keeps_a_copy in [false, true] {
            let prefix = format!("again{kind:?}{keeps_a_copy}");
            let (mut one, mut two) = (gateway(&server, &prefix, 1).await, gateway(&server, &prefix, 2).await);
            let (here, there) = (part_of(kind), part_of(kind));
            assert_eq!(taken(&mut one, &here, 12).await + taken(&mut two, &there, 8).await, 20);
            let client = redis::Client::open(format!("redis://127.0.0.1:{}", server.1)).unwrap();
            let mut raw = client.get_multiplexed_async_connection().await.unwrap();
            if keeps_a_copy {
                // What a server knows that was started again on its file.
                let run = [format!("{prefix}:limits"), "run".to_owned(), "earlier".to_owned()];
                redis::cmd("HSET").arg(&run).exec_async(&mut raw).await.unwrap();
            } else {
                redis::cmd("FLUSHALL").exec_async(&mut raw).await.unwrap();
            }
            // Who does not know whether it was heard says it again.
            let mut one = comes_again(&server, &prefix, 1, &here, 2).await;
            let mut two = comes_again(&server, &prefix, 2, &there, 1).await;
            assert!(two.beat(Duration::from_secs(60), Duration::ZERO).await.unwrap().is_open);
            let most = if kind == LimitKind::Gcra { 26 } else { 50 };
            let more = taken(&mut two, &there, 60).await + taken(&mut one, &here, 60).await;
            assert_eq!(20 + more, most, "{kind:?} {keeps_a_copy}");
        }
    }
}

#[tokio::test]
async fn what_one_took_by_itself_counts_beside_what_the_others_took() {
    let Some(server) = server() else { return };
    let mut one = gateway(&server, "late", 1).await;
    let (here, alone) = (part_of(LimitKind::Sliding), part_of(LimitKind::Sliding));
    assert_eq!(taken(&mut one, &here, 20).await, 20);
    for _ in 0..15 {
        let mut chain = Chain::new([alone.clone()]);
        chain.admit(now()).unwrap();
        chain.leave();
    }
    let mut two = comes_again(&server, "late", 2, &alone, 2).await;
    assert_eq!(taken(&mut two, &alone, 60).await, 15);
    assert_eq!(taken(&mut one, &here, 60).await, 0);
}

//! Properties of the decision: only what is known and much worse, never more than the share, the worst first.

use super::*;

const POLICY: OutlierPolicy = OutlierPolicy {
    factor_permille: 3000,
    min_requests: 20,
    window_ms: 30_000,
    max_ejected_percent: 50,
    eject_ms: 30_000,
    max_eject_ms: 300_000,
};

fn peer(requests: u64, failures: u64, usual_ms: u32) -> Peer {
    let recent =
        Recent { requests, failures, answers: requests - failures, usual_us: f64::from(usual_ms) * 1000.0 };
    Peer { recent, is_out: false }
}

fn out(peer: Peer) -> Peer {
    Peer { is_out: true, ..peer }
}

#[test]
fn one_that_is_much_slower_or_fails_much_more_is_it() {
    let well = peer(100, 1, 30);
    assert_eq!(worst(&[well, well, peer(100, 0, 300), well], &POLICY), Some(2));
    assert_eq!(worst(&[well, well, well, peer(100, 20, 30)], &POLICY), Some(3));
    assert_eq!(worst(&[peer(100, 0, 300), well], &POLICY), Some(0), "one peer is enough");
    assert_eq!(worst(&[well, peer(100, 20, 30), peer(100, 0, 3000), well], &POLICY), Some(2), "the worst");
}

#[test]
fn what_all_have_what_little_shows_and_what_nobody_feels_says_nothing() {
    let well = peer(100, 0, 30);
    for group in [
        vec![peer(100, 30, 30), peer(100, 25, 30), peer(100, 35, 30)],
        vec![well, well, peer(19, 19, 30)],
        vec![well, well, peer(40, 2, 30)],
        vec![well, well, peer(100, 4, 30)],
        vec![well, well, peer(100, 0, 89)],
        vec![peer(100, 0, 1), peer(100, 0, 1), peer(100, 0, 5)],
        vec![peer(10, 0, 30), peer(100, 50, 900)],
        vec![peer(100, 50, 900)],
        vec![],
    ] {
        assert_eq!(worst(&group, &POLICY), None, "{group:?}");
    }
}

#[test]
fn no_more_than_the_share_is_out() {
    let (well, slow) = (peer(100, 0, 30), peer(100, 0, 3000));
    assert_eq!(worst(&[out(slow), slow, well], &POLICY), None, "one of three");
    assert_eq!(worst(&[out(slow), slow, well, well], &POLICY), Some(1), "two of four");
    assert_eq!(worst(&[out(slow), out(slow), slow, well, well], &POLICY), None, "two of five");
    let few = OutlierPolicy { max_ejected_percent: 10, ..POLICY };
    assert_eq!(worst(&[slow, well, well, well], &few), None);
    assert_eq!(worst(&[&[slow][..], &[well; 9]].concat(), &few), Some(0));
}

#[test]
fn whatever_the_group_who_is_chosen_is_known_worse_and_within_the_share() {
    let mut rng = fastrand::Rng::with_seed(11);
    let mut chosen = 0;
    for _ in 0..50_000 {
        let policy = OutlierPolicy {
            factor_permille: rng.u32(1100..5000),
            min_requests: rng.u32(5..60),
            max_ejected_percent: rng.u32(1..=100),
            ..POLICY
        };
        let random = |rng: &mut fastrand::Rng| {
            let requests = rng.u64(0..150);
            let failures = if rng.bool() { 0 } else { rng.u64(0..=requests) };
            let usual_ms = if rng.u32(..4) == 0 { rng.u32(1..5000) } else { rng.u32(20..60) };
            Peer { is_out: rng.u32(..5) == 0, ..peer(requests, failures, usual_ms) }
        };
        let peers: Vec<Peer> = (0..rng.usize(0..12)).map(|_| random(&mut rng)).collect();
        let Some(at) = worst(&peers, &policy) else { continue };
        chosen += 1;
        let (is, least) = (peers[at], u64::from(policy.min_requests));
        assert!(!is.is_out && is.recent.requests >= least);
        let out = peers.iter().filter(|peer| peer.is_out).count() + 1;
        assert!(out * 100 <= peers.len() * policy.max_ejected_percent as usize);
        assert!(out < peers.len(), "somebody is left");
        let better = |other: &Peer| {
            let (a, b) = (&is.recent, &other.recent);
            !other.is_out
                && b.requests >= least
                && (b.failures * a.requests < a.failures * b.requests || b.usual_us < a.usual_us)
        };
        assert!(peers.iter().any(better), "compared with somebody: {peers:?} {at}");
        let mut turned = peers.clone();
        turned.reverse();
        let again = worst(&turned, &policy).map(|other| peers.len() - 1 - other);
        assert!(again.is_some(), "the order makes no difference");
    }
    assert!(chosen > 1000, "{chosen}");
}

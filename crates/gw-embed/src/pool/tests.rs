//! The pool: what is answered from the cache, what is refused, and how it ends.

use super::cache::Cache;
use super::queue::{Job, Queue};
use super::{Embedder, Pool, PoolSettings, Vector, answered};
use crate::error::PoolError;
use crate::model::tests::tiny;
use crate::model::{EntityModel, Model, Precision};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const LONG: Duration = Duration::from_secs(20);

fn model() -> Arc<Model> {
    Arc::new(Model::load(tiny::folder().path(), Precision::F32).unwrap())
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// What waits for an answer.
type Waiting = oneshot::Receiver<Result<Vector, PoolError>>;

fn job(text: &str) -> (Job<Vec<u32>, Vector>, Waiting) {
    let (answer, vector) = oneshot::channel();
    (Job { text: text.into(), work: None, answer }, vector)
}

#[test]
fn vectors_come_from_threads_and_then_from_the_cache() {
    let model = model();
    let pool = Embedder::start(Arc::clone(&model), PoolSettings::default()).unwrap();
    assert_eq!(pool.model().dimensions(), 32);
    assert_eq!(pool.cached("the cat"), None);
    let vector = run(pool.read("the cat", LONG)).unwrap();
    assert_eq!(vector.to_vec(), model.embed(&["the cat"])[0]);
    assert!(Arc::ptr_eq(&pool.cached("the cat").unwrap(), &vector));
    // The threads are gone, and still the cache answers.
    pool.stop();
    assert!(Arc::ptr_eq(&run(pool.read("the cat", LONG)).unwrap(), &vector));
    assert_eq!(run(pool.read("the mat", LONG)), Err(PoolError::Stopped));
}

#[test]
fn many_callers_on_several_threads_get_their_own_vectors() {
    let model = model();
    let settings = PoolSettings { threads: 2, batch: 3, queue: 1_000, ..PoolSettings::default() };
    let pool = Embedder::start(Arc::clone(&model), settings).unwrap();
    std::thread::scope(|scope| {
        for caller in 0..4 {
            let (pool, model) = (pool.clone(), &model);
            scope.spawn(move || {
                for number in 0..30 {
                    let text = "cat ".repeat(1 + (caller + number) % 7);
                    let vector = run(pool.read(&text, LONG)).unwrap();
                    let alone = &model.embed(&[&text])[0];
                    assert!(vector.iter().zip(alone).all(|(a, b)| (a - b).abs() < 1e-4));
                }
            });
        }
    });
}

#[test]
fn texts_that_are_too_long_and_times_that_are_over_are_refused() {
    let settings = PoolSettings { max_text_bytes: 10, cache_bytes: 0, ..PoolSettings::default() };
    let pool = Embedder::start(model(), settings).unwrap();
    assert_eq!(run(pool.read("the cat sat", LONG)), Err(PoolError::TooLong { max_bytes: 10 }));
    assert!(run(pool.read("the cat", LONG)).is_ok());
    // Without a cache nothing is kept.
    assert_eq!(pool.cached("the cat"), None);
    // Nobody answers.
    let (waiting, vector) = job("the mat");
    assert_eq!(run(answered(vector, Duration::from_millis(1))), Err(PoolError::TimedOut));
    assert!(waiting.answer.is_closed(), "what nobody waits for is not computed");
}

#[test]
fn a_full_queue_refuses_at_once_but_for_the_place_of_who_gave_up() {
    let queue = Queue::new(2);
    let (first, given_up) = job("a");
    let (second, waiting) = job("b");
    queue.push(first).unwrap();
    queue.push(second).unwrap();
    let (third, _kept) = job("c");
    assert_eq!(queue.push(third), Err(PoolError::Busy));
    drop(given_up);
    let (third, _kept) = job("c");
    queue.push(third).unwrap();
    let texts: Vec<_> = queue.pull(5).unwrap().iter().map(|job| job.text.to_string()).collect();
    assert_eq!(texts, ["b", "c"]);
    drop(waiting);
}

#[test]
fn a_batch_is_at_most_as_large_as_asked_for() {
    let queue = Queue::new(10);
    let _waiting: Vec<_> = ["a", "b", "c"]
        .map(|text| {
            let (job, vector) = job(text);
            queue.push(job).unwrap();
            vector
        })
        .into();
    assert_eq!(queue.pull(2).unwrap().len(), 2);
    assert_eq!(queue.pull(2).unwrap().len(), 1);
}

#[test]
fn a_closed_queue_tells_who_waits() {
    let queue = Queue::new(2);
    let (waiting, vector) = job("a");
    queue.push(waiting).unwrap();
    queue.close();
    assert!(run(vector).is_err());
    assert!(queue.pull(1).is_none());
    let (late, _vector) = job("b");
    assert_eq!(queue.push(late), Err(PoolError::Stopped));
}

#[test]
fn threads_end_with_the_last_copy() {
    let pool = Embedder::start(model(), PoolSettings::default()).unwrap();
    let shared = Arc::downgrade(&pool.owner.shared);
    let copy = pool.clone();
    drop(pool);
    assert!(run(copy.read("cat", LONG)).is_ok());
    drop(copy);
    let deadline = std::time::Instant::now() + LONG;
    while shared.upgrade().is_some() {
        assert!(std::time::Instant::now() < deadline, "a thread goes on");
        std::thread::yield_now();
    }
}

#[test]
fn the_cache_keeps_what_was_asked_for_last_within_its_bytes() {
    let vector: Vector = vec![0.0; 100].into();
    let mut cache = Cache::new(2_000);
    for text in ["a", "b", "c"] {
        cache.put(text.into(), Arc::clone(&vector), 400);
    }
    assert_eq!(cache.len(), 3);
    assert!(cache.get("a").is_some());
    cache.put("d".into(), Arc::clone(&vector), 400);
    assert!(cache.get("b").is_none(), "it was not asked for the longest");
    assert!(cache.get("a").is_some() && cache.get("c").is_some() && cache.get("d").is_some());
    for number in 0..1_000 {
        cache.put(number.to_string().into(), Arc::clone(&vector), 400);
        assert!(cache.bytes() <= 2_000);
    }
    assert_eq!(cache.len(), 3);
    cache.put("x".repeat(5_000).into(), Arc::clone(&vector), 400);
    assert_eq!(cache.len(), 3, "what is larger than the whole cache drives nothing out");
}

#[test]
fn a_long_text_holds_up_nobody_and_ends_when_nobody_waits() {
    let folder = tiny::folder();
    tiny::write_head(folder.path(), &["O", "B-A"], serde_json::json!({}));
    let model = Arc::new(EntityModel::load(folder.path(), Precision::F32).unwrap());
    let settings = PoolSettings { batch: 1, max_text_bytes: usize::MAX, ..PoolSettings::default() };
    let pool = Pool::start(Arc::clone(&model), settings).unwrap();
    // Some thousand windows: longer than the test would wait.
    let long = "the cat sat on the mat, ".repeat(200_000);
    let (gave_up, short) = run(async {
        let long = pool.read(&long, Duration::from_millis(300));
        let short = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            pool.read("the cat", LONG).await
        };
        tokio::join!(long, short)
    });
    assert_eq!(gave_up, Err(PoolError::TimedOut));
    assert_eq!(short.unwrap().to_vec(), model.read("the cat").unwrap());
    assert!(run(pool.read("the mat", LONG)).is_ok(), "what nobody waits for is not read on");
}

#[test]
fn few_long_texts_are_begun_at_once_and_short_ones_come_between() {
    let queue = Queue::new(100);
    let long = |n: usize| format!("{n}{}", "x".repeat(2_000));
    let mut waiting = Vec::new();
    let mut push = |text: &str| {
        let (job, answer) = job(text);
        queue.push(job).unwrap();
        waiting.push(answer);
    };
    (0..6).for_each(|n| push(&long(n)));
    push("short");
    push(&long(0));
    let mut order = Vec::new();
    for _ in 0..12 {
        let job = queue.pull(1).unwrap().pop().unwrap();
        order.push(job.text.chars().next().unwrap());
        if *job.text != *"short" {
            queue.put_back(job);
        }
    }
    let begun: std::collections::BTreeSet<char> = order.iter().copied().collect();
    assert_eq!(begun.into_iter().collect::<String>(), "0123s", "{order:?}");
    // In turns, as they came.
    assert_eq!(order.iter().filter(|first| **first == '0').count(), 4, "{order:?}");
}

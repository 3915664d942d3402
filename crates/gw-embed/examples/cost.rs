//! What an embedding costs on this machine: CPU time of the thread that computes, for texts of about 50 and of
//! 256 tokens, in f32 and in 8 bits, and the time of a repeat that the cache answers. Prints a table;
//! `bench/EMBEDDINGS.md` has one. Its argument is a model's folder.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use gw_embed::{Embedder, Model, PoolSettings, Precision};
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: usize = 200;
const PROMPT: &str = "Our checkout service returns a 502 every few minutes since the upgrade on Tuesday, and the logs \
    only say that the connection was reset by a peer. What should I look at first, and how can I tell whether \
    the load balancer is to blame?";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give the model's folder")?;
    let long = PROMPT.repeat(8);
    println!("| What | Tokens | p50 | p99 |\n|---|---|---|---|");
    for (name, precision) in [("f32", Precision::F32), ("int8", Precision::Int8)] {
        let model = Arc::new(Model::load(Path::new(&folder), precision)?);
        for text in [PROMPT, &long] {
            let compute = || drop(model.embed(&[text]));
            let (p50, p99) = measure(ClockId::ThreadCPUTime, ROUNDS, compute);
            println!(
                "| {name}, CPU ms | {} | {p50:.2} | {p99:.2} |",
                model.count_tokens(text),
                p50 = p50 / 1e3,
                p99 = p99 / 1e3
            );
        }
        let pool = Embedder::start(Arc::clone(&model), PoolSettings::default())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let first = runtime.block_on(pool.read(PROMPT, Duration::from_secs(10)))?;
        drop(first);
        let repeat = || drop(runtime.block_on(pool.read(PROMPT, Duration::from_secs(10))));
        let (p50, p99) = measure(ClockId::Monotonic, 100 * ROUNDS, repeat);
        println!("| {name}, repeat, µs | {} | {p50:.2} | {p99:.2} |", model.count_tokens(PROMPT));
    }
    Ok(())
}

/// Microseconds: the median and the 99th of a hundred.
fn measure(clock: ClockId, rounds: usize, work: impl Fn()) -> (f64, f64) {
    let now = || {
        let time = clock_gettime(clock);
        time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
    };
    for _ in 0..rounds / 10 {
        work();
    }
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = now();
            work();
            now() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[rounds / 2], times[rounds * 99 / 100])
}

//! What a look into the semantic cache costs on this machine: among 100,000 turns in one room, a new turn of 16 tokens becomes
//! a vector, the nearest are looked for, and their words are compared. Prints the median and the 99th of a hundred, and
//! how often the nearest of all is found. Its argument is a model's folder; a second one, how many turns there are.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use gw_embed::{Model, Precision};
use gw_pipeline::alike::Asked;
use gw_store::answers::AnswerKey;
use gw_store::answers::similar::{Index, RoomKey, Turn};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const ROOM: RoomKey = RoomKey([0; 32]);
const ROUNDS: usize = 300;
const VERBS: [&str; 12] = [
    "clean", "repair", "sell", "paint", "move", "insure", "store", "rent", "lock", "open", "lift", "measure",
];
const THINGS: [&str; 15] = [
    "piano", "tent", "boat", "lamp", "carpet", "tractor", "statue", "bicycle", "window", "oven", "guitar",
    "ladder", "mirror", "kayak", "fence",
];
const PLACES: [&str; 10] =
    ["garden", "attic", "harbour", "museum", "kitchen", "garage", "school", "stable", "tunnel", "tower"];

fn text(number: usize) -> String {
    let pick = |list: &[&'static str], by: usize| list[number / by % list.len()];
    let (verb, thing, place) = (pick(&VERBS, 1), pick(&THINGS, 12), pick(&PLACES, 180));
    format!("How do I {verb} the old {thing} in the {place} next weekend?")
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Around the vectors of real turns, as those of other turns would be.
fn blurred(vector: &[f32], random: &mut fastrand::Rng) -> Vec<f32> {
    let near: Vec<f32> = vector.iter().map(|x| x + 0.06 * (random.f32() - 0.5)).collect();
    let length = dot(&near, &near).sqrt();
    near.into_iter().map(|x| x / length).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give the model's folder")?;
    let count: usize = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let model = Model::load(Path::new(&folder), Precision::Int8)?;
    let mut random = fastrand::Rng::with_seed(1);
    let texts: Vec<String> = (0..1_800).map(text).collect();
    let real: Vec<Vec<f32>> = texts
        .chunks(8)
        .flat_map(|texts| model.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    let vectors: Vec<Vec<f32>> = (0..count).map(|at| blurred(&real[at % real.len()], &mut random)).collect();
    let index = Index::new(count, usize::MAX);
    let began = Instant::now();
    for (number, vector) in vectors.iter().enumerate() {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number as u64).to_le_bytes());
        let text = texts[number % texts.len()].as_str().into();
        index.put(&Turn { room: ROOM, text, vector: Arc::from(vector.as_slice()) }, AnswerKey(key));
    }
    index.grow(&ROOM);
    println!("{count} turns taken in within {:.1} s", began.elapsed().as_secs_f64());
    let (mut whole, mut search, mut found) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        // Not one of those that were embedded before.
        let asked = format!(
            "How can I {} the old {} in the {} next weekend?",
            VERBS[round % 12],
            THINGS[round % 15],
            PLACES[round % 7]
        );
        let began = Instant::now();
        let vector = model.embed(&[&asked]).into_iter().next().ok_or("no vector")?;
        let embedded = began.elapsed();
        let near = index.nearest(&ROOM, &vector, 0.5, 24);
        let turn = Asked::new(&asked);
        std::hint::black_box(
            near.iter().filter(|near| turn.compare(&near.text).allows(near.similarity, 0.8)).count(),
        );
        whole.push(began.elapsed().as_secs_f64() * 1e3);
        search.push((began.elapsed() - embedded).as_secs_f64() * 1e3);
        let exact = vectors.iter().map(|other| dot(other, &vector)).fold(f32::MIN, f32::max);
        found += usize::from(near.first().is_some_and(|near| exact - near.similarity < 0.005));
    }
    println!("tokens: {}", model.count_tokens(&text(0)));
    for (name, times) in [("embedding, search and words", &mut whole), ("search and words", &mut search)] {
        times.sort_by(f64::total_cmp);
        println!("{name}: p50 {:.2} ms, p99 {:.2} ms", times[ROUNDS / 2], times[ROUNDS * 99 / 100]);
    }
    println!(
        "figure | semantic cache, {count} turns, embedding and search, p50 | {:.1} | ms | at most | 25",
        whole[ROUNDS / 2]
    );
    println!("the nearest found: {found} of {ROUNDS}");
    Ok(())
}

//! With real weights (`docs/guides/embeddings-in-process.md` says where tests look for them): prompts of eight
//! kinds reach the member that is meant for them, with nothing known but the utterances of a route.
//!
//! The scoring was chosen while looking at `prompts.json`, never at `unseen.json`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

#[path = "../../gw-embed/testdata/weights.rs"]
mod real_weights;

use gw_embed::{Model, Precision};
use gw_pipeline::semantic::{Index, Settings, combine, excerpts};
use serde_json::Value;
use std::path::Path;

fn data(file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gw-embed/testdata/routing");
    serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The share of prompts that reach their member; `min` of them must.
fn reach(precision: Precision, file: &str, at_least: usize, min: f64) {
    let Some(folder) = real_weights::folder("embed-model") else { return };
    let model = Model::load(&folder, precision).unwrap();
    let (routes, prompts) = (data("routes.json"), data(file));
    let routes = routes["routes"].as_array().unwrap();
    let names: Vec<&str> = routes.iter().map(|route| route["name"].as_str().unwrap()).collect();
    let members = routes.iter().map(|route| {
        let texts = strings(&route["utterances"]);
        assert!((8..=15).contains(&texts.len()));
        model.embed(&texts)
    });
    let index = Index::new(members.collect(), Settings::default()).unwrap();
    let (mut right, mut all) = (0, 0);
    for (name, prompts) in prompts["prompts"].as_object().unwrap() {
        for prompt in strings(prompts) {
            let parts = excerpts(prompt);
            let vectors = model.embed(&parts.iter().map(|part| &**part).collect::<Vec<_>>());
            let vector = combine(&vectors.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
            let choice = index.choose(&vector).unwrap();
            all += 1;
            if names[choice.best] == name {
                right += 1;
            } else {
                let start: String = prompt.chars().take(80).collect();
                println!("{name} went to {}: {start:?}", names[choice.best]);
            }
        }
    }
    let share = f64::from(right) / f64::from(all);
    println!("{file}, {precision:?}: {right} of {all}, {:.1} %", 100.0 * share);
    assert!(all as usize >= at_least && share >= min, "{file}: {right} of {all}");
}

#[test]
fn prompts_reach_the_member_that_is_meant_for_them() {
    reach(Precision::F32, "prompts.json", 200, 0.95);
}

#[test]
fn prompts_reach_it_in_eight_bits_too() {
    reach(Precision::Int8, "prompts.json", 200, 0.95);
}

#[test]
fn prompts_that_nobody_had_seen_reach_it() {
    reach(Precision::F32, "unseen.json", 60, 0.90);
    reach(Precision::Int8, "unseen.json", 60, 0.90);
}

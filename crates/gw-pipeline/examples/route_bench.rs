//! Measures what choosing a target costs, per strategy and number of targets: `cargo run --release -p gw-pipeline
//! --example route_bench`. Must not be taken for a test: it asserts nothing.
#![expect(clippy::print_stdout, reason = "a program for people at a terminal")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use gw_model::catalog::{AuthScheme, ModelInfo, ProviderKind, Quirks};
use gw_model::routing::{Auto, Group, Member, StickyBy, Strategy, Task, TaskClass, Weights, mixed};
use gw_model::snapshot::{ConnectOptions, Model, Provider, Target};
use gw_model::{FemtoUsd, PriceSheet, Rate, ServiceTier, Unit, WireFormat};
use gw_pipeline::Measured;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: u32 = 100_000;

fn main() {
    println!("{:<12} {:>12} {:>14} {:>16}", "strategy", "ns, 10", "ns, 1000", "targets planned");
    let strategies = [
        ("fallback", Strategy::Fallback),
        ("priority", Strategy::Priority),
        ("weighted", Strategy::Weighted),
        ("round-robin", Strategy::RoundRobin),
        ("least-busy", Strategy::LeastBusy),
        ("latency", Strategy::Latency),
        ("cost", Strategy::Cost),
        ("usage", Strategy::Usage),
        ("sticky", Strategy::Sticky([StickyBy::Key].into())),
        ("auto", auto()),
    ];
    for (name, strategy) in strategies {
        let [(ten, _), (thousand, planned)] = [10, 1000].map(|count| measure(&strategy, count));
        println!("{name:<12} {ten:>12} {thousand:>14} {planned:>16}");
    }
}

/// A table of a thousand members.
fn auto() -> Strategy {
    let weights = Weights { quality: 600, cost: 300, latency: 100 };
    let class = |task: &Task| TaskClass { name: task.as_str().into(), weights };
    let quality = |index: u64| u32::try_from(mixed(index) % 1000).unwrap_or(0);
    Strategy::Auto(Arc::new(Auto {
        classes: Task::ALL.iter().map(class).collect(),
        quality: Task::ALL.iter().map(|_| (0..1000).map(quality).collect()).collect(),
        long_context_tokens: 32_000,
        meaning: None,
    }))
}

/// Nanoseconds for one order, and how many targets it has.
fn measure(strategy: &Strategy, count: u64) -> (u128, usize) {
    let targets: Vec<Arc<Target>> = (0..count).map(|index| Arc::new(target(index))).collect();
    let member = |index: u64| Member {
        salt: mixed(index),
        priority: u32::try_from(index / 4).unwrap_or(0),
        ..Member::target(usize::try_from(index).unwrap_or(0), 1 + u32::try_from(index % 7).unwrap_or(0))
    };
    let group = Group::new(0, strategy.clone(), (0..count).map(member).collect());
    let model = Model { group, targets, ..Model::single("m".into(), target(0)) };
    let measured = Measured::new(model);
    let planned = (0..1000).map(|seed| measured.order(seed)).max().unwrap_or(0);
    let start = Instant::now();
    for seed in 0..u64::from(ROUNDS) {
        black_box(measured.order(black_box(seed)));
    }
    (start.elapsed().as_nanos() / u128::from(ROUNDS), planned)
}

fn target(index: u64) -> Target {
    let rate =
        |unit, price| Rate { unit, tier: ServiceTier::Standard, above_tokens: 0, price: FemtoUsd(price) };
    let rates = [rate(Unit::Input, 1000 + mixed(index) % 1000), rate(Unit::Output, 4000)];
    let info = ModelInfo { prices: PriceSheet { rates: rates.into() }, ..ModelInfo::default() };
    Target {
        provider: Arc::new(provider(index)),
        model: "gpt-4o".into(),
        credential: None,
        capacity: None,
        family: "gpt-4o".into(),
        terms: None,
        info: Arc::new(info),
    }
}

fn provider(index: u64) -> Provider {
    let name: Arc<str> = format!("region-{index}").into();
    Provider {
        price_key: Arc::clone(&name),
        name,
        kind: ProviderKind::OpenAiCompatible,
        base_url: "http://127.0.0.1:1/v1".into(),
        auth: AuthScheme::None,
        api_key: None,
        aws: None,
        credentials: Vec::new(),
        formats: vec![WireFormat::OpenAiChat],
        headers: Vec::new(),
        api_version: None,
        region: None,
        listed_models: Vec::new(),
        health_check: None,
        capacity: None,
        rename_params: Vec::new(),
        routing_members: Vec::new(),
        quirks: Quirks::default(),
        connect: ConnectOptions::default(),
    }
}

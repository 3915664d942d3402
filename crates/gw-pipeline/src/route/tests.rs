//! Tests of the strategies: only the model's targets, each once, the same for the same seed.
use super::*;
use crate::route::order as strategy_order;
use gw_model::catalog::{AuthScheme, ModelInfo, ProviderKind};
use gw_model::snapshot::{Provider, Target};

pub(crate) fn provider(name: &str) -> Arc<Provider> {
    Arc::new(Provider {
        name: name.into(),
        kind: ProviderKind::OpenAiCompatible,
        base_url: "http://127.0.0.1:1/v1".into(),
        auth: AuthScheme::None,
        api_key: None,
        aws: None,
        credentials: Vec::new(),
        formats: vec![gw_model::WireFormat::OpenAiChat],
        headers: Vec::new(),
        api_version: None,
        region: None,
        price_key: name.into(),
        listed_models: Vec::new(),
        rename_params: Vec::new(),
        routing_members: Vec::new(),
        quirks: gw_model::catalog::Quirks::default(),
        connect: gw_model::snapshot::ConnectOptions::default(),
    })
}

fn model(strategy: Strategy, weights: &[u32]) -> Model {
    let target = |weight: &u32| {
        Arc::new(Target {
            provider: provider("p"),
            model: "m".into(),
            weight: *weight,
            credential: None,
            info: Arc::new(ModelInfo::default()),
        })
    };
    Model {
        name: "alias".into(),
        strategy,
        targets: weights.iter().map(target).collect(),
        retry: Default::default(),
        timeouts: Default::default(),
    }
}

#[test]
fn fallback_keeps_the_written_order() {
    assert_eq!(strategy_order(&model(Strategy::Fallback, &[1, 1, 1]), 9).as_slice(), [0, 1, 2]);
}

#[test]
fn weighted_is_deterministic_complete_and_follows_the_weights() {
    let model = model(Strategy::Weighted, &[3, 1, 0]);
    let mut first = [0u32; 3];
    for seed in 0..4000 {
        let order = strategy_order(&model, seed);
        assert_eq!(order, strategy_order(&model, seed));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted.as_slice(), [0, 1, 2]);
        assert_eq!(order[2], 2, "weight 0 comes last");
        first[order[0]] += 1;
    }
    assert!((2850..3150).contains(&first[0]), "{first:?}");
}

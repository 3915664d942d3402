//! Tests of [`super`]: when a bound is lowered, and what the caller is told.
use super::{adapt, clamp, clamped};
use crate::testing::{call, provider, target};
use bytes::Bytes;
use gw_model::catalog::{ModelInfo, ProviderKind};
use gw_model::format::WireFormat;
use gw_model::{Ability, DropParams};
use std::sync::Arc;

#[test]
fn a_bound_is_lowered_to_what_is_known() {
    let body = Bytes::from_static(
        b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\" : 64000}",
    );
    let mut from = call(WireFormat::OpenAiChat, "m");
    from.facts = gw_wire::facts::read(WireFormat::OpenAiChat, &body, 64).unwrap();
    from.body = body;
    let mut to = target(provider(ProviderKind::OpenAiCompatible, "http://h/v1"), "m");
    assert_eq!(clamp(&from, &to), None);
    for (most, wanted) in [(8192, Some(8192)), (64_000, None), (100_000, None)] {
        to.info = Arc::new(ModelInfo { max_output_tokens: most, ..ModelInfo::default() });
        assert_eq!(clamp(&from, &to), wanted);
    }
    assert_eq!(clamped(&from, 8192), "max_tokens=8192");
}

#[test]
fn nothing_is_looked_at_when_nothing_is_known() {
    let mut from = call(WireFormat::OpenAiChat, "m");
    from.body = Bytes::from_static(b"not even json");
    let mut to = target(provider(ProviderKind::OpenAiCompatible, "http://h/v1"), "m");
    assert!(adapt(&from, &to).unwrap().edits.is_empty());
    let mut info = ModelInfo { drop_params: DropParams::Unsupported, ..ModelInfo::default() };
    info.lacks.set(Ability::Sampling, true);
    to.info = Arc::new(info);
    assert!(adapt(&from, &to).unwrap().edits.is_empty(), "nothing is asked that the model lacks");
    from.body = Bytes::from_static(b"{\"model\":\"m\",\"temperature\":0.5}");
    from.facts.asks.set(Ability::Sampling, true);
    assert_eq!(adapt(&from, &to).unwrap().dropped, ["temperature"]);
}

#[test]
fn a_version_of_an_api_may_take_sampling_away() {
    let body = Bytes::from_static(
        b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":5,\"temperature\":0.5}",
    );
    let mut from = call(WireFormat::AnthropicMessages, "m");
    from.facts = gw_wire::facts::read(WireFormat::AnthropicMessages, &body, 64).unwrap();
    from.body = body;
    for (version, dropped) in [("2023-06-01", 0), ("2026-10-21", 1)] {
        let mut anthropic = provider(ProviderKind::Anthropic, "http://h");
        anthropic.headers = vec![("anthropic-version".into(), version.into())];
        assert_eq!(adapt(&from, &target(anthropic, "m")).unwrap().dropped.len(), dropped, "{version}");
    }
}

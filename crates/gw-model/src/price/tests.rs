//! Tests of [`super`].
use super::*;

fn rate(unit: Unit, tier: ServiceTier, above_tokens: u32, femto: u64) -> Rate {
    Rate { unit, tier, above_tokens, price: FemtoUsd(femto) }
}

fn sheet() -> PriceSheet {
    use ServiceTier::{Priority, Standard};
    PriceSheet {
        rates: Box::new([
            rate(Unit::Input, Standard, 0, 3_000_000_000),
            rate(Unit::Input, Standard, 200_000, 6_000_000_000),
            rate(Unit::Output, Standard, 0, 15_000_000_000),
            rate(Unit::CacheRead, Standard, 0, 300_000_000),
            rate(Unit::Input, Priority, 0, 5_000_000_000),
        ]),
    }
}

#[test]
fn cost_uses_parts_tiers_and_rounds_up_once() {
    let usage = Usage { input_tokens: 100, cached_tokens: 40, output_tokens: 10, ..Usage::default() };
    // 60 * 3000 + 40 * 300 + 10 * 15000 nano-dollars
    assert_eq!(sheet().cost(&usage, ServiceTier::Standard), NanoUsd(180_000 + 12_000 + 150_000));
    let long = Usage { input_tokens: 200_001, ..Usage::default() };
    assert_eq!(sheet().cost(&long, ServiceTier::Standard), NanoUsd(200_001 * 6_000));
    assert_eq!(
        sheet().cost(&Usage { input_tokens: 1, ..Usage::default() }, ServiceTier::Priority),
        NanoUsd(5_000)
    );
    let tiny = PriceSheet { rates: Box::new([rate(Unit::Input, ServiceTier::Standard, 0, 1)]) };
    assert_eq!(tiny.cost(&Usage { input_tokens: 3, ..Usage::default() }, ServiceTier::Standard), NanoUsd(1));
}

#[test]
fn bound_is_never_below_cost() {
    let usage = Usage { input_tokens: 500, cached_tokens: 100, output_tokens: 50, ..Usage::default() };
    assert!(sheet().bound(500, 50, ServiceTier::Standard) >= sheet().cost(&usage, ServiceTier::Standard));
    assert_eq!(sheet().bound(1, 0, ServiceTier::Priority), NanoUsd(5_000));
}

#[test]
fn counts_are_priced_by_unit_and_fall_back_to_plainer_ones() {
    let tier = ServiceTier::Standard;
    let of = |unit, count| sheet().cost_of(&[(unit, count)], 10, tier).0;
    assert_eq!(
        (of(Unit::Input, 10), of(Unit::CacheRead, 10), of(Unit::Output, 10)),
        (30_000, 3_000, 150_000)
    );
    assert_eq!((of(Unit::AudioInput, 10), of(Unit::AudioOutput, 10)), (30_000, 150_000));
    assert_eq!((of(Unit::AudioCacheRead, 10), of(Unit::ImageInputToken, 10)), (30_000, 30_000), "never less");
    assert_eq!(of(Unit::SecondInput, 10), 0, "nothing is known of its price");
    let tiny = PriceSheet { rates: Box::new([rate(Unit::Input, tier, 0, 1)]) };
    assert_eq!(
        tiny.cost_of(&[(Unit::Input, 1), (Unit::AudioInput, 1)], 0, tier),
        NanoUsd(1),
        "rounded up once"
    );
}

#[test]
fn searches_are_priced_one_by_one() {
    let ranking =
        PriceSheet { rates: Box::new([rate(Unit::Request, ServiceTier::Standard, 0, 2_000_000_000_000)]) };
    let used = |searches| Usage { searches, ..Usage::default() };
    assert_eq!(ranking.cost(&used(0), ServiceTier::Standard), NanoUsd(2_000_000), "one request");
    assert_eq!(ranking.cost(&used(3), ServiceTier::Standard), NanoUsd(6_000_000));
    assert_eq!(ranking.requests(2, ServiceTier::Standard), NanoUsd(4_000_000));
    assert!(ranking.prices_requests() && !ranking.prices_tokens());
    assert!(!sheet().prices_requests() && sheet().requests(5, ServiceTier::Flex) == NanoUsd::ZERO);
}

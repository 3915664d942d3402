//! Tests of [`super`].
use super::*;
use crate::media::Media;

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

fn priced(rates: &[(Unit, u64)]) -> PriceSheet {
    PriceSheet {
        rates: rates.iter().map(|(unit, price)| rate(*unit, ServiceTier::Standard, 0, *price)).collect(),
    }
}

/// Nano-dollars of a usage, which the bound of the same numbers must cover.
#[track_caller]
fn costs(sheet: &PriceSheet, usage: &Usage, wanted: u64) {
    let cost = sheet.cost(usage, ServiceTier::Standard);
    assert_eq!(cost, NanoUsd(wanted));
    let bound =
        sheet.bound_with(usage.input_tokens, usage.output_tokens, &usage.media, ServiceTier::Standard);
    assert!(bound >= cost, "{bound:?} is below {cost:?}");
}

#[test]
fn images_cost_by_tokens_or_by_the_piece() {
    let media =
        Media { image_input_tokens: 30, image_output_tokens: 1056, output_images: 1, ..Media::default() };
    let usage = Usage { input_tokens: 40, output_tokens: 1056, media, ..Usage::default() };
    let by_tokens = priced(&[
        (Unit::Input, 5_000_000_000),
        (Unit::ImageInputToken, 10_000_000_000),
        (Unit::ImageOutputToken, 40_000_000_000),
        (Unit::ImageOutput, 7_000_000_000_000),
    ]);
    costs(&by_tokens, &usage, 10 * 5_000 + 30 * 10_000 + 1056 * 40_000);
    let pieces = Usage { media: Media { output_images: 3, ..Media::default() }, ..Usage::default() };
    costs(&by_tokens, &pieces, 21_000_000);
    // Some lists call the price of a made image one of the input.
    costs(&priced(&[(Unit::ImageInput, 20_000_000_000_000)]), &pieces, 60_000_000);
    let edit = Usage { media: Media { input_images: 2, ..pieces.media }, ..Usage::default() };
    costs(&priced(&[(Unit::ImageInput, 20_000_000_000_000)]), &edit, 60_000_000);
    let both = priced(&[(Unit::ImageInput, 1_000_000_000_000), (Unit::ImageOutput, 5_000_000_000_000)]);
    costs(&both, &edit, 2_000_000 + 15_000_000);
    assert!(both.prices_images() && !both.prices_speech() && !both.prices_recordings());
}

#[test]
fn speech_and_recordings_cost_by_characters_seconds_or_tokens() {
    let spoken = Media { input_characters: 64, output_ms: 4200, ..Media::default() };
    let spoken = Usage { input_tokens: 12, media: spoken, ..Usage::default() };
    costs(&priced(&[(Unit::CharacterInput, 15_000_000_000)]), &spoken, 64 * 15_000);
    costs(&priced(&[(Unit::SecondOutput, 250_000_000_000)]), &spoken, 1_050_000);
    let recorded = Media { input_ms: 3_500, ..Media::default() };
    let recorded = Usage { media: recorded, ..Usage::default() };
    let whisper = priced(&[(Unit::SecondInput, 100_000_000_000), (Unit::SecondOutput, 100_000_000_000)]);
    costs(&whisper, &recorded, 350_000);
    costs(&priced(&[(Unit::SecondInput, 30_830_000_000), (Unit::SecondOutput, 0)]), &recorded, 107_905);
    let mixed =
        priced(&[(Unit::Input, 2_500_000_000), (Unit::Output, 10_000_000_000), (Unit::SecondInput, 1 << 40)]);
    let tokens = Usage { input_tokens: 40, audio_input_tokens: 37, output_tokens: 13, ..recorded };
    costs(&mixed, &tokens, 40 * 2_500 + 13 * 10_000);
    assert!(mixed.prices_recordings() && whisper.prices_recordings() && !whisper.prices_images());
}

#[test]
fn lines_add_up_to_the_cost() {
    let usage = Usage {
        input_tokens: 1_000,
        cached_tokens: 300,
        cache_write_1h_tokens: 50,
        audio_input_tokens: 20,
        output_tokens: 77,
        reasoning_tokens: 7,
        ..Usage::default()
    };
    for tier in [ServiceTier::Standard, ServiceTier::Priority] {
        let (mut total, mut units) = (0u128, Vec::new());
        sheet().each_line(&usage, tier, |unit, count, price| {
            units.push((unit, count));
            total += u128::from(count) * u128::from(price.0);
        });
        assert_eq!(
            NanoUsd(u64::try_from(total.div_ceil(FEMTO_PER_NANO)).unwrap()),
            sheet().cost(&usage, tier)
        );
        let wanted = [
            (Unit::CacheRead, 300),
            (Unit::CacheWrite1h, 50),
            (Unit::AudioInput, 20),
            (Unit::Reasoning, 7),
            (Unit::Input, 630),
            (Unit::Output, 70),
        ];
        assert_eq!(units, wanted);
    }
    PriceSheet::default().each_line(&usage, ServiceTier::Standard, |_, _, _| panic!("nothing has a price"));
}

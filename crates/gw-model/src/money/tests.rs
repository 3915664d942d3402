//! Tests of [`super`].
use super::*;

#[test]
fn parses_exactly_and_refuses_what_it_cannot_hold() {
    assert_eq!(NanoUsd::parse_usd("0.10"), Ok(NanoUsd(100_000_000)));
    assert_eq!(NanoUsd::parse_usd("50"), Ok(NanoUsd(50 * NANO_PER_USD)));
    assert_eq!(NanoUsd::parse_usd("0.0000000001"), Err(MoneyError::TooFine));
    assert_eq!(NanoUsd::parse_usd("1e30"), Err(MoneyError::TooLarge));
    for bad in ["", ".", "-1", "+1", "1,5", "NaN", "1e", "0x10", "1.2.3"] {
        assert_eq!(NanoUsd::parse_usd(bad), Err(MoneyError::NotDecimal), "{bad}");
    }
    assert_eq!(FemtoUsd::parse_usd("2.5e-06"), Ok(FemtoUsd(2_500_000_000)));
    assert_eq!(FemtoUsd::parse_usd("1.375e-10"), Ok(FemtoUsd(137_500)));
}

#[test]
fn shows_exact_decimals() {
    assert_eq!(NanoUsd(100_000_000).to_string(), "0.1");
    assert_eq!(NanoUsd(1).to_string(), "0.000000001");
    assert_eq!(NanoUsd(3 * NANO_PER_USD).to_string(), "3");
}

//! The throttle, without a gateway around it.

use super::*;

const SECOND: Micros = 1_000_000;

fn settings() -> SignInSettings {
    SignInSettings {
        public_url: None,
        passwords: true,
        min_password_length: 12,
        failures_per_account: 3,
        failures_per_address: 5,
        window_seconds: 30,
        max_tracked: 100,
        link_seconds: 60,
        idle_seconds: 60,
        max_seconds: 60,
        sessions_per_person: 2,
        oidc: Vec::new(),
    }
}

fn account(number: u8) -> Failing {
    Failing::Account([number; 32])
}

#[test]
fn failures_are_counted_and_come_back_one_by_one() {
    let (throttle, settings, now) = (Throttle::default(), settings(), 1_000 * SECOND);
    let all = [account(1), Failing::address("192.0.2.1").unwrap()];
    for _ in 0..3 {
        assert_eq!(throttle.admit(&settings, &all, now), Ok(()));
    }
    let refused = throttle.admit(&settings, &all, now);
    assert_eq!(refused, Err(TooMany { retry_after_seconds: 10 }));
    // What was refused is not counted, neither there nor for the address.
    let other = [account(2), all[1]];
    for _ in 0..2 {
        assert_eq!(throttle.admit(&settings, &other, now), Ok(()));
    }
    assert_eq!(
        throttle.admit(&settings, &[account(3), all[1]], now),
        Err(TooMany { retry_after_seconds: 6 })
    );
    assert_eq!(throttle.admit(&settings, &all[..1], now + 10 * SECOND), Ok(()));
    assert!(throttle.admit(&settings, &all[..1], now + 10 * SECOND).is_err());
    assert_eq!(throttle.admit(&settings, &all, now + 60 * SECOND), Ok(()));
}

#[test]
fn who_comes_in_is_forgiven() {
    let (throttle, settings, now) = (Throttle::default(), settings(), 1_000 * SECOND);
    for _ in 0..50 {
        assert_eq!(throttle.admit(&settings, &[account(1)], now), Ok(()));
        throttle.give_back(&settings, &[account(1)]);
    }
    for _ in 0..3 {
        throttle.admit(&settings, &[account(1)], now).unwrap();
    }
    throttle.forgive(account(1));
    assert_eq!(throttle.admit(&settings, &[account(1)], now), Ok(()));
}

#[test]
fn what_is_remembered_is_bounded_and_the_worst_stays() {
    let (throttle, settings, now) = (Throttle::default(), settings(), 1_000 * SECOND);
    let worst = Failing::address("192.0.2.1").unwrap();
    for _ in 0..5 {
        throttle.admit(&settings, &[worst], now).unwrap();
    }
    for number in 0..1_000_u32 {
        let name = Failing::address(&format!("10.0.{}.{}", number / 256, number % 256)).unwrap();
        throttle.admit(&settings, &[name], now).unwrap();
        assert!(throttle.0.lock().len() <= settings.max_tracked);
    }
    assert!(throttle.admit(&settings, &[worst], now).is_err());
}

#[test]
fn addresses_of_one_network_are_one() {
    let of = |text: &str| Failing::address(text);
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
    assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    assert_eq!(of(""), None);
}

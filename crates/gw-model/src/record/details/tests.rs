//! Tests of [`super`].
use super::*;

#[test]
fn an_address_is_kept_as_far_as_is_allowed() {
    let v4: IpAddr = "203.0.113.77".parse().unwrap();
    let v6: IpAddr = "2001:db8:1:2:3:4:5:6".parse().unwrap();
    for (kept, of_v4, of_v6) in [
        (ClientIp::Off, None, None),
        (ClientIp::Network, Some("203.0.113.0"), Some("2001:db8:1::")),
        (ClientIp::Full, Some("203.0.113.77"), Some("2001:db8:1:2:3:4:5:6")),
    ] {
        assert_eq!(kept.of(v4), of_v4.map(|text| text.parse().unwrap()));
        assert_eq!(kept.of(v6), of_v6.map(|text| text.parse().unwrap()));
    }
}

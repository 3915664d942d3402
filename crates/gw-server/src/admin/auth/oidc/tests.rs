//! Where people are sent back to.

use super::*;

#[test]
fn only_pages_of_ours_are_gone_back_to() {
    for good in ["/ui", "/ui/", "/ui/keys?limit=5#top", "/ui?x"] {
        assert!(is_page(good), "{good}");
    }
    let long = format!("/ui/{}", "x".repeat(MAX_RETURN));
    for bad in [
        "",
        "/",
        "//evil.example/ui/",
        "https://evil.example/ui/",
        "/uix",
        "/api/v1/keys",
        "/ui/\\evil",
        "/ui/\r\nx: y",
        "/ui/ x",
        "\\/ui/",
        "ui/",
        &long,
    ] {
        assert!(!is_page(bad), "{bad}");
    }
}

#[test]
fn names_of_cookies_hold_nothing_that_ends_them() {
    assert_eq!(cookie_name("abc;d=e\r\n, f"), "gatewright_oidc_abcdef");
    assert_eq!(cookie_name(&"x".repeat(43)).len(), COOKIE.len() + NAMED);
}

//! Tests of forms of strings.

use super::{is_base64, is_data_url, is_plain_name, is_word};

#[test]
fn only_whole_links_with_base64_are_data() {
    assert!(is_data_url(b"data:image/png;base64,iVBORw0KGgo="));
    assert!(is_data_url(br"data:image\/png;base64,iVBO\/w0KGgo="));
    for text in [
        "data: AKIAIOSFODNN7EXAMPLE",
        "data:text/plain,hello",
        "data:image/png;base64,iVBO and my mail is a@b.example",
        "data:ignore all previous instructions;base64,AAAA",
        "see data:image/png;base64,AAAA",
    ] {
        assert!(!is_data_url(text.as_bytes()), "{text}");
    }
}

#[test]
fn words_names_and_base64_hold_nothing_that_somebody_says() {
    assert!(is_word(b"chatcmpl-123_a.b:c/d") && !is_word(b"jane@b.example") && !is_word(b"a b"));
    assert!(is_base64(br"aGVs\/bG8=") && !is_base64(b"hello there") && !is_base64(br"a\u0020b"));
    assert!(is_plain_name("\"candidatesTokenCount\"") && is_plain_name("utf8"));
    for name in ["jane@b.example", "4111111111111111", "AKIAIOSFODNN7EXAMPLE", r"a\u0040b", "two words"] {
        assert!(!is_plain_name(name), "{name}");
    }
}

//! One-time codes, by the tables of RFC 6238 and RFC 4648.

use super::*;

const SECRET: &[u8] = b"12345678901234567890";

#[test]
fn codes_are_those_of_the_rfc() {
    for (time, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        let step = time / STEP_SECONDS;
        assert_eq!(*code_at(SECRET, step), code);
        assert_eq!(step_of_code(SECRET, code, time, 0), Some(step));
        assert_eq!(step_of_code(SECRET, code, time + STEP_SECONDS, 0), Some(step), "a clock that is late");
        assert_eq!(step_of_code(SECRET, code, time + 2 * STEP_SECONDS, 0), None);
        assert_eq!(step_of_code(SECRET, code, time, step), None, "none is good twice");
    }
    for wrong in ["", "28708", "2870820", "287083", "abcdef"] {
        assert_eq!(step_of_code(SECRET, wrong, 59, 0), None, "{wrong}");
    }
}

#[test]
fn base32_is_that_of_the_rfc() {
    for (bytes, text) in [
        ("", ""),
        ("f", "MY"),
        ("fo", "MZXQ"),
        ("foo", "MZXW6"),
        ("foob", "MZXW6YQ"),
        ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ] {
        assert_eq!(base32(bytes.as_bytes()), text);
    }
}

#[test]
fn apps_read_an_address() {
    let uri = otpauth_uri(SECRET, "Gate & way", "ada@example.com");
    assert_eq!(
        uri,
        "otpauth://totp/Gate%20%26%20way:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gate%20%26%20way\
         &algorithm=SHA1&digits=6&period=30"
    );
}

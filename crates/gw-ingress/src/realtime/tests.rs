//! Tests of [`super`].
use super::*;

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    map
}

const ASKED: [(&str, &str); 4] = [
    ("connection", "keep-alive, Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[test]
fn only_a_whole_handshake_is_taken() {
    assert!(handshake(Version::HTTP_11, &headers(&ASKED)).is_ok());
    assert!(handshake(Version::HTTP_2, &headers(&ASKED)).is_err());
    for (missing, _) in ASKED {
        let rest: Vec<_> = ASKED.into_iter().filter(|(name, _)| *name != missing).collect();
        assert!(handshake(Version::HTTP_11, &headers(&rest)).is_err(), "{missing}");
    }
    let mut short = ASKED;
    short[3].1 = "c2hvcnQ=";
    assert!(handshake(Version::HTTP_11, &headers(&short)).is_err());
}

#[test]
fn keys_in_subprotocols_go_nowhere() {
    let offer = headers(&[
        ("sec-websocket-protocol", "realtime, openai-insecure-api-key.gw-secret"),
        ("sec-websocket-protocol", "openai-project.p, openai-beta.realtime-v1"),
        ("openai-beta", "realtime=v1"),
        ("cookie", "a=b"),
    ]);
    let offered = protocols(&offer);
    let kept: Vec<&str> = offered.iter().map(String::as_str).filter(|p| !is_of_account(p)).collect();
    assert_eq!(kept, ["realtime", "openai-beta.realtime-v1"]);
    let sent = forwarded(&offer, &kept);
    let names: Vec<_> = sent.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["openai-beta", "sec-websocket-protocol"]);
    assert_eq!(sent[1].1, "realtime, openai-beta.realtime-v1");
}

#[test]
fn the_subprotocol_is_one_that_was_offered() {
    let answer = |chosen: Option<&str>, offered: &[&str]| {
        let mut map = headers(
            &chosen.map(|c| [("sec-websocket-protocol", c)]).into_iter().flatten().collect::<Vec<_>>(),
        );
        accept(&mut map, &HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="), offered);
        assert_eq!(map["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        map.get("sec-websocket-protocol").map(|v| v.to_str().unwrap().to_owned())
    };
    assert_eq!(answer(Some("realtime"), &["realtime", "x"]).as_deref(), Some("realtime"));
    assert_eq!(answer(None, &["x", "realtime"]).as_deref(), Some("realtime"));
    assert_eq!(answer(Some("x"), &["x", "realtime"]).as_deref(), Some("x"));
    assert_eq!(answer(Some("not-offered"), &["x"]), None);
    assert_eq!(answer(None, &[]), None);
}

#[test]
fn the_query_names_the_model() {
    let query = "api-version=2024&deployment=a%2Fb&model=&intent=";
    assert_eq!(parameter(query, "deployment").as_deref(), Some("a/b"));
    assert_eq!(parameter(query, "model"), None);
    assert!(check_query(query).is_ok());
    assert!(check_query("model=m&call_id=rtc_1").is_err() && check_query("intent=transcription").is_err());
}

//! Tests of notices, and of addresses that are not shown. What goes over a connection is tested with the server.

use super::{Meeting, News, Notice};
use gw_model::Secret;

const FROZEN: &str = include_str!("../../tests/frozen/health_notice_v1.json");
const SENDER: &str = "00112233445566778899aabbccddeeff";

fn notice(news: News) -> Notice {
    Notice { deployment: std::array::from_fn(|i| u8::try_from(i).unwrap()), news }
}

#[test]
fn a_notice_is_read_as_it_was_written_and_the_frozen_one_still_is() {
    for news in [News::Parked { ms: 29_950 }, News::Tripped { ms: u64::MAX }, News::Closed] {
        let written = notice(news).write(SENDER);
        assert_eq!(Notice::read(written.as_bytes()), Some((SENDER.to_owned(), notice(news))));
    }
    let frozen = notice(News::Parked { ms: 29_950 });
    assert_eq!(Notice::read(FROZEN.as_bytes()), Some((SENDER.to_owned(), frozen)));
    assert_eq!(frozen.write(SENDER), FROZEN.trim());
}

#[test]
fn what_is_no_notice_is_not_taken() {
    let good = FROZEN.trim();
    let more = good.replace("\"v\"", "\"later\":[1],\"v\"");
    assert!(Notice::read(more.as_bytes()).is_some(), "members that are not known are passed over");
    let wrong = [
        String::new(),
        "[]".to_owned(),
        "\u{0}".to_owned(),
        good.replace("\"v\":1", "\"v\":2"),
        good.replace("29950", "-1"),
        good.replace("29950", "0"),
        good.replace("29950", "1e99"),
        good.replace("parked", "gone"),
        good.replace("1e1f", "1e"),
        good.replace("1e1f", "1eüx"),
        good.replace("1e1f", "1exx"),
        good.replace(SENDER, &"f".repeat(65)),
        good.replace("{", &format!("{{\"pad\":\"{}\",", "x".repeat(1024))),
    ];
    for text in wrong {
        assert_eq!(Notice::read(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn less_may_be_left_than_was_written() {
    assert_eq!(notice(News::Tripped { ms: 9 }).at_most(4).news, News::Tripped { ms: 4 });
    assert_eq!(notice(News::Parked { ms: 9 }).at_most(40).news, News::Parked { ms: 9 });
}

#[test]
fn a_password_is_not_shown() {
    let meeting = Meeting::new(&Secret::new("redis://u:geheim@127.0.0.1:1/0".to_owned()), "p").unwrap();
    assert!(!format!("{meeting:?}").contains("geheim"));
    let error = Meeting::new(&Secret::new("geheim".to_owned()), "p").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("geheim"));
}

#[tokio::test]
async fn nobody_there_is_said_without_the_address() {
    let meeting = Meeting::new(&Secret::new("redis://u:geheim@127.0.0.1:1/0".to_owned()), "p").unwrap();
    let error = meeting.open().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
}

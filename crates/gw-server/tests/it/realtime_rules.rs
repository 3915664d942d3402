//! Sessions whose ends break the rules of RFC 6455 in what they say: texts that are not UTF-8, and close frames that may
//! not be sent. The side at fault is told so, the other one hears of it in a legal way, and the call is recorded.

use super::support::websocket::{CLOSE, Far, Socket, TEXT, frame, through};
use super::support::{Gateway, MASTER};

const MASK: Option<[u8; 4]> = Some([0xa1, 0x02, 0xf3, 0x44]);

/// What may not be sent, and the code that it is answered with.
fn faults(mask: Option<[u8; 4]>) -> Vec<(Vec<u8>, u16)> {
    let close = |payload: &[u8]| frame(true, CLOSE, payload, mask);
    let mut faults = vec![
        (frame(true, TEXT, b"{\"type\":\"caf\xe9\"}", mask), 1007),
        ([frame(false, TEXT, b"{\"type\":\"\xc3", mask), frame(true, 0, b"\"}", mask)].concat(), 1007),
        (close(&[3]), 1002),
        (close(b"\x03\xe8caf\xe9"), 1007),
        // Control frames that are too long, or in fragments.
        (frame(true, 9, &[b'x'; 126], mask), 1002),
        (frame(false, 9, b"x", mask), 1002),
        (frame(false, CLOSE, b"\x03\xe8", mask), 1002),
    ];
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        faults.push((close(&code.to_be_bytes()), 1002));
    }
    faults
}

async fn cut(gateway: &Gateway, near: &Socket, error_code: &str, what: &str) {
    let record = gateway.record(&near.request_id()).await;
    assert_eq!(
        (&record["outcome"], &record["error_code"]),
        (&"stream_cut".into(), &error_code.into()),
        "{what}: {record}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_at_fault_is_told_and_the_provider_hears_no_fault() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    for (bytes, code) in faults(MASK) {
        let what = format!("{bytes:x?}");
        let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
        near.send_raw(&bytes).await;
        let (error, closed) = near.ending().await;
        assert_eq!(
            (error.unwrap()["code"].as_str(), closed),
            (Some("invalid_request"), Some(code)),
            "{what}"
        );
        assert_eq!(far.frame().await.close_code(), 1001, "{what}: nothing of it went on");
        assert_eq!(far.try_frame().await, None, "{what}");
        cut(&gateway, &near, "invalid_request", &what).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_at_fault_is_told_and_the_client_gets_an_error() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    for (bytes, code) in faults(None) {
        let what = format!("{bytes:x?}");
        let (mut near, mut far) = through(gateway.addr, &far, "up/rt", MASTER).await;
        far.send_raw(&bytes).await;
        assert_eq!(far.frame().await.close_code(), code, "{what}");
        assert_eq!(far.try_frame().await, None, "{what}");
        // Behind the first fragment of a text there is no room for an event.
        let has_begun = bytes[0] == TEXT;
        if has_begun {
            assert_eq!(near.frame().await.payload, b"{\"type\":\"\xc3", "{what}");
        }
        let (error, closed) = near.ending().await;
        assert_eq!((error.is_none(), closed), (has_begun, Some(1011)), "{what}");
        assert!(error.is_none_or(|error| error["code"] == "upstream_error"), "{what}");
        cut(&gateway, &near, "upstream_error", &what).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_illegal_answer_to_a_goodbye_changes_nothing() {
    let far = Far::start().await;
    let gateway = Gateway::start(&far.provider()).await;
    let legal = |mask| frame(true, CLOSE, &1000_u16.to_be_bytes(), mask);
    let illegal = |mask| frame(true, CLOSE, &1006_u16.to_be_bytes(), mask);

    let (mut near, mut away) = through(gateway.addr, &far, "up/rt", MASTER).await;
    near.send_raw(&legal(MASK)).await;
    away.expect_raw(&legal(MASK)).await;
    away.send_raw(&illegal(None)).await;
    assert_eq!(near.ending().await, (None, Some(1000)));
    assert_eq!(away.try_frame().await, None, "it has had its goodbye");
    assert_eq!(gateway.record(&near.request_id()).await["outcome"], "success");

    let (mut near, mut away) = through(gateway.addr, &far, "up/rt", MASTER).await;
    away.send_raw(&legal(None)).await;
    near.expect_raw(&legal(None)).await;
    near.send_raw(&illegal(MASK)).await;
    assert_eq!((near.try_frame().await, away.try_frame().await), (None, None));
    assert_eq!(gateway.record(&near.request_id()).await["outcome"], "success");
}

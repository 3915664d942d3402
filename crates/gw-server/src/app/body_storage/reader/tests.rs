//! Who waits for a storage that does not answer.

use super::*;
use gw_model::Secret;
use gw_model::snapshot::ConnectOptions;
use gw_pipeline::SystemClock;
use std::net::TcpListener;
use std::time::Instant;

#[test]
fn whoever_waits_is_told_at_once_when_nothing_is_read_any_more() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = S3Settings {
        bucket: "bodies".to_owned(),
        prefix: String::new(),
        region: "r".to_owned(),
        endpoint: format!("http://{}", silent.local_addr().unwrap()),
        access_key_id: Some("AK".to_owned()),
        secret_access_key: Some(Secret::new("SK".to_owned())),
        session_token: None,
        connect: ConnectOptions::default(),
        timeout_ms: 60_000,
    };
    let reader = Reader::start(&settings, Arc::new(SystemClock::new())).unwrap();
    let began = Instant::now();
    let errors: Vec<String> = std::thread::scope(|scope| {
        // More than are asked at once.
        let reading: Vec<_> = (0..AT_ONCE * 2)
            .map(|at| {
                scope.spawn({
                    let reader = &reader;
                    move || reader.read(&at.to_string(), 0, 10)
                })
            })
            .collect();
        let _held: Vec<_> = (0..AT_ONCE).map(|_| silent.accept().unwrap()).collect();
        reader.close();
        reading.into_iter().map(|one| one.join().unwrap().unwrap_err().0).collect()
    });
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // Some may have come when it was closed already.
    let told = errors.iter().filter(|error| error.contains("any more"));
    assert!(told.count() >= AT_ONCE, "{errors:?}");
    assert!(reader.rest.lock().is_none(), "that says nothing of the storage");
    reader.read("another", 0, 10).unwrap_err();
}

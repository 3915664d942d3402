//! Tests of [`super`].
mod asked;

use super::*;
use gw_model::{Level, Media, SubCallRole, Toll};

pub(in super::super) fn sample_record() -> Record {
    let attempt = AttemptRecord {
        provider: "openai".to_owned(),
        upstream_model: "gpt-4o".to_owned(),
        status: 200,
        reason: String::new(),
        duration_us: 812_345,
        usage: Usage {
            input_tokens: 12,
            output_tokens: 34,
            cached_tokens: 5,
            service_tier: Some(ServiceTier::Flex),
            ..Usage::default()
        },
        usage_source: UsageSource::Upstream,
        cost: NanoUsd(123_456),
    };
    Record {
        id: RequestId(0x0199_0000_0000_7000_8000_0000_0000_0001),
        time: 1_790_000_000_000_000,
        key: Some(KeyId(7)),
        team_id: Some("core".to_owned()),
        format: WireFormat::AnthropicMessages,
        model: "chat-prod".to_owned(),
        stream: true,
        outcome: Outcome::StreamCut,
        status: 200,
        error_code: "upstream_error".to_owned(),
        error_detail: String::new(),
        attempts: vec![attempt],
        cache: "miss".to_owned(),
        customer: None,
        first_byte_us: Some(400),
        total_us: 900_000,
        parent: None,
        tolls: Vec::new(),
        accounts: Vec::new(),
        saved: NanoUsd::ZERO,
        details: gw_model::RecordDetails::default(),
    }
}

pub(in super::super) fn sample_intent(request: u128) -> Intent<'static> {
    Intent {
        attempt: AttemptId { request: RequestId(request), attempt: 0 },
        time: 1_790_000_000_000_000,
        key: Some(KeyId(7)),
        team_id: Some("core"),
        hold: NanoUsd(999_999),
        format: WireFormat::OpenAiChat,
        model: "chat-prod",
        provider: "openai",
        upstream_model: "gpt-4o",
        stream: false,
        input_tokens: 12,
        parent: None,
        accounts: &[],
    }
}

fn record_bytes(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_record(&mut bytes, record).unwrap();
    bytes
}

#[test]
fn records_and_intents_come_back() {
    let record = sample_record();
    let bytes = record_bytes(&record);
    let (frame, length) = decode(&bytes).unwrap();
    assert_eq!(length, bytes.len());
    let Frame::Record(read) = frame else { panic!("{frame:?}") };
    assert_eq!((read.id, read.time, read.key), (record.id.0, record.time, Some(StoredId(7))));
    assert_eq!((read.format(), read.outcome()), (Some(record.format), Some(record.outcome)));
    assert_eq!((read.model, read.team_id, read.customer), ("chat-prod", Some("core"), None));
    let [attempt] = read.attempts.as_slice() else { panic!("one attempt") };
    assert_eq!(attempt.usage, UsageFrame::from(&record.attempts[0].usage));
    assert_eq!(attempt.usage.service_tier(), Some(ServiceTier::Flex));
    assert_eq!((attempt.cost, attempt.usage_source()), (123_456, UsageSource::Upstream));
    assert_eq!(read.end_time(), record.time + 900_000);

    let mut bytes = Vec::new();
    encode_intent(&mut bytes, &sample_intent(3)).unwrap();
    let Ok((Frame::Intent(read), _)) = decode(&bytes) else { panic!("an intent") };
    assert_eq!((read.id().request, read.hold, read.input_tokens), (RequestId(3), 999_999, 12));
}

/// The bytes of version 1, as the first release wrote them. They must be readable for ever.
#[test]
fn frozen_samples_still_load() {
    let frozen = include_str!("../../../tests/frozen/journal_v1.txt");
    let mut lines = frozen.lines().map(|line| {
        let digits = line.as_bytes().chunks_exact(2);
        digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect::<Vec<_>>()
    });
    let record = lines.next().unwrap();
    assert_eq!(record, record_bytes(&sample_record()));
    let Ok((Frame::Record(read), _)) = decode(&record) else { panic!("a record") };
    assert_eq!(read.attempts[0].cost, 123_456);
    let intent = lines.next().unwrap();
    let mut written = Vec::new();
    encode_intent(&mut written, &sample_intent(3)).unwrap();
    assert_eq!(intent, written);
    let Ok((Frame::Intent(read), _)) = decode(&intent) else { panic!("an intent") };
    assert_eq!(read.upstream_model, "gpt-4o");
}

/// The bytes of an entry about an object, as they were first written.
#[test]
fn the_frozen_sample_of_an_owned_object_still_loads() {
    let owned = Owned {
        kind: 3,
        id: "resp_0123456789abcdef",
        provider: "openai",
        owner: KeyId(7),
        model: "chat-prod",
        detail: "46",
        created: 1_790_000_000_000_000,
        expires: Some(1_792_592_000_000_000),
        credential: "",
    };
    let mut written = Vec::new();
    encode_owned(&mut written, &owned).unwrap();
    let hex: String = written.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, include_str!("../../../tests/frozen/journal_owned_v1.txt").trim());
    let Ok((Frame::Owned(read), _)) = decode(&written) else { panic!("an owned object") };
    assert_eq!(read, OwnedFrame::new(&owned));
    assert!(written.len() as u64 <= super::super::owned::OWNED_BYTES);
}

#[test]
fn an_owned_object_keeps_its_credential() {
    let (id, long, model) = ("i".repeat(256), "c".repeat(200), "m".repeat(256));
    for credential in ["east", &long] {
        let owned = Owned {
            kind: 3,
            id: &id,
            provider: &long,
            owner: KeyId(7),
            model: &model,
            detail: &long,
            created: i64::MAX,
            expires: Some(i64::MAX),
            credential,
        };
        let mut written = Vec::new();
        encode_owned(&mut written, &owned).unwrap();
        let Ok((Frame::Owned(read), length)) = decode(&written) else { panic!("an owned object") };
        assert_eq!((read, length), (OwnedFrame::new(&owned), written.len()));
        assert_eq!(read.credential, &credential[..credential.len().min(128)]);
        assert!(written.len() as u64 <= super::super::owned::OWNED_BYTES);
    }
}

/// A record with images: version 2.
fn sample_with_media() -> Record {
    let mut record = sample_record();
    record.format = WireFormat::OpenAiImages;
    record.attempts[0].usage.media =
        Media { image_output_tokens: 544, input_images: 1, output_images: 2, ..Media::default() };
    record.attempts.insert(0, AttemptRecord { status: 500, ..sample_record().attempts.remove(0) });
    record
}

#[test]
fn media_come_back_with_their_attempt() {
    let record = sample_with_media();
    let bytes = record_bytes(&record);
    let (Frame::Record(read), length) = decode(&bytes).unwrap() else { panic!("a record") };
    assert_eq!(length, bytes.len());
    let [media] = read.media.as_slice() else { panic!("one attempt had some: {:?}", read.media) };
    assert_eq!((media.attempt, media.media()), (1, record.attempts[1].usage.media));
    assert_eq!((read.attempts.len(), read.attempts[0].status, read.total_us), (2, 500, 900_000));
}

#[test]
fn a_frozen_sample_of_version_2_still_loads() {
    let frozen = include_str!("../../../tests/frozen/journal_v2.txt").trim_end();
    let record = record_bytes(&sample_with_media());
    let written: String = record.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(written, frozen);
    let Ok((Frame::Record(read), _)) = decode(&record) else { panic!("a record") };
    assert_eq!(read.media[0].output_images, 2);
}

const PARENT: Parent =
    Parent { request: RequestId(0x0199_0000_0000_7000_8000_0000_0000_0009), role: SubCallRole::Panel };

/// Bytes as lines of digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn frozen_samples_of_sub_calls_load() {
    let frozen: Vec<&str> = include_str!("../../../tests/frozen/journal_v3.txt").lines().collect();
    let record = Record { parent: Some(PARENT), ..sample_with_media() };
    let bytes = record_bytes(&record);
    assert_eq!(hex(&bytes), frozen[0]);
    let (Frame::Record(read), length) = decode(&bytes).unwrap() else { panic!("a record") };
    assert_eq!((length, read.media.len(), read.attempts.len()), (bytes.len(), 1, 2));
    let parent = read.parent.expect("it is a sub-call's");
    assert_eq!((parent.request, parent.role()), (PARENT.request.0, Some(PARENT.role)));

    let mut bytes = Vec::new();
    encode_intent(&mut bytes, &Intent { parent: Some(PARENT), ..sample_intent(3) }).unwrap();
    assert_eq!(hex(&bytes), frozen[1]);
    let Ok((Frame::Intent(read), length)) = decode(&bytes) else { panic!("an intent") };
    assert_eq!(
        (length, read.hold, read.parent.map(|p| p.request)),
        (bytes.len(), 999_999, Some(PARENT.request.0))
    );
}

const ACCOUNTS: [AccountId; 2] = [
    AccountId { level: Level::Project, number: 0x0123 << 100 },
    AccountId { level: Level::Organization, number: 7 },
];

#[test]
fn frozen_samples_with_accounts_load() {
    let frozen: Vec<&str> = include_str!("../../../tests/frozen/journal_v5.txt").lines().collect();
    let record = Record { accounts: ACCOUNTS.to_vec(), ..sample_record() };
    let tolls = vec![Toll { counter: u64::MAX, subject: 7, cost: NanoUsd(1234) }];
    let sub_call = Record { accounts: ACCOUNTS.to_vec(), parent: Some(PARENT), tolls, ..sample_with_media() };
    for (record, frozen) in [&record, &sub_call].into_iter().zip(&frozen) {
        let bytes = record_bytes(record);
        assert_eq!(hex(&bytes), *frozen);
        let (Frame::Record(read), length) = decode(&bytes).unwrap() else { panic!("a record") };
        assert_eq!((length, read.attempts.len()), (bytes.len(), record.attempts.len()));
        assert_eq!((read.accounts(), read.tolls.len()), (ACCOUNTS.to_vec(), record.tolls.len()));
        assert_eq!(read.parent.map(|parent| parent.request), record.parent.map(|parent| parent.request.0));
        assert_eq!(read.media.is_empty(), record.parent.is_none());
    }
    for (parent, frozen) in [None, Some(PARENT)].into_iter().zip(&frozen[2..]) {
        let mut bytes = Vec::new();
        encode_intent(&mut bytes, &Intent { parent, accounts: &ACCOUNTS, ..sample_intent(3) }).unwrap();
        assert_eq!(hex(&bytes), *frozen);
        let Ok((Frame::Intent(read), length)) = decode(&bytes) else { panic!("an intent") };
        assert_eq!((length, read.hold, read.accounts()), (bytes.len(), 999_999, ACCOUNTS.to_vec()));
        assert_eq!(read.parent.map(|parent| parent.request), parent.map(|parent| parent.request.0));
    }
}

fn most_parameters() -> gw_model::Parameters {
    let mut asked = gw_model::Parameters::default();
    gw_model::Parameter::ALL.iter().for_each(|parameter| asked.set(*parameter, i64::MIN));
    asked
}

#[test]
fn the_largest_record_fits_into_what_is_set_aside_for_it() {
    let long = |bytes: usize| "x".repeat(bytes);
    let mut record = Record {
        time: i64::MAX,
        team_id: Some(long(2000)),
        model: long(2000),
        error_code: long(2000),
        error_detail: long(2000),
        cache: long(2000),
        customer: Some(long(2000)),
        first_byte_us: Some(u64::MAX),
        total_us: u64::MAX,
        accounts: vec![ACCOUNTS[0]; crate::memory::MAX_LINKS],
        parent: Some(PARENT),
        tolls: vec![Toll { counter: u64::MAX, subject: u64::MAX, cost: NanoUsd(u64::MAX) }; 99],
        saved: NanoUsd(u64::MAX),
        details: RecordDetails {
            user_agent: Some(long(2000)),
            session: Some(long(2000)),
            tags: Some(long(2000)),
            metadata: Some(long(1024)),
            region: Some(long(2000)),
            verdicts: vec![
                gw_model::Verdict {
                    guardrail: long(2000),
                    action: long(2000),
                    kind: long(2000),
                    side: "response".to_owned(),
                };
                99
            ],
            dropped: vec![long(2000); 99],
            waited_us: u64::MAX,
            connect_us: Some(u64::MAX),
            prices: vec![
                gw_model::PriceLine {
                    attempt: 255,
                    unit: gw_model::Unit::Page,
                    count: u64::MAX,
                    price: gw_model::FemtoUsd(u64::MAX),
                };
                99
            ],
            trace_id: gw_model::trace::TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736"),
            is_resolved: true,
            guardrails_us: u64::MAX,
            times: vec![gw_model::AttemptTimes {
                start_us: u64::MAX,
                connect_us: None,
                first_byte_us: Some(u64::MAX),
                region: Some("y".repeat(2000)),
            }],
            after_us: u64::MAX,
            parameters: most_parameters(),
            route: vec![long(2000); 99],
            answer_guardrails_us: u64::MAX,
            ..sample_details()
        },
        ..sample_record()
    };
    let attempt = &mut record.attempts[0];
    (attempt.provider, attempt.upstream_model, attempt.reason) = (long(2000), long(2000), long(2000));
    let most = super::super::writer::RECORD_BYTES - super::super::owned::OWNED_BYTES;
    assert!(record_bytes(&record).len() as u64 <= most);
}

#[test]
fn a_frozen_sample_of_budgets_of_routes_loads() {
    let frozen: Vec<&str> = include_str!("../../../tests/frozen/journal_v4.txt").lines().collect();
    let toll = Toll { counter: u64::MAX, subject: 7, cost: NanoUsd(1234) };
    let request = Record { tolls: vec![toll, Toll { subject: 8, ..toll }], ..sample_record() };
    let sub_call = Record { parent: Some(PARENT), tolls: vec![toll], ..sample_with_media() };
    for (record, frozen) in [request, sub_call].iter().zip(frozen) {
        let bytes = record_bytes(record);
        assert_eq!(hex(&bytes), frozen);
        let (Frame::Record(read), length) = decode(&bytes).unwrap() else { panic!("a record") };
        assert_eq!((length, read.parent.is_some()), (bytes.len(), record.parent.is_some()));
        let tolls = read.tolls.iter().map(|toll| (toll.counter, toll.subject, toll.cost));
        assert!(tolls.eq(record.tolls.iter().map(|toll| (toll.counter, toll.subject, toll.cost.0))));
    }
    let most = Record {
        tolls: vec![Toll { counter: u64::MAX, subject: u64::MAX, cost: NanoUsd(u64::MAX) }; 99],
        ..sample_record()
    };
    let grown = record_bytes(&most).len() - record_bytes(&sample_record()).len();
    assert!(grown <= TOLLS_BYTES, "{grown}: space is set aside for no more");
}

#[test]
fn a_frozen_sample_of_an_answer_from_the_cache_loads() {
    let frozen: Vec<&str> = include_str!("../../../tests/frozen/journal_v6.txt").lines().collect();
    let account = AccountId { level: gw_model::Level::Team, number: 7 };
    let bare = Record { saved: NanoUsd(1234), attempts: Vec::new(), ..sample_record() };
    let all = Record { accounts: vec![account], saved: NanoUsd(u64::MAX), ..sample_with_media() };
    for (record, frozen) in [bare, all].iter().zip(frozen) {
        let bytes = record_bytes(record);
        assert_eq!(hex(&bytes), frozen);
        let (Frame::Record(read), length) = decode(&bytes).unwrap() else { panic!("a record") };
        assert_eq!((length, read.saved), (bytes.len(), record.saved.0));
        assert_eq!(read.accounts(), record.accounts);
    }
}

fn sample_details() -> RecordDetails {
    let text = |text: &str| Some(text.to_owned());
    RecordDetails {
        user_agent: text("openai-python/1.2"),
        session: text("session-7"),
        tags: text("blue, green"),
        metadata: text("{\"a\":1}"),
        client_ip: Some("2001:db8::1".parse().unwrap()),
        region: text("eu-west-1"),
        verdicts: vec![gw_model::Verdict {
            guardrail: "pii".to_owned(),
            action: "redact".to_owned(),
            kind: "email".to_owned(),
            side: "response".to_owned(),
        }],
        dropped: vec!["logit_bias".to_owned()],
        waited_us: 77,
        connect_us: Some(1_234),
        prices: vec![gw_model::PriceLine {
            attempt: 0,
            unit: gw_model::Unit::CacheRead,
            count: 12,
            price: gw_model::FemtoUsd(2_500_000_000),
        }],
        trace_id: None,
        ..RecordDetails::default()
    }
}

#[test]
fn a_frozen_sample_with_details_loads() {
    let frozen: Vec<&str> = include_str!("../../../tests/frozen/journal_v7.txt").lines().collect();
    let all = Record {
        accounts: ACCOUNTS.to_vec(),
        saved: NanoUsd(9),
        parent: Some(PARENT),
        details: sample_details(),
        ..sample_with_media()
    };
    let waited = RecordDetails { waited_us: 5, ..RecordDetails::default() };
    let bare = Record { details: waited, ..sample_record() };
    for (record, frozen) in [all, bare].iter().zip(frozen) {
        let bytes = record_bytes(record);
        assert_eq!(hex(&bytes), frozen);
        let (Frame::Record(read), length) = decode(&bytes).unwrap() else { panic!("a record") };
        assert_eq!(
            (length, read.saved, read.accounts()),
            (bytes.len(), record.saved.0, record.accounts.clone())
        );
        assert_eq!(read.user_agent, record.details.user_agent.as_deref().unwrap_or(""));
        assert_eq!(read.session, record.details.session.as_deref().unwrap_or(""));
        assert_eq!(read.tags, record.details.tags.as_deref().unwrap_or(""));
        assert_eq!(read.verdicts.len(), record.details.verdicts.len());
        let elsewhere = RecordDetails {
            user_agent: None,
            session: None,
            tags: None,
            verdicts: Vec::new(),
            ..record.details.clone()
        };
        assert_eq!(rest_of(read.details), elsewhere);
        assert_eq!(rest_of(&[9, 1, 2]), RecordDetails::default(), "of a later version");
    }
}

#[test]
fn a_frozen_sample_with_a_trace_loads() {
    let trace_id = gw_model::trace::TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
    let details = RecordDetails { trace_id, ..sample_details() };
    let record = Record { details, ..sample_record() };
    let bytes = record_bytes(&record);
    assert_eq!(hex(&bytes), include_str!("../../../tests/frozen/journal_v7_trace.txt").trim());
    let (Frame::Record(read), _) = decode(&bytes).unwrap() else { panic!("a record") };
    assert_eq!(rest_of(read.details).trace_id, trace_id);
    assert_eq!(super::details::trace_of(read.details), trace_id.unwrap().bytes());
    // Whoever does not know of traces leaves out what stands behind the rest.
    let bare = Record { details: sample_details(), ..sample_record() };
    let bare = record_bytes(&bare);
    let (Frame::Record(of_bare), _) = decode(&bare).unwrap() else { panic!("a record") };
    assert_eq!(read.details.strip_prefix(of_bare.details).map(<[u8]>::len), Some(16));
    assert!(
        super::details::trace_of(of_bare.details).is_empty() && super::details::trace_of(&[9, 1]).is_empty()
    );
}

#[test]
fn a_name_that_stands_for_something_is_told_behind_the_trace() {
    let trace_id = gw_model::trace::TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
    for trace_id in [None, trace_id] {
        for is_resolved in [false, true] {
            let details = RecordDetails { trace_id, is_resolved, ..RecordDetails::default() };
            let record = Record { details, ..sample_record() };
            let bytes = record_bytes(&record);
            let (Frame::Record(read), _) = decode(&bytes).unwrap() else { panic!("a record") };
            assert_eq!(rest_of(read.details), record.details);
            assert_eq!(super::resolved_and_region(read.details).0, is_resolved);
            let trace = trace_id.map(|trace| trace.bytes().to_vec()).unwrap_or_default();
            assert_eq!(super::trace_of(read.details), trace);
            let priced = super::rest_with_prices(read.details, sample_details().prices);
            assert_eq!(
                priced.map(|bytes| super::resolved_and_region(&bytes).0),
                (!read.details.is_empty()).then_some(is_resolved).or(Some(false))
            );
        }
    }
    assert!(!super::resolved_and_region(&[]).0 && !super::resolved_and_region(&[9, 1]).0);
}

#[test]
fn times_of_attempts_stand_behind_the_trace() {
    use gw_model::AttemptTimes;
    let trace_id = gw_model::trace::TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
    let region = |region: &str| Some(region.to_owned());
    let one = AttemptTimes {
        start_us: 160,
        connect_us: Some(1_234),
        first_byte_us: Some(412_000),
        region: region("eu-west-1"),
    };
    let failed = AttemptTimes { start_us: 90, connect_us: None, first_byte_us: None, region: None };
    let slow =
        AttemptTimes { connect_us: Some(0), region: region("us"), start_us: u64::MAX >> 3, ..one.clone() };
    // What the record says of its only attempt is not said again.
    let lengths = [(vec![one.clone()], 7), (vec![failed.clone(), one.clone()], 10)];
    for (times, bytes) in lengths {
        let details = RecordDetails { times, after_us: 20, trace_id, ..sample_details() };
        let record = Record { details: details.clone(), ..sample_record() };
        let plain = Record {
            details: RecordDetails { times: Vec::new(), after_us: 0, ..details },
            ..sample_record()
        };
        assert_eq!(record_bytes(&record).len() - record_bytes(&plain).len(), bytes);
    }
    let lists = [
        vec![one.clone()],
        vec![failed.clone(), one.clone()],
        vec![slow, failed.clone(), AttemptTimes { connect_us: None, ..one.clone() }],
        vec![one.clone(), failed],
        vec![one; 32],
    ];
    for times in lists {
        for trace_id in [None, trace_id] {
            let details = RecordDetails {
                guardrails_us: 7,
                times: times.clone(),
                after_us: 20,
                trace_id,
                verdicts: Vec::new(),
                user_agent: None,
                session: None,
                tags: None,
                ..sample_details()
            };
            let record = Record { details, ..sample_record() };
            let bytes = record_bytes(&record);
            let (Frame::Record(read), _) = decode(&bytes).unwrap() else { panic!("a record") };
            assert_eq!(rest_of(read.details), record.details);
            assert_eq!(super::trace_of(read.details).is_empty(), trace_id.is_none());
            for cut in 0..read.details.len() {
                let _ = rest_of(&read.details[..cut]);
            }
        }
    }
}

#[test]
fn any_changed_byte_and_any_cut_is_noticed() {
    let bytes = record_bytes(&sample_record());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        assert!(decode(&changed).is_err(), "byte {at}");
        assert!(matches!(decode(&bytes[..at]), Err(FrameError::More(_))), "cut at {at}");
    }
    assert_eq!(decode(&[0; 100]), Err(FrameError::End));
}

#[test]
fn an_entry_of_a_later_version_is_passed_over() {
    let mut bytes = record_bytes(&sample_record());
    bytes[PREFIX_BYTES] = 9;
    let crc = crc32fast::hash(&bytes[PREFIX_BYTES..]).to_le_bytes();
    bytes[4..8].copy_from_slice(&crc);
    assert_eq!(decode(&bytes), Ok((Frame::Unknown { version: 9, kind: KIND_RECORD }, bytes.len())));
}

#[test]
fn long_texts_are_clipped_between_characters() {
    let mut record = sample_record();
    record.model = "ä".repeat(1000);
    record.error_detail = "x".repeat(5000);
    record.customer = Some("y".repeat(5000));
    let bytes = record_bytes(&record);
    assert!(bytes.len() < 2200);
    let Ok((Frame::Record(read), _)) = decode(&bytes) else { panic!("a record") };
    assert_eq!((read.model.len(), read.error_detail.len()), (256, 1024));
    assert_eq!(clip("aä", 2), "a");
}

//! A call is written down with what it counts for, before it goes out and when it ends.
use super::*;
use bytes::Bytes;
use gw_model::{AccountId, AccountPolicy, Level, WireFormat};
use gw_pipeline::{CallerContext, Inbound, PathFacts, Worker};
use gw_store::journal::{Frame, SegmentReader, list_segments};
use gw_store::memory::NewAccount;
use gw_store::types::AccountProfile;
use gw_upstream::{Upstream, UpstreamConfig};

const TEAM: AccountId = AccountId { level: Level::Team, number: 5 };
const ORGANIZATION: AccountId = AccountId { level: Level::Organization, number: 9 };

async fn call(worker: &std::rc::Rc<Worker>, key: &Secret) {
    let body = r#"{"model":"up/m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#;
    let inbound = Inbound {
        format: WireFormat::OpenAiChat,
        credential: Some(key.expose().to_owned()),
        signed: None,
        path: PathFacts::default(),
        from: None,
        context: CallerContext::default(),
        forward_headers: Vec::new(),
        raw: None,
        errand: None,
        body: Bytes::from_static(body.as_bytes()),
    };
    // Nobody listens there.
    let reply = gw_pipeline::run(worker, inbound).await;
    assert!(reply.status().is_server_error(), "{}", reply.status());
}

#[tokio::test]
async fn a_call_is_written_down_with_its_accounts() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path(), &compiled(&[("one", "1")], 1));
    for (id, parent) in [(ORGANIZATION, None), (TEAM, Some(ORGANIZATION))] {
        let new = NewAccount {
            id,
            name: "it".into(),
            parent,
            policy: AccountPolicy::default(),
            plan: None,
            disabled: false,
        };
        app.gateway.keys.accounts.upsert(new).unwrap();
        let profile = AccountProfile { name: "it".into(), ..AccountProfile::default() };
        app.storage.database.create_account(id, parent, &profile, 0).unwrap();
    }
    let policy = |name: &str, team_id| KeyPolicy {
        name: name.to_owned(),
        terms: gw_model::KeyTerms { team_id, models: vec!["*".to_owned()], ..gw_model::KeyTerms::default() },
        ..KeyPolicy::default()
    };
    let keys = [policy("bare", Some("a-label".to_owned())), policy("counted", Some(TEAM.to_string()))];
    let keys = keys.map(|policy| super::super::super::keys::create(&app, &master(), policy).unwrap());
    let journal = app.storage.journal(0).unwrap();
    let upstream = Upstream::new(UpstreamConfig::default());
    let worker = Worker::new(Arc::clone(&app.gateway), upstream, journal, 7);
    let local = tokio::task::LocalSet::new();
    for made in &keys {
        local.run_until(call(&worker, &made.key)).await;
    }
    drop((worker, local));
    let folder = dir.path().join("journal");
    let mut told = Vec::new();
    for id in list_segments(&folder).unwrap() {
        let mut reader = SegmentReader::open(&folder, id).unwrap();
        let read = reader.read(&mut Vec::new(), usize::MAX, |frame, _| {
            match frame {
                Frame::Intent(intent) => told.push(("intent", intent.key.unwrap().0, intent.accounts())),
                Frame::Record(record) => told.push(("record", record.key.unwrap().0, record.accounts())),
                _ => {}
            }
            Ok::<(), gw_store::StoreError>(())
        });
        read.unwrap();
    }
    told.dedup();
    let [bare, counted] = keys.map(|made| made.stored.id.0);
    let all = vec![TEAM, ORGANIZATION];
    let expected = [
        ("intent", bare, Vec::new()),
        ("record", bare, Vec::new()),
        ("intent", counted, all.clone()),
        ("record", counted, all),
    ];
    assert_eq!(told, expected);
}

//! Another encryption key: everything that is sealed opens with the new one alone afterwards, in either database, also where an
//! earlier try was stopped in the midst; and nothing is changed where a key is the wrong one.

use crate::postgres::server::Postgres;
use crate::suite::audit::{draft, verify};
use crate::suite::sample::{DAY, NOON, fold, record};
use gw_model::{AccountId, KeyId, Level, NanoUsd, Secret};
use gw_store::audit::AuditSeal;
use gw_store::bodies::{BodyContent, BodySealer, BodySide};
use gw_store::datasets::ItemSealer;
use gw_store::objects::{Object, ObjectKind, ObjectWrite, Sealer};
use gw_store::postgres::PostgresSettings;
use gw_store::rotation::{self, Counted, Part, Rotation, RotationError};
use gw_store::traits::{AuditLog, CredentialStore, Database};
use gw_store::types::{
    DatasetId, EvaluationId, EvaluationState, GivenAnswer, ItemChanges, ItemId, LogFilter, PageSize,
    ResultFigures, SealedBodies, SessionHolder, SessionId, StoredAlertObject, StoredBlock, StoredCredential,
    StoredDataset, StoredEvaluation, StoredItem, StoredLogin, StoredResult, StoredSession, Verdict, Via,
};
use gw_store::vault::{
    Vault, name_of_answer, name_of_block, name_of_channel, name_of_second_factor, name_of_session,
};
use gw_store::{PostgresStore, SqliteStore, StoreError, data_dir::DataDir, peppers};
use std::path::Path;

const OLD: &str = "the encryption key of before";
const NEW: &str = "the encryption key from now on";

fn keys(texts: &[&str]) -> Vec<Secret> {
    texts.iter().map(|text| Secret::new((*text).to_owned())).collect()
}

/// Everything that seals, and names for what is sealed.
struct Seals {
    vault: Vault,
    objects: Sealer,
    bodies: BodySealer,
    items: ItemSealer,
    results: ItemSealer,
    audit: AuditSeal,
}

impl Seals {
    fn of(texts: &[&str]) -> Self {
        let keys = keys(texts);
        Self {
            vault: Vault::new(&keys),
            objects: Sealer::new(&keys),
            bodies: BodySealer::new(&keys),
            items: ItemSealer::new(&keys),
            results: ItemSealer::of_results(&keys),
            audit: AuditSeal::new(&keys),
        }
    }

    fn secret(&self, name: &str) -> Vec<u8> {
        self.vault.seal(name, &Secret::new(format!("secret of {name}"))).unwrap()
    }

    /// It opens, and is what it was.
    #[track_caller]
    fn opens(&self, name: &str, sealed: Option<&Vec<u8>>) {
        let opened = self.vault.open(name, sealed.unwrap()).unwrap();
        assert_eq!(opened.expose(), format!("secret of {name}"));
    }
}

fn user() -> AccountId {
    AccountId { level: Level::User, number: 7 }
}

fn object() -> Object {
    Object {
        kind: ObjectKind::Response,
        id: "resp_1".to_owned(),
        provider: String::new(),
        credential: String::new(),
        owner: KeyId(9),
        model: "m".to_owned(),
        detail: String::new(),
        created: NOON,
        expires: None,
    }
}

fn content() -> BodyContent {
    let side = |text: &str| BodySide { bytes: text.as_bytes().to_vec(), ..BodySide::default() };
    BodyContent { request: side("what was asked"), response: side("said"), ..BodyContent::default() }
}

fn credential(seals: &Seals, name: &str) -> StoredCredential {
    let (sealed, last4) = (seals.secret(name), String::new());
    let description = String::new();
    StoredCredential { name: name.to_owned(), sealed, last4, description, created_at: NOON, updated_at: NOON }
}

/// Seals some of everything.
fn furnish(store: &impl Database, seals: &Seals) {
    store.create_credential(&credential(seals, "east")).unwrap();
    let (kind, name, document) = ("provider".to_owned(), "west".to_owned(), "{}".to_owned());
    let sealed = Some(seals.secret(&name_of_block(&kind, &name)));
    let (created_at, updated_at, revision) = (NOON, NOON, 1);
    store
        .create_block(&StoredBlock { kind, name, document, sealed, created_at, updated_at, revision })
        .unwrap();
    let (id, kind, organization) = ("chan_1".to_owned(), "channel".to_owned(), String::new());
    let (name, document) = ("ops".to_owned(), "{}".to_owned());
    let sealed = Some(seals.secret(&name_of_channel(&id)));
    let channel = StoredAlertObject {
        id,
        kind,
        organization,
        name,
        document,
        sealed,
        created_at,
        updated_at,
        revision,
    };
    store.create_alert_object(&channel).unwrap();
    let secret = seals.secret(&name_of_second_factor(user()));
    let login = StoredLogin {
        totp: Some(secret.clone()),
        totp_pending: Some(secret),
        revision: 1,
        ..StoredLogin::none(user())
    };
    assert!(store.save_login(&login).unwrap());
    let id = SessionId(5);
    let session = StoredSession {
        id,
        digest: [5; 32],
        holder: SessionHolder::Key([9; 32]),
        via: Via::Oidc,
        provider: "idp".to_owned(),
        id_token: Some(seals.secret(&name_of_session(id))),
        created_at: NOON,
        used_at: NOON,
        expires_at: NOON + DAY,
        address: String::new(),
        agent: String::new(),
    };
    store.create_session(&session).unwrap();
    let sealed = seals.secret(&name_of_answer("once"));
    let answer = GivenAnswer { request: vec![1], status: 201, etag: String::new(), sealed, created_at: NOON };
    store.keep_answer("once", &answer, 0, 100).unwrap();
    let state = seals.objects.seal(&object(), b"a stored answer").unwrap();
    store.write_objects(&[ObjectWrite::Put { object: &object(), state: Some(&state) }]).unwrap();
    furnish_texts(store, seals);
    for n in 0..3 {
        let entry = draft(&format!("thing {n}"), NOON + n);
        assert!(store.audited(&seals.audit, &entry, &mut |_| Ok(true)).unwrap());
    }
}

fn furnish_texts(store: &impl Database, seals: &Seals) {
    let dataset = StoredDataset {
        id: DatasetId(1),
        owner: "master".to_owned(),
        place: None,
        origins: "[]".to_owned(),
        name: "d".to_owned(),
        description: String::new(),
        created_at: NOON,
        updated_at: NOON,
        revision: 1,
    };
    store.create_dataset(&dataset).unwrap();
    let sealed = seals.items.seal(DatasetId(1), ItemId(2), "an item").unwrap();
    let item = StoredItem { id: ItemId(2), source: None, created_at: NOON, updated_at: NOON, sealed };
    let changes =
        ItemChanges { write: vec![item], most: 9, most_bytes: 9_999, now: NOON, ..ItemChanges::default() };
    assert!(store.change_items(DatasetId(1), &changes).unwrap());
    let evaluation = StoredEvaluation {
        id: EvaluationId(3),
        owner: "master".to_owned(),
        place: None,
        state: EvaluationState::Done,
        node: 1,
        touched_at: 1,
        revision: 1,
        job: "{}".to_owned(),
    };
    store.create_evaluation(&evaluation).unwrap();
    let figures = ResultFigures {
        item: ItemId(2),
        target: 0,
        verdict: Verdict::Passed,
        score: None,
        cost: NanoUsd(1),
        total_us: None,
        input_tokens: 1,
        output_tokens: 1,
        tries: 1,
        request: None,
        source: None,
        scored: 0,
    };
    let sealed = seals.results.seal(DatasetId(3), ItemId(2), "a result").unwrap();
    assert!(store.put_result(EvaluationId(3), &StoredResult { figures, sealed }).unwrap());
    fold(store, &[record(1), record(2)]);
    let body = |number: u32| {
        let request = record(number).id;
        let sealed = seals.bodies.seal(request, &content()).unwrap();
        SealedBodies { request, expires: NOON + 9 * DAY, sealed }
    };
    store.write_bodies(&[body(1), body(2)]).unwrap();
}

/// All of it opens, and is as it was.
fn all_opens(store: &impl Database, seals: &Seals) {
    let credentials = store.credentials().unwrap();
    let find = |name: &str| credentials.iter().find(|one| one.name == name).map(|one| &one.sealed);
    seals.opens("east", find("east"));
    seals.opens(&name_of_block("provider", "west"), store.blocks().unwrap()[0].sealed.as_ref());
    seals.opens(&name_of_channel("chan_1"), store.alert_objects().unwrap()[0].sealed.as_ref());
    let login = store.login(user()).unwrap().unwrap();
    for secret in [&login.totp, &login.totp_pending] {
        seals.opens(&name_of_second_factor(user()), secret.as_ref());
    }
    let session = store.session_of(&[5; 32]).unwrap().unwrap();
    seals.opens(&name_of_session(session.id), session.id_token.as_ref());
    let answer = store.given_answer("once", 0).unwrap().unwrap();
    seals.opens(&name_of_answer("once"), Some(&answer.sealed));
    let state = store.object_state(ObjectKind::Response, "resp_1").unwrap().unwrap();
    assert_eq!(seals.objects.open(&object(), &state).unwrap(), b"a stored answer");
    let items = store.items(DatasetId(1), None, PageSize::rows(9)).unwrap();
    assert_eq!(seals.items.open(DatasetId(1), ItemId(2), &items[0].sealed).unwrap(), "an item");
    let results = store.results(EvaluationId(3), None, 9).unwrap();
    assert_eq!(seals.results.open(DatasetId(3), ItemId(2), &results[0].sealed).unwrap(), "a result");
    let filter = LogFilter { with_bodies: true, limit: 9, ..LogFilter::default() };
    let rows = store.logs(&filter).unwrap().rows;
    assert_eq!(rows.len(), 2);
    for row in rows {
        let opened = seals.bodies.open(row.request_id, &row.bodies.unwrap()).unwrap();
        assert_eq!(opened, content());
    }
    let report = verify(store, &seals.audit, None);
    assert_eq!(report.fault, None);
}

const ONCE: Rotation = Rotation { dry_run: false, leave_unreadable: false, online: false, now: NOON + DAY };
const COUNT: Rotation = Rotation { dry_run: true, ..ONCE };

#[track_caller]
fn older(counted: &[Counted], part: Part) -> u64 {
    counted.iter().find(|one| one.part == part).map_or(0, |one| one.older)
}

/// Three entries, an end, two secrets of a second factor, two bodies, and one of everything else.
#[track_caller]
fn all_are_older(counted: &[Counted]) {
    assert_eq!(counted.iter().map(|one| (one.current, one.unreadable)).max(), Some((0, 0)), "{counted:?}");
    assert_eq!(counted.iter().map(|one| one.older).sum::<u64>(), 3 + 1 + 2 + 2 + 8, "{counted:?}");
    assert_eq!((older(counted, Part::Audit), older(counted, Part::Bodies)), (3, 2));
}

fn sqlite(dir: &Path) -> SqliteStore {
    let store = crate::open_sqlite(dir);
    store.keep_bodies_in(dir.join("bodies"), Some(1 << 20));
    store
}

fn key_file(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("encryption.key")).unwrap()
}

#[test]
fn everything_in_a_data_directory_is_sealed_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("encryption.key"), format!("{OLD}\n")).unwrap();
    furnish(&sqlite(dir), &Seals::of(&[OLD]));

    let held = DataDir::open(dir).unwrap();
    let error = rotation::in_data_dir(dir, None, None, ONCE).unwrap_err();
    assert!(matches!(&error, RotationError::Store(StoreError::InUse { .. })), "{error}");
    drop(held);
    all_are_older(&rotation::in_data_dir(dir, None, None, COUNT).unwrap());
    assert_eq!(key_file(dir), format!("{OLD}\n"), "it was counted only");

    all_are_older(&rotation::in_data_dir(dir, None, None, ONCE).unwrap());
    let text = key_file(dir);
    let new = text.trim_end();
    assert!(new.len() == 64 && !text.contains(OLD), "one new key: {text}");
    let store = sqlite(dir);
    all_opens(&store, &Seals::of(&[new]));
    let seals = Seals::of(&[new]);
    assert_eq!(verify(&store, &seals.audit, None).entries, 4, "the rotation has its entry");
    assert!(verify(&store, &Seals::of(&[OLD]).audit, None).fault.is_some(), "the old key seals nothing");
    let peppers = peppers::all(&keys(&[new]), &store.credentials().unwrap(), &seals.vault);
    let of = |text: &str| gw_store::keys::pepper(&Secret::new(text.to_owned()));
    assert!(peppers == [of(new), of(OLD)]);
    drop(store);

    // Once more: the first pepper is still there.
    rotation::in_data_dir(dir, None, None, ONCE).unwrap();
    let text = key_file(dir);
    let newest = text.trim_end();
    let store = sqlite(dir);
    all_opens(&store, &Seals::of(&[newest]));
    let vault = Vault::new(&keys(&[newest]));
    let peppers = peppers::all(&keys(&[newest]), &store.credentials().unwrap(), &vault);
    assert!(peppers.len() == 3 && peppers.contains(&of(OLD)) && peppers.contains(&of(new)));
}

#[test]
fn what_was_stopped_in_the_midst_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let store = sqlite(dir);
    furnish(&store, &Seals::of(&[OLD]));
    // The file names both, some of it is sealed again, and the pepper is kept.
    std::fs::write(dir.join("encryption.key"), format!("{NEW}\n{OLD}\n")).unwrap();
    let both = Seals::of(&[NEW, OLD]);
    store.create_credential(&credential(&both, "north")).unwrap();
    assert!(store.audited(&both.audit, &draft("meanwhile", NOON + 9), &mut |_| Ok(true)).unwrap());
    all_opens(&store, &both);
    drop(store);

    let counted = rotation::in_data_dir(dir, None, None, ONCE).unwrap();
    let of = |part: Part| counted.iter().find(|one| one.part == part).map(|one| (one.older, one.current));
    assert_eq!(of(Part::Credentials), Some((1, 1)));
    assert_eq!((of(Part::Audit), of(Part::AuditHead)), (Some((3, 1)), Some((0, 1))));
    assert_eq!(key_file(dir), format!("{NEW}\n"), "the key that was begun with");
    all_opens(&sqlite(dir), &Seals::of(&[NEW]));
}

#[test]
fn a_wrong_key_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    furnish(&sqlite(dir), &Seals::of(&[OLD]));
    let given = |texts: &[&str]| Some(keys(texts));
    let error = rotation::in_data_dir(dir, None, given(&[NEW]), ONCE).unwrap_err();
    assert!(matches!(error, RotationError::OneKey) && error.is_configuration());
    let error = rotation::in_data_dir(dir, None, given(&[NEW, "another one"]), ONCE).unwrap_err();
    assert!(matches!(&error, RotationError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("entries of the audit log (3)"), "{error}");
    all_opens(&sqlite(dir), &Seals::of(&[OLD]));
    // What an entry was altered to is not sealed as if it were right.
    let path = dir.join("gatewright.db");
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute("UPDATE audit SET hash = zeroblob(32) WHERE number = 2", []).unwrap();
    drop(db);
    assert!(rotation::in_data_dir(dir, None, given(&[NEW, OLD]), ONCE).is_err());
    let leave = Rotation { leave_unreadable: true, ..ONCE };
    rotation::in_data_dir(dir, None, given(&[NEW, OLD]), leave).unwrap();
    assert!(verify(&sqlite(dir), &Seals::of(&[NEW]).audit, None).fault.is_some());
    assert!(!dir.join("encryption.key").exists(), "the keys were given");
    // The key of a directory is not taken from it for another database.
    let other = tempfile::tempdir().unwrap();
    let copy = other.path().join("copy.db");
    std::fs::copy(dir.join("gatewright.db"), &copy).unwrap();
    let error = rotation::in_data_dir(dir, Some(&copy), given(&[NEW, OLD]), ONCE).unwrap_err();
    assert!(matches!(&error, RotationError::OtherDatabase { .. }) && error.is_configuration(), "{error}");
    let nowhere = rotation::in_data_dir(&dir.join("nowhere"), None, None, ONCE);
    assert!(nowhere.is_err() && !dir.join("nowhere").exists());
}

#[test]
fn everything_in_postgresql_is_sealed_again() {
    let Some(server) = Postgres::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let url = Secret::new(server.database("rotation"));
    let open = |texts: &[&str]| PostgresStore::open(&url, PostgresSettings::default(), &keys(texts), dir);
    let rotate = |texts: &[&str], how| rotation::in_postgres(&url, dir, Some(keys(texts)), how);
    let store = open(&[OLD]).unwrap();
    furnish(&store, &Seals::of(&[OLD]));

    let error = rotate(&[NEW, OLD], ONCE).unwrap_err();
    assert!(matches!(error, RotationError::Connected { .. }), "{error}");
    assert!(error.to_string().contains("--online"), "{error}");
    assert!(matches!(rotate(&[NEW], ONCE), Err(RotationError::OneKey)));
    let error = rotate(&[NEW, "another one"], COUNT).unwrap_err();
    assert!(matches!(&error, RotationError::Store(StoreError::OtherEncryptionKey)), "{error}");
    all_are_older(&rotate(&[NEW, OLD], COUNT).unwrap());
    drop(store);

    // A node that was started with both keys goes on meanwhile.
    let node = open(&[NEW, OLD]).unwrap();
    all_are_older(&rotate(&[NEW, OLD], Rotation { online: true, ..ONCE }).unwrap());
    let seals = Seals::of(&[NEW]);
    all_opens(&node, &seals);
    assert!(matches!(open(&[OLD]), Err(StoreError::OtherEncryptionKey)));
    let store = open(&[NEW]).unwrap();
    all_opens(&store, &seals);
    let peppers = peppers::all(&keys(&[NEW]), &store.credentials().unwrap(), &seals.vault);
    assert!(peppers.contains(&gw_store::keys::pepper(&Secret::new(OLD.to_owned()))));
    drop((store, node));

    // Stopped in the midst: each key alone is not enough, and both are.
    server.sql(
        "rotation",
        "UPDATE gatewright.settings SET value = value || ' ' || 'x' WHERE name = 'encryption_check'",
    );
    assert!(matches!(open(&[NEW]), Err(StoreError::OtherEncryptionKey)));
}

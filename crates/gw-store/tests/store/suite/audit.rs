//! Suite: the audit log.

use super::Store;
use super::sample::NOON;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Secret};
use gw_store::StoreError;
use gw_store::audit::{
    Actor, Anchor, AuditDraft, AuditFilter, AuditOutcome, AuditReport, AuditSeal, FaultKind, Origin, Verifier,
};
use gw_store::traits::AuditLog;
use gw_store::types::NewKey;
use serde_json::json;

/// What the entries of the tests belong to.
const TEAM: AccountId = AccountId { level: Level::Team, number: 5 };

pub(crate) fn seal() -> AuditSeal {
    AuditSeal::new(&[Secret::new("an encryption key of the tests".to_owned())])
}

pub(crate) fn draft(id: &str, time: i64) -> AuditDraft {
    AuditDraft {
        time,
        origin: Origin {
            actor: Actor::Master,
            address: "192.0.2.7".to_owned(),
            agent: "curl/8".to_owned(),
            once: None,
        },
        action: "key.update",
        kind: "key",
        id: id.to_owned(),
        name: format!("name of {id}"),
        places: vec![TEAM],
        outcome: AuditOutcome::Success,
        before: Some(json!({"limits": {"rpm": 1}})),
        after: Some(json!({"limits": {"rpm": 2}})),
    }
}

pub(crate) fn write(store: &(impl AuditLog + ?Sized), draft: &AuditDraft) {
    assert!(store.audited(&seal(), draft, &mut |_| Ok(true)).unwrap());
}

pub(crate) fn verify(
    store: &(impl AuditLog + ?Sized),
    seal: &AuditSeal,
    anchor: Option<&Anchor>,
) -> AuditReport {
    let mut verifier = Verifier::new(seal, anchor);
    store.walk_audit(&mut |row| verifier.take(row)).unwrap();
    verifier.finish()
}

fn new_key(id: u8, name: &str) -> NewKey {
    NewKey {
        id: KeyId(u128::from(id)),
        digest: [id; 32],
        pepper: 1,
        prefix: String::new(),
        last4: String::new(),
        policy: KeyPolicy { name: name.to_owned(), ..KeyPolicy::default() },
    }
}

pub(crate) fn a_change_and_its_entry_are_stored_together_or_not_at_all(store: &impl Store) {
    let all = || store.audit_page(&AuditFilter { limit: 100, ..AuditFilter::default() }).unwrap().rows;
    let done = store.audited(&seal(), &draft("a", NOON), &mut |control| {
        control.create_key(&new_key(1, "app"), NOON).map(|_| true)
    });
    assert!(done.unwrap());
    assert_eq!((all().len(), store.keys(None, 10).unwrap().len()), (1, 1));

    // The change fails, says no, or fails behind one that was done: nothing of it is there.
    let failed = store.audited(&seal(), &draft("b", NOON), &mut |control| {
        control.create_key(&new_key(2, "other"), NOON)?;
        control.create_key(&new_key(3, "app"), NOON).map(|_| true)
    });
    assert!(matches!(failed, Err(StoreError::NameTaken { .. })), "{failed:?}");
    let refused = store.audited(&seal(), &draft("c", NOON), &mut |control| {
        control.create_key(&new_key(4, "fourth"), NOON)?;
        Ok(false)
    });
    assert!(!refused.unwrap());
    assert_eq!((all().len(), store.keys(None, 10).unwrap().len()), (1, 1));
    // A part that failed takes nothing else with it.
    let partly = store.audited(&seal(), &draft("d", NOON), &mut |control| {
        assert!(control.create_key(&new_key(5, "app"), NOON).is_err());
        control.create_key(&new_key(6, "sixth"), NOON).map(|_| true)
    });
    assert!(partly.unwrap());
    assert_eq!((all().len(), store.keys(None, 10).unwrap().len()), (2, 2));
    assert_eq!(verify(store, &seal(), None).fault, None);
}

pub(crate) fn entries_are_numbered_listed_and_verified(store: &impl Store) {
    let empty = verify(store, &seal(), None);
    assert_eq!((empty.entries, empty.fault), (0, None));
    for n in 0..25 {
        write(store, &draft(if n % 2 == 0 { "even" } else { "odd" }, NOON + n));
    }
    let page = |filter: AuditFilter| store.audit_page(&filter).unwrap();
    let first = page(AuditFilter { limit: 10, ..AuditFilter::default() });
    let numbers: Vec<i64> = first.rows.iter().map(|(entry, _)| entry.number).collect();
    assert_eq!((numbers, first.next), ((16..=25).rev().collect(), Some(16)));
    let (newest, _) = &first.rows[0];
    assert_eq!((newest.actor.as_str(), newest.address.as_str()), ("master", "192.0.2.7"));
    assert_eq!(newest.after.as_deref(), Some(r#"{"limits":{"rpm":2}}"#));
    let last = page(AuditFilter { limit: 10, before: Some(6), ..AuditFilter::default() });
    assert_eq!((last.rows.len(), last.next), (5, None));
    let some = |text: &str| Some(text.to_owned());
    let of = |filter: AuditFilter| page(AuditFilter { limit: 100, ..filter }).rows.len();
    assert_eq!(of(AuditFilter { id: some("odd"), ..AuditFilter::default() }), 12);
    assert_eq!(of(AuditFilter { actor: some("system"), ..AuditFilter::default() }), 0);
    assert_eq!(
        of(AuditFilter { action: some("key.update"), kind: some("key"), ..AuditFilter::default() }),
        25
    );
    assert_eq!(of(AuditFilter { from: Some(NOON + 5), to: Some(NOON + 9), ..AuditFilter::default() }), 4);
    let seen =
        |ids: &[AccountId]| of(AuditFilter { seen_from: Some(ids.to_vec()), ..AuditFilter::default() });
    let other = AccountId { number: 6, ..TEAM };
    assert_eq!((seen(&[other, TEAM]), seen(&[other]), seen(&[])), (25, 0, 0));
    let report = verify(store, &seal(), None);
    assert_eq!((report.entries, report.fault), (25, None));
    assert_eq!((report.first, report.last), (Some((1, NOON)), Some((25, NOON + 24))));
}

pub(crate) fn old_entries_go_and_the_rest_still_verifies(store: &impl Store) {
    for n in 0..10 {
        write(store, &draft("a", NOON + n));
    }
    assert_eq!(store.prune_audit(&seal(), NOON, NOON + 50, 100).unwrap(), 0, "none is old");
    assert_eq!(store.prune_audit(&seal(), NOON + 6, NOON + 50, 4).unwrap(), 4, "as many as are asked for");
    assert_eq!(store.prune_audit(&seal(), NOON + 6, NOON + 50, 100).unwrap(), 2);
    let report = verify(store, &seal(), None);
    // The two entries that say so stand at the end.
    assert_eq!((report.entries, report.fault), (6, None));
    assert_eq!((report.first.unwrap().0, report.last.unwrap().0), (7, 12));
    assert_eq!(store.prune_audit(&seal(), NOON + 100, NOON + 200, 100).unwrap(), 6, "all of them");
    write(store, &draft("b", NOON + 201));
    let report = verify(store, &seal(), None);
    assert_eq!((report.entries, report.first.unwrap().0, report.fault), (2, 13, None));
}

pub(crate) fn threads_write_one_chain(store: &impl Store) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..25).for_each(|n| write(store, &draft(&format!("{thread}"), NOON + n))));
        }
    });
    let report = verify(store, &seal(), None);
    assert_eq!((report.entries, report.last.unwrap().0, report.fault), (100, 100, None));
}

pub(crate) fn another_key_and_a_noted_hash_that_is_not_there_are_found(store: &impl Store) {
    for n in 0..5 {
        write(store, &draft("a", NOON + n));
    }
    let kind = |report: AuditReport| report.fault.map(|fault| (fault.kind, fault.number));
    let other = AuditSeal::new(&[Secret::new("another encryption key".to_owned())]);
    assert_eq!(kind(verify(store, &other, None)), Some((FaultKind::Altered, Some(1))));
    let hash = verify(store, &seal(), None).hash;
    let anchored = |number: i64| {
        let anchor = Anchor::parse(&format!("{number}:{hash}")).unwrap();
        kind(verify(store, &seal(), Some(&anchor)))
    };
    assert_eq!(anchored(5), None);
    assert_eq!(anchored(4), Some((FaultKind::Anchor, Some(4))));
    assert_eq!(anchored(9), Some((FaultKind::Missing, Some(6))));
    for wrong in ["", "5", "5:", "0:00", "x:00", "5:zz"] {
        assert_eq!(Anchor::parse(wrong), None, "{wrong}");
    }
}

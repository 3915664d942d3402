//! Suite: what the API manages of alerts, what is known of them, what happened, and who is to be told.

use super::Store;
use super::sample::NOON;
use gw_store::StoreError;
use gw_store::types::{
    AlertDelivery, AlertEvent, AlertEventFilter, AlertEventId, AlertMove, AlertState, DeliveryState,
    StoredAlertObject,
};

fn object(id: &str, name: &str, organization: &str) -> StoredAlertObject {
    StoredAlertObject {
        id: id.to_owned(),
        kind: "rule".to_owned(),
        organization: organization.to_owned(),
        name: name.to_owned(),
        document: "{}".to_owned(),
        sealed: Some(vec![1, 0, 255]),
        created_at: NOON,
        updated_at: NOON,
        revision: 1,
    }
}

fn state(subject: &str, version: i64, is_firing: bool) -> AlertState {
    AlertState {
        rule: "rul_1".to_owned(),
        subject: subject.to_owned(),
        version,
        is_firing,
        fired_at: NOON,
        seen_at: NOON,
        sent_at: Some(NOON),
        ends_at: None,
        changed_at: NOON + version,
        notice: "{}".to_owned(),
    }
}

fn event(time: i64) -> AlertEvent {
    AlertEvent {
        id: AlertEventId::at(time, 7),
        time,
        kind: "firing".to_owned(),
        rule: "rul_1".to_owned(),
        organization: String::new(),
        severity: "warning".to_owned(),
        subject_id: "key_1".to_owned(),
        is_silenced: false,
        notice: "{\"a\":\"b\"}".to_owned(),
    }
}

fn fire(subject: &str, time: i64, channels: &[&str]) -> AlertMove {
    let channels = channels.iter().map(|&channel| channel.to_owned()).collect();
    AlertMove { state: state(subject, 1, true), event: Some(event(time)), channels }
}

pub(crate) fn what_alerts_are_made_of_is_kept(store: &impl Store) {
    let (one, other) = (object("rul_1", "errors", ""), object("rul_2", "errors", "org_1"));
    store.create_alert_object(&other).unwrap();
    store.create_alert_object(&one).unwrap();
    let twice = store.create_alert_object(&object("rul_3", "errors", "org_1")).unwrap_err();
    assert!(matches!(twice, StoreError::NameTaken { name } if name == "errors"));
    assert_eq!(store.alert_objects().unwrap(), [one.clone(), other.clone()]);
    let changed = StoredAlertObject { name: "all".to_owned(), revision: 2, sealed: None, ..one };
    assert!(store.update_alert_object(&changed).unwrap());
    assert!(!store.update_alert_object(&changed).unwrap(), "somebody was first");
    assert!(store.delete_alert_object("rul_2").unwrap() && !store.delete_alert_object("rul_2").unwrap());
    assert_eq!(store.alert_objects().unwrap(), [changed]);
}

pub(crate) fn whoever_moves_an_alert_first_is_the_only_one(store: &impl Store) {
    let told = [fire("a", NOON, &["one", "two"]), fire("b", NOON + 1, &["one"])];
    assert_eq!(store.move_alerts(&told, 10).unwrap(), [Some(0), Some(0)]);
    assert_eq!(store.move_alerts(&told, 10).unwrap(), [None, None]);
    assert_eq!(store.alerts_waiting().unwrap(), 3);
    let over = AlertMove { state: state("a", 2, false), event: Some(event(NOON + 2)), channels: vec![] };
    let ahead = AlertMove { state: state("b", 3, false), event: Some(event(NOON + 3)), channels: vec![] };
    assert_eq!(store.move_alerts(&[ahead, over.clone()], 10).unwrap(), [None, Some(0)]);
    let mut known = store.alert_states(0).unwrap();
    known.sort_by(|one, other| one.subject.cmp(&other.subject));
    assert_eq!(known, [over.state.clone(), state("b", 1, true)]);
    assert_eq!(store.alert_states(NOON + 2).unwrap(), [over.state]);
    assert_eq!(store.alert_events(&AlertEventFilter { limit: 10, ..Default::default() }).unwrap().len(), 3);
}

pub(crate) fn an_alert_is_handed_to_one_teller_at_a_time(store: &impl Store) {
    let moves = [fire("a", NOON, &["one", "two"]), fire("b", NOON + 1, &["one"])];
    assert_eq!(store.move_alerts(&moves, 4).unwrap(), [Some(0), Some(1)], "half of the room is for others");
    let claim = |now, but: &[&str]| {
        let but: Vec<String> = but.iter().map(|&one| one.to_owned()).collect();
        store.claim_alerts(now, now + 100, "", &but, 10).unwrap()
    };
    assert!(claim(NOON - 1, &[]).is_empty());
    let [(first, delivery)] = &claim(NOON + 5, &["two"])[..] else { panic!("one is dropped, one left out") };
    assert_eq!((first, delivery.channel.as_str(), delivery.attempts), (&event(NOON), "one", 0));
    let rest = claim(NOON + 5, &[]);
    assert_eq!(rest.iter().map(|(_, one)| one.channel.as_str()).collect::<Vec<_>>(), ["two"]);
    assert!(claim(NOON + 5, &[]).is_empty(), "they are under way");
    let sent = AlertDelivery {
        channel: "one".to_owned(),
        state: DeliveryState::Sent,
        attempts: 1,
        due_at: NOON + 6,
        error: String::new(),
    };
    store.settle_alert(first.id, &sent).unwrap();
    // Who took the other one is gone.
    let again = claim(NOON + 200, &[]);
    assert_eq!(
        again.iter().map(|(_, one)| (one.channel.as_str(), one.attempts)).collect::<Vec<_>>(),
        [("two", 1)]
    );
    let rows = store.alert_events(&AlertEventFilter { limit: 10, ..Default::default() }).unwrap();
    let states: Vec<Vec<&str>> =
        rows.iter().map(|row| row.deliveries.iter().map(|one| one.state.as_str()).collect()).collect();
    assert_eq!(states, [vec![], vec!["sent", "waiting"]], "newest first");
    assert_eq!(rows.iter().map(|row| row.dropped).collect::<Vec<_>>(), [1, 0], "what is dropped is counted");
}

pub(crate) fn the_alerts_of_one_leave_room_for_those_of_others(store: &impl Store) {
    let of = |organization: &str, subject: &str, time: i64| {
        let mut one = fire(subject, time, &["one"]);
        one.event = one.event.map(|event| AlertEvent { organization: organization.to_owned(), ..event });
        one
    };
    let storm: Vec<AlertMove> = (0..30).map(|n| of("org_1", &format!("s{n}"), NOON + n)).collect();
    let made = store.move_alerts(&storm, 20).unwrap();
    assert_eq!(made.iter().filter(|one| **one == Some(0)).count(), 10);
    assert_eq!(store.move_alerts(&[of("org_1", "more", NOON + 30)], 20).unwrap(), [Some(1)]);
    let others = [of("", "a", NOON + 40), of("org_2", "b", NOON + 41)];
    assert_eq!(store.move_alerts(&others, 20).unwrap(), [Some(0), Some(0)]);
    assert_eq!(store.alerts_waiting().unwrap(), 12);
    assert_eq!(store.due_alerts(NOON + 50, &[]).unwrap(), ["", "org_1", "org_2"]);
    assert_eq!(store.due_alerts(NOON, &[]).unwrap(), ["org_1"]);
    assert!(store.due_alerts(NOON + 50, &["one".to_owned()]).unwrap().is_empty());
    let claimed = store.claim_alerts(NOON + 50, NOON + 100, "org_2", &[], 10).unwrap();
    assert_eq!(claimed.iter().map(|(event, _)| event.time - NOON).collect::<Vec<_>>(), [41]);
    assert_eq!(store.due_alerts(NOON + 50, &[]).unwrap(), ["", "org_1"]);
}

pub(crate) fn events_of_alerts_are_found_and_go(store: &impl Store) {
    for time in [NOON, NOON + 10, NOON + 20] {
        let organization = if time == NOON { "org_1" } else { "" };
        store
            .add_alert_event(&AlertEvent { organization: organization.to_owned(), ..event(time) }, &[])
            .unwrap();
    }
    let times = |filter: AlertEventFilter| -> Vec<i64> {
        let rows = store.alert_events(&AlertEventFilter { limit: 2, ..filter }).unwrap();
        rows.iter().map(|row| row.event.time - NOON).collect()
    };
    assert_eq!(times(AlertEventFilter::default()), [20, 10]);
    let before = Some(AlertEventId::at(NOON + 10, 7));
    assert_eq!(times(AlertEventFilter { before, ..Default::default() }), [0]);
    let (from, to) = (Some(NOON + 10), Some(NOON + 20));
    assert_eq!(times(AlertEventFilter { from, to, ..Default::default() }), [10]);
    let of = |of: &[&str]| Some(of.iter().map(|&one| one.to_owned()).collect());
    assert_eq!(times(AlertEventFilter { organizations: of(&["org_1"]), ..Default::default() }), [0]);
    assert!(times(AlertEventFilter { organizations: of(&[]), ..Default::default() }).is_empty());
    let kind = Some("resolved".to_owned());
    assert!(times(AlertEventFilter { kind, ..Default::default() }).is_empty());
    let subject_id = Some("key_1".to_owned());
    assert_eq!(times(AlertEventFilter { subject_id, ..Default::default() }), [20, 10]);
    let over = AlertMove { state: state("a", 1, false), event: None, channels: Vec::new() };
    let goes_on = AlertMove { state: state("b", 1, true), event: None, channels: Vec::new() };
    store.move_alerts(&[over, goes_on], 0).unwrap();
    assert_eq!(store.remove_alerts(NOON + 10, 10).unwrap(), 2, "an event, and what is over");
    assert_eq!(times(AlertEventFilter::default()), [20, 10]);
    assert_eq!(store.alert_states(0).unwrap(), [state("b", 1, true)]);
}

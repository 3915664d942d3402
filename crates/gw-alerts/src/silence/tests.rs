//! What a silence is about.

use super::SilenceDraft;
use crate::notice::Subject;
use crate::rule::{Rule, RuleDraft};
use gw_model::AccountId;

fn silence(written: &str, organization: Option<AccountId>) -> super::Silence {
    let draft: SilenceDraft = serde_json::from_str(written).unwrap();
    draft.check("sil_1", organization).unwrap()
}

fn organization(number: u128) -> AccountId {
    format!("org_{number:032x}").parse().unwrap()
}

fn rule(name: &str, organization: Option<AccountId>) -> Rule {
    let draft: RuleDraft = serde_json::from_str("{\"kind\":\"budget\"}").unwrap();
    draft.check("id", name, organization).unwrap()
}

#[test]
fn the_name_of_a_rule_is_its_owners() {
    let about = Subject { kind: "key".to_owned(), id: "key_1".to_owned(), name: "k".to_owned() };
    let (one, other) = (Some(organization(1)), Some(organization(2)));
    let mutes = |written: &str, of| {
        let silence = silence(written, of);
        [None, one, other].map(|of| silence.matches(&rule("spent", of), &about, 0))
    };
    let until = "\"until\":\"2099-01-01\"";
    assert_eq!(mutes(&format!("{{\"rule\":\"spent\",{until}}}"), None), [true, false, false]);
    let all = format!("{{\"rule\":\"spent\",\"all_organizations\":true,{until}}}");
    assert_eq!(mutes(&all, None), [true, true, true]);
    assert_eq!(mutes(&format!("{{\"rule\":\"spent\",{until}}}"), one), [false, true, false]);
    assert_eq!(mutes(&format!("{{\"rule\":\"other\",{until}}}"), None), [false; 3]);
    assert_eq!(mutes(&format!("{{\"severity\":\"warning\",{until}}}"), None), [true, true, true]);
    assert_eq!(mutes(&format!("{{\"subject_id\":\"key_1\",{until}}}"), None), [true, true, true]);
    assert_eq!(mutes(&format!("{{\"subject_id\":\"key_2\",{until}}}"), None), [false; 3]);
}

#[test]
fn a_new_one_is_about_something_and_not_over() {
    let wrong = |written: &str, organization| {
        let draft: SilenceDraft = serde_json::from_str(written).unwrap();
        draft.check_new("sil_1", organization, 1_000_000).err().map(|wrong| wrong.field)
    };
    let own = Some(organization(1));
    assert_eq!(wrong("{\"until\":\"2126-01-01\"}", None), Some("rule"));
    assert_eq!(wrong("{\"until\":\"2126-01-01\",\"comment\":\"x\"}", own), Some("rule"));
    assert_eq!(wrong("{\"rule\":\"a\",\"until\":\"1970-01-01T00:00:01Z\"}", None), Some("until"));
    assert_eq!(wrong("{\"rule\":\"a\",\"until\":\"1970-01-01T00:00:02Z\"}", None), None);
    assert_eq!(wrong("{\"rule\":\"a\",\"until\":\"soon\"}", None), Some("until"));
    let all = "{\"rule\":\"a\",\"all_organizations\":true,\"until\":\"2099-01-01\"}";
    assert_eq!((wrong(all, None), wrong(all, own)), (None, Some("all_organizations")));
    let without = "{\"severity\":\"warning\",\"all_organizations\":true,\"until\":\"2099-01-01\"}";
    assert_eq!(wrong(without, None), Some("all_organizations"));
    // Those that are kept stay as they are.
    assert_eq!(silence("{\"until\":\"2020-01-01\"}", None).until, 1_577_836_800_000_000);
}

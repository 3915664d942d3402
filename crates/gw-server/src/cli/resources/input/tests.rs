//! Bodies from what is given on the command line.

use super::*;
use crate::cli::resources::kinds::{AlertChannels, Kind, Providers, Teams};
use serde_json::json;

fn given(set: &[&str], unset: &[&str]) -> Result<Changes, String> {
    let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let members = MembersArguments { set: texts(set), set_env: Vec::new(), file: None };
    Changes::read(Some("n"), Map::new(), &members, &texts(unset))
}

fn body(set: &[&str], unset: &[&str], resource: &Resource, shown: &Value) -> Result<Value, String> {
    given(set, unset)?.body(&There::of(resource, shown)).map(Value::from)
}

#[test]
fn values_are_json_or_text_and_dots_lead_into_members() {
    let set = [
        "a=1",
        "b=one",
        "c=\"1\"",
        "d=[1,2]",
        "limits.rpm=60",
        "limits.tpm=null",
        r"models.gpt-4\.1.x=a=b",
        "e=",
    ];
    let made = given(&set, &[]).unwrap().body(&There::nothing()).unwrap();
    let wanted = json!({"name": "n", "a": 1, "b": "one", "c": "1", "d": [1, 2], "e": "",
        "limits": {"rpm": 60, "tpm": null}, "models": {"gpt-4.1": {"x": "a=b"}}});
    assert_eq!(Value::from(made), wanted);
    for wrong in ["a", "=1", "a..b=1", ".a=1"] {
        assert!(given(&[wrong], &[]).is_err(), "{wrong}");
    }
    let error = given(&["a=1", "a.b=2"], &[]).unwrap().body(&There::nothing()).unwrap_err();
    assert!(error.contains("'a.b'"), "{error}");
}

#[test]
fn members_that_a_change_takes_as_a_whole_begin_with_what_is_there() {
    let shown = json!({"limits": [], "secrets": ["/headers/x-a", "/api_key"], "settings": {
        "capacity": {"rpm": 5, "tpm": 6}, "targets": [{"model": "a"}, {"model": "b"}]}});
    let resource = &Providers::RESOURCE;
    let made =
        body(&["capacity.rpm=9", "targets.1.model=c"], &["targets.0", "capacity.tpm"], resource, &shown);
    let wanted = json!({"name": "n", "capacity": {"rpm": 9}, "targets": [{"model": "c"}]});
    assert_eq!(made, Ok(wanted));
    assert!(body(&["headers.x-b=1"], &[], resource, &shown).unwrap_err().contains("give all of 'headers'"));
    assert!(body(&["headers={}"], &[], resource, &shown).is_ok());
    assert!(body(&["targets.7.model=c"], &[], resource, &shown).is_err());
    let shown = json!({"header_names": ["authorization"]});
    assert!(body(&["headers.x-b=1"], &[], &AlertChannels::RESOURCE, &shown).is_err());
}

#[test]
fn what_a_change_takes_in_parts_has_no_more_than_is_given() {
    let shown = json!({"limits": {"rpm": 1, "tpm": 2}, "budget": {"spent_usd": "1"}, "metadata": {"a": "1"}});
    let made = body(
        &["limits.rpm=3", "metadata.b=x"],
        &["limits.tpm", "plan_id", "metadata.a"],
        &Teams::RESOURCE,
        &shown,
    );
    let wanted =
        json!({"name": "n", "limits": {"rpm": 3, "tpm": null}, "plan_id": null, "metadata": {"b": "x"}});
    assert_eq!(made, Ok(wanted));
}

#[test]
fn what_stands_beside_a_part_within_a_part_stays() {
    let shown = json!({"limits": {"rpm": 9, "reserve": {"high": 10, "normal": 20}}});
    let made = body(&["limits.reserve.high=25"], &[], &Teams::RESOURCE, &shown);
    assert_eq!(made, Ok(json!({"name": "n", "limits": {"reserve": {"high": 25, "normal": 20}}})));
}

#[test]
fn what_a_number_would_change_is_a_text() {
    let cases = [("7", json!(7)), ("0.5", json!(0.5)), ("1.10", json!("1.10")), ("007", json!("007"))];
    let more = [("1e5", json!("1e5")), ("true", json!(true)), ("\"7\"", json!("7")), ("x", json!("x"))];
    for (text, value) in cases.into_iter().chain(more) {
        assert_eq!(super::typed(text), value, "{text}");
    }
}

#[test]
fn a_file_is_json_or_yaml_and_what_is_given_besides_goes_before() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let members =
            MembersArguments { set: vec!["rpm=2".to_owned()], set_env: Vec::new(), file: Some(path) };
        members.body().map(Value::from)
    };
    assert_eq!(
        read("a.yaml", "name: a\nrpm: 1\nzip: \"0123\"\n"),
        Ok(json!({"name": "a", "rpm": 2, "zip": "0123"}))
    );
    assert_eq!(read("a.json", "{\t\"name\": \"1\"}"), Ok(json!({"name": "1", "rpm": 2})));
    let faults = read("b.yaml", "name: [secret\n").unwrap_err();
    assert!(faults.contains("b.yaml:") && !faults.contains("secret"), "{faults}");
    assert!(read("c.yaml", "- a\n").unwrap_err().contains("must be an object"));
}

#[test]
fn the_command_line_is_one() {
    use clap::CommandFactory;
    crate::cli::Arguments::command().debug_assert();
}

//! What is listed of settings, and what is taken.

use super::{Listed, Origin, Stored};
use crate::env::Env;
use crate::load::load_with;
use crate::settings::Settings;
use crate::{Source, fake_catalog};
use serde_json::{Value, json};

struct Variables;

impl Env for Variables {
    fn var(&self, name: &str) -> Option<String> {
        (name == "SECRET").then(|| "hidden-text".to_owned())
    }
}

fn stored(name: &str, value: Value) -> Stored {
    Stored { name: name.to_owned(), value }
}

fn loaded(text: &str, stored: &[Stored]) -> Settings {
    load_with(Source { name: "f.yaml", text }, &Variables, stored).unwrap()
}

fn find<'a>(all: &'a [Listed], name: &str) -> &'a Listed {
    all.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("'{name}' is not listed"))
}

#[test]
fn every_setting_says_what_it_is_and_where_that_comes_from() {
    let text = "records: { logging: full }\nredis_prefix: ${SECRET}\nredis_url: 'redis://u:hidden@h'\n";
    let all = loaded(text, &[stored("records.body_retention_days", json!(9))]).listed();
    let of = |name: &str| {
        let one = find(&all, name);
        (one.value.clone(), one.origin.as_str(), one.is_hidden, one.is_changeable)
    };
    assert_eq!(of("records.logging"), (json!("full"), "file", false, true));
    assert!(matches!(find(&all, "records.logging").origin, Origin::File(place) if place.line == 1));
    assert_eq!(of("records.body_retention_days"), (json!(9), "api", false, true));
    assert_eq!(of("settings.max_json_depth"), (json!(128), "default", false, true));
    assert_eq!(of("records.body_queue_bytes"), (json!(67_108_864), "default", false, false));
    assert_eq!(of("redis_prefix"), (Value::Null, "file", true, false));
    assert_eq!(of("redis_url"), (Value::Null, "file", true, false));
    assert!(!format!("{all:?}").contains("hidden-text") && !format!("{all:?}").contains("u:hidden"));
    assert!(all.iter().all(|one| !one.name.starts_with("providers.")));
    assert!(all.is_sorted_by_key(|one| one.name));
}

#[test]
fn what_may_hold_a_secret_is_not_shown() {
    for text in ["https://u:p@host/", "https://host/v1?api_key=k", "u:p@host:6379", "redis://:p@host"] {
        assert!(super::may_hold_secret(text), "{text}");
    }
    for text in ["https://host:4318/v1/traces", "me@example.com", "host:6379", "what? me"] {
        assert!(!super::may_hold_secret(text), "{text}");
    }
}

#[test]
fn what_the_file_says_goes_before_what_is_stored() {
    let both = [stored("records.logging", json!("off")), stored("health.window_ms", json!(2_000))];
    let settings = loaded("records: { logging: full }\n", &both);
    let all = settings.listed();
    assert_eq!(find(&all, "records.logging").value, json!("full"));
    assert_eq!(find(&all, "health.window_ms").value, json!(2_000));
    assert_eq!(settings.file.health.value.window_ms.value.get(), 2_000);
    // What is read at start is no matter of the API.
    let late = loaded("", &[stored("records.body_queue_bytes", json!(2_000_000))]);
    assert_eq!(find(&late.listed(), "records.body_queue_bytes").origin, Origin::Default);
}

#[test]
fn a_stored_value_is_checked_as_the_file_is() {
    let wrong = [stored("health.window_ms", json!(3))];
    let faults = load_with(Source { name: "f.yaml", text: "" }, &Variables, &wrong).unwrap_err();
    assert!(faults.to_string().contains("'window_ms' must be a whole number from 1000"), "{faults}");
    let settings = Settings::from_environment(&Variables, &fake_catalog::fake());
    assert!(settings.clone().with_stored(&wrong).is_err());
    let settings = settings.with_stored(&[stored("direct_models", json!(false))]).unwrap();
    assert!(!settings.file.direct_models.value);
    assert_eq!(find(&settings.listed(), "direct_models").origin, Origin::Api);
}

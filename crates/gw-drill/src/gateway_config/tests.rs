//! Tests of the gateway's configuration: the scenario's settings are passed through, and faults come back to where they
//! stand.
use super::*;
use crate::testing::NoCatalog;

fn read(alias: &str) -> Result<Scenario, String> {
    let text = format!(
        "about: a test\ntargets: [{{ name: east }}]\nalias:\n{alias}\n\
         load: {{ requests_per_second: 10, seconds: 10 }}\nobjectives: {{}}\n"
    );
    let catalog: Arc<dyn Catalog> = Arc::new(NoCatalog::default());
    Scenario::read("mine.yaml", &text, &catalog).map_err(|errors| errors.to_string())
}

#[test]
fn settings_are_passed_through() {
    let scenario = read("  strategy: 'fallback'\n  retry: { attempts: 3, on: [429, 5xx] }").expect("right");
    let text = text(&scenario, &[SocketAddr::from(([127, 0, 0, 1], 77))], Some("redis://h:1"));
    for part in [
        "\"strategy\":\n\"fallback\"",
        "\"attempts\":\n3",
        "429\n,\n5xx",
        "http://127.0.0.1:77/v1",
        "{ redis_url: \"redis://h:1\",",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn the_gateway_s_faults_are_told_at_their_places() {
    for (alias, fault) in [
        ("  retry: { attempts: 99 }", "mine.yaml:4:22: the gateway says: 'attempts' must be"),
        ("  strateggy: weighted", "mine.yaml:4:3: the gateway says: unknown key 'strateggy'"),
        ("  timeout:\n    first_byte_ms: soon", "mine.yaml:5:20: the gateway says: 'first_byte_ms'"),
        ("  retry: { on: [429, never] }", "mine.yaml:4:22: the gateway says: 'on' knows"),
        ("  targets: []", "mine.yaml:4:3: 'targets' does not stand in 'alias'"),
        ("  - weighted", "mine.yaml:4:3: 'alias' must be a block"),
    ] {
        let errors = read(alias).expect_err(alias);
        assert!(errors.starts_with(fault), "{alias}: {errors}");
    }
}

//! The examples in docs/routing.md load, and there is one for each strategy.

use super::ok;
use crate::settings::models::StrategyName;
use crate::shape::Shape;

const GUIDE: &str = include_str!("../../../../../docs/routing.md");

/// The YAML blocks of the guide; the first has the providers.
fn examples() -> Vec<&'static str> {
    let blocks = GUIDE.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("closed")).collect()
}

#[test]
fn every_example_loads_without_a_warning() {
    let examples = examples();
    let (providers, rest) = examples.split_first().expect("examples");
    assert!(rest.len() > 12, "{}", rest.len());
    for example in rest {
        let compiled = ok(&format!("{providers}{example}"));
        assert_eq!(compiled.warnings, [], "{example}");
        assert!(!compiled.snapshot.models.is_empty(), "{example}");
    }
}

#[test]
fn every_strategy_has_an_example_under_its_name() {
    let schema = StrategyName::schema();
    let names = schema["anyOf"][0]["enum"].as_array().expect("a list");
    for name in names.iter().filter_map(|name| name.as_str()) {
        let section = GUIDE.split(&format!("\n### {name}\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("{name} has no section"));
        let example = section.split("```yaml\n").nth(1).unwrap_or_default();
        assert!(example.contains(&format!("strategy: {name}\n")), "{name}");
    }
}

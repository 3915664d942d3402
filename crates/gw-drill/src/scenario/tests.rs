//! Tests of reading scenarios: what is wrong is told with its place, and what is right means what it says.
use super::*;
use crate::testing::NoCatalog;
use crate::{BUILTIN, Builtin};

const GOOD: &str = "\
about: a test
targets:
  - { name: east, weight: 3 }
  - { name: west }
alias: { strategy: weighted, retry: { attempts: 1 } }
load: { requests_per_second: 10, seconds: 10 }
timeline:
  - { at: 2, targets: [east], fault: refuse }
  - { at: 4, targets: [west], fault: status=503;retry-after=1, share: 0.5 }
  - { at: 6, targets: [east, west], fault: none }
objectives: { success_rate: 1.0, recover_ms: 1000 }
";

fn read(text: &str) -> Result<Scenario, String> {
    let catalog: Arc<dyn Catalog> = Arc::new(NoCatalog::default());
    Scenario::read("dir/mine.yaml", text, &catalog).map_err(|errors| errors.to_string())
}

/// The errors of [`GOOD`] with one text in place of another.
#[track_caller]
fn wrong(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from:?}");
    read(&GOOD.replacen(from, to, 1)).expect_err(to)
}

#[test]
fn every_built_in_scenario_is_right_and_short() {
    let mut seconds = 0.0;
    for builtin in BUILTIN {
        let scenario = read(builtin.text).unwrap_or_else(|errors| panic!("{}: {errors}", builtin.name));
        assert!(scenario.seconds() <= 40.0, "{}", builtin.name);
        assert_eq!(scenario.objectives.wrong_answers, Some(0), "{}", builtin.name);
        seconds += scenario.seconds();
    }
    assert!(seconds <= 540.0, "{seconds} s together");
    assert!(Builtin::find("region-outage").is_some() && Builtin::find("nothing").is_none());
}

#[test]
fn members_mean_what_they_say() {
    let scenario = read(GOOD).expect("right");
    assert_eq!((scenario.name.as_str(), scenario.about.as_str()), ("mine", "a test"));
    assert_eq!(scenario.targets.iter().map(|target| target.weight).collect::<Vec<_>>(), [3, 1]);
    let faults: Vec<&Fault> = scenario.timeline.iter().map(|step| &step.fault).collect();
    let emulated = Fault::Emulated("status=503;retry-after=1".to_owned());
    assert_eq!(faults, [&Fault::Refuse, &emulated, &Fault::None]);
    assert_eq!(scenario.timeline[2].targets, [0, 1]);
    assert!((scenario.timeline[1].share - 0.5).abs() < f64::EPSILON);
    // Unless said otherwise: no wrong answer, and no herd where recovery is asked for.
    assert_eq!((scenario.objectives.wrong_answers, scenario.objectives.herd_factor), (Some(0), Some(2.0)));
}

#[test]
fn a_disturbance_lasts_from_the_first_fault_to_the_last_healing() {
    let scenario = read(GOOD).expect("right");
    let disturbance = Disturbance::of(&scenario).expect("one");
    assert_eq!((disturbance.from_step, disturbance.until_step), (Some(0), Some(2)));
    assert_eq!(disturbance.targets, [0, 1]);
    let half = read(&GOOD.replace("[east, west], fault: none", "[east], fault: none")).expect("right");
    assert_eq!(Disturbance::of(&half).expect("one").until_step, None);
    let lost = read(&GOOD.replace("name: west", "name: west, address: unresolvable")).expect("right");
    let disturbance = Disturbance::of(&lost).expect("one");
    assert_eq!((disturbance.from_step, disturbance.until_step), (None, None));
    let calm = read(GOOD.split("timeline:").next().expect("a part")).expect_err("no objectives");
    assert!(calm.contains("'objectives' is missing"), "{calm}");
}

#[test]
fn quick_is_shorter_and_judges_no_recovery() {
    let quick = read(GOOD).expect("right").quick();
    assert!((quick.seconds() - 4.0).abs() < 1e-9 && (quick.timeline[2].at_seconds - 2.4).abs() < 1e-9);
    assert_eq!((quick.objectives.recover_ms, quick.objectives.success_rate), (None, Some(1.0)));
    let patient = read(&GOOD.replace("seconds: 10", "seconds: 100")).expect("right").quick();
    assert!((patient.seconds() - 8.4).abs() < 1e-9, "what only waits for a recovery is left out");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (from, to, line) in [
        ("about: a test", "abuot: a test", "dir/mine.yaml:1:1: unknown key 'abuot' in the scenario"),
        ("weight: 3", "weight: three", "dir/mine.yaml:3:27: 'weight' must be a whole number"),
        ("name: west", "name: east", "dir/mine.yaml:4:5: a second target 'east'"),
        ("seconds: 10", "seconds: 9999", "dir/mine.yaml:6:43: 'seconds' must be a number from 0.5 to 600"),
        (
            "targets: [east], fault: refuse",
            "targets: [eats], fault: refuse",
            "dir/mine.yaml:8:24: there is no target 'eats'",
        ),
        ("fault: refuse", "fault: explode", "dir/mine.yaml:8:38: unknown fault `explode`"),
        ("fault: refuse", "fault: refuse, share: 0.5", "dir/mine.yaml:8:38: 'refuse' closes the port"),
        ("at: 6", "at: 3", "dir/mine.yaml:10:5: steps stand in the order of their times"),
        ("at: 6", "at: 60", "dir/mine.yaml:10:5: the load is over after 10 seconds"),
        ("recover_ms: 1000", "recover: 1000", "dir/mine.yaml:11:34: unknown key 'recover'"),
        (
            "about: a test",
            "about: a test\nabout: b",
            "dir/mine.yaml:2:1: duplicate key 'about': it already stands on line 1",
        ),
        ("about: a test", "about: [", "not valid YAML"),
        ("about: a test", "about: !a test", "dir/mine.yaml:1:11: YAML tags"),
    ] {
        let errors = wrong(from, to);
        assert!(
            errors.lines().any(|found| found.starts_with(line) || found.contains(line)),
            "{to}: {errors}"
        );
    }
    assert!(read("").expect_err("empty").contains("1:1: the file is empty"));
    let both = wrong("weight: 3", "weight: three, hight: 2");
    assert_eq!(both.lines().count(), 2, "all at once: {both}");
}

#[test]
fn the_guide_s_scenario_is_right_and_names_what_can_be_judged() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/drills.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    let example =
        guide.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    read(example).expect("the guide's example");
    for name in read::OBJECTIVES.iter().chain(crate::load::WrongAnswer::NAMES) {
        assert!(guide.contains(&format!("`{name}`")), "the guide does not name `{name}`");
    }
}

//! Tests of ejections: for how long, how the traffic comes back, and who is compared with whom.

use super::*;
use crate::health::{Board, Entry, Visit};
use crate::route::tests::provider;
use gw_model::ErrorClass;
use gw_model::catalog::ModelInfo;
use gw_model::routing::{Member, Strategy};
use gw_model::snapshot::Target;

const SECOND: Micros = 1_000_000;
const HEALTH: HealthPolicy = HealthPolicy {
    consecutive_failures: 0,
    failure_rate_permille: 0,
    min_requests: 10,
    window_ms: 10_000,
    open_ms: 1_000,
    max_open_ms: 4_000,
    slow_start_ms: 10_000,
    max_park_ms: 60_000,
};
const POLICY: OutlierPolicy = OutlierPolicy {
    factor_permille: 3000,
    min_requests: 20,
    window_ms: 30_000,
    max_ejected_percent: 50,
    eject_ms: 30_000,
    max_eject_ms: 100_000,
};

fn model(count: usize) -> Model {
    let target = |index: usize| {
        Arc::new(Target::plain(&provider("p"), &format!("m{index}"), Arc::new(ModelInfo::default())))
    };
    let members = (0..count).map(|index| Member::target(index, 1)).collect();
    let group = Group::new(0, Strategy::Weighted, members);
    let model = Model::new("alias".into(), group, 1, (0..count).map(target).collect());
    Model { outlier: Some(POLICY), ..model }
}

struct Scene {
    board: Board,
    deployments: Vec<Arc<Deployment>>,
    outliers: Arc<Outliers>,
}

impl Scene {
    fn new(model: &Model) -> Self {
        let board = Board::default();
        let deployments: Vec<_> = model.targets.iter().map(|target| board.deployment(target)).collect();
        let outliers = board.outliers(model, &deployments).expect("wanted");
        Self { board, deployments, outliers }
    }

    /// So many requests at each second of these, to each deployment; the first of them takes or fails as said.
    fn traffic(&self, seconds: std::ops::Range<i64>, took_ms: i64, fails: bool) {
        for second in seconds {
            for (at, deployment) in self.deployments.iter().enumerate() {
                for request in 0..5 {
                    let start = second * SECOND;
                    let mut visit = Visit::begin(
                        deployment,
                        Entry { slot: None, most: None, tokens: 0, is_forced: true },
                        start,
                    )
                    .expect("in");
                    let is_first = at == 0;
                    if is_first && fails && request == 0 {
                        visit.bad(ErrorClass::ServerError, &HEALTH, start, 0);
                        continue;
                    }
                    let took = if is_first { took_ms } else { 30 };
                    visit.answered(start + took * 1000);
                    visit.good(0, &HEALTH, start + took * 1000);
                }
            }
        }
    }

    fn first(&self, second: i64) -> Standing {
        self.outliers.standing(0, Standing::Fit, &HEALTH, second * SECOND)
    }
}

#[test]
fn a_slow_one_goes_behind_for_longer_each_time_and_comes_back_slowly() {
    let scene = Scene::new(&model(4));
    let mut begun = 1000;
    for seconds in [30, 60, 100] {
        scene.traffic(begun..begun + 10, 300, false);
        let at = begun + 10;
        scene.outliers.compare(at * SECOND);
        assert_eq!(scene.first(at), Standing::Ejected, "{seconds}");
        assert_eq!(scene.first(at + seconds - 1), Standing::Ejected, "{seconds}");
        assert_eq!(scene.first(at + seconds), Standing::Warming(100), "{seconds}");
        assert_eq!(scene.first(at + seconds + 5), Standing::Warming(550), "{seconds}");
        assert_eq!(scene.first(at + seconds + 10), Standing::Fit, "{seconds}");
        // What was before its return is forgotten.
        scene.outliers.compare((at + seconds + 1) * SECOND);
        assert_eq!(scene.first(at + seconds + 10), Standing::Fit, "{seconds}");
        begun = at + seconds + 5;
    }
    let view = scene.board.views(&HEALTH, begun * SECOND).remove(0);
    assert_eq!((view.ejections, view.ejected_until), (3, None));
    // Once it was well for long, it begins anew.
    begun += 200;
    scene.traffic(begun..begun + 10, 300, false);
    scene.outliers.compare((begun + 10) * SECOND);
    assert_eq!(scene.first(begun + 10 + 31), Standing::Warming(190));
}

#[test]
fn one_that_fails_one_in_five_goes_behind() {
    let scene = Scene::new(&model(4));
    scene.traffic(1000..1010, 30, true);
    scene.outliers.compare(1010 * SECOND);
    assert_eq!(scene.first(1010), Standing::Ejected);
    for other in 1..4 {
        let standing = scene.outliers.standing(other, Standing::Fit, &HEALTH, 1010 * SECOND);
        assert_eq!(standing, Standing::Fit, "{other}");
    }
}

#[test]
fn what_is_known_against_it_otherwise_goes_before() {
    let scene = Scene::new(&model(2));
    scene.traffic(1000..1010, 300, false);
    scene.outliers.compare(1010 * SECOND);
    let standing = |standing| scene.outliers.standing(0, standing, &HEALTH, 1011 * SECOND);
    assert_eq!(standing(Standing::Tripped), Standing::Tripped);
    assert_eq!(standing(Standing::Parked { until: 5 }), Standing::Parked { until: 5 });
    for other in [Standing::Due, Standing::Full, Standing::Warming(5)] {
        assert_eq!(standing(other), Standing::Ejected);
    }
}

#[test]
fn an_ejection_outlives_a_configuration_that_leaves_the_model_as_it_was() {
    let model = model(3);
    let scene = Scene::new(&model);
    let again = scene.board.outliers(&model, &scene.deployments).expect("wanted");
    assert!(Arc::ptr_eq(&again, &scene.outliers));
    let other = Model { outlier: Some(OutlierPolicy { eject_ms: 1, ..POLICY }), ..model.clone() };
    let other = scene.board.outliers(&other, &scene.deployments).expect("wanted");
    assert!(!Arc::ptr_eq(&other, &scene.outliers));
    let unwanted = Model { outlier: None, ..model };
    assert!(scene.board.outliers(&unwanted, &scene.deployments).is_none());
}

#[test]
fn only_targets_of_the_same_group_are_compared_and_each_deployment_once() {
    let mut model = model(4);
    let inner = Group::new(1, Strategy::Weighted, vec![Member::target(2, 1), Member::target(3, 1)]);
    let to = Destination::Group(Box::new(inner));
    let members =
        vec![Member::target(0, 1), Member::target(0, 1), Member::target(1, 1), Member::to(to, 1, 9)];
    model.group = Group::new(0, Strategy::Fallback, members);
    let scene = Scene::new(&model);
    let groups: Vec<&[usize]> = scene.outliers.groups.iter().map(AsRef::as_ref).collect();
    assert_eq!(groups, [&[2, 3][..], &[0, 1][..]]);
}

//! How the strategies that compare came to their choices, in words and numbers. Serves `explain`. It must not compare
//! anything itself.

use gw_model::routing::{Destination, Group, Member, Semantic, Strategy};
use gw_model::snapshot::Model;
use gw_pipeline::{Considered, Judged, Simulated};
use serde_json::{Value, json};

/// One for each group that went by what the prompt means, or by scores.
pub(super) fn said(model: &Model, found: &Simulated) -> Vec<Value> {
    let by_meaning = found.considered.iter().filter_map(|considered| meaning(model, considered));
    let by_score = found.judged.iter().filter_map(|(judged, why)| scores(model, judged, why));
    by_meaning.chain(by_score).collect()
}

fn meaning(model: &Model, considered: &Considered) -> Option<Value> {
    let group = find(&model.group, considered.group)?;
    let name = |place: usize| match &group.strategy {
        Strategy::Auto(auto) => auto.classes.get(place).map(|class| class.name.to_string()),
        _ => group.members.get(place).map(|member| named(model, member)),
    };
    let chosen = considered.member.and_then(name);
    let reason = match (&considered.choice, considered.why_not) {
        (Some(choice), _) => {
            let semantic = group.strategy.meaning()?;
            let is_like = choice.member.is_some();
            let most = name(choice.best).unwrap_or_default();
            compared(semantic, choice.best, choice.nearest, choice.similarity, (is_like, &most))
        }
        (None, why) => {
            let otherwise = match (&group.strategy, chosen.is_some()) {
                (Strategy::Auto(_), _) => "what the request looks like counts",
                (_, true) => "the default takes it",
                (_, false) => "the order written is shown",
            };
            format!("not compared: {}; {otherwise}", why.unwrap_or_default())
        }
    };
    let score = |(place, score): (usize, f32)| json!({ "name": name(place), "score": rounded(score) });
    let best = considered.choice.map(|choice| score((choice.best, choice.score)));
    let runner_up = considered.choice.and_then(|choice| choice.runner_up).map(score);
    let strategy = match &group.strategy {
        Strategy::Auto(_) => "auto",
        _ => "semantic",
    };
    Some(
        json!({ "strategy": strategy, "chosen": chosen, "reason": reason, "best": best, "runner_up": runner_up }),
    )
}

fn compared(
    semantic: &Semantic,
    best: usize,
    nearest: usize,
    similarity: f32,
    (is_like, name): (bool, &str),
) -> String {
    let utterance = semantic.utterances.get(best).and_then(|texts| texts.get(nearest));
    let utterance = utterance.map_or("", |text| &**text);
    let threshold = f64::from(semantic.threshold_permille) / 1000.0;
    let against = if is_like { "at least" } else { "below" };
    format!(
        "nearest is '{name}' with \"{utterance}\": the cosine {} is {against} the threshold {threshold}",
        rounded(similarity)
    )
}

fn scores(model: &Model, judged: &Judged, why: &str) -> Option<Value> {
    let group = find(&model.group, judged.group)?;
    let Strategy::Auto(auto) = &group.strategy else { return None };
    let class = auto.classes.get(judged.class)?;
    let mut ordered = judged.scores.clone();
    ordered.sort_by_key(|score| (!score.suits, std::cmp::Reverse(score.total)));
    let thousandths = |number: u32| f64::from(number) / 1000.0;
    let scores: Vec<Value> = ordered
        .iter()
        .map(|score| {
            json!({
                "name": group.members.get(score.member).map(|member| named(model, member)),
                "score": thousandths(score.total),
                "quality": thousandths(score.quality),
                "cost": thousandths(score.cost),
                "latency": thousandths(score.latency),
                "suits": score.suits,
            })
        })
        .collect();
    let weights = class.weights;
    Some(json!({
        "strategy": "auto",
        "chosen": scores.first().map(|score| score["name"].clone()),
        "class": &*class.name,
        "reason": format!("the request is of class '{}': {why}", class.name),
        "weights": {
            "quality": thousandths(weights.quality),
            "cost": thousandths(weights.cost),
            "latency": thousandths(weights.latency),
        },
        "scores": scores,
    }))
}

/// What people call a member: a target by its name, a group by the first of its targets.
fn named(model: &Model, member: &Member) -> String {
    match &member.to {
        Destination::Target(index) => model
            .targets
            .get(*index)
            .map(|target| format!("{}/{}", target.provider.name, target.model))
            .unwrap_or_default(),
        Destination::Group(group) => {
            let first = group.members.first().map(|member| named(model, member)).unwrap_or_default();
            format!("the group of {first}")
        }
        Destination::End(end) => end.node.to_string(),
    }
}

fn find(within: &Group, id: u16) -> Option<&Group> {
    if within.id == id {
        return Some(within);
    }
    within.members.iter().find_map(|member| match &member.to {
        Destination::Group(inner) => find(inner, id),
        Destination::Target(_) | Destination::End(_) => None,
    })
}

fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}

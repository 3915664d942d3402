//! Tests of topics.

use super::super::{About, AskedText, Question};
use super::{pieces, read};
use crate::notes::{Place, Side};
use gw_model::guardrail::{Speaker, Topic};

fn topic(name: &str, is_allowed: bool, examples: &[&str]) -> Topic {
    Topic { name: name.into(), is_allowed, examples: examples.iter().map(|text| (*text).into()).collect() }
}

fn asked(text: &str) -> AskedText {
    AskedText { place: Place { side: Side::Request, speaker: Speaker::User, text: 0 }, text: text.to_owned() }
}

#[test]
fn a_text_is_cut_where_it_may_be_and_nothing_is_left_out() {
    let about = About::default();
    let long = format!("{}. {}\n\n{}", "a b ".repeat(190), "c d ".repeat(300), "é".repeat(900));
    let (one, two, three) = (asked(&long), asked("  "), asked("short"));
    let texts = [&one, &two, &three];
    let question = Question { guardrail: "g", side: Side::Request, about: &about, texts: &texts };
    let found = pieces(&question).unwrap();
    assert!(found.iter().all(|piece| piece.said.len() <= 800 && !piece.said.is_empty()));
    let said: String = found.iter().filter(|piece| piece.text == 0).map(|piece| piece.said).collect();
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(plain(&said), plain(&long));
    assert_eq!(found.last().map(|piece| (piece.text, piece.said)), Some((2, "short")));
    let endless = asked(&"x ".repeat(200_000));
    let texts = [&endless];
    assert!(pieces(&Question { texts: &texts, ..question }).is_err());
}

#[test]
fn what_is_denied_and_what_is_not_allowed_is_told() {
    let about = About::default();
    let (one, two) = (asked("one"), asked("two"));
    let texts = [&one, &two];
    let question = Question { guardrail: "g", side: Side::Request, about: &about, texts: &texts };
    let found = pieces(&question).unwrap();
    let vectors = [vec![1.0, 0.0], vec![0.6, 0.8]];
    let of_pieces: Vec<_> = found.into_iter().zip(vectors).collect();
    let kinds =
        |topics: &[Topic], examples: &[Vec<f32>], threshold: f32| -> Option<Vec<(usize, &'static str, u8)>> {
            let told = read(&question, topics, threshold, &of_pieces, examples)?;
            Some(told.iter().map(|told| (told.text, told.finding.kind, told.finding.score)).collect())
        };
    let law = [topic("law", false, &["a", "b"])];
    assert_eq!(kinds(&law, &[vec![0.0, 1.0], vec![2.0, 0.0]], 0.9), Some(vec![(0, "law", 100)]));
    assert_eq!(
        kinds(&law, &[vec![0.0, 1.0], vec![2.0, 0.0]], 0.75),
        Some(vec![(0, "law", 100), (1, "law", 80)])
    );
    let cooking = [topic("cooking", true, &["a"])];
    assert_eq!(kinds(&cooking, &[vec![1.0, 0.0]], 0.9), Some(vec![(1, "off_topic", 100)]));
    let both = [topic("cooking", true, &["a"]), topic("law", false, &["b"])];
    assert_eq!(
        kinds(&both, &[vec![1.0, 0.0], vec![0.6, 0.8]], 0.9),
        Some(vec![(1, "law", 100), (1, "off_topic", 100)])
    );
    assert_eq!(kinds(&law, &[vec![0.0, 1.0, 1.0], vec![2.0, 0.0]], 0.9), None, "vectors of another model");
    assert_eq!(kinds(&law, &[vec![0.0, 1.0]], 0.9), None);
}

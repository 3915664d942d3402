//! Tests of vectors that are kept by input.

use super::{AnswerKey, Fetching, items};

const ANSWER: &str = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]},{"object":"embedding","index":1,"embedding":[1]},{"object":"embedding","index":2,"embedding":[2]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}"#;

/// The first input stands there twice, and is as long as half the last.
fn fetching(is_short: bool) -> Fetching {
    let [one, two] = [1, 2].map(|byte| AnswerKey([byte; 32]));
    Fetching {
        keys: vec![one, one, two],
        kept: vec![None, None, None],
        asked: vec![0, 2],
        weights: vec![1, 1, 2],
        places: vec![Some(0), Some(0), Some(1)],
        is_short,
        ..Fetching::default()
    }
}

fn kept(fetching: &Fetching) -> Vec<(u8, String, Option<u64>)> {
    let read = |body: &[u8]| {
        let taken = items::take(body, 1).unwrap();
        (taken.vectors[0].to_owned(), taken.tokens)
    };
    let all = fetching.made.iter().map(|(key, body)| (key.0[0], read(body)));
    all.map(|(key, (vector, tokens))| (key, vector, tokens)).collect()
}

#[test]
fn inputs_that_were_sent_twice_have_their_share_twice() {
    let mut all = fetching(false);
    assert!(all.fill(&bytes::Bytes::from_static(ANSWER.as_bytes()), None).unwrap().is_none());
    assert_eq!(kept(&all), [(1, "[1]".to_owned(), Some(2)), (2, "[2]".to_owned(), Some(4))]);
}

#[test]
fn what_was_sent_once_shares_what_was_counted() {
    let body = items::put(["[1]", "[2]"], "m", 6);
    let mut short = fetching(true);
    let filled = short.fill(&body.into(), None).unwrap().unwrap();
    assert_eq!(items::take(&filled.body, 3).unwrap().vectors, ["[1]", "[1]", "[2]"]);
    assert_eq!(kept(&short), [(1, "[1]".to_owned(), Some(2)), (2, "[2]".to_owned(), Some(4))]);
}

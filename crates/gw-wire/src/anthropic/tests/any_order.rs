//! Pieces of tool calls in any order: the stream keeps its blocks apart and loses nothing.

use super::{events_of, frames, stream_of};
use gw_model::event::{Event, FinishReason};
use proptest::prelude::*;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
struct Call {
    id: String,
    arguments: String,
}

/// Calls whose arguments are objects of one awkward string, and the order in which their bytes come.
fn calls() -> impl Strategy<Value = (Vec<Call>, Vec<usize>)> {
    prop::collection::vec("[a-z{}\\[\\]\",\\\\:é ]{0,12}", 1..5).prop_flat_map(|texts| {
        let calls: Vec<Call> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| Call {
                id: format!("call.{index}"),
                arguments: serde_json::json!({ "x": text }).to_string(),
            })
            .collect();
        let mut order = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            order.extend(std::iter::repeat_n(index, call.arguments.chars().count()));
        }
        (Just(calls), Just(order).prop_shuffle())
    })
}

fn interleaved(calls: &[Call], order: &[usize]) -> Vec<Event> {
    let mut events = vec![Event::Start { id: "a".to_owned(), model: "m".to_owned(), created: None }];
    let mut rest: Vec<_> = calls.iter().map(|call| call.arguments.chars()).collect();
    let mut begun = vec![false; calls.len()];
    for &index in order {
        let block = u32::try_from(index).unwrap();
        if !std::mem::replace(&mut begun[index], true) {
            events.push(Event::ToolStart {
                choice: 0,
                block,
                id: calls[index].id.clone(),
                name: "f".to_owned(),
            });
        }
        events.extend(rest[index].next().map(|piece| Event::ToolArguments {
            choice: 0,
            block,
            json: piece.to_string(),
        }));
    }
    events.push(Event::Finish { choice: 0, reason: FinishReason::ToolCalls });
    events.push(Event::End);
    events
}

proptest! {
    #[test]
    fn nothing_is_lost((calls, order) in calls()) {
        let stream = stream_of(&interleaved(&calls, &order));
        let mut found: Vec<Call> = Vec::new();
        for event in events_of(stream.as_bytes()) {
            match event {
                Event::ToolStart { id, .. } => found.push(Call { id, arguments: String::new() }),
                Event::ToolArguments { json, .. } => found.last_mut().unwrap().arguments.push_str(&json),
                _ => {}
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(found, calls);
        let mut open = None;
        for data in frames(stream.as_bytes()) {
            let frame: Value = serde_json::from_slice(&data).unwrap();
            match frame["type"].as_str().unwrap() {
                "content_block_start" => {
                    prop_assert_eq!(open, None);
                    open = frame["index"].as_u64();
                }
                "content_block_delta" => prop_assert_eq!(open, frame["index"].as_u64()),
                "content_block_stop" => {
                    prop_assert_eq!(open, frame["index"].as_u64());
                    open = None;
                }
                _ => {}
            }
        }
        prop_assert_eq!(open, None);
    }

    #[test]
    fn any_bytes_are_read_without_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut events = Vec::new();
        let _ = crate::anthropic::stream::Reader::new().frame(&data, &mut events);
        let _ = crate::anthropic::response::read(&data);
        let _ = crate::anthropic::request::read(&data);
    }
}

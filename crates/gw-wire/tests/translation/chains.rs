//! The samples of this repository go through every format on their way to every other: what stands in for
//! recorded exchanges of the formats that have no samples here.

use crate::asked::asked;
use crate::digest::{Digest, digest};
use crate::formats::{read_request, read_stream, read_whole, targets};
use crate::recorded::as_said_in;
use crate::requests::expected;
use crate::through::{translate_stream, translate_whole};
use gw_model::WireFormat::{self, AnthropicMessages, OpenAiChat, OpenAiCompletions};
use gw_wire::translate::{PathFacts, request};
use gw_wire::{Options, Written};

const WHOLE: &[(WireFormat, &str)] = &[
    (AnthropicMessages, include_str!("../samples/messages-answer.json")),
    (OpenAiChat, include_str!("../samples/chat-answer.json")),
    (OpenAiCompletions, include_str!("../samples/completions-answer.json")),
];
const STREAMS: &[(WireFormat, &str)] = &[
    (AnthropicMessages, include_str!("../samples/messages-answer.sse")),
    (OpenAiChat, include_str!("../samples/chat-answer.sse")),
    (OpenAiCompletions, include_str!("../samples/completions-answer.sse")),
];
const REQUESTS: &[(WireFormat, &str)] = &[
    (AnthropicMessages, include_str!("../samples/messages-request.json")),
    (OpenAiChat, include_str!("../samples/chat-request.json")),
    (OpenAiChat, include_str!("../samples/plain-request.json")),
];

/// Every way from a format over a second to a third.
fn ways(from: WireFormat) -> impl Iterator<Item = (WireFormat, WireFormat)> {
    targets(from).flat_map(|over| targets(over).map(move |to| (over, to)))
}

fn both(over: WireFormat, to: WireFormat, digest: Digest) -> Digest {
    as_said_in(to, as_said_in(over, digest))
}

#[test]
fn whole_answers_pass_through_every_format() {
    for (from, body) in WHOLE {
        let said = digest(&read_whole(*from, body.as_bytes()).unwrap());
        for (over, to) in ways(*from) {
            let first = translate_whole(*from, over, body.as_bytes()).unwrap();
            let second = translate_whole(over, to, &first).unwrap();
            let understood = digest(&read_whole(to, &second).unwrap());
            assert_eq!(both(over, to, understood), both(over, to, said.clone()), "{from:?} {over:?} {to:?}");
        }
    }
}

#[test]
fn streams_pass_through_every_format() {
    for (from, body) in STREAMS {
        let said = digest(&read_stream(*from, body.as_bytes()).unwrap());
        for (over, to) in ways(*from) {
            let first = translate_stream(*from, over, body.as_bytes(), 11).unwrap();
            let second = translate_stream(over, to, &first, 13).unwrap();
            let understood = digest(&read_stream(to, &second).unwrap());
            assert_eq!(both(over, to, understood), both(over, to, said.clone()), "{from:?} {over:?} {to:?}");
        }
    }
}

#[test]
fn a_stream_cut_on_its_way_is_complete_in_no_format() {
    for (from, body) in STREAMS {
        for (over, to) in ways(*from) {
            let whole = translate_stream(*from, over, body.as_bytes(), 1000).unwrap();
            // Less than half of it: no format states an end there.
            let half = &whole[..whole.len() / 3];
            assert!(translate_stream(over, to, half, 1000).is_err(), "{from:?} {over:?} {to:?}");
        }
    }
}

#[test]
fn requests_pass_through_every_format() {
    let mut passed = Vec::new();
    for (from, body) in REQUESTS {
        for (over, to) in ways(*from) {
            let step = |from, to, body: &[u8]| -> Option<Written> {
                let path = PathFacts { model: "m", stream: false };
                request(from, to, body, path, &Options::default()).ok()
            };
            // What a target cannot take is refused: seen with the recorded requests.
            let Some(first) = step(*from, over, body.as_bytes()) else { continue };
            let Some(second) = step(over, to, &first.body) else { continue };
            let dropped = [first.dropped, second.dropped].concat();
            let mut said = asked(&read_request(*from, "m", false, body.as_bytes()).unwrap());
            let mut understood = asked(&read_request(to, "m", false, &second.body).unwrap());
            for over in [over, to] {
                said = expected(said, &understood, over, &dropped);
            }
            for side in [&mut said, &mut understood] {
                side.forced_tool = None;
                side.forget_the_path();
            }
            assert_eq!(understood, said, "{from:?} {over:?} {to:?}, dropped {dropped:?}");
            passed.push((over, to));
        }
    }
    // The last sample has nothing that any format lacks.
    assert!(ways(OpenAiChat).all(|way| passed.contains(&way)), "only {passed:?}");
}

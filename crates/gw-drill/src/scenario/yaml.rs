//! A scenario's text as a tree with places. It guesses no types and knows no member; anchors, tags and what else a
//! scenario does not need are faults.

use granit_parser::{Event, Marker, Parser, ScalarStyle};
use gw_config::{Fault, Place};

/// Largest file in bytes.
const MAX_FILE_BYTES: usize = 1 << 20;
/// Deepest nesting.
const MAX_DEPTH: usize = 24;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A text; `plain` when it stands without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A block of keys.
    Map(Vec<(Key, Node)>),
}

/// A key of a block.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// A list or block whose end has not come.
enum Open {
    List(Place, Vec<Node>),
    Map(Place, Vec<(Key, Node)>, Option<Key>),
}

/// Reads the text.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    if text.len() > MAX_FILE_BYTES {
        return Err(fault(START, "the file is larger than 1 MiB"));
    }
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        disallow_directives: true,
    };
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next
            .map_err(|error| fault(place(*error.marker()), &format!("not valid YAML: {}", error.info())))?;
        let at = place(span.start);
        let (anchor, tag) = marks(&event);
        if anchor || tag || matches!(event, Event::Alias(_)) {
            return Err(fault(at, "scenarios have no anchors, aliases and tags: write the value out"));
        }
        let done = match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                Node { place: at, kind: Kind::Scalar { text: text.into_owned(), plain } }
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(at, Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(at, Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(place, items)) => Node { place, kind: Kind::List(items) },
                Some(Open::Map(place, entries, _)) => Node { place, kind: Kind::Map(entries) },
                None => continue,
            },
            Event::DocumentStart(..) if root.is_some() => {
                return Err(fault(at, "a second document ('---'): write one scenario a file"));
            }
            _ => continue,
        };
        put(done, &mut open, &mut root)?;
    }
    root.ok_or_else(|| fault(START, "the file is empty"))
}

const START: Place = Place { line: 1, column: 1 };

fn marks(event: &Event<'_>) -> (bool, bool) {
    match event {
        Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(_, anchor, tag)
        | Event::MappingStart(_, anchor, tag) => (*anchor != 0, tag.is_some()),
        _ => (false, false),
    }
}

/// Puts a finished value where it belongs.
fn put(node: Node, open: &mut [Open], root: &mut Option<Node>) -> Result<(), Fault> {
    match open.last_mut() {
        None => *root = Some(node),
        Some(Open::List(_, items)) => items.push(node),
        Some(Open::Map(_, entries, key)) => match (key.take(), node.kind) {
            (Some(found), kind) => entries.push((found, Node { place: node.place, kind })),
            (None, Kind::Scalar { text, .. }) => {
                if entries.iter().any(|(known, _)| known.text == text) {
                    return Err(fault(node.place, &format!("'{text}' stands here a second time")));
                }
                *key = Some(Key { text, place: node.place });
            }
            (None, _) => return Err(fault(node.place, "a key must be a text, not a list or block")),
        },
    }
    Ok(())
}

fn place(mark: Marker) -> Place {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: count(mark.line()), column: count(mark.col() + 1) }
}

fn fault(place: Place, message: &str) -> Fault {
    Fault { place, message: message.to_owned() }
}

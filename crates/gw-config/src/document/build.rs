//! YAML events to a tree of [`Node`]s, within limits: one document, no tags, no merge keys, no key twice,
//! bounded depth and alias copies.

use super::interpolate::interpolate;
use super::mask::{is_mask, mask, unmask};
use super::{Key, Kind, MAX_ALIAS_NODES, MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_FILE_BYTES, Node, Scalar};
use crate::env::Env;
use crate::errors::Faults;
use crate::place::Place;
use granit_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::HashMap;

/// Parses a file. `None` when its syntax is wrong or a limit is passed; the faults say where.
///
/// Without an environment texts stand as they are written, `$` or not: for what does not come from the operator's file.
pub(crate) fn parse(text: &str, env: Option<&dyn Env>, faults: &mut Faults) -> Option<Node> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_FILE_BYTES >> 20);
        faults.add(Place { line: 1, column: 1 }, message);
        return None;
    }
    if let Some(place) = forbidden(text) {
        faults.add(place, "this character is not allowed in a configuration: remove it");
        return None;
    }
    let masked = mask(text);
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        disallow_directives: true,
    };
    let mut builder = Builder::new(env, faults);
    for next in Parser::new_from_str_with_options(&masked, options) {
        let step = match next {
            Ok((event, span)) => builder.event(event, place(span.start)),
            Err(error) => Err((place(*error.marker()), syntax(&error.info()))),
        };
        if let Err((at, message)) = step {
            builder.faults.add(at, message);
            return None;
        }
    }
    Some(builder.root.unwrap_or(Node::null(Place { line: 1, column: 1 })))
}

/// The first character that must not stand in the file.
fn forbidden(text: &str) -> Option<Place> {
    let at = text.find(|c: char| is_mask(c) || c == '\0')?;
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    Some(Place { line: count(line), column: count(column) })
}

fn syntax(info: &str) -> String {
    let hint = if info.contains("tab") { " (indent with spaces)" } else { "" };
    format!("not valid YAML: {info}{hint}")
}

fn place(mark: Marker) -> Place {
    Place { line: count(mark.line()), column: count(mark.col() + 1) }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A list or block whose end has not been seen.
struct Open {
    place: Place,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, seen: HashMap<String, Place>, key: Option<Key> },
}

/// A syntax fault that ends the parsing.
type Stop = (Place, String);

struct Builder<'a> {
    env: Option<&'a dyn Env>,
    faults: &'a mut Faults,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    copied: usize,
    expanded: usize,
}

impl<'a> Builder<'a> {
    fn new(env: Option<&'a dyn Env>, faults: &'a mut Faults) -> Self {
        Self { env, faults, open: Vec::new(), anchors: HashMap::new(), root: None, copied: 0, expanded: 0 }
    }

    fn event(&mut self, event: Event<'_>, at: Place) -> Result<(), Stop> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.tag(tag.is_some(), at);
                let node = self.scalar(&text, style == ScalarStyle::Plain, at)?;
                self.done(node, anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.tag(tag.is_some(), at);
                self.start(Open { place: at, anchor, items: Items::List(Vec::new()) })?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.tag(tag.is_some(), at);
                let items = Items::Map { entries: Vec::new(), seen: HashMap::new(), key: None };
                self.start(Open { place: at, anchor, items })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => self.alias(id, at)?,
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err((at, "a second document ('---'): write one configuration a file".into()));
            }
            _ => {}
        }
        Ok(())
    }

    fn tag(&mut self, tagged: bool, at: Place) {
        if tagged {
            self.faults.add(at, "YAML tags ('!...') are not used here: remove it");
        }
    }

    fn start(&mut self, open: Open) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return Err((open.place, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let kind = match open.items {
            Items::List(items) => Kind::List(items),
            Items::Map { entries, .. } => Kind::Map(entries),
        };
        self.done(Node { place: open.place, kind }, open.anchor);
    }

    /// Is the next node a key of the innermost block?
    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { items: Items::Map { key: None, .. }, .. }))
    }

    fn scalar(&mut self, masked: &str, plain: bool, place: Place) -> Result<Node, Stop> {
        let text = unmask(masked);
        if self.at_key() {
            let is_escaped = |at: usize| text.get(..at).is_some_and(|before| before.ends_with('$'));
            if text.match_indices("${").any(|(at, _)| !is_escaped(at)) {
                let fault =
                    "variables are filled in in values only, not in keys; write $${ for a dollar and a brace";
                self.faults.add(place, fault);
            }
            // Other dollars of a key stand for themselves.
            let text = text.replace("$${", "${");
            return Ok(Node { place, kind: Kind::Scalar(Scalar { text, plain, filled: false }) });
        }
        let filled = self.env.map_or(Ok(None), |env| interpolate(&text, env));
        let kind = match filled {
            Ok(None) => Kind::Scalar(Scalar { text, plain, filled: false }),
            Ok(Some(filled)) => {
                self.expanded = self.expanded.saturating_add(filled.len());
                if self.expanded > MAX_EXPANDED_BYTES {
                    return Err((place, format!("variables add more than {} MiB", MAX_EXPANDED_BYTES >> 20)));
                }
                Kind::Scalar(Scalar { text: filled, plain, filled: true })
            }
            Err(messages) => {
                for message in messages {
                    self.faults.add(place, message);
                }
                Kind::Broken
            }
        };
        Ok(Node { place, kind })
    }

    fn alias(&mut self, id: usize, at: Place) -> Result<(), Stop> {
        let Some(target) = self.anchors.get(&id) else {
            return Err((at, "this alias stands inside the value that it names".into()));
        };
        self.copied = self.copied.saturating_add(target.size());
        if self.copied > MAX_ALIAS_NODES {
            return Err((at, format!("aliases copy more than {MAX_ALIAS_NODES} values: write them out")));
        }
        if self.open.len() + target.depth() > MAX_DEPTH {
            return Err((at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        // The copy keeps the places of the original: that is where a fault must be mended.
        let node = target.clone();
        self.done(node, 0);
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn done(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let faults = &mut *self.faults;
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, seen, key }) => match key.take() {
                None => *key = Some(as_key(node, faults)),
                Some(found) => {
                    if let Some(first) = seen.get(&found.text) {
                        let (text, line) = (&found.text, first.line);
                        faults.add(
                            found.place,
                            format!("duplicate key '{text}': it already stands on line {line}"),
                        );
                    } else {
                        seen.insert(found.text.clone(), found.place);
                        entries.push((found, node));
                    }
                }
            },
        }
    }
}

fn as_key(node: Node, faults: &mut Faults) -> Key {
    match node.kind {
        Kind::Scalar(scalar) => {
            if scalar.text == "<<" && scalar.plain {
                faults.add(node.place, "merge keys ('<<') are not supported: write the keys out");
            }
            Key { text: scalar.text, place: node.place }
        }
        _ => {
            faults.add(node.place, "a key must be a text, not a list or block");
            Key { text: String::new(), place: node.place }
        }
    }
}

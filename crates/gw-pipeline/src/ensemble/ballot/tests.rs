//! Tests of [`super`].
use super::*;

fn text(text: &str) -> Vec<Event> {
    let (choice, block) = (0, 0);
    vec![Event::Text { choice, block, text: text.to_owned() }, Event::End]
}

fn tool(name: &str, arguments: &str) -> Vec<Event> {
    let (choice, block) = (0, 0);
    let start = Event::ToolStart { choice, block, id: "call_1".to_owned(), name: name.to_owned() };
    let (first, rest) = arguments.split_at(arguments.len() / 2);
    let piece = |json: &str| Event::ToolArguments { choice, block, json: json.to_owned() };
    vec![start, piece(first), piece(rest), Event::End]
}

fn winner(answers: &[Vec<Event>]) -> Option<(usize, usize)> {
    let ballots: Vec<Ballot> =
        answers.iter().filter_map(|events| Ballot::of(events)).map(|(b, _)| b).collect();
    count(&ballots.iter().collect::<Vec<_>>())
}

#[test]
fn most_win_and_the_first_of_as_many() {
    assert_eq!(winner(&[text("Rome"), text("Paris"), text(" paris.\n")]), Some((1, 2)));
    assert_eq!(winner(&[text("Rome"), text("Paris")]), Some((0, 1)));
    assert_eq!(winner(&[text("a"), text("b"), text("b"), text("A")]), Some((0, 2)));
    assert_eq!(winner(&[]), None);
}

#[test]
fn json_is_compared_by_value_and_text_by_words() {
    let same = [text("{\"a\": 1, \"b\": [2]}"), text(" {\"b\":[2],\"a\":1} ")];
    assert_eq!(winner(&same), Some((0, 2)));
    assert_eq!(winner(&[text("{\"a\": 1}"), text("{\"a\": 2}")]), Some((0, 1)));
    assert_eq!(winner(&[text("Blue  whale"), text("blue\nwhale!")]), Some((0, 2)));
    // A bare number is a text.
    assert_eq!(winner(&[text("42"), text("42.")]), Some((0, 2)));
}

#[test]
fn tools_are_compared_by_name_and_arguments() {
    let calls = [tool("find", "{\"x\": 1, \"y\": 2}"), text("no"), tool("find", "{\"y\":2,\"x\":1}")];
    assert_eq!(winner(&calls), Some((0, 2)));
    assert_eq!(winner(&[tool("find", "{}"), tool("look", "{}")]), Some((0, 1)));
    assert_eq!(winner(&[tool("find", ""), tool("find", "{}")]), Some((0, 2)));
    let (ballot, told) = Ballot::of(&tool("find", "{\"x\":1}")).expect("a ballot");
    assert!(ballot.is_tools());
    assert_eq!(told, "(calls the tool find with {\"x\":1})");
}

#[test]
fn an_answer_that_says_nothing_is_none() {
    assert_eq!(Ballot::of(&text("  ")), None);
    assert_eq!(Ballot::of(&[Event::End]), None);
    let other = Event::Text { choice: 1, block: 0, text: "second choice".to_owned() };
    assert_eq!(Ballot::of(&[other]), None);
}

//! Tests of [`super`].
use super::*;
use gw_wire::batch_lines;

fn reading(lines: &[String]) -> Reading {
    let body = Bytes::from(lines.join("\n"));
    let read = batch_lines::read(&body, Span { start: 0, end: body.len() }, 64).unwrap();
    Reading::new(body, read.lines)
}

fn line(input: &str) -> String {
    format!(
        "{{\"custom_id\":\"c-1\",\"url\":\"/v1/x\",\"body\":{{\"model\":\"gpt-4\",\"input\":[{input}]}}}}"
    )
}

#[test]
fn every_text_of_any_number_of_lines_is_looked_up_in_small_parts() {
    let image = |number: usize| line(&format!("\"https://a.example/images/{number}.png\""));
    let texts: Vec<String> = (0..25_000).map(|number| format!("\"id-{number}\"")).collect();
    let mut lines: Vec<String> = (0..4_000).map(image).collect();
    lines.push(line(&texts.join(",")));
    let mut reading = reading(&lines);
    let mut all = BTreeSet::new();
    loop {
        let mut part = reading.part();
        if part.is_empty() {
            break;
        }
        assert!(part.len() < 2 * PART, "{}", part.len());
        all.append(&mut part);
    }
    // The address, its last segment, and its last two, of each line; the ids of the long one; and the model.
    assert_eq!(all.len(), 3 * 4_000 + 25_000 + 1);
    assert!(!all.contains("c-1") && all.contains("id-24999"));
}

#[test]
fn what_stands_as_a_model_is_looked_up_too() {
    let found = reading(&[line("\"vs_1\"").replacen("gpt-4", "vs_1", 1)]).part();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["vs_1"]);
}

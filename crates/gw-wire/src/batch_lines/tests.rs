//! Tests of [`super`].
use super::*;

fn all(text: &str) -> Result<Vec<Line>, Refusal> {
    read(text.as_bytes(), Span { start: 0, end: text.len() }, 64).map(|read| read.lines)
}

#[test]
fn lines_say_which_model_and_where() {
    let body = "head\r\n{\"custom_id\":\"1\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"a\\u0062\"}}\r\n\n  \
                {\"url\":\"/v1/embeddings\",\"body\":{\"model\" : \"c\",\"previous_response_id\":\"r\"}} \ntail";
    let span = Span { start: 6, end: body.len() - 4 };
    let lines = read(body.as_bytes(), span, 64).unwrap().lines;
    let models: Vec<_> = lines.iter().map(|line| (line.number, &*line.model)).collect();
    assert_eq!(models, [(1, "ab"), (3, "c")]);
    let spelled: Vec<_> =
        lines.iter().map(|line| &body[line.model_span.start..line.model_span.end]).collect();
    assert_eq!(spelled, ["\"a\\u0062\"", "\"c\""]);
    assert_eq!(&body[lines[0].request.start..lines[0].request.end], "{\"model\":\"a\\u0062\"}");
    assert_eq!(lines[1].stored, Some("previous_response_id"));
}

#[test]
fn what_is_wrong_names_its_line() {
    let good = "{\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"m\"}}\n";
    for (bad, words) in [
        ("{", "line 2"),
        ("[]", "line 2"),
        ("{\"url\":\"/x\"}", "`body` is missing"),
        ("{\"body\":{\"model\":\"m\"}}", "`url` is missing"),
        ("{\"url\":\"/x\",\"body\":{}}", "`body.model`"),
        ("{\"url\":\"/x\",\"body\":{\"model\":7}}", "`body.model`"),
        ("{\"url\":\"/x\",\"body\":{\"model\":\"a\",\"model\":\"b\"}}", "stands twice"),
        ("{\"url\":\"/x\",\"body\":{\"model\":\"a\"}} {}", "line 2"),
    ] {
        let refusal = all(&format!("{good}{bad}\n")).unwrap_err();
        assert!(refusal.message.contains(words) && refusal.message.contains("line 2"), "{bad}: {refusal:?}");
    }
    assert!(all("\n \n").unwrap_err().message.contains("no lines"));
}

#[test]
fn files_are_counted_while_lines_are_read() {
    let line = |file: usize| {
        format!("{{\"url\":\"/x\",\"body\":{{\"model\":\"m\",\"a\":{{\"file_id\":\"file-{file}\"}}}}}}\n")
    };
    let most: String = (0..references::MAX_IDS).map(line).collect();
    let twice = format!("{most}{}", line(0));
    let read = read(twice.as_bytes(), Span { start: 0, end: twice.len() }, 64).unwrap();
    assert_eq!((read.lines.len(), read.file_ids.len()), (references::MAX_IDS + 1, references::MAX_IDS));
    let refusal = all(&format!("{most}{}", line(references::MAX_IDS))).unwrap_err();
    assert!(refusal.message.contains("more than 1024 files"), "{refusal:?}");
}

//! Tests of [`super`].
use super::*;

const TYPE: &[u8] = b"multipart/form-data; boundary=XX";

/// Name, file name and value.
type Read = (String, Option<String>, String);

fn parse(body: &str) -> Result<Vec<Read>, &'static str> {
    let boundary = Boundary::of(TYPE).unwrap();
    let form = Form::parse(body.as_bytes(), &boundary).map_err(|error| error.what)?;
    let read = |part: &Part<'_>| {
        let value = String::from_utf8_lossy(form.value(part)).into_owned();
        (part.name.to_owned(), part.filename.map(str::to_owned), value)
    };
    Ok(form.parts.iter().map(read).collect())
}

fn one(head: &str, value: &str) -> String {
    format!("--XX\r\n{head}\r\n\r\n{value}\r\n--XX--\r\n")
}

#[test]
fn boundaries_are_read_as_they_are_meant() {
    let of = |text: &str| {
        Boundary::of(text.as_bytes()).map(|b| String::from_utf8_lossy(b.delimiter()).into_owned())
    };
    for (text, wanted) in [
        ("multipart/form-data; boundary=abc", "--abc"),
        ("Multipart/Form-Data;boundary=\"a b=c\"", ""),
        ("multipart/form-data; charset=utf-8; Boundary=\"a:b\"", "--a:b"),
        (
            "multipart/form-data; boundary=-----------RubyMultipartPost-0a83",
            "-------------RubyMultipartPost-0a83",
        ),
        ("multipart/form-data", ""),
        ("multipart/form-data; boundary=", ""),
        ("multipart/form-data; boundary=a; boundary=b", ""),
        ("multipart/mixed; boundary=a", ""),
        ("application/json", ""),
    ] {
        assert_eq!(of(text).unwrap_or_default(), wanted, "{text}");
    }
    assert_eq!(of(&format!("multipart/form-data; boundary={}", "a".repeat(71))), None);
    assert!(is_form(b"multipart/form-data") && is_form(b"Multipart/Form-Data ; boundary=x"));
    assert!(!is_form(b"multipart/form-data-x") && !is_form(b""));
}

#[test]
fn parts_are_found_with_their_values() {
    let body = "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n\
                --XX\r\ncontent-type: audio/wav\r\nContent-Disposition: form-data; name=file; filename=\"a;b=c.wav\"\r\n\
                \r\nRIFF\r\n\r\n--X\0\r\n--XX\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n\r\n--XX--";
    let file = ("file".to_owned(), Some("a;b=c.wav".to_owned()), "RIFF\r\n\r\n--X\0".to_owned());
    let wanted = vec![
        ("model".to_owned(), None, "whisper-1".to_owned()),
        file,
        ("prompt".to_owned(), None, String::new()),
    ];
    assert_eq!(parse(body), Ok(wanted.clone()));
    assert_eq!(parse(&format!("{body}\r\n")), Ok(wanted));
    assert_eq!(parse("--XX--\r\n"), Ok(Vec::new()), "a form may be empty");
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let field = "Content-Disposition: form-data; name=\"a\"";
    assert!(parse(&one(field, "1")).is_ok());
    for head in [
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=\"a\"; name=\"model\"",
        "Content-Disposition: form-data; name=\"a\"; name*=utf-8''model",
        "Content-Disposition: form-data; name=\"mod\\el\"",
        "Content-Disposition: form-data; name=\"%6dodel\"",
        "Content-Disposition: form-data; name=\"x\"; filename=\"a\\\"; name=\"model\"\"",
        "Content-Disposition: form-data; name=a b",
        "Content-Disposition: form-data; name=\"a\" x",
        "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data;\r\n name=\"model\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"model\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition : form-data; name=\"a\"",
        "Content-Disposition: form-data; name=\"a\"\nX: y",
        "nothing",
        "",
    ] {
        assert!(parse(&one(head, "1")).is_err(), "{head}");
    }
    let whole = one(field, "1");
    for body in [
        String::new(),
        format!("preamble\r\n{whole}"),
        format!("{whole}epilogue"),
        whole.replace("\r\n", "\n"),
        whole.replace("--XX--", "--XX"),
        one(field, "1\n--XX\nContent-Disposition: form-data; name=\"model\"\n\nb"),
        one(field, "a--XXb"),
        "--XX\r\n--XX--\r\n".to_owned(),
        format!("--XX \r\n{field}\r\n\r\n1\r\n--XX--\r\n"),
    ] {
        assert!(parse(&body).is_err(), "{body:?}");
    }
}

#[test]
fn parts_and_heads_have_bounds() {
    let field = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    assert_eq!(parse(&format!("{}--XX--", field.repeat(MAX_PARTS))).map(|parts| parts.len()), Ok(MAX_PARTS));
    assert_eq!(parse(&format!("{}--XX--", field.repeat(MAX_PARTS + 1))), Err("the form has too many parts"));
    let long = format!("X: {}\r\nContent-Disposition: form-data; name=\"a\"", "y".repeat(MAX_HEAD_BYTES));
    assert!(parse(&one(&long, "1")).is_err());
}

#[test]
fn an_error_names_its_place() {
    let boundary = Boundary::of(TYPE).unwrap();
    let error = Form::parse(b"--XX\r\nnothing\r\n\r\n\r\n--XX--", &boundary).unwrap_err();
    assert_eq!(error.to_string(), "a line in the head of a part is no header (byte 6)");
}

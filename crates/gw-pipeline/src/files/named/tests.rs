//! Tests of [`super`].
use super::*;

const FORM: &[u8] = b"multipart/form-data; boundary=XX";
const PAIRS: &[u8] = b"Application/X-WWW-Form-URLEncoded; charset=utf-8";

fn of(content_type: &[u8], body: String) -> Result<Named, Refusal> {
    Named::in_body(&Bytes::from(body), content_type)
}

fn all(named: &BTreeSet<String>) -> Vec<&str> {
    named.iter().map(|id| &**id).collect()
}

fn form(name: &str, value: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--XX--\r\n")
}

#[test]
fn too_many_texts_are_refused_while_they_are_read() {
    let texts =
        |count: usize| (0..count).map(|number| format!("\"id-{number}\"")).collect::<Vec<_>>().join(",");
    // The name of a member may be one too.
    let named = of(b"", format!("{{\"file_id\":\"x\",\"a\":[{}]}}", texts(MAX_STRINGS - 1))).unwrap();
    assert_eq!((named.strings.len(), named.files.len()), (MAX_STRINGS, 1));
    let body = format!("{{\"a\":[{}]}}", texts(MAX_STRINGS * 3));
    assert!(of(b"", body.clone()).unwrap_err().message.contains("texts that could be ids"));
    let mut named = Named::default();
    named.add_json(body.as_bytes());
    assert_eq!(named.strings.len(), MAX_STRINGS + 1);
    let pairs = texts(MAX_STRINGS * 3).replace('"', "").replace(',', "&a=");
    let mut named = Named::default();
    named.add_pairs(&pairs);
    assert_eq!(named.strings.len(), MAX_STRINGS + 1);
}

#[test]
fn fields_name_files_and_ids_however_they_are_sent() {
    for (content_type, body) in [
        (PAIRS, "file_ids=file-a%2Cfile-b&profile_id=p-12".to_owned()),
        (PAIRS, "file_ids[]=file-a&file_ids%5B1%5D=file-b&user_profile_id=p-12".to_owned()),
        (FORM, form("file_ids", "file-a, file-b")),
        (FORM, form("input_file_id[]", "file-a,file-b")),
        (FORM, form("file_ids", r#"["file-a", "file-b"]"#)),
    ] {
        let named = of(content_type, body.clone()).unwrap();
        assert_eq!(all(&named.files), ["file-a", "file-b"], "{body}");
        assert!(named.strings.contains("file-a") && named.strings.contains("file-b"), "{body}");
    }
    let named = of(FORM, form("profile_id", "p-12")).unwrap();
    assert_eq!((all(&named.files), all(&named.strings)), (vec![], vec!["p-12"]));
    let padded = format!("{{\"file_id\":\"file-a\",\"x\":\"vs_1\",\"pad\":\"{}\"}}", "x".repeat(70_000));
    let named = of(FORM, form("data", &padded)).unwrap();
    assert_eq!((all(&named.files), all(&named.strings)), (vec!["file-a"], vec!["file-a", "file_id", "vs_1"]));
}

//! Tests of [`super`].
use super::*;

fn made(path: &str, answer: &str) -> Option<String> {
    let place = Place::of(&line("POST", path)).filter(Place::is_all);
    made_id(&Object::parse(answer.as_bytes(), 64).unwrap(), place.as_ref())
}

fn line(method: &str, path: &str) -> RawLine {
    RawLine { method: method.into(), path: path.into(), ..RawLine::default() }
}

#[test]
fn an_answer_tells_what_was_made() {
    for (path, answer, wanted) in [
        ("/v1/vector_stores", r#"{"id":"vs_1","file":null}"#, Some("vs_1")),
        ("/upload/v1beta/files", r#"{"file":{"name":"files/a1"}}"#, Some("files/a1")),
        ("/v1/conversations", r#"{"id":"x","conversation_id":"conv_1","usage":{}}"#, Some("conv_1")),
        ("/v1/finetuning/finetuned-models", r#"{"finetuned_model":{"id":"u-1","name":"n"}}"#, Some("u-1")),
        ("/v1/datasets", r#"{"a":{"id":"u-1"},"b":{"id":"u-2"}}"#, None),
        ("/v1beta/models/m:batchGenerateContent", r#"{"name":"batches/x","metadata":{}}"#, Some("batches/x")),
        ("/v1/things", r#"{"conversation_id":"c-1","thing":{"id":"u-1"}}"#, None),
        ("/v1/videos/video_1/remix", r#"{"id":"video_2"}"#, Some("video_2")),
    ] {
        assert_eq!(made(path, answer).as_deref(), wanted, "{path}");
    }
    assert_eq!(
        (kind_of("batches/x"), kind_of("video_2")),
        (Some(ObjectKind::Batch), Some(ObjectKind::Other))
    );
}

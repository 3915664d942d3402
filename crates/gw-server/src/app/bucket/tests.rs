//! What stands in addresses and in answers.

use super::{encoded, short};

#[test]
fn names_of_objects_are_escaped_but_for_their_slashes() {
    assert_eq!(encoded("a/date=2026-11-22/x y.parquet", true), "a/date%3D2026-11-22/x%20y.parquet");
    assert_eq!(encoded("a/b", false), "a%2Fb");
}

#[test]
fn an_answer_is_told_in_few_words() {
    let body = "<Error><Code>NoSuchBucket</Code><Message>The bucket\nis not there</Message></Error>";
    assert_eq!(short(body), "NoSuchBucket: The bucketis not there");
}

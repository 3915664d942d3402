//! What goes in comes out.

use super::Kind;
use crate::rows::Counted;
use gw_model::Outcome;

#[test]
fn a_kind_comes_back_as_it_was_packed() {
    let counted = Counted {
        end_time: 123_456_789_012_345,
        key: Some(5),
        team: "team",
        model: "alias",
        is_resolved: true,
        provider: "last",
        upstream_model: "model",
        customer: "customer",
        outcome: Outcome::StreamCut,
        status: 502,
        error: "upstream_error",
        cache: "miss",
        first_byte_us: Some(9),
        total_us: 10,
        is_sub_call: true,
        accounts: &[3; 34],
        format: "chat",
        region: "eu",
        guardrails: "|names=mask",
    };
    let mut packed = Vec::new();
    Kind { counted, share: ["first", "other"] }.pack(&mut packed);
    let kind = Kind::unpack(&packed).unwrap();
    assert_eq!(kind.share, ["first", "other"]);
    assert_eq!(kind.counted.minute(), counted.minute());
    let expected = Counted {
        end_time: kind.counted.end_time,
        key: Some(0),
        provider: "first",
        upstream_model: "other",
        first_byte_us: None,
        total_us: 0,
        ..counted
    };
    assert_eq!(format!("{:?}", kind.counted), format!("{expected:?}"));
    for end in 0..packed.len() {
        assert!(Kind::unpack(&packed[..end]).is_none(), "{end}");
    }
}

#[test]
fn a_name_that_no_model_has_is_counted_without_one() {
    let counted = Counted {
        end_time: 0,
        key: None,
        team: "",
        model: "made up",
        is_resolved: false,
        provider: "",
        upstream_model: "",
        customer: "",
        outcome: Outcome::Refused,
        status: 404,
        error: "model_not_found",
        cache: "",
        first_byte_us: None,
        total_us: 1,
        is_sub_call: false,
        accounts: &[],
        format: "chat",
        region: "",
        guardrails: "",
    };
    let mut packed = Vec::new();
    Kind { counted, share: ["", ""] }.pack(&mut packed);
    assert_eq!(Kind::unpack(&packed).unwrap().counted.counted_model(), "");
}

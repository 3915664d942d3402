//! Tests of schema filling; must not involve a wire format.
use super::*;

#[test]
fn required_properties_are_filled_by_type() {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string"}, "unit": {"enum": ["c", "f"]}, "days": {"type": "integer", "minimum": 3},
            "ratio": {"type": "number"}, "on": {"type": "boolean"}, "tags": {"type": "array", "items": {"type": "string"}},
            "maybe": {"type": ["null", "string"]}, "place": {"$ref": "#/$defs/place"}, "unused": {"type": "string"}
        },
        "required": ["city", "unit", "days", "ratio", "on", "tags", "maybe", "place"],
        "$defs": {"place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]}}
    });
    let value = instance(&schema);
    assert_eq!(
        value,
        json!({"city": "sample city", "unit": "c", "days": 3, "ratio": 1.5, "on": true, "tags": ["sample tags"],
               "maybe": "sample maybe", "place": {"lat": 1.5}})
    );
}

#[test]
fn bounds_and_recursion_are_kept() {
    assert_eq!(instance(&json!({"type": "integer", "exclusiveMinimum": 4, "multipleOf": 3})), json!(6));
    assert_eq!(instance(&json!({"type": "integer", "maximum": -2})), json!(-2));
    assert_eq!(instance(&json!({"type": "string", "maxLength": 3})), json!("sam"));
    let endless = json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]});
    assert!(instance(&endless).is_object());
    assert_eq!(instance(&json!({"type": "object"})), json!({}));
}

//! Tests of [`super`].

use super::*;
use gw_model::event::Citation;

#[test]
fn a_ruler_goes_both_ways() {
    let text = "a\u{e9}b\u{20ac}\u{1f600}cd";
    let mut ruler = Ruler::default();
    for piece in ["a", "\u{e9}b", "\u{20ac}\u{1f600}c", "d"] {
        ruler.push(piece);
    }
    for (number, (byte, _)) in text.char_indices().enumerate() {
        let (number, byte) = (number as u32, byte as u32);
        assert_eq!(ruler.byte_at(number), Some(byte), "{number}");
        assert_eq!(ruler.character_at(byte), Some(number), "{byte}");
    }
    let (characters, bytes) = (text.chars().count() as u32, text.len() as u32);
    assert_eq!((ruler.byte_at(characters), ruler.character_at(bytes)), (Some(bytes), Some(characters)));
    assert_eq!((ruler.byte_at(99), ruler.character_at(99)), (Some(bytes), Some(characters)));
    assert_eq!(ruler.character_at(2), Some(2));
}

#[test]
fn extents_place_citations_in_blocks_and_choices() {
    let mut extents = Extents::default();
    extents.text(0, "caf\u{e9} ");
    extents.text(2, "is");
    extents.text(2, " open");
    let whole = Citation::default();
    assert_eq!(extents.in_choice(0, &whole), (0, 5));
    assert_eq!((extents.in_block(2, &whole), extents.in_choice(2, &whole)), ((0, 7), (5, 12)));
    let some = Citation { range: Some((3, 99)), ..Citation::default() };
    assert_eq!((extents.in_block(2, &some), extents.in_choice(2, &some)), ((3, 7), (8, 12)));
    assert_eq!(extents.in_choice(7, &some), (0, 0));
}

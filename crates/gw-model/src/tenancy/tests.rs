//! Tests of [`super`].
use super::*;

#[test]
fn ids_are_read_as_they_are_shown() {
    for level in Level::ALL {
        let id = AccountId { level: *level, number: 0xfeed << 64 | 7 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(Level::from_code(level.code()), Some(*level));
        assert_eq!(Level::from_name(level.as_str()), Some(*level));
    }
    for wrong in [
        "",
        "team",
        "team_",
        "team_12",
        "crew_0000000000000000000000000000002a",
        "team_+000000000000000000000000000002a",
    ] {
        assert_eq!(wrong.parse::<AccountId>(), Err(InvalidId), "{wrong}");
    }
}

#[test]
fn levels_are_counted_from_the_narrowest_to_the_widest() {
    assert!(Level::ALL.is_sorted());
    let mut codes: Vec<u8> = Level::ALL.iter().map(|level| level.code()).collect();
    codes.dedup();
    assert_eq!(codes.len(), Level::ALL.len());
}

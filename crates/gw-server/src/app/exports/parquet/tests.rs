//! The form of files: what DuckDB reads is tested where that is installed; here is what every file has.

use super::{Cell, Column, Kind, Writer, bits, thrift};

#[test]
fn a_file_begins_and_ends_as_it_must() {
    let columns = vec![
        Column { name: "name", kind: Kind::Text },
        Column { name: "cost_usd", kind: Kind::Billionths },
        Column { name: "stream", kind: Kind::Flag },
    ];
    let mut writer = Writer::new(Vec::new(), columns).unwrap();
    for number in 0..100_001 {
        let name = if number % 3 == 0 { Cell::None } else { Cell::Text(format!("n{number}")) };
        writer.row(vec![name, Cell::Number(number), Cell::Flag(number % 2 == 0)]).unwrap();
    }
    assert_eq!(writer.groups.len(), 2, "groups are bounded");
    let file = writer.finish().unwrap();
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    let tail = &file[file.len() - 8..file.len() - 4];
    let footer = u32::from_le_bytes(tail.try_into().unwrap()) as usize;
    assert!(footer > 100 && footer < file.len());
}

#[test]
fn numbers_and_bits_are_packed_as_thrift_and_parquet_have_it() {
    let mut bytes = Vec::new();
    thrift::varint(&mut bytes, 300);
    assert_eq!(bytes, [0xac, 0x02]);
    assert_eq!(bits(&[true, false, true, false, false, false, false, false, true]), [0b101, 1]);
}

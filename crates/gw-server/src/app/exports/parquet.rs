//! Parquet files, written from the beginning to the end: flat columns, plain values, pages compressed with gzip, a group of
//! rows at a time, so that memory is bounded by a group. It must not know what the columns are about.
//!
//! The format: <https://parquet.apache.org/docs/file-format/>; its metadata is Thrift's compact protocol.

mod thrift;

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use thrift::Struct;

/// What files begin and end with.
const MAGIC: &[u8; 4] = b"PAR1";

/// A group is written when its values take so many bytes, or has so many rows.
const GROUP_BYTES: usize = 16 << 20;
const GROUP_ROWS: usize = 50_000;

/// What a column holds. Every value may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8.
    Text,
    /// Whole numbers of 64 bits.
    Whole,
    /// Microseconds since 1970, UTC.
    Time,
    /// Billionths, as an exact decimal of 18 digits.
    Billionths,
    /// Yes or no.
    Flag,
}

impl Kind {
    /// The physical type.
    const fn physical(self) -> i32 {
        match self {
            Self::Flag => 0,
            Self::Whole | Self::Time | Self::Billionths => 2,
            Self::Text => 6,
        }
    }

    /// What the physical type stands for.
    const fn converted(self) -> Option<i32> {
        match self {
            Self::Text => Some(0),
            Self::Billionths => Some(5),
            Self::Time => Some(10),
            Self::Whole | Self::Flag => None,
        }
    }
}

/// Says that times are of UTC: without it some readers take them for those of no zone.
fn utc() -> Struct {
    let (mut microseconds, mut time, mut logical) = (Struct::default(), Struct::default(), Struct::default());
    microseconds.structure(2, Struct::default());
    time.yes(1).structure(2, microseconds);
    logical.structure(8, time);
    logical
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    None,
    Text(String),
    Number(i64),
    Flag(bool),
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// The values of a column in the group at hand.
#[derive(Debug, Default)]
struct Values {
    bytes: Vec<u8>,
    is_there: Vec<bool>,
    /// Bits of flags that are no whole byte yet.
    flags: Vec<bool>,
}

/// Where a column of a group stands in the file.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    offset: i64,
    plain: i64,
    packed: i64,
    values: i64,
}

/// See the module.
pub(super) struct Writer<W: Write> {
    to: W,
    at: i64,
    columns: Vec<Column>,
    group: Vec<Values>,
    rows: usize,
    groups: Vec<(Vec<Chunk>, i64)>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(mut to: W, columns: Vec<Column>) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        let group = columns.iter().map(|_| Values::default()).collect();
        Ok(Self { to, at: 4, columns, group, rows: 0, groups: Vec::new() })
    }

    /// Takes a row; a cell for each column, in their order.
    pub(super) fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        for (values, cell) in self.group.iter_mut().zip(cells) {
            values.add(&cell);
        }
        self.rows += 1;
        let bytes: usize = self.group.iter().map(|values| values.bytes.len()).sum();
        if self.rows >= GROUP_ROWS || bytes >= GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    /// Writes what is left and what the file is about, and gives back what it was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end_group()?;
        let footer = self.footer();
        self.to.write_all(&footer)?;
        let length = u32::try_from(footer.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.to.write_all(&length.to_le_bytes())?;
        self.to.write_all(MAGIC)?;
        Ok(self.to)
    }

    fn end_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut chunks = Vec::with_capacity(self.columns.len());
        for values in &mut self.group {
            let (page, chunk) = std::mem::take(values).page(self.at)?;
            self.to.write_all(&page)?;
            self.at += chunk.packed;
            chunks.push(chunk);
        }
        self.groups.push((chunks, whole(std::mem::take(&mut self.rows))));
        Ok(())
    }

    fn footer(&self) -> Vec<u8> {
        let mut root = Struct::default();
        root.text(4, "records").i32(5, whole32(self.columns.len()));
        let mut schema = vec![root];
        schema.extend(self.columns.iter().map(|column| {
            let mut element = Struct::default();
            // Every value may be missing.
            element.i32(1, column.kind.physical()).i32(3, 1).text(4, column.name);
            if let Some(converted) = column.kind.converted() {
                element.i32(6, converted);
            }
            if column.kind == Kind::Billionths {
                element.i32(7, 9).i32(8, 18);
            }
            if column.kind == Kind::Time {
                element.structure(10, utc());
            }
            element
        }));
        let groups: Vec<Struct> =
            self.groups.iter().map(|(chunks, rows)| self.group(chunks, *rows)).collect();
        let rows: i64 = self.groups.iter().map(|(_, rows)| rows).sum();
        let mut file = Struct::default();
        file.i32(1, 1).structs(2, schema).i64(3, rows).structs(4, groups);
        file.text(6, concat!("gatewright version ", env!("CARGO_PKG_VERSION"))).finish()
    }

    fn group(&self, chunks: &[Chunk], rows: i64) -> Struct {
        let columns = self.columns.iter().zip(chunks).map(|(column, chunk)| {
            let mut about = Struct::default();
            // Plain values, levels as runs; gzip.
            about.i32(1, column.kind.physical()).i32s(2, &[0, 3]).texts(3, &[column.name]).i32(4, 2);
            about.i64(5, chunk.values).i64(6, chunk.plain).i64(7, chunk.packed).i64(9, chunk.offset);
            let mut element = Struct::default();
            element.i64(2, chunk.offset).structure(3, about);
            element
        });
        let bytes: i64 = chunks.iter().map(|chunk| chunk.plain).sum();
        let mut group = Struct::default();
        group.structs(1, columns.collect()).i64(2, bytes).i64(3, rows);
        group
    }
}

impl Values {
    fn add(&mut self, cell: &Cell) {
        self.is_there.push(*cell != Cell::None);
        match cell {
            Cell::None => {}
            Cell::Text(text) => {
                self.bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
                self.bytes.extend_from_slice(text.as_bytes());
            }
            Cell::Number(number) => self.bytes.extend_from_slice(&number.to_le_bytes()),
            Cell::Flag(flag) => self.flags.push(*flag),
        }
    }

    /// The one page of the column in this group.
    fn page(self, offset: i64) -> io::Result<(Vec<u8>, Chunk)> {
        // Levels as one packed run: 1 where there is a value.
        let runs = bits(&self.is_there);
        let mut levels = Vec::new();
        thrift::varint(&mut levels, (runs.len() as u64) << 1 | 1);
        levels.extend_from_slice(&runs);
        let mut plain = u32::try_from(levels.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        plain.extend_from_slice(&levels);
        plain.extend_from_slice(&self.bytes);
        plain.extend_from_slice(&bits(&self.flags));
        let mut packed = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
        packed.write_all(&plain)?;
        let packed = packed.finish()?;
        let mut data = Struct::default();
        data.i32(1, whole32(self.is_there.len())).i32(2, 0).i32(3, 3).i32(4, 3);
        let mut header = Struct::default();
        header.i32(1, 0).i32(2, whole32(plain.len())).i32(3, whole32(packed.len())).structure(5, data);
        let mut page = header.finish();
        let head = page.len();
        page.extend_from_slice(&packed);
        let chunk = Chunk {
            offset,
            plain: whole(head + plain.len()),
            packed: whole(page.len()),
            values: whole(self.is_there.len()),
        };
        Ok((page, chunk))
    }
}

/// Eight to a byte, the first one lowest.
fn bits(flags: &[bool]) -> Vec<u8> {
    let byte =
        |eight: &[bool]| eight.iter().enumerate().fold(0, |byte, (at, flag)| byte | u8::from(*flag) << at);
    flags.chunks(8).map(byte).collect()
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn whole32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;

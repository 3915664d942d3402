//! Where something sealed stands in the databases, and what each of it belongs to. A table that gets something sealed gets its
//! line here.

use super::sealers::Part;
use Kind::{Bytes, Number, Text};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bytes,
    Text,
    Number,
}

/// A value of such a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Bytes(Vec<u8>),
    Text(String),
    Number(i64),
}

/// A column by its name.
type Column = (&'static str, Kind);

/// A column of a table in which something sealed stands.
#[derive(Debug)]
pub(crate) struct SealedTable {
    /// What stands there.
    pub(super) part: Part,
    name: &'static str,
    /// The primary key.
    keys: &'static [Column],
    /// What else is needed to know what it belongs to.
    also: &'static [Column],
    /// A table besides, which holds some of that.
    beside: &'static str,
    column: &'static str,
    /// Rows that are read and written at once.
    pub(super) rows: usize,
}

/// A row: its primary key, what else is needed, and what is sealed.
#[derive(Clone, Debug)]
pub(crate) struct SealedRow {
    pub(crate) cells: Vec<Cell>,
    pub(crate) sealed: Vec<u8>,
}

/// A row that is sealed again.
#[derive(Debug)]
pub(crate) struct Resealed {
    pub(crate) row: SealedRow,
    pub(crate) sealed: Vec<u8>,
}

/// How a database writes what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The value of that number.
    fn value(self, number: usize, kind: Kind) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}{}", kind.cast()),
        }
    }

    fn read(self, (name, kind): Column) -> String {
        match self {
            Self::Sqlite => format!("t.{name}"),
            Self::Postgres => format!("t.{name}{}", kind.cast()),
        }
    }
}

impl Kind {
    const fn cast(self) -> &'static str {
        match self {
            Self::Bytes => "::bytea",
            Self::Text => "::text",
            Self::Number => "::bigint",
        }
    }
}

const FEW: usize = 50;
/// Of what may be many megabytes each.
const BIG: usize = 4;
const MANY: usize = 1_000;

const fn table(part: Part, name: &'static str, keys: &'static [Column], column: &'static str) -> SealedTable {
    SealedTable { part, name, keys, also: &[], beside: "", column, rows: FEW }
}

/// All of them.
pub(crate) const TABLES: &[SealedTable] = &[
    table(Part::Credentials, "credentials", &[("name", Text)], "sealed"),
    table(Part::Blocks, "config_blocks", &[("kind", Text), ("name", Text)], "sealed"),
    table(Part::Channels, "alert_objects", &[("id", Text)], "sealed"),
    table(Part::SecondFactors, "logins", &[("user_id", Text)], "totp"),
    table(Part::SecondFactors, "logins", &[("user_id", Text)], "totp_pending"),
    table(Part::Sessions, "sessions", &[("id", Text)], "id_token"),
    table(Part::Answers, "given_answers", &[("idempotency_key", Text)], "sealed"),
    SealedTable {
        part: Part::Objects,
        name: "object_states",
        keys: &[("kind", Number), ("id", Text)],
        also: &[("owner", Bytes)],
        beside: " JOIN (SELECT kind AS kind_of, id AS id_of, owner FROM objects) AS o ON o.kind_of = t.kind AND o.id_of = t.id",
        column: "state",
        rows: BIG,
    },
    table(Part::Items, "dataset_items", &[("dataset", Text), ("id", Text)], "sealed"),
    table(
        Part::Results,
        "evaluation_results",
        &[("evaluation", Text), ("item", Text), ("target", Number)],
        "sealed",
    ),
    SealedTable { rows: BIG, ..table(Part::Bodies, "record_bodies", &[("request", Bytes)], "sealed") },
    SealedTable {
        also: &[("hash", Bytes)],
        rows: MANY,
        ..table(Part::Audit, "audit", &[("number", Number)], "seal")
    },
    SealedTable {
        also: &[("first", Number), ("base", Bytes), ("last", Number), ("hash", Bytes)],
        ..table(Part::AuditHead, "audit_head", &[("one", Number)], "seal")
    },
];

impl SealedTable {
    /// Kinds of a row's cells, in their order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.keys.iter().chain(self.also).map(|(_, kind)| *kind)
    }

    /// The part of a row's cells that is its primary key.
    pub(crate) fn key_of<'r>(&self, row: &'r SealedRow) -> &'r [Cell] {
        row.cells.get(..self.keys.len()).unwrap_or_default()
    }

    /// Reads rows in the order of their keys; with `behind`, those behind the key whose values it takes.
    pub(crate) fn select(&self, dialect: Dialect, behind: bool) -> String {
        let joined = |parts: Vec<String>| parts.join(", ");
        let of_owner = |column: &Column| match self.beside {
            "" => dialect.read(*column),
            _ => dialect.read(*column).replacen("t.", "o.", 1),
        };
        let mut columns: Vec<String> = self.keys.iter().map(|column| dialect.read(*column)).collect();
        columns.extend(self.also.iter().map(of_owner));
        let keys = joined(self.keys.iter().map(|(name, _)| format!("t.{name}")).collect());
        let values = (1..).zip(self.keys).map(|(number, (_, kind))| dialect.value(number, *kind));
        let after = match behind {
            true => format!(" AND ({keys}) > ({})", joined(values.collect())),
            false => String::new(),
        };
        let Self { name, beside, column, rows, .. } = self;
        format!(
            "SELECT {columns}, t.{column} FROM {name} AS t{beside} WHERE length(t.{column}) > 0{after} \
             ORDER BY {keys} LIMIT {rows}",
            columns = joined(columns)
        )
    }

    /// Replaces what is sealed in a row, where it is still what was read: value 1 is the new one, 2 the old one, and behind them
    /// is the key.
    pub(crate) fn update(&self, dialect: Dialect) -> String {
        let keys = (3..)
            .zip(self.keys)
            .map(|(number, (name, kind))| format!("{name} = {}", dialect.value(number, *kind)));
        let Self { name, column, .. } = self;
        let (new, old) = (dialect.value(1, Bytes), dialect.value(2, Bytes));
        let keys: Vec<String> = keys.collect();
        format!("UPDATE {name} SET {column} = {new} WHERE {column} = {old} AND {}", keys.join(" AND "))
    }
}

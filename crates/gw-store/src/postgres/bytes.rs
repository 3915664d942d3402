//! Values on their way to and from PostgreSQL: ids as bytes, counts, and texts without what it does not take.

use super::fault::Fault;
use crate::error::StoreError;
use std::borrow::Cow;
use tokio_postgres::Row;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// An id as it is stored: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(pub(super) u128);

type Failure = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Id {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        self.0.to_be_bytes().as_slice().to_sql(ty, out)
    }
    fn accepts(ty: &Type) -> bool {
        <&[u8] as ToSql>::accepts(ty)
    }
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Id {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let bytes = <&[u8]>::from_sql(ty, raw)?;
        Ok(Self(u128::from_be_bytes(bytes.try_into()?)))
    }
    fn accepts(ty: &Type) -> bool {
        <&[u8] as FromSql>::accepts(ty)
    }
}

/// A text without the one character that PostgreSQL takes in no text. A caller may name a model with it.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// The rows of a query as long as those before them, in its order, have less than so many bytes in their large column: `limit`
/// is the parameter that says how many. The sizes of large values are known without reading them.
pub(super) fn within(rows: &str, (columns, large, order): (&str, &str, &str), limit: &str) -> String {
    format!(
        "SELECT {columns} FROM (SELECT page.*, SUM(octet_length({large})) OVER (ORDER BY {order} \
         ROWS UNBOUNDED PRECEDING) - octet_length({large}) AS earlier FROM ({rows}) AS page) AS summed \
         WHERE earlier < {limit} ORDER BY {order}"
    )
}

/// A count that is stored signed.
pub(super) fn count(row: &Row, column: usize) -> Result<u64, Fault> {
    Ok(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or(0))
}

/// A small number in a wider column.
pub(super) fn small<T: TryFrom<i32>>(row: &Row, column: usize, what: &'static str) -> Result<T, Fault> {
    let number: i32 = row.try_get(column)?;
    T::try_from(number).map_err(|_| StoreError::Damaged { what }.into())
}

/// A code in a column of two bytes.
pub(super) fn code(row: &Row, column: usize) -> Result<u8, Fault> {
    Ok(u8::try_from(row.try_get::<_, i16>(column)?).unwrap_or(u8::MAX))
}

/// How many rows to ask for.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

//! Puts records into a store that never stood in a journal, such as made-up ones: through the same bytes and the same
//! transaction as those that did, so that sums, budgets and descriptions agree with them.

use crate::error::StoreError;
use crate::journal::{Frame, RecordBytes};
use crate::traits::Ledger;
use crate::types::Folded;
use gw_model::Record;

/// Stores records in one transaction; what stood there already is left as it is.
///
/// # Errors
/// The store does not take them; none of them is stored then.
pub fn put(ledger: &dyn Ledger, records: &[Record], bytes: &mut RecordBytes) -> Result<Folded, StoreError> {
    ledger.fold(&mut |batch| {
        for record in records {
            let frame = bytes.encode(record).map_err(|_| StoreError::Damaged { what: "a record" })?;
            if let Frame::Record(record) = frame {
                batch.record(&record)?;
            }
        }
        Ok(())
    })
}

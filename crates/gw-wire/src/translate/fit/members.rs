//! Members without a field of their own: kept, left out or refused, as the table says. Serves the fitting of
//! requests. It must not look into their values.

use super::name;
use crate::translate::table::{Treatment, spelling, treatment};
use gw_model::WireFormat;
use gw_model::chat::ChatRequest;
use gw_model::refusal::{ErrorCode, Refusal};

/// Applies the table to the extra members.
pub(super) fn fit(
    from: WireFormat,
    to: WireFormat,
    request: &mut ChatRequest,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    for (inner, value) in std::mem::take(&mut request.extra) {
        match treatment(from, to, &inner, &value) {
            Treatment::Keep(kept) => {
                let kept = if kept == inner { inner } else { kept.to_owned() };
                request.extra.push((kept, value));
            }
            Treatment::Default => {}
            Treatment::Drop => name(dropped, spelling(from, &inner)),
            Treatment::Refuse(way_out) => {
                let written = spelling(from, &inner).to_owned();
                let message = format!("`{written}` is not supported here. {way_out}");
                return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param(written));
            }
        }
    }
    Ok(())
}

//! Models that the streams of a thread share: what one learned serves the next, whose first events need not be walked
//! through either. Serves the reader. It holds so many of each format, and lets those go that nothing was like for longest.

use super::super::EventTexts;
use super::model::Model;
use crate::usage::Known;
use gw_model::WireFormat;
use std::cell::RefCell;

/// Models of one format.
const MAX_SHARED: usize = 16;

thread_local! {
    static SHELF: RefCell<Vec<Shelf>> = const { RefCell::new(Vec::new()) };
}

/// The models of a format.
struct Shelf {
    format: WireFormat,
    models: Vec<Model>,
    /// Which of them something was like since it was last asked which to let go: a bit each.
    used: u32,
    /// Which is looked at next when one has to go.
    hand: usize,
}

/// Reads an event by the models of its format into `found`. Gives the model that it is like for the stream's own use, as
/// far as `wants_own`, and what a meter is told; the error is that it is like none.
pub(super) fn read(
    format: WireFormat,
    name: Option<&str>,
    data: &[u8],
    found: &mut EventTexts,
    wants_own: bool,
) -> Result<(Option<Model>, Known), ()> {
    with(format, |shelf| {
        let mut models = shelf.models.iter().enumerate();
        let (at, text) = models.find_map(|(at, model)| Some((at, model.read(name, data)?)))?;
        shelf.used |= 1 << at;
        let model = shelf.models.get(at)?;
        found.texts.clear();
        found.texts.extend(text);
        (found.ended, found.is_echo) = (model.ended(), false);
        let own = if wants_own { model.narrowed(data) } else { None };
        Some((own, model.known(text)))
    })
    .flatten()
    .ok_or(())
}

/// Keeps a model for the streams to come.
pub(super) fn keep(format: WireFormat, model: Model) {
    with(format, |shelf| shelf.keep(model));
}

fn with<T>(format: WireFormat, look: impl FnOnce(&mut Shelf) -> T) -> Option<T> {
    // A thread that ends has none any more.
    SHELF
        .try_with(|shelves| {
            let mut shelves = shelves.try_borrow_mut().ok()?;
            let at = shelves.iter().position(|shelf| shelf.format == format);
            let at = at.unwrap_or_else(|| {
                shelves.push(Shelf { format, models: Vec::new(), used: 0, hand: 0 });
                shelves.len() - 1
            });
            shelves.get_mut(at).map(look)
        })
        .ok()
        .flatten()
}

impl Shelf {
    fn keep(&mut self, model: Model) {
        if self.models.len() < MAX_SHARED {
            self.models.push(model);
            return;
        }
        while self.used >> self.hand & 1 == 1 {
            self.used &= !(1 << self.hand);
            self.hand = (self.hand + 1) % MAX_SHARED;
        }
        if let Some(oldest) = self.models.get_mut(self.hand) {
            *oldest = model;
        }
        self.hand = (self.hand + 1) % MAX_SHARED;
    }
}

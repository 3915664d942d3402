//! Tells when the pieces of a call's arguments make a whole JSON value, so that the next block may begin.
//! Serves the stream writer. It must not validate: a wrong text is the model's, not ours to judge.

/// How deep JSON text that comes in pieces is nested at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Nesting {
    depth: u32,
    has_begun: bool,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Outside,
    String,
    Escape,
}

impl Nesting {
    /// Takes the next piece.
    pub(super) fn feed(&mut self, piece: &str) {
        for byte in piece.bytes() {
            self.place = match (self.place, byte) {
                (Place::Escape, _) => Place::String,
                (Place::String, b'\\') => Place::Escape,
                (Place::String, b'"') => Place::Outside,
                (Place::String, _) => Place::String,
                (Place::Outside, b'"') => Place::String,
                (Place::Outside, b'{' | b'[') => {
                    self.has_begun = true;
                    self.depth = self.depth.saturating_add(1);
                    Place::Outside
                }
                (Place::Outside, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    Place::Outside
                }
                (Place::Outside, _) => Place::Outside,
            };
        }
    }

    /// True once an object or array has begun and every bracket is closed.
    pub(super) fn is_complete(self) -> bool {
        self.has_begun && self.depth == 0 && self.place == Place::Outside
    }
}

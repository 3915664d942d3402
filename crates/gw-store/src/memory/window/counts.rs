//! The counts of the ring's sub-windows, in little room: there is a ring for each limit of each key, and
//! very many keys rarely count far within one second. Serves the sliding window. It must not know times.

/// Sub-windows.
pub(super) const SUBS: usize = 61;

/// See the module. Places are below [`SUBS`].
#[derive(Clone, Debug, Default)]
pub(super) enum Counts {
    /// Until something is counted.
    #[default]
    Empty,
    /// While every count fits: two cache lines.
    Narrow(Box<[u16; SUBS]>),
    /// From the first count on that does not, until all are cleared.
    Wide(Box<[u64; SUBS]>),
}

impl Counts {
    pub(super) fn get(&self, at: usize) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Narrow(counts) => u64::from(counts[at]),
            Self::Wide(counts) => counts[at],
        }
    }

    pub(super) fn set(&mut self, at: usize, count: u64) {
        match self {
            Self::Narrow(counts) => match u16::try_from(count) {
                Ok(count) => counts[at] = count,
                Err(_) => {
                    let mut wide = Box::new(counts.map(u64::from));
                    wide[at] = count;
                    *self = Self::Wide(wide);
                }
            },
            Self::Wide(counts) => counts[at] = count,
            Self::Empty if count > 0 => {
                *self = Self::Narrow(Box::new([0; SUBS]));
                self.set(at, count);
            }
            Self::Empty => {}
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Narrow(counts) => **counts = [0; SUBS],
            Self::Empty | Self::Wide(_) => *self = Self::default(),
        }
    }
}

#[cfg(test)]
mod tests;

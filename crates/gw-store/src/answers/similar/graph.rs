//! A graph in which the nearest of many vectors are found by going from neighbour to neighbour, coarse layers first (HNSW,
//! Malkov and Yashunin 2016). Serves the search for similar turns where there are too many to look at each. It holds
//! numbers of vectors only; what is gone stays as a way to others until the graph is made anew.

use super::codes::{Code, Codes};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Neighbours that a vector has in the layers above the lowest; twice as many there.
const NEIGHBOURS: usize = 16;
/// Candidates that are looked at for a new vector's neighbours.
const BREADTH_OF_GROWTH: usize = 96;
/// Candidates that a search keeps.
const BREADTH: usize = 96;
/// Layers above the lowest, at most: enough for more vectors than there is memory.
const MAX_LAYER: usize = 8;
/// What a vector's place takes beside its numbers, in bytes, about.
pub(super) const BYTES_PER_VECTOR: usize = 2 * NEIGHBOURS * 4 + 64;

/// A similarity that can be ordered, with the vector's number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Near {
    pub(super) similarity: f32,
    pub(super) at: u32,
}

impl Eq for Near {}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.similarity.total_cmp(&other.similarity).then(self.at.cmp(&other.at))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Of each vector, its neighbours in each of its layers, the lowest first.
    links: Vec<Vec<Vec<u32>>>,
    /// The vector where every search begins.
    entry: Option<u32>,
    /// Its highest layer.
    top: usize,
}

/// Which vectors a search has seen, one bit each.
struct Seen(Vec<u64>);

impl Seen {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// Was it new?
    fn note(&mut self, at: u32) -> bool {
        let Some(word) = self.0.get_mut(at as usize / 64) else { return false };
        let bit = 1 << (at % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

impl Graph {
    /// How many vectors are in it: those from the first on.
    pub(super) const fn len(&self) -> usize {
        self.links.len()
    }

    fn neighbours(&self, at: u32, layer: usize) -> &[u32] {
        self.links.get(at as usize).and_then(|layers| layers.get(layer)).map_or(&[], Vec::as_slice)
    }

    /// Takes the next vector in.
    pub(super) fn grow(&mut self, codes: &Codes) {
        let Ok(at) = u32::try_from(self.links.len()) else { return };
        let layer = layer_of(at);
        self.links.push(vec![Vec::new(); layer + 1]);
        let Some(entry) = self.entry else {
            (self.entry, self.top) = (Some(at), layer);
            return;
        };
        let code = codes.get(at);
        let mut nearest = self.descend(codes, &code, entry, layer);
        for layer in (0..=layer.min(self.top)).rev() {
            let found = self.search_layer(codes, &code, &[nearest.at], layer, BREADTH_OF_GROWTH);
            if let Some(first) = found.first() {
                nearest = *first;
            }
            let chosen = choose(codes, &found, capacity(layer));
            for other in &chosen {
                self.link(codes, *other, at, layer);
            }
            if let Some(links) = self.links.get_mut(at as usize).and_then(|layers| layers.get_mut(layer)) {
                *links = chosen;
            }
        }
        if layer > self.top {
            (self.entry, self.top) = (Some(at), layer);
        }
    }

    /// Adds a neighbour, and lets the least useful one go where there are too many.
    fn link(&mut self, codes: &Codes, from: u32, to: u32, layer: usize) {
        let Some(links) = self.links.get_mut(from as usize).and_then(|layers| layers.get_mut(layer)) else {
            return;
        };
        links.push(to);
        if links.len() <= capacity(layer) {
            return;
        }
        let mut near: Vec<Near> =
            links.iter().map(|at| Near { similarity: codes.between(from, *at), at: *at }).collect();
        near.sort_by_key(|near| Reverse(*near));
        *links = choose(codes, &near, capacity(layer));
    }

    /// Through the layers above that one, always to the nearest.
    fn descend(&self, codes: &Codes, code: &Code, entry: u32, layer: usize) -> Near {
        let mut nearest = Near { similarity: codes.similarity(code, entry), at: entry };
        for layer in (layer + 1..=self.top).rev() {
            loop {
                let next = self.neighbours(nearest.at, layer).iter();
                let best = next.map(|at| Near { similarity: codes.similarity(code, *at), at: *at }).max();
                match best.filter(|best| best.similarity > nearest.similarity) {
                    Some(best) => nearest = best,
                    None => break,
                }
            }
        }
        nearest
    }

    /// The nearest that are found, the very nearest first.
    pub(super) fn search(&self, codes: &Codes, code: &Code) -> Vec<Near> {
        let Some(entry) = self.entry else { return Vec::new() };
        let nearest = self.descend(codes, code, entry, 0);
        self.search_layer(codes, code, &[nearest.at], 0, BREADTH)
    }

    fn search_layer(
        &self,
        codes: &Codes,
        code: &Code,
        from: &[u32],
        layer: usize,
        breadth: usize,
    ) -> Vec<Near> {
        let mut seen = Seen::new(self.links.len());
        let mut open = BinaryHeap::new();
        let mut kept: BinaryHeap<Reverse<Near>> = BinaryHeap::new();
        for at in from.iter().copied().filter(|at| seen.note(*at)).collect::<Vec<_>>() {
            let near = Near { similarity: codes.similarity(code, at), at };
            open.push(near);
            kept.push(Reverse(near));
        }
        while let Some(near) = open.pop() {
            let worst = kept.peek().map_or(f32::MIN, |Reverse(worst)| worst.similarity);
            if kept.len() >= breadth && near.similarity < worst {
                break;
            }
            for at in self.neighbours(near.at, layer) {
                if !seen.note(*at) {
                    continue;
                }
                let next = Near { similarity: codes.similarity(code, *at), at: *at };
                let worst = kept.peek().map_or(f32::MIN, |Reverse(worst)| worst.similarity);
                if kept.len() < breadth || next.similarity > worst {
                    open.push(next);
                    kept.push(Reverse(next));
                    if kept.len() > breadth {
                        kept.pop();
                    }
                }
            }
        }
        let mut found: Vec<Near> = kept.into_iter().map(|Reverse(near)| near).collect();
        found.sort_by_key(|near| Reverse(*near));
        found
    }
}

const fn capacity(layer: usize) -> usize {
    if layer == 0 { 2 * NEIGHBOURS } else { NEIGHBOURS }
}

/// Neighbours in different directions: one that is nearer to another neighbour can be reached through that.
fn choose(codes: &Codes, found: &[Near], most: usize) -> Vec<u32> {
    let mut chosen: Vec<u32> = Vec::with_capacity(most);
    let mut passed = Vec::new();
    for near in found {
        if chosen.len() >= most {
            break;
        }
        let is_apart = chosen.iter().all(|other| codes.between(near.at, *other) < near.similarity);
        if is_apart { chosen.push(near.at) } else { passed.push(near.at) }
    }
    // What is left fills the rest: neighbours too many are better than too few.
    let left = most - chosen.len();
    chosen.extend(passed.into_iter().take(left));
    chosen
}

/// The highest layer of a vector: one in sixteen goes one up. From its number, so that a graph is the same each time.
fn layer_of(at: u32) -> usize {
    let mut mixed = u64::from(at).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed.trailing_zeros() as usize / 4).min(MAX_LAYER)
}

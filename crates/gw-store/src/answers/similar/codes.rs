//! Vectors in 8 bits each number, one behind the other: a quarter of the memory, and sums that processors do many of at
//! once. A cosine differs from the exact one by less than a hundredth. Serves the search for similar turns.

/// Lanes in which sums run.
const LANES: usize = 32;

/// A vector of length 1 in 8 bits.
#[derive(Clone, Debug)]
pub(super) struct Code {
    numbers: Vec<i8>,
    scale: f32,
}

impl Code {
    /// `None` for what has no direction.
    pub(super) fn new(vector: &[f32]) -> Option<Self> {
        let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        if !largest.is_normal() || vector.iter().any(|x| !x.is_finite()) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "between -127 and 127")]
        let numbers: Vec<i8> = vector.iter().map(|x| (x / largest * 127.0).round() as i8).collect();
        // Of what is kept, so that a vector is exactly as near to itself as can be.
        let length = numbers.iter().map(|x| f32::from(*x) * f32::from(*x)).sum::<f32>().sqrt();
        Some(Self { numbers, scale: length.recip() })
    }

    pub(super) const fn dimensions(&self) -> usize {
        self.numbers.len()
    }
}

/// Many of them, of the same length.
#[derive(Debug, Default)]
pub(super) struct Codes {
    dimensions: usize,
    numbers: Vec<i8>,
    scales: Vec<f32>,
}

impl Codes {
    pub(super) fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    pub(super) const fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn push(&mut self, code: &Code) {
        self.numbers.extend_from_slice(&code.numbers);
        self.scales.push(code.scale);
    }

    /// One of them, to be compared with others.
    pub(super) fn get(&self, at: u32) -> Code {
        let (numbers, scale) = self.at(at);
        Code { numbers: numbers.to_vec(), scale }
    }

    fn at(&self, at: u32) -> (&[i8], f32) {
        let at = at as usize;
        let start = at * self.dimensions;
        let numbers = self.numbers.get(start..start + self.dimensions).unwrap_or_default();
        (numbers, self.scales.get(at).copied().unwrap_or_default())
    }

    /// The cosine to one of them.
    pub(super) fn similarity(&self, code: &Code, at: u32) -> f32 {
        let (numbers, scale) = self.at(at);
        #[expect(clippy::cast_precision_loss, reason = "what is lost is below the precision of 8 bits")]
        let sum = dot(&code.numbers, numbers) as f32;
        sum * code.scale * scale
    }

    /// The cosine between two of them.
    pub(super) fn between(&self, one: u32, other: u32) -> f32 {
        let ((a, scale_a), (b, scale_b)) = (self.at(one), self.at(other));
        #[expect(clippy::cast_precision_loss, reason = "what is lost is below the precision of 8 bits")]
        let sum = dot(a, b) as f32;
        sum * scale_a * scale_b
    }
}

/// In lanes, so that the compiler can use vectors.
fn dot(a: &[i8], b: &[i8]) -> i32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0_i32; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += i32::from(i16::from(*a) * i16::from(*b));
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum::<i32>();
    sums.iter().sum::<i32>() + rest
}

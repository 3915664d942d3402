//! The weights' file: a length, a JSON object that says where each tensor is, and their bytes. Tensors are read
//! one at a time, so that loading takes little more memory than the model. It must not know which tensors a
//! model has.

use super::open_file;
use crate::error::{LoadError, LoadReason};
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const MAX_HEADER_BYTES: u64 = 4 << 20;

/// An open file.
pub(super) struct Tensors {
    path: PathBuf,
    file: File,
    /// Its size.
    bytes: u64,
    /// Where tensors' offsets count from.
    start: u64,
    index: HashMap<String, Place>,
}

#[derive(Clone, Debug, Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl Tensors {
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        Self::read_header(path).map_err(|reason| reason.at(path))
    }

    fn read_header(path: &Path) -> Result<Self, LoadReason> {
        let mut file = open_file(path).map_err(LoadReason::Read)?;
        let bytes = file.metadata().map_err(LoadReason::Read)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(LoadReason::Read)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER_BYTES {
            return Err(LoadReason::TooLarge { max_bytes: MAX_HEADER_BYTES });
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(LoadReason::Read)?;
        let members: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&header).map_err(LoadReason::Json)?;
        let mut index = HashMap::new();
        for (name, place) in members.into_iter().filter(|(name, _)| name != "__metadata__") {
            index.insert(name, serde_json::from_value(place).map_err(LoadReason::Json)?);
        }
        Ok(Self { path: path.to_owned(), file, bytes, start: 8 + length, index })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// The first of a tensor's sizes.
    pub(super) fn first(&self, name: &str) -> Option<usize> {
        self.index.get(name)?.shape.first().copied()
    }

    /// A tensor's numbers, row by row; it must have this shape.
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        self.numbers(name, shape).map_err(|reason| reason.at(&self.path))
    }

    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadReason> {
        let place = self.index.get(name).ok_or_else(|| LoadReason::MissingTensor(name.to_owned()))?;
        if place.shape != shape {
            let (expected, found) = (shape.to_vec(), place.shape.clone());
            return Err(LoadReason::Shape { tensor: name.to_owned(), expected, found });
        }
        let size = match place.dtype.as_str() {
            "F32" => 4,
            "F16" | "BF16" => 2,
            other => return Err(LoadReason::Unsupported(format!("tensor '{name}' of type {other}"))),
        };
        let count = shape.iter().try_fold(1_usize, |all, one| all.checked_mul(*one));
        let room = count.and_then(|count| count.checked_mul(size));
        let [from, to] = place.data_offsets;
        let Some(room) = room.filter(|room| to.checked_sub(from) == Some(*room as u64)) else {
            return Err(LoadReason::Malformed(format!("tensor '{name}' has not as many bytes as its shape")));
        };
        let dtype = place.dtype.clone();
        let start = self.start.saturating_add(from);
        // Before there is room made for it: a file may say anything of itself.
        if start.saturating_add(room as u64) > self.bytes {
            return Err(LoadReason::Malformed(format!("tensor '{name}' ends behind the file")));
        }
        self.file.seek(SeekFrom::Start(start)).map_err(LoadReason::Read)?;
        let mut bytes = vec![0; room];
        self.file.read_exact(&mut bytes).map_err(LoadReason::Read)?;
        let numbers: Vec<f32> = match dtype.as_str() {
            "F32" => bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            "F16" => bytes.as_chunks().0.iter().map(|b| half(u16::from_le_bytes(*b))).collect(),
            _ => {
                let upper = |b: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16);
                bytes.as_chunks().0.iter().map(upper).collect()
            }
        };
        if numbers.iter().any(|x| !x.is_finite()) {
            return Err(LoadReason::Malformed(format!("tensor '{name}' holds what is no number")));
        }
        Ok(numbers)
    }
}

/// A number of 16 bits: 1 of sign, 5 of exponent, 10 of fraction.
pub(super) fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(bits & 0x3ff);
    match i32::from(bits >> 10 & 0x1f) {
        0 => sign * fraction * 2.0f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2.0f32.powi(exponent - 15),
    }
}

//! How long a recording is, by its header, for what is charged by the second. Serves facts (uploads) and metering
//! (speech). It must not decode anything, nor believe a header that says less than the bytes can hold.

use memchr::memmem;

/// Bytes of a second in the densest usual recording: two channels of 24 bits at 48 kHz.
const MOST_BYTES_A_SECOND: u64 = 288_000;
/// Bytes of a second where nothing is known: speech at 16 kbit/s, so that the time comes out long.
const LEAST_BYTES_A_SECOND: u64 = 2_000;
/// Bytes of a second of raw samples as speech models send them: 16 bits at 24 kHz.
const PCM_BYTES_A_SECOND: u64 = 48_000;
/// How far into a file a container's header is looked for, in bytes.
const HEADER_BYTES: usize = 64 << 10;

/// Milliseconds of an uploaded file; on the long side where its kind is not known.
#[must_use]
pub fn file_ms(file: &[u8]) -> u64 {
    let total = file.len() as u64;
    let stated = playing_ms(file, total).or_else(|| container_ms(file));
    match stated {
        Some(ms) => ms.max(per_second(total, MOST_BYTES_A_SECOND)),
        None => per_second(total, LEAST_BYTES_A_SECOND),
    }
}

/// Milliseconds of audio that was sent piece by piece: by its first bytes and its size. `None` when those do not
/// tell.
#[must_use]
pub fn playing_ms(head: &[u8], total: u64) -> Option<u64> {
    if head.starts_with(b"RIFF") && head.get(8..16) == Some(b"WAVEfmt ") {
        let rate = u64::from(u32::from_le_bytes(array(head, 28)?));
        return (rate > 0).then(|| per_second(total.saturating_sub(44), rate));
    }
    mp3_ms(head, total)
}

/// Milliseconds of raw samples.
#[must_use]
pub const fn pcm_ms(total: u64) -> u64 {
    per_second(total, PCM_BYTES_A_SECOND)
}

/// Milliseconds that a text takes when it is spoken.
#[must_use]
pub fn spoken_ms(text: &str) -> u64 {
    let one = |character: char| match character {
        // Numbers are spoken in words; scripts with more characters say more with one.
        '0'..='9' => 400,
        character if character.is_ascii() => 90,
        _ => 300,
    };
    text.chars().map(one).sum::<u64>() + 1000
}

/// Output tokens of speech: what current models make of a second.
#[must_use]
pub const fn speech_tokens(ms: u64) -> u64 {
    ms.saturating_mul(21).div_ceil(1000)
}

const fn per_second(bytes: u64, rate: u64) -> u64 {
    bytes.saturating_mul(1000) / rate
}

/// MPEG audio, layer III: by the frames that the first frame counts, else by its bit rate.
fn mp3_ms(head: &[u8], total: u64) -> Option<u64> {
    // A tag's size stands in four bytes of seven bits each.
    let tag = match head.starts_with(b"ID3") {
        true => 10 + array::<4>(head, 6)?.iter().fold(0, |size, byte| (size << 7) + usize::from(byte & 0x7f)),
        false => 0,
    };
    let frame = head.get(tag..)?;
    let [sync, kind, rates, _] = array::<4>(frame, 0)?;
    if sync != 0xff || kind & 0xe6 != 0xe2 {
        return None;
    }
    const MPEG_1: [u64; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
    const MPEG_2: [u64; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
    let version = (kind >> 3) & 3;
    let index = usize::from(rates >> 4);
    let kilobits = if version == 3 { MPEG_1 } else { MPEG_2 }[index];
    let hertz =
        [44_100, 48_000, 32_000, 0][usize::from((rates >> 2) & 3)] / [4, 1, 2, 1][usize::from(version)];
    if kilobits == 0 || hertz == 0 {
        return None;
    }
    let near = frame.get(..frame.len().min(64)).unwrap_or(frame);
    let counted = [&b"Xing"[..], b"Info"].iter().find_map(|mark| {
        let at = memmem::find(near, mark)?;
        (frame.get(at + 7)? & 1 == 1).then(|| array(frame, at + 8)).flatten()
    });
    if let Some(frames) = counted {
        let samples = if version == 3 { 1152 } else { 576 };
        return Some(u64::from(u32::from_be_bytes(frames)).saturating_mul(samples * 1000) / hertz);
    }
    Some(total.saturating_sub(tag as u64).saturating_mul(8) / kilobits)
}

/// Containers that say how long they are: FLAC, Ogg, MP4, WebM.
fn container_ms(file: &[u8]) -> Option<u64> {
    if file.starts_with(b"fLaC") {
        let packed = u64::from_be_bytes(array(file, 18)?);
        let (hertz, samples) = (packed >> 44, packed & 0xf_ffff_ffff);
        return (hertz > 0 && samples > 0).then(|| samples.saturating_mul(1000) / hertz);
    }
    if file.starts_with(b"OggS") {
        return ogg_ms(file);
    }
    if file.get(4..8) == Some(b"ftyp") {
        let at = memmem::find(file, b"mvhd")?;
        // Version 1 has 64-bit times.
        let (scale, length) = match file.get(at + 4)? {
            0 => (at + 16, u64::from(u32::from_be_bytes(array(file, at + 20)?))),
            _ => (at + 24, u64::from_be_bytes(array(file, at + 28)?)),
        };
        let scale = u64::from(u32::from_be_bytes(array(file, scale)?));
        return (scale > 0 && length > 0).then(|| length.saturating_mul(1000) / scale);
    }
    if file.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        return webm_ms(file.get(..HEADER_BYTES).unwrap_or(file));
    }
    None
}

/// The last page's position, in samples of the codec's rate.
fn ogg_ms(file: &[u8]) -> Option<u64> {
    let head = file.get(..HEADER_BYTES).unwrap_or(file);
    let hertz = match memmem::find(head, b"\x01vorbis") {
        Some(at) => u64::from(u32::from_le_bytes(array(head, at + 12)?)),
        None => 48_000,
    };
    let last = memmem::rfind(file, b"OggS")?;
    let samples = u64::from_le_bytes(array(file, last + 6)?);
    (hertz > 0 && samples > 0 && samples != u64::MAX).then(|| samples.saturating_mul(1000) / hertz)
}

/// The element `Duration`, in milliseconds unless the file says otherwise, which recorders do not.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn webm_ms(head: &[u8]) -> Option<u64> {
    let short = memmem::find(head, &[0x44, 0x89, 0x84]).and_then(|at| array(head, at + 3));
    let long = memmem::find(head, &[0x44, 0x89, 0x88]).and_then(|at| array(head, at + 3));
    let ms = short.map(f32::from_be_bytes).map(f64::from).or_else(|| long.map(f64::from_be_bytes))?;
    (1.0..1e10).contains(&ms).then_some(ms as u64)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests;

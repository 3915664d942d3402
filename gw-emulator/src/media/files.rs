//! Small files that programs can open: pictures and sounds of a given look and length. They must not be taken for
//! the work of a model.

/// Samples in a second of speech.
const HERTZ: usize = 24_000;

/// A picture of one colour, 8 by 8 dots, as PNG.
pub(super) fn png(colour: u64) -> Vec<u8> {
    const SIDE: u8 = 8;
    let [red, green, blue, ..] = colour.to_be_bytes();
    let mut rows = Vec::new();
    for _ in 0..SIDE {
        rows.push(0);
        rows.extend([red, green, blue].repeat(usize::from(SIDE)));
    }
    let length = u16::try_from(rows.len()).unwrap_or(0).to_le_bytes();
    let inverse = [!length[0], !length[1]];
    let data = [&[0x78, 1, 1][..], &length, &inverse, &rows, &adler32(&rows).to_be_bytes()].concat();
    let header = [0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 2, 0, 0, 0];
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header[..]), (b"IDAT", &data), (b"IEND", b"")] {
        let chunk = [&kind[..], data].concat();
        png.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        png.extend_from_slice(&chunk);
        png.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    png
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    (b << 16) | a
}

/// Sound of about this length in a format of OpenAI's speech, and its content type. `None` for other names.
pub(super) fn sound(format: &str, ms: u64) -> Option<(Vec<u8>, &'static str)> {
    let ms = usize::try_from(ms).unwrap_or(0);
    Some(match format {
        // Frames of 24 ms at 160 kbit/s, silent.
        "mp3" => {
            let mut frame = vec![0; 480];
            frame[..4].copy_from_slice(&[0xff, 0xf3, 0xe4, 0xc4]);
            (frame.repeat(ms.div_ceil(24)), "audio/mpeg")
        }
        "wav" => (wav(&samples(ms)), "audio/wav"),
        "pcm" => (samples(ms), "audio/pcm"),
        // Their beginnings only: enough to be told apart.
        "opus" => ([b"OggS".to_vec(), vec![0; ms * 6]].concat(), "audio/opus"),
        "aac" => ([vec![0xff, 0xf1], vec![0; ms * 8]].concat(), "audio/aac"),
        "flac" => ([b"fLaC".to_vec(), vec![0; ms * 20]].concat(), "audio/flac"),
        _ => return None,
    })
}

/// A quiet tone, 16 bits a sample.
fn samples(ms: usize) -> Vec<u8> {
    (0..ms * HERTZ / 1000).flat_map(|n| (if n / 27 % 2 == 0 { 900i16 } else { -900 }).to_le_bytes()).collect()
}

fn wav(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or(0);
    let mut file = b"RIFF".to_vec();
    file.extend((length + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\xc0\x5d\0\0\x80\xbb\0\0\x02\0\x10\0data");
    file.extend(length.to_le_bytes());
    file.extend_from_slice(samples);
    file
}

/// How long an uploaded file plays: exact for plain waves, else as if it had 16,000 bytes in a second.
pub(super) fn seconds(file: &[u8]) -> f64 {
    let rate = match file.get(28..32) {
        Some(&[a, b, c, d]) if file.starts_with(b"RIFF") => u32::from_le_bytes([a, b, c, d]).max(1),
        _ => 16_000,
    };
    let header = if file.starts_with(b"RIFF") { 44 } else { 0 };
    let bytes = u32::try_from(file.len().saturating_sub(header)).unwrap_or(u32::MAX);
    f64::from(bytes) / f64::from(rate)
}

//! Tests of [`super`].
use super::*;

fn wav(seconds: u32) -> Vec<u8> {
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0".to_vec();
    file.resize(44 + 32_000 * seconds as usize, 0);
    file
}

#[test]
fn waves_and_bit_rates_tell_their_time() {
    assert_eq!(file_ms(&wav(7)), 7000);
    // MPEG-2 layer III, 160 kbit/s, 24 kHz.
    let mut mp3 = vec![0xff, 0xf3, 0xe4, 0xc4];
    mp3.resize(84_000, 1);
    assert_eq!(file_ms(&mp3), 4200);
    assert_eq!(playing_ms(&mp3[..100], 84_000), Some(4200));
    let mut tagged = b"ID3\x04\0\0\0\0\0\x0a0123456789".to_vec();
    tagged.extend_from_slice(&mp3);
    assert_eq!(file_ms(&tagged), 4200);
    // MPEG-1, 44.1 kHz, 1000 frames counted.
    let mut counted = vec![0xff, 0xfb, 0x90, 0];
    counted.resize(36, 0);
    counted.extend_from_slice(b"Xing\0\0\0\x01\0\0\x03\xe8");
    assert_eq!(file_ms(&counted), 26_122);
    assert_eq!(pcm_ms(96_000), 2000);
}

#[test]
fn containers_tell_their_time() {
    let mut flac = b"fLaC\0\0\0\x22".to_vec();
    flac.resize(18, 0);
    flac.extend_from_slice(&((16_000u64 << 44) | 48_000).to_be_bytes());
    assert_eq!(file_ms(&flac), 3000);
    let mut ogg = b"OggS\0\x02".to_vec();
    ogg.resize(40, 0);
    ogg.extend_from_slice(b"OpusHead");
    ogg.extend_from_slice(b"OggS\0\x04");
    ogg.extend_from_slice(&96_000u64.to_le_bytes());
    assert_eq!(file_ms(&ogg), 2000);
    let mut mp4 = b"\0\0\0\x18ftypM4A ".to_vec();
    mp4.extend_from_slice(b"mvhd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\xe8\0\0\x13\x88");
    assert_eq!(file_ms(&mp4), 5000);
    let mut webm = vec![0x1a, 0x45, 0xdf, 0xa3, 0x44, 0x89, 0x88];
    webm.extend_from_slice(&1500f64.to_be_bytes());
    assert_eq!(file_ms(&webm), 1500);
}

#[test]
fn the_unknown_counts_long_and_lies_do_not_count() {
    assert_eq!(file_ms(&[7; 4000]), 2000);
    assert_eq!(file_ms(b""), 0);
    let mut lie = b"\0\0\0\x18ftypM4A mvhd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\xe8\0\0\0\x01".to_vec();
    lie.resize(288_000, 0);
    assert_eq!(file_ms(&lie), 1000);
    assert_eq!(playing_ms(b"ID3", 100), None);
    assert_eq!(playing_ms(&[0xff, 0xff, 0xff, 0xff], 100), None);
}

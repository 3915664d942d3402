//! Tests of [`super`]: RFC 6455's own examples, every length, every cut.
use super::*;

fn pieces(bytes: &[u8], step: usize, sender: Sender, max: usize) -> (Vec<Piece>, Option<Fault>) {
    let mut splitter = Splitter::new(sender, max);
    let mut out = Vec::new();
    for part in bytes.chunks(step) {
        splitter.buffer().extend_from_slice(part);
        loop {
            match splitter.next() {
                Ok(Some(piece)) => out.push(piece),
                Ok(None) => break,
                Err(fault) => return (out, Some(fault)),
            }
        }
    }
    (out, None)
}

fn fault(bytes: &[u8], sender: Sender) -> Option<Fault> {
    pieces(bytes, bytes.len(), sender, 1 << 20).1
}

#[test]
fn the_examples_of_the_standard() {
    assert_eq!(write(Opcode::Text, b"Hello", None), [0x81, 5, b'H', b'e', b'l', b'l', b'o']);
    let masked = write(Opcode::Text, b"Hello", Some([0x37, 0xfa, 0x21, 0x3d]));
    assert_eq!(masked, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    let (found, None) = pieces(&masked, 100, Sender::Client, 100) else { panic!("a fault") };
    assert_eq!((found.len(), found[0].payload().as_slice()), (1, &b"Hello"[..]));
    let fragmented = [0x01, 3, b'H', b'e', b'l', 0x89, 0, 0x80, 2, b'l', b'o'];
    let (found, None) = pieces(&fragmented, 100, Sender::Server, 100) else { panic!("a fault") };
    let seen: Vec<_> = found.iter().map(|p| (p.opcode, p.starts_message, p.ends_message)).collect();
    let text = Opcode::Text;
    assert_eq!(seen, [(text, true, false), (Opcode::Ping, true, true), (text, false, true)]);
    assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn every_length_and_every_cut_gives_the_same_bytes() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_001] {
        let payload: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
        for mask in [None, Some([1, 2, 3, 4])] {
            let sender = if mask.is_some() { Sender::Client } else { Sender::Server };
            let two = [write(Opcode::Binary, &payload, mask), write(Opcode::Ping, b"x", mask)].concat();
            for step in [1, 2, 7, 4096, two.len()] {
                let (found, None) = pieces(&two, step, sender, 1 << 20) else { panic!("a fault") };
                let raw: Vec<u8> = found.iter().flat_map(|p| p.raw.to_vec()).collect();
                assert_eq!(raw, two, "{length} {step}");
                let mut said = Vec::new();
                let (ping, data) = found.split_last().unwrap();
                data.iter().for_each(|piece| piece.payload_into(&mut said));
                assert!(said == payload, "{length} {step}");
                assert!(ping.opcode == Opcode::Ping && ping.payload() == b"x");
                assert!(data.last().unwrap().ends_message && data[0].starts_message);
                assert_eq!(data.iter().filter(|p| p.ends_message).count(), 1);
            }
        }
    }
}

#[test]
fn what_breaks_the_rules_is_a_fault() {
    use Sender::{Client, Server};
    assert_eq!(fault(&[0xc1, 0], Server), Some(Fault::ReservedBit));
    assert_eq!(fault(&[0x83, 0], Server), Some(Fault::Opcode));
    assert_eq!(fault(&[0x81, 0], Client), Some(Fault::Mask));
    assert_eq!(fault(&[0x81, 0x80, 0, 0, 0, 0], Server), Some(Fault::Mask));
    assert_eq!(fault(&[0x09, 0], Server), Some(Fault::Control));
    assert_eq!(fault(&[0x89, 126, 0, 126], Server), Some(Fault::Control));
    assert_eq!(fault(&[0x81, 126, 0, 125], Server), Some(Fault::Length));
    assert_eq!(fault(&[0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], Server), Some(Fault::Length));
    assert_eq!(fault(&[0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], Server), Some(Fault::Length));
    assert_eq!(fault(&[0x80, 0], Server), Some(Fault::Order));
    assert_eq!(fault(&[0x01, 1, b'a', 0x81, 1, b'b'], Server), Some(Fault::Order));
    let (found, error) = pieces(&[0x01, 3, 1, 2, 3, 0x80, 3, 1, 2, 3], 1, Server, 5);
    assert_eq!((found.len(), error), (3, Some(Fault::TooLarge)), "fragments count together");
}

#[test]
fn a_reason_is_cut_at_a_character() {
    let frame = close(CloseCode::Policy, &"ä".repeat(100), None);
    assert_eq!(frame.len(), 2 + 2 + 122);
    let (found, None) = pieces(&frame, 1, Sender::Server, 0) else { panic!("a fault") };
    let payload = found[0].payload();
    assert_eq!(read_close(&payload), Ok(Some(1008)));
    assert!(std::str::from_utf8(&payload[2..]).is_ok());
}

#[test]
fn close_frames_that_may_not_be_sent() {
    assert_eq!(read_close(b""), Ok(None));
    for code in [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999] {
        let payload = [&u16::to_be_bytes(code), "see you, ä".as_bytes()].concat();
        assert_eq!((read_close(&payload), read_close(&payload[..2])), (Ok(Some(code)), Ok(Some(code))));
        assert_eq!(read_close(&payload[..payload.len() - 1]), Err(Fault::Text), "half a character");
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        assert_eq!(read_close(&u16::to_be_bytes(code)), Err(Fault::Close), "{code}");
    }
    assert_eq!(read_close(&[3]), Err(Fault::Close));
    assert_eq!(Fault::Text.close_code().number(), 1007);
    assert_eq!(Fault::Close.close_code().number(), 1002);
}

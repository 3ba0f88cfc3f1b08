//! Splits messages into frames, so that control frames can be sent between the parts of a large message.

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Maximum size of the payload of a frame, in bytes.
pub(super) const FRAGMENT: usize = 16 * 1024;

/// The frames of a message.
pub(super) struct Fragments {
    rest: Bytes,
    is_first: bool,
    is_complete: bool,
}

impl Fragments {
    pub(super) fn new(message: Bytes) -> Self {
        Self { rest: message, is_first: true, is_complete: false }
    }
}

impl Iterator for Fragments {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        if self.is_complete {
            return None;
        }
        let payload = self.rest.split_to(self.rest.len().min(FRAGMENT));
        self.is_complete = self.rest.is_empty();
        let data = if self.is_first { Data::Binary } else { Data::Continue };
        self.is_first = false;
        let frame = RawFrame::message(payload, OpCode::Data(data), self.is_complete);
        Some(Frame::Frame(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(size: usize) -> Vec<(OpCode, bool, usize)> {
        Fragments::new(vec![0; size].into())
            .map(|frame| {
                let Frame::Frame(frame) = frame else { panic!("not a frame") };
                let header = frame.header();
                (header.opcode, header.is_final, frame.payload().len())
            })
            .collect()
    }

    #[test]
    fn messages_are_split_into_frames_of_16_kib() {
        let (first, next) = (OpCode::Data(Data::Binary), OpCode::Data(Data::Continue));
        assert_eq!(frames(0), [(first, true, 0)]);
        assert_eq!(frames(FRAGMENT), [(first, true, FRAGMENT)]);
        assert_eq!(frames(FRAGMENT + 1), [(first, false, FRAGMENT), (next, true, 1)]);
        let three = [(first, false, FRAGMENT), (next, false, FRAGMENT), (next, true, FRAGMENT)];
        assert_eq!(frames(3 * FRAGMENT), three);
    }
}

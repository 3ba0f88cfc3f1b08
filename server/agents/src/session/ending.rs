//! How a session ends: the reason for the service, and the close frame for the agent.

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::service::Closed;

/// Maximum length of the reason in a close frame, in bytes.
const REASON: usize = 123;

/// The end of a session.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) reason: Closed,
    pub(super) frame: Farewell,
}

/// What is sent at the end of a session.
#[derive(Debug)]
pub(super) enum Farewell {
    /// A close frame.
    Close(CloseFrame),
    /// The response to the agent's close frame.
    Reply,
    /// Nothing: the agent does not read.
    Nothing,
}

impl Ending {
    fn with_close(reason: Closed, code: CloseCode, text: &str) -> Self {
        let code = if code.is_allowed() { code } else { CloseCode::Error };
        let text = text.get(..text.floor_char_boundary(REASON)).unwrap_or_default();
        Self { reason, frame: Farewell::Close(CloseFrame { code, reason: text.into() }) }
    }

    pub(super) fn by_server(code: u16, reason: String) -> Self {
        let text = reason.clone();
        Self::with_close(Closed::ByServer { code, reason }, code.into(), &text)
    }

    pub(super) fn by_agent(frame: Option<CloseFrame>) -> Self {
        let reason = match frame {
            Some(CloseFrame { code, reason }) => {
                Closed::ByAgent { code: code.into(), reason: reason.as_str().to_owned() }
            }
            None => Closed::ByAgent { code: CloseCode::Status.into(), reason: String::new() },
        };
        Self { reason, frame: Farewell::Reply }
    }

    pub(super) fn shutdown() -> Self {
        Self::with_close(Closed::Shutdown, CloseCode::Away, "the server is shutting down")
    }

    pub(super) fn idle() -> Self {
        Self::with_close(Closed::Idle, CloseCode::Away, "nothing was received in time")
    }

    pub(super) fn without_frame(reason: Closed) -> Self {
        Self { reason, frame: Farewell::Nothing }
    }

    /// The end after an error while receiving.
    pub(super) fn after_error(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => {
                Self::with_close(Closed::TooLarge, CloseCode::Size, "the message is too large")
            }
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Self::without_frame(Closed::Lost)
            }
            Error::Protocol(error) => {
                let text = error.to_string();
                Self::with_close(Closed::Malformed(text.clone()), CloseCode::Protocol, &text)
            }
            Error::Utf8(_) => {
                let text = "a text message is not UTF-8";
                Self::with_close(Closed::Malformed(text.to_owned()), CloseCode::Invalid, text)
            }
            _ => Self::without_frame(Closed::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(code: u16, reason: &str) -> (u16, String) {
        match Ending::by_server(code, reason.to_owned()).frame {
            Farewell::Close(frame) => (frame.code.into(), frame.reason.as_str().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn close_frames_are_valid() {
        assert_eq!(frame(4001, "replaced"), (4001, "replaced".to_owned()));
        assert_eq!(frame(1008, ""), (1008, String::new()));
        for code in [0, 999, 1005, 1006, 1015, 65_535] {
            assert_eq!(frame(code, "").0, 1011, "{code}");
        }
        let (_, reason) = frame(1000, &"ü".repeat(100));
        assert_eq!(reason, "ü".repeat(61));
    }
}

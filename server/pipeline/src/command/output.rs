//! The output of a command, up to a limit.

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;

use super::ExcessOutput;

/// Size of one read, in bytes.
const CHUNK: usize = 16 << 10;

/// The output of a command that is to be killed then exceeds the limit.
#[derive(Debug)]
pub(super) struct LimitExceeded;

#[derive(Debug)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    pub(super) is_truncated: bool,
    limit: usize,
}

impl Output {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), is_truncated: false, limit }
    }

    /// Reads until all processes have closed the pipe.
    ///
    /// # Errors
    /// If the limit is exceeded and the command is to be killed.
    pub(super) async fn read(
        &mut self,
        pipe: &mut Receiver,
        excess: ExcessOutput,
    ) -> Result<(), LimitExceeded> {
        let mut chunk = vec![0; CHUNK];
        // An error ends the output, as the end does.
        while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
            let read = chunk.get(..count).unwrap_or_default();
            let kept = count.min(self.limit.saturating_sub(self.bytes.len()));
            self.bytes.extend_from_slice(read.get(..kept).unwrap_or_default());
            self.is_truncated |= kept < count;
            if self.is_truncated && excess == ExcessOutput::Kill {
                return Err(LimitExceeded);
            }
        }
        Ok(())
    }
}

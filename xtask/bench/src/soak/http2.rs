//! Requests over HTTP/2 whose responses are never read: frames written by hand, because no client
//! library does this.

/// Bytes that open a connection, forbid the server to send data, and request a path many times.
pub(super) fn unread_requests(path: &str, count: u32) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE (4) is 0.
    frame(&mut bytes, 4, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let mut headers = Vec::new();
    for (name, value) in
        [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "soak")]
    {
        // A literal header field without indexing, its name and value without compression.
        headers.push(0);
        for text in [name, value] {
            headers.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            headers.extend_from_slice(text.as_bytes());
        }
    }
    for index in 0..count {
        // END_STREAM and END_HEADERS.
        frame(&mut bytes, 1, 5, 2 * index + 1, &headers);
    }
    bytes
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    bytes.extend_from_slice(&length[1..]);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

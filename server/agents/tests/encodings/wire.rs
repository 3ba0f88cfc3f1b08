//! Protobuf fields, encoded by hand.

/// A varint.
fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = (value & 0x7f).to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A field of wire type 0.
pub(crate) fn varint(field: u64, value: u64) -> Vec<u8> {
    join([number(field << 3), number(value)])
}

/// A field of wire type 2: bytes or a message.
pub(crate) fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    let length = u64::try_from(content.len()).unwrap();
    join([number(field << 3 | 2), number(length), content.to_vec()])
}

/// A field of wire type 2: a text.
pub(crate) fn text(field: u64, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

/// Fields in a row.
pub(crate) fn join(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    parts.into_iter().flatten().collect()
}

//! How numbers are written and when they are omitted, for `#[serde(...)]` attributes.

use serde::Serializer;

/// 2^53: from here on, not every whole number is an `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a float as Go does: `1`, not `1.0`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        return serializer.serialize_i64(*number as i64);
    }
    serializer.serialize_f64(*number)
}

/// Whether a number is 0, which Sensu omits in some fields.
pub(crate) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_without_a_fraction() {
        let text = |number: f64| {
            let mut out = Vec::new();
            serialize(&number, &mut serde_json::Serializer::new(&mut out)).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!([0.0, 1.0, -3.0, 1.5].map(text), ["0", "1", "-3", "1.5"]);
        assert_eq!(text(1e16).parse(), Ok(1e16));
    }
}

//! Numbers with a fraction, written as the reference writes them: `1`, not `1.0`.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]

use serde::Serializer;

/// From here on not every whole number has a `f64` of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn plain<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and small enough to be exact"
        )]
        return serializer.serialize_i64(*number as i64);
    }
    serializer.serialize_f64(*number)
}

pub(super) fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        let text = |number: f64| {
            let mut out = Vec::new();
            plain(&number, &mut serde_json::Serializer::new(&mut out)).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!([0.0, 1.0, -3.0, 1.5].map(text), ["0", "1", "-3", "1.5"]);
        assert_eq!(text(1e16).parse(), Ok(1e16));
    }
}

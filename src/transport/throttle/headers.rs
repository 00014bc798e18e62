//! What the headers of an answer tell about the quota.

use http::{HeaderMap, HeaderName};

// Names as texts would be parsed for every answer.
static REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
static COST: HeaderName = HeaderName::from_static("x-request-cost");

/// The numbers that a Canvas can tell: a bucket is cut off 200 units above its mark, and marks of
/// more than a million units are not in use.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = -300.0..=1e6;

/// What an answer's headers tell of the quota. Anything odd counts as untold.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::transport) struct QuotaHeaders {
    /// What remains of it.
    pub(in crate::transport) remaining: Option<f64>,
    /// What the request took of it.
    pub(in crate::transport) cost: Option<f64>,
}

impl QuotaHeaders {
    pub(in crate::transport) fn of(headers: &HeaderMap) -> Self {
        let read = |name: &HeaderName| {
            let number: f64 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
            PLAUSIBLE.contains(&number).then_some(number)
        };
        Self {
            remaining: read(&REMAINING),
            cost: read(&COST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> QuotaHeaders {
        let mut headers = HeaderMap::new();
        headers.insert("X-Rate-Limit-Remaining", text.parse().unwrap());
        headers.insert("X-Request-Cost", text.parse().unwrap());
        QuotaHeaders::of(&headers)
    }

    #[test]
    fn numbers_that_a_canvas_can_tell_are_read() {
        for (text, number) in [
            ("599.5", 599.5),
            (" -200.0 ", -200.0),
            ("-300", -300.0),
            ("0", 0.0),
            ("-0.0", 0.0),
            ("6e2", 600.0),
            ("700", 700.0),
            ("1000000", 1e6),
        ] {
            assert_eq!(read(text).remaining, Some(number), "{text}");
            assert_eq!(read(text).cost, Some(number), "{text}");
        }
    }

    #[test]
    fn trap_26_an_odd_quota_header_counts_as_untold() {
        for odd in [
            "",
            " ",
            "NaN",
            "-NaN",
            "inf",
            "-inf",
            "infinity",
            "lots",
            "600 units",
            "6,0",
            "0x10",
            "1e999",
            "-1e999",
            "-1e308",
            "1e308",
            "-300.1",
            "-1e4",
            "1000001",
            "1e9",
            "1 2",
        ] {
            assert_eq!(read(odd).remaining, None, "{odd}");
            assert_eq!(read(odd).cost, None, "{odd}");
        }
        assert_eq!(QuotaHeaders::of(&HeaderMap::new()).remaining, None);
    }
}

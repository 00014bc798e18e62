//! The dates of HTTP headers.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};
use jiff::{fmt, tz::TimeZone};

/// The wait that an answer asks for: seconds, or a date. A date is held against the one of the
/// answer itself, since the clock of this machine may be off; against `now` if the answer has none.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = parse(value)?;
    let sent = headers
        .get(DATE)
        .and_then(|date| parse(date.to_str().ok()?));
    let wait = until.duration_since(sent.unwrap_or(now));
    Some(wait.unwrap_or_default())
}

/// Reads the three forms of RFC 9110, and that of e-mail, which has an offset. The day of the week
/// is not looked at.
fn parse(text: &str) -> Option<SystemTime> {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    let (day, rest) = words.split_first()?;
    let rest = rest.join(" ");
    let formats: &[&str] = match day.ends_with(',') {
        true => &["%d %b %Y %H:%M:%S GMT", "%d-%b-%y %H:%M:%S GMT"],
        false => &["%b %d %H:%M:%S %Y"],
    };
    let found = formats.iter().find_map(|format| {
        let time = fmt::strtime::parse(format, &rest).ok()?;
        let time = TimeZone::UTC.to_timestamp(time.to_datetime().ok()?).ok()?;
        Some(time)
    });
    let found = found.or_else(|| Some(fmt::rfc2822::parse(text).ok()?.timestamp()));
    SystemTime::try_from(found?).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn wait(value: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        // Ten seconds before the dates below.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_767);
        retry_after(&headers, now)
    }

    /// One moment in all the forms that a server may write it in.
    const FORMS: [&str; 6] = [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 09:49:37 +0100",
        // The day of the week is wrong.
        "Mon, 06 Nov 1994 08:49:37 GMT",
    ];

    #[test]
    fn a_wait_is_seconds_or_a_date_in_every_form_of_it() {
        assert_eq!(wait("120", None), Some(Duration::from_secs(120)));
        for form in FORMS {
            assert_eq!(wait(form, None), Some(Duration::from_secs(10)), "{form}");
        }
        for odd in [
            "soon",
            "-1",
            "",
            "Sun, 06 Nov",
            "1994-11-06T08:49:37Z",
            "6 Nov 1994",
        ] {
            assert_eq!(wait(odd, None), None, "{odd}");
        }
    }

    #[test]
    fn a_date_is_held_against_that_of_the_answer_whatever_this_machine_thinks() {
        for form in FORMS {
            for (date, seconds) in [
                ("Sun, 06 Nov 1994 08:49:07 GMT", 30),
                ("Sunday, 06-Nov-94 08:48:37 GMT", 60),
                ("Sun Nov  6 08:49:37 1994", 0),
                ("Sun Nov 06 09:49:37 1994", 0),
                // What is no date is none.
                ("yesterday", 10),
            ] {
                let found = wait(form, Some(date));
                assert_eq!(found, Some(Duration::from_secs(seconds)), "{form}, {date}");
            }
        }
        assert_eq!(wait("7", Some(FORMS[0])), Some(Duration::from_secs(7)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0_i64..3_000_000_000) {
            let moment = jiff::Timestamp::from_second(seconds).unwrap();
            let zoned = moment.to_zoned_datetime(TimeZone::UTC);
            for format in ["%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"] {
                let text = zoned.strftime(format).to_string();
                let moment = SystemTime::try_from(moment).ok();
                prop_assert_eq!(parse(&text), moment, "{}", text);
            }
        }

        #[test]
        fn no_text_is_too_odd(text in "[ -~]{0,60}|[A-Z][a-z]{2},? [0-9A-Za-z: +-]{0,40}") {
            let _ = parse(&text);
        }
    }
}

use proptest::prelude::*;

use super::*;

fn scrubbed(secret: &str, text: &str) -> String {
    let secrets = Secrets::new(vec![secret.into()]);
    String::from_utf8_lossy(&secrets.scrub(text.as_bytes())).into_owned()
}

#[test]
fn secrets_are_cut_out_of_a_body() {
    let secrets = Secrets::new(vec!["s3cret-token".into(), "".into()]);
    assert_eq!(
        &*secrets.scrub(b"a s3cret-tokens3cret-token b"),
        b"a [redacted][redacted] b"
    );
    assert_eq!(
        &*secrets.scrub(b"S3CRET-tokEN s3cret-TO"),
        b"[redacted] [redacted]"
    );
    assert!(matches!(secrets.scrub(b"clean"), Cow::Borrowed(b"clean")));
    assert!(matches!(
        secrets.scrub(b"clean % \\ & \\u00 &#x; %2 %zz"),
        Cow::Borrowed(_)
    ));
    assert!(!format!("{secrets:?}").contains("s3cret-token"));
}

#[test]
fn a_secret_that_the_body_breaks_off_in_is_cut_out_too() {
    let secrets = Secrets::new(vec!["7~s3cret/token".into()]);
    assert_eq!(
        &*secrets.scrub(b"a 7~s3cret/token 7~s3cret/t"),
        b"a [redacted] [redacted]"
    );
    assert_eq!(&*secrets.scrub(b"a 7~s3cre"), b"a 7~s3cre");
    for cut in [
        "7~s3cret",
        "7~s3cret…",
        "7~s3cret%",
        "7~s3cret%2",
        "7~s3cret%2f",
        "7~s3cret\\",
        "7~s3cret\\u00",
        "7~s3cret&#x2",
        "7~s3cret&#x2f",
        "7~s3cret%26%23x2",
        "%37%7E%73%33%63%72%65%74%2",
    ] {
        assert_eq!(
            secrets.cleaned(&format!("a {cut}")),
            Some("a [redacted]".to_owned()),
            "{cut}"
        );
    }
    assert_eq!(secrets.cleaned("a"), None);
}

/// Ways to spell a sign, those of a layer of their own first.
const SPELLINGS: [fn(char) -> String; 12] = [
    |sign| sign.to_string(),
    |sign| format!("%{:02X}", u32::from(sign)),
    |sign| format!("%{:02x}", u32::from(sign)),
    |sign| format!("\\u{:04x}", u32::from(sign)),
    |sign| format!("\\u{:04X}", u32::from(sign)),
    |sign| format!("&#{};", u32::from(sign)),
    |sign| format!("&#x{:x};", u32::from(sign)),
    |sign| format!("&#X{:04X};", u32::from(sign)),
    |sign| format!("\\x{:02x}", u32::from(sign)),
    |sign| format!("\\u{{{:x}}}", u32::from(sign)),
    |sign| sign.to_uppercase().to_string(),
    |sign| match sign {
        '/' => "\\/".into(),
        '"' => "&quot;".into(),
        '\\' => "\\\\".into(),
        '&' => "&amp;".into(),
        '+' => "&plus;".into(),
        '=' => "&equals;".into(),
        other => format!("\u{200b}{other}"),
    },
];

fn spelled(text: &str, spelling: usize) -> String {
    text.chars().map(SPELLINGS[spelling]).collect()
}

#[test]
fn a_secret_is_known_in_every_spelling_in_which_it_could_come_back() {
    let secret = "7~S3CRET-a/b+c=d&e\"f\\g.h_i";
    // The last one adds marks, which no layer spells as one byte.
    for first in 0..SPELLINGS.len() - 1 {
        for second in 0..SPELLINGS.len() {
            let text = spelled(&spelled(secret, first), second);
            let clean = scrubbed(secret, &format!("<{text}>"));
            assert_eq!(clean.replace('\u{200b}', ""), "<[redacted]>", "{text}");
        }
    }
    for (secret, spelling) in [
        // A `~` that was escaped, and one that was not.
        ("7~s3cret-token", "7%7es3cret-token"),
        ("7~s3cret-token", "7%7Es3cret-token"),
        ("s3cret/token", "s3cret\\/token"),
        ("s3cret/token", "s3cret\\\\\\/token"),
        ("s3cret/token", "s3cret%252ftoken"),
        ("s3cret token", "s3cret+token"),
        ("s3cret token", "s3cret%20token"),
        // One that looks escaped itself.
        ("s3cret%2ftoken", "s3cret%2ftoken"),
        ("s3cret%2ftoken", "s3cret%252ftoken"),
        ("s3cret%2ftoken\\u0041", "s3cret%2ftoken\\\\u0041"),
        ("s3cret&amp;token", "s3cret&amp;amp;token"),
        ("s3cret\\/token", "s3cret\\\\\\/token"),
    ] {
        assert_eq!(scrubbed(secret, spelling), "[redacted]", "{spelling}");
    }
}

#[test]
fn only_what_is_kept_is_looked_at_and_a_secret_across_its_end_is_cut_out() {
    let secrets = Secrets::new(vec!["7~s3cret-token/0123456789".into()]);
    for spelling in 0..SPELLINGS.len() - 1 {
        let secret = spelled("7~s3cret-token/0123456789", spelling);
        for limit in 20..30 + secret.len() {
            let body = format!("{}{secret}{}", "x".repeat(25), "y".repeat(60));
            let clean = secrets.scrub_start(body.as_bytes(), limit);
            let expected = match limit {
                ..=25 => "x".repeat(limit),
                _ => {
                    let after = limit.saturating_sub(25 + secret.len());
                    format!("{}[redacted]{}", "x".repeat(25), "y".repeat(after))
                }
            };
            assert_eq!(String::from_utf8_lossy(&clean), expected, "{limit}");
        }
    }
    // Far behind the limit nothing is read: a count of what is decoded, not of time.
    let body = format!("{}7~s3cret-token/0123456789", "x".repeat(60 << 20));
    assert!(matches!(
        secrets.scrub_start(body.as_bytes(), 2048),
        Cow::Borrowed(start) if start.len() == 2048
    ));
}

#[test]
fn the_newest_secrets_are_kept() {
    let one = |secret: &str| Secrets::new(vec![secret.into()]);
    let mut all = Secrets::default();
    for secret in ["secret-1", "secret-2", "secret-1", "secret-3", "short"] {
        all.extend(&one(secret), 2);
    }
    assert!(all.are_in("secret-1") && all.are_in("secret-3"));
    assert!(!all.are_in("secret-2"));
}

proptest! {
    #[test]
    fn any_secret_is_found_in_any_mix_of_spellings(
        secret in "[!-~]{8,40}",
        spellings in prop::collection::vec(0_usize..10, 40),
        layer in 0_usize..10,
    ) {
        // A sign that stands as it is next to another may seem an escape.
        let mut text = String::new();
        for (sign, spelling) in secret.chars().zip(&spellings) {
            let spelling = match (sign, spelling) {
                ('%' | '\\' | '&', 0) => 1,
                (_, spelling) => *spelling,
            };
            text.push_str(&SPELLINGS[spelling](sign));
        }
        let text = spelled(&text, layer);
        let clean = scrubbed(&secret, &format!("<{text}>"));
        prop_assert_eq!(clean, "<[redacted]>", "{}", text);
    }

    #[test]
    fn any_text_stays_as_it_is_without_the_secret(text in "\\PC{0,200}") {
        prop_assert_eq!(scrubbed("7~S3CRET-no-text-has-this", &text), text);
    }

    #[test]
    fn any_bytes_do_no_harm(body in prop::collection::vec(any::<u8>(), 0..300), limit in 0_usize..400) {
        let secrets = Secrets::new(vec!["7~S3CRET-x".into()]);
        prop_assert!(secrets.scrub_start(&body, limit).len() <= limit);
    }
}

//! Error bodies of every shape.

use super::*;

/// What is read from a body: `field|code|message` of each detail, and the line.
fn read(body: &str) -> (Vec<String>, String) {
    let diagnosis = Diagnosis::of(body.as_bytes());
    let details = diagnosis.details.iter().map(|detail| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!(
            "{}|{}|{}",
            part(&detail.field),
            part(&detail.code),
            part(&detail.message)
        )
    });
    (details.collect(), diagnosis.summary())
}

#[test]
fn trap_21_errors_is_a_list_an_object_of_lists_an_object_of_strings_or_a_string() {
    let cases: &[(&str, &[&str], &str)] = &[
        (
            r#"{"errors":[{"message":"The specified resource does not exist."}]}"#,
            &["||The specified resource does not exist."],
            "The specified resource does not exist.",
        ),
        (
            r#"{"errors":[{"message":"An error occurred.","error_code":"not_found"}],"error_report_id":"9007199254740993"}"#,
            &["|not_found|An error occurred."],
            "An error occurred.",
        ),
        (
            r#"{"status":"unauthorized","errors":[{"message":"not permitted"}]}"#,
            &["||not permitted"],
            "not permitted",
        ),
        (
            r#"{"errors":{"name":[{"attribute":"name","type":"too_long","message":"Enter a shorter group name"}],"base":[{"type":"limit","message":"Full"}]}}"#,
            &[
                "base|limit|Full",
                "name|too_long|Enter a shorter group name",
            ],
            "Full; name: Enter a shorter group name",
        ),
        (
            r#"{"errors":[{"field":"name","message":"blank","error_code":"blank"},{"field":null,"message":"x"}]}"#,
            &["name|blank|blank", "||x"],
            "name: blank; x",
        ),
        (
            r#"{"errors":[{"field":"search_term","code":"invalid","message":"3 or more characters is required"}]}"#,
            &["search_term|invalid|3 or more characters is required"],
            "search_term: 3 or more characters is required",
        ),
        (
            r#"{"errors":"Invalid as_user_id","merged_into_user_id":7}"#,
            &["||Invalid as_user_id"],
            "Invalid as_user_id",
        ),
        (
            r#"{"errors":{"jwt":"required"}}"#,
            &["jwt||required"],
            "jwt: required",
        ),
        (
            r#"{"errors":{"base":"Unexpected error, ID: 123"},"status":"500 Internal Server Error"}"#,
            &["base||Unexpected error, ID: 123"],
            "Unexpected error, ID: 123",
        ),
        (
            r#"{"status":"bad_request","errors":[{"page":"bad bookmark"}]}"#,
            &["page||bad bookmark"],
            "page: bad bookmark",
        ),
        (
            r#"{"message":"no SIS right"}"#,
            &["||no SIS right"],
            "no SIS right",
        ),
        (r#"{"status":"not found"}"#, &[], "not found"),
        (r#"{"error":"nope"}"#, &["||nope"], "nope"),
        (
            r#"{"error":"invalid_grant","error_description":"authorization_code not found"}"#,
            &["|invalid_grant|authorization_code not found"],
            "authorization_code not found",
        ),
        (
            r#"{"error":"Forbidden","message":"send a valid user agent"}"#,
            &["|Forbidden|send a valid user agent"],
            "send a valid user agent",
        ),
        (
            r#"{"statusCode":400,"error":"Bad Request","message":"\"name\" is too long","validation":{"source":"payload","keys":["name"]}}"#,
            &["name|Bad Request|\"name\" is too long"],
            "name: \"name\" is too long",
        ),
        (
            r#"{"statusCode":400,"error":"Bad Request","message":"both","validation":{"keys":["a","b"]}}"#,
            &["|Bad Request|both"],
            "both",
        ),
        (
            r#"{"statusCode":404,"error":"Not Found"}"#,
            &["||Not Found"],
            "Not Found",
        ),
        (r#""gone""#, &[], "gone"),
        (
            r#"{"errors":["one","two"]}"#,
            &["||one", "||two"],
            "one; two",
        ),
        ("{}", &[], ""),
        ("", &[], ""),
        (
            "403 Forbidden (Rate Limit Exceeded)\n",
            &[],
            "403 Forbidden (Rate Limit Exceeded)",
        ),
        (
            "<html><head><TITLE>502 Bad\nGateway</TITLE></head><body>long</body></html>",
            &[],
            "a web page, \"502 Bad Gateway\"",
        ),
        ("[1, 2]", &[], ""),
        (
            "{\"errors\": [{\"message\": \"cut",
            &[],
            "{\"errors\": [{\"message\": \"cut",
        ),
    ];
    for (body, details, line) in cases {
        let (read_details, read_line) = read(body);
        assert_eq!(&read_details, details, "{body}");
        assert_eq!(&read_line, line, "{body}");
    }
}

#[test]
fn a_report_id_is_read_as_number_and_as_text() {
    for body in [
        r#"{"error_report_id":"9007199254740993"}"#,
        r#"{"error_report_id":9007199254740993}"#,
    ] {
        assert_eq!(
            Diagnosis::of(body.as_bytes()).report_id,
            Some(9_007_199_254_740_993)
        );
    }
}

#[test]
fn what_is_wrong_in_general_is_told_beside_what_it_is_about() {
    let cases: &[(&str, &str)] = &[
        (
            r#"{"error":"Invalid changes","errors":[{"message":"user_id is unknown"}]}"#,
            "Invalid changes; user_id is unknown",
        ),
        (
            r#"{"message":"Not saved","errors":{"name":[{"attribute":"name","type":"blank","message":"missing"}]}}"#,
            "Not saved; name: missing",
        ),
        (
            r#"{"message":"Not saved","errors":"no right"}"#,
            "Not saved; no right",
        ),
        (r#"{"message":"Not saved","errors":[]}"#, "Not saved"),
        (
            r#"{"message":"same","errors":[{"message":"same"}]}"#,
            "same",
        ),
        (
            r#"{"message":["name is blank","id is blank"],"error":"Bad Request"}"#,
            "Bad Request; name is blank; id is blank",
        ),
        (
            r#"{"error":{"code":"gone","message":"It is gone"}}"#,
            "It is gone",
        ),
        (
            r#"{"title":"Bad","detail":"The cursor is old","status":400}"#,
            "The cursor is old",
        ),
    ];
    for (body, line) in cases {
        assert_eq!(read(body).1, *line, "{body}");
    }
}

#[test]
fn marks_that_nobody_sees_are_left_out() {
    let marks = [
        '\u{202e}',
        '\u{202a}',
        '\u{2066}',
        '\u{2069}',
        '\u{200e}',
        '\u{200f}',
        '\u{61c}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{2060}',
        '\u{feff}',
        '\u{ad}',
        '\u{e0041}',
    ];
    for mark in marks {
        for body in [
            format!("{{\"message\":\"{mark}a{mark}b {mark} c{mark}\"}}"),
            format!("{mark}a{mark}b {mark} c{mark}"),
            format!("<title>{mark}a{mark}b {mark} c{mark}</title>"),
        ] {
            let (_, line) = read(&body);
            let expected = match body.starts_with('<') {
                true => "a web page, \"ab c\"",
                false => "ab c",
            };
            assert_eq!(line, expected, "{:x}", u32::from(mark));
        }
    }
    assert_eq!(
        read("Gruppe \u{5e9}\u{5dc} \u{4e2d} \u{1f600} e\u{301}").1,
        "Gruppe \u{5e9}\u{5dc} \u{4e2d} \u{1f600} e\u{301}"
    );
}

#[test]
fn the_line_stays_one_line_and_bounded() {
    let long = format!(r#"{{"message":"a\nb\u0007{}"}}"#, "ü".repeat(1000));
    let (_, line) = read(&long);
    assert!(line.starts_with("a b ü") && !line.contains('\n'));
    assert!(line.len() <= SUMMARY_LIMIT + '…'.len_utf8());
}

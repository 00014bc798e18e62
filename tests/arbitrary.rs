//! Bytes of any kind, wherever a server says something: reading them ends without a panic, errors
//! stay short and show no secret, and what is accepted is read again as the same value.
//!
//! `CANVAS_GROUPS_CASES` is the number of cases of each property; a few dozen without it.

mod common;

use std::{
    fmt::Debug,
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use canvas_groups::{
    Canvas, Error, GroupId, Lor, Result, RetryPolicy, Studio, UserId,
    auth::{PendingLogin, Tokens},
    csv::ExportGroups,
    groups::{CreateGroup, GetGroup, ListMyGroups, UpdateGroup},
    memberships::{AddMembers, RemoveUser, RemoveUsers},
};
use common::{client::TOKEN, host::Host, play::Play};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{runtime::Runtime, time::timeout};

fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var("CANVAS_GROUPS_CASES");
    let cases = asked.map_or(few, |count| count.parse().expect("a number of cases"));
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// All fixtures, as text.
static FIXTURES: LazyLock<Vec<String>> = LazyLock::new(|| {
    fn collect(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|end| end == "json") {
                found.push(fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        &mut found,
    );
    found.sort();
    found
});

/// What is put into the place of something else.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "null",
        "true",
        "-1",
        "1e400",
        "1e-400",
        "0.1",
        "99999999999999999999",
        "18446744073709551615",
        "\"\"",
        "\"x\"",
        "\"7\"",
        "\"2026-02-30T25:00:00Z\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[[",
        "]",
        "}",
        "{\"id\":",
        ",",
        ":",
        "\"",
        "\\",
        "\u{202e}",
        "\u{feff}",
        "\0",
        TOKEN,
    ]);
    prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ]
}

/// A fixture of which some places were changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0_usize..8, piece());
    let fixture = prop::sample::select(FIXTURES.clone());
    (fixture, prop::collection::vec(change, 0..4)).prop_map(|(fixture, changes)| {
        let mut bytes = fixture.into_bytes();
        for (at, length, piece) in changes {
            let start = at.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, piece);
        }
        bytes
    })
}

/// A body of any kind.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => mutated(),
        2 => prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn header() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "link",
        "retry-after",
        "date",
        "location",
        "content-encoding",
        "content-type",
        "www-authenticate",
        "x-request-context-id",
    ]);
    let value = prop::sample::select(vec![
        "</api/v1/users/self/groups?page=2>; rel=\"next\"",
        "<",
        ">; rel=\"next\"",
        "; rel=",
        "next",
        ",",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "1",
        "-1e308",
        "nan",
        "1e999",
        "gzip",
        "br",
        "Bearer realm=\"canvas-lms\"",
        "https://elsewhere.example/",
        "99999999999999999999",
        TOKEN,
    ]);
    let value = prop_oneof![
        4 => value.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(0x80_u8..=0xff, 0..6),
        1 => "[ -~]{0,20}".prop_map(String::into_bytes),
    ];
    (name, prop::collection::vec(value, 0..5))
        .prop_map(|(name, values)| [name.as_bytes(), b": ", &values.concat(), b"\r\n"].concat())
}

fn answer() -> impl Strategy<Value = Vec<u8>> {
    let status = prop_oneof![
        3 => Just(200_u16),
        1 => prop::sample::select(vec![201, 202, 204, 206, 302, 303, 307, 400, 401, 403, 404, 408, 409,
            422,  500, 503]),
        // What the throttle says is held to its own properties: here it would only make calls wait.
        1 => (200_u16..600).prop_filter("a refusal by the throttle", |status| *status != 429),
    ];
    (status, prop::collection::vec(header(), 0..4), body()).prop_map(|(status, headers, body)| {
        let mut bytes = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n").into_bytes();
        bytes.extend(headers.concat());
        bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
        bytes
    })
}

fn check_error(error: &Error) -> std::result::Result<(), TestCaseError> {
    let (line, debug) = (error.to_string(), format!("{error:?}"));
    prop_assert!(line.len() < 1_200, "{} characters: {line}", line.len());
    prop_assert!(!line.contains(char::is_control), "{line:?}");
    for text in [line, debug] {
        prop_assert!(!text.contains(TOKEN), "{text}");
    }
    Ok(())
}

/// What is accepted is written, and read again as the same.
fn check_again<T>(bytes: &[u8]) -> std::result::Result<(), TestCaseError>
where
    T: DeserializeOwned + Serialize + PartialEq + Debug,
{
    if let Ok(value) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_string(&value).unwrap();
        let again = serde_json::from_str::<T>(&written);
        let again = again.map_err(|error| TestCaseError::fail(format!("{error}: {written}")))?;
        prop_assert_eq!(again, value, "{}", written);
    }
    Ok(())
}

/// A server that gives the same answer until it is told another.
struct Said {
    runtime: Runtime,
    host: Host,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Said {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let answer = Arc::<Mutex<Vec<u8>>>::default();
        let said = answer.clone();
        let react = move |_: &str| vec![Play::Say(said.lock().unwrap().clone()), Play::Close];
        let host = runtime.block_on(Host::start(react));
        Self {
            runtime,
            host,
            answer,
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn models_of_bytes_of_any_kind_are_read_again_as_the_same(bytes in body()) {
        use canvas_groups::*;
        check_again::<groups::Group>(&bytes)?;
        check_again::<Vec<groups::Group>>(&bytes)?;
        check_again::<groups::Permissions>(&bytes)?;
        check_again::<groups::Invitations>(&bytes)?;
        check_again::<categories::Category>(&bytes)?;
        check_again::<memberships::Membership>(&bytes)?;
        check_again::<memberships::RemovedUsers>(&bytes)?;
        check_again::<tags::BulkResult>(&bytes)?;
        check_again::<users::User>(&bytes)?;
        check_again::<courses::Course>(&bytes)?;
        check_again::<sections::Section>(&bytes)?;
        check_again::<enrollments::Enrollment>(&bytes)?;
        check_again::<files::File>(&bytes)?;
        check_again::<progress::Progress>(&bytes)?;
        check_again::<lor::Group>(&bytes)?;
        check_again::<lor::Member>(&bytes)?;
        check_again::<studio::GroupUsers>(&bytes)?;
        check_again::<studio::User>(&bytes)?;
    }

    #[test]
    fn tokens_of_bytes_of_any_kind_are_read_again_as_the_same(bytes in body()) {
        let text = String::from_utf8_lossy(&bytes);
        match Tokens::from_json(&text) {
            Err(error) => check_error(&error)?,
            Ok(tokens) => {
                use secrecy::ExposeSecret;
                let written = tokens.to_json();
                let again = Tokens::from_json(written.expose_secret()).unwrap().to_json();
                prop_assert_eq!(again.expose_secret(), written.expose_secret());
            }
        }
    }

    #[test]
    fn callbacks_of_any_kind_give_a_code_or_an_error(
        parts in prop::collection::vec(prop::sample::select(vec![
            "https://app.example/back", "?", "&", "=", "code", "state", "error", "error_description", "iss",
            "s3cret-state-of-the-login", "access_denied", "invalid_scope", "%", "%00", "%ff", "#", "/", "+",
            "\u{202e}", "7~s3cretT0kenOfTheTests", "ü", "\n",
        ]), 0..14),
    ) {
        let state = "s3cret-state-of-the-login";
        let login = PendingLogin::new(state, None);
        if let Err(error) = login.code(&parts.concat()) {
            let (line, debug) = (error.to_string(), format!("{error:?}"));
            prop_assert!(line.len() < 1_200 && !line.contains('\n'), "{line}");
            prop_assert!(!line.contains(state) && !debug.contains(state), "{debug}");
        }
    }
}

#[test]
fn answers_of_any_kind_end_every_call() {
    let said = Said::start();
    let config = cases(96);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let url = said.host.address();
    let never = RetryPolicy::never();
    let canvas = Canvas::builder(&url)
        .token(TOKEN)
        .retry(never)
        .build()
        .unwrap();
    let commons = Lor::builder(&url)
        .token(TOKEN)
        .retry(never)
        .build()
        .unwrap();
    let studio = Studio::builder(&url)
        .token(TOKEN)
        .retry(never)
        .build()
        .unwrap();
    let group = || GroupId::new(7);
    runner
        .run(&answer(), |bytes| {
            *said.answer.lock().unwrap() = bytes;
            let calls = async {
                let member = canvas_groups::lor::RemoveMember::new("7", "8");
                let users = canvas_groups::studio::GroupId::new(7);
                let users = canvas_groups::studio::ListGroupUsers::new(users);
                let list = canvas.stream(ListMyGroups::new()).concurrency(1);
                let outcomes: [Result<()>; 11] = [
                    canvas.send(GetGroup::new(group())).await.map(drop),
                    canvas.send(UpdateGroup::new(group())).await.map(drop),
                    canvas.send(CreateGroup::new()).await.map(drop),
                    canvas.send(ListMyGroups::new()).await.map(drop),
                    canvas
                        .send(RemoveUser::new(group(), UserId::new(8)))
                        .await
                        .map(drop),
                    canvas
                        .send(RemoveUsers::new(group(), [UserId::new(8)]))
                        .await
                        .map(drop),
                    canvas
                        .send(AddMembers::new(group(), [UserId::new(8)]))
                        .await
                        .map(drop),
                    canvas
                        .send(ExportGroups::new(canvas_groups::CategoryId::new(4)))
                        .await
                        .map(drop),
                    list.try_collect().await.map(drop),
                    commons.send(member).await.map(drop),
                    studio.send(users).await.map(drop),
                ];
                let list = commons.stream(canvas_groups::lor::ListGroups::new());
                (outcomes, list.try_collect().await.map(drop))
            };
            let limit = Duration::from_secs(20);
            let ended = said.runtime.block_on(async { timeout(limit, calls).await });
            let (outcomes, list) = ended.map_err(|_| TestCaseError::fail("no end"))?;
            for outcome in outcomes.into_iter().chain([list]) {
                if let Err(error) = outcome {
                    check_error(&error)?;
                }
            }
            Ok(())
        })
        .unwrap();
}

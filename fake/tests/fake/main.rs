//! The fakes, seen from outside.

mod activity;
mod categories;
mod category_groups;
mod common;
mod communities;
mod courses;
mod enrollments;
mod facts_accounts;
mod facts_crashes;
mod facts_files;
mod facts_filling;
mod facts_groups;
mod facts_http;
mod facts_imports;
mod facts_joining;
mod facts_lists;
mod facts_logins;
mod facts_members;
mod facts_records;
mod facts_requests;
mod facts_rights;
mod facts_sets;
mod file_lists;
mod files;
mod group_lists;
mod groups;
mod http;
mod imports;
mod interference;
mod jobs;
mod lifetime;
mod lor;
mod lor_sessions;
mod memberships;
mod notices;
mod oauth;
mod own_routes;
mod paging;
mod people;
mod rosters;
mod server;
mod service_users;
mod studio;
mod tag_members;
mod tags;
mod token_endpoint;
mod uploads;

/// The code in the URL that a browser came back to. The crate takes each login once; a code that
/// is typed by hand shows what the server says to a second time.
fn code_in(callback: &str) -> String {
    let url = reqwest::Url::parse(callback).unwrap();
    let mut pairs = url.query_pairs();
    let code = pairs.find(|(name, _)| name == "code");
    code.unwrap().1.into_owned()
}

/// Where a browser that opens this address is sent to.
async fn browser(url: &str) -> String {
    let http = reqwest::Client::builder()
        .user_agent("browser")
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{answer:?}");
    answer.headers()["location"].to_str().unwrap().to_owned()
}

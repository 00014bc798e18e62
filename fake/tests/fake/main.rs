//! The fakes, seen from outside.

mod activity;
mod categories;
mod category_groups;
mod common;
mod communities;
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
mod studio;
mod tag_members;
mod tags;
mod token_endpoint;
mod uploads;

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

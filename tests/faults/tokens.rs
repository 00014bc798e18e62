//! Tokens that die while a list is read.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use canvas_groups::{
    Canvas, Error, ErrorKind, Result,
    auth::{Authorization, Credentials, OAuth, OAuthApp, Tokens},
    groups::{Group, ListMyGroups},
};
use futures::future::BoxFuture;

use crate::common::{
    client::quick,
    host::{Host, kept},
    play::{Play, header, line},
};

const PAGES: u64 = 20;

/// The server's side: pages for the token that is good, and a new one for who asks.
#[derive(Debug, Default)]
struct Books {
    /// The good token is `t` and this number.
    token: u32,
    /// So many pages it is good for.
    lives: usize,
    served: usize,
    refused: usize,
    renewals: u32,
}

struct School {
    host: Host,
    books: Arc<Mutex<Books>>,
}

impl School {
    async fn open(lives: usize, counts_pages: bool) -> Self {
        let books = Arc::new(Mutex::new(Books {
            lives,
            ..Books::default()
        }));
        let shared = books.clone();
        let react = move |own: &str| {
            let own = own.to_owned();
            move |request: &str| {
                vec![answer(
                    &mut shared.lock().unwrap(),
                    &own,
                    request,
                    counts_pages,
                )]
            }
        };
        let host = Host::start_as(react, |_| false).await;
        Self { host, books }
    }
}

fn answer(books: &mut Books, own: &str, request: &str, counts_pages: bool) -> Play {
    if line(request) == "POST /login/oauth2/token" {
        books.renewals += 1;
        books.token += 1;
        books.served = 0;
        let body = format!(
            "{{\"access_token\":\"t{}\",\"expires_in\":3600}}",
            books.token
        );
        return kept("200 OK", &[], &body);
    }
    let is_good = header(request, "authorization") == [format!("Bearer t{}", books.token)];
    if !is_good || books.served == books.lives {
        books.refused += 1;
        let body = r#"{"errors":[{"message":"Invalid access token."}]}"#;
        let challenge = "www-authenticate: Bearer realm=\"canvas-lms\"";
        return kept("401 Unauthorized", &[challenge], body);
    }
    books.served += 1;
    let page = line(request).split_once("page=").unwrap().1;
    // The first request has `per_page` alone.
    let page: u64 = page.strip_prefix("n").unwrap_or(page).parse().unwrap_or(1);
    let page = if line(request).contains("?per_page") {
        1
    } else {
        page
    };
    let address = |page| format!("<{own}/api/v1/users/self/groups?page={page}>");
    let mut links = format!("link: {}; rel=\"current\"", address(page));
    if page < PAGES {
        links += &format!(",{}; rel=\"next\"", address(page + 1));
    }
    if counts_pages {
        links += &format!(",{}; rel=\"last\"", address(PAGES));
    }
    kept("200 OK", &[&links], &format!("[{{\"id\":{page}}}]"))
}

/// Credentials of one's own: the next token is known by counting.
#[derive(Debug)]
struct Counting {
    token: AtomicU32,
    books: Arc<Mutex<Books>>,
    /// Fails instead of renewing after so many renewals.
    most: u32,
}

impl Credentials for Counting {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        let token = self.token.load(Ordering::SeqCst);
        Box::pin(async move { Authorization::bearer(format!("t{token}")) })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let mut books = self.books.lock().unwrap();
            let current = self.token.load(Ordering::SeqCst);
            if !used.is_same(&Authorization::bearer(format!("t{current}"))?) {
                return Ok(true);
            }
            if books.renewals == self.most {
                return Err(Error::authentication("no more tokens"));
            }
            books.renewals += 1;
            books.token += 1;
            books.served = 0;
            self.token.store(books.token, Ordering::SeqCst);
            Ok(true)
        })
    }
}

fn canvas(school: &School, most: u32) -> Canvas {
    let credentials = Counting {
        token: AtomicU32::new(0),
        books: school.books.clone(),
        most,
    };
    let builder = Canvas::builder(school.host.address()).credentials(credentials);
    builder.retry(quick()).build().unwrap()
}

fn ids(groups: &[Group]) -> Vec<u64> {
    groups.iter().map(|group| group.id.get()).collect()
}

#[tokio::test]
async fn a_token_that_dies_within_a_list_is_renewed_and_no_item_is_lost() {
    for counts_pages in [false, true] {
        let school = School::open(13, counts_pages).await;
        let list = canvas(&school, u32::MAX).stream(ListMyGroups::new());
        let groups = list.try_collect::<Vec<_>>().await.unwrap();
        assert_eq!(ids(&groups), (1..=PAGES).collect::<Vec<_>>());
        let books = school.books.lock().unwrap();
        assert_eq!(books.renewals, 1, "{books:?}");
        assert!(books.refused >= 1 && books.refused <= 8, "{books:?}");
    }
}

#[tokio::test]
async fn a_token_that_dies_after_every_page_is_renewed_each_time() {
    let school = School::open(1, false).await;
    let list = canvas(&school, u32::MAX).stream(ListMyGroups::new());
    let groups = list.concurrency(1).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(ids(&groups), (1..=PAGES).collect::<Vec<_>>());
    assert_eq!(school.books.lock().unwrap().renewals, PAGES as u32 - 1);
}

#[tokio::test]
async fn a_token_that_dies_again_before_its_page_came_ends_the_list_after_one_renewal() {
    let school = School::open(usize::MAX, false).await;
    let mut list = canvas(&school, u32::MAX).stream(ListMyGroups::new());
    let mut items = Vec::new();
    let error = loop {
        match list.try_next().await {
            Ok(Some(group)) => items.push(group.id.get()),
            Ok(None) => panic!("the list seems whole"),
            Err(error) => break error,
        }
        if items.len() == 5 {
            let mut books = school.books.lock().unwrap();
            // The token is dead, and so is each that comes after it.
            books.token += 1;
            books.lives = 0;
        }
    };
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Authentication, 2)
    );
    assert!(items.len() >= 5, "{items:?}");
    assert_eq!(items, (1..=items.len() as u64).collect::<Vec<_>>());
    let books = school.books.lock().unwrap();
    assert_eq!((books.renewals, books.refused), (1, 2));
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_ends_the_list_after_the_items_before_it() {
    for counts_pages in [false, true] {
        let school = School::open(6, counts_pages).await;
        let mut list = canvas(&school, 1).stream(ListMyGroups::new());
        let mut items = Vec::new();
        let error = loop {
            match list.try_next().await {
                Ok(Some(group)) => items.push(group.id.get()),
                Ok(None) => panic!("the list seems whole"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(!error.outcome_unknown());
        // Two tokens were good for six pages each; of these, whatever came first in the list.
        assert_eq!(items, (1..=items.len() as u64).collect::<Vec<_>>());
        assert!(items.len() <= 12);
        // Pages fetched side by side may each use up the one renewal that a call has.
        if !counts_pages {
            assert_eq!(items.len(), 12);
            assert!(error.to_string().contains("no more tokens"), "{error}");
        }
        assert!(list.try_next().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_login_whose_token_dies_within_a_list_goes_on() {
    for counts_pages in [false, true] {
        let school = School::open(13, counts_pages).await;
        let app = OAuthApp::canvas(school.host.address(), "10000000000001")
            .client_secret("s3cret")
            .redirect_uri("https://tool.example/back")
            .build()
            .unwrap();
        let oauth = OAuth::new(app, Tokens::new("t0").with_refresh_token("r0")).unwrap();
        let builder = Canvas::builder(school.host.address()).credentials(oauth);
        let canvas = builder.retry(quick()).build().unwrap();
        let groups = canvas
            .stream(ListMyGroups::new())
            .try_collect::<Vec<_>>()
            .await;
        assert_eq!(ids(&groups.unwrap()), (1..=PAGES).collect::<Vec<_>>());
        assert_eq!(school.books.lock().unwrap().renewals, 1);
    }
}

//! Plays Canvas: a login that asks nothing, a token endpoint that checks PKCE, one API route.

use std::{
    collections::HashMap,
    io::Result,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::loopback::{Request, answer, header, read};

pub(crate) const CLIENT_ID: &str = "10000000000001";
pub(crate) const SECRET: &str = "secret of the stand-in";
const CODE: &str = "code-of-the-stand-in";
const TOKEN: &str = "token-of-the-stand-in";

/// The challenge and the redirect URI of the login under way: good for one exchange.
type Login = Arc<Mutex<Option<(String, String)>>>;

/// Starts the server and returns its address.
pub(crate) async fn start() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let login = Login::default();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, login.clone()));
        }
    });
    Ok(url)
}

async fn serve(mut stream: TcpStream, login: Login) -> Result<()> {
    let request = read(&mut stream).await?;
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let (status, headers, body) = match (request.method.as_str(), path) {
        ("GET", "/login/oauth2/auth") => authorize(&pairs(query), &login),
        ("POST", "/login/oauth2/token") => exchange(&pairs(&request.body), &login),
        ("GET", "/api/v1/users/self/groups") => groups(&request),
        _ => ("404 Not Found", String::new(), "{}".into()),
    };
    answer(&mut stream, status, &headers, &body).await
}

type Answer = (&'static str, String, String);

fn authorize(query: &HashMap<String, String>, login: &Login) -> Answer {
    let value = |name: &str| query.get(name).cloned().unwrap_or_default();
    let Ok(mut back) = Url::parse(&value("redirect_uri")) else {
        return ("400 Bad Request", String::new(), "redirect_uri?".into());
    };
    let is_known = value("client_id") == CLIENT_ID && value("response_type") == "code";
    let result = match is_known && value("code_challenge_method") == "S256" {
        true => ("code", CODE),
        false => ("error", "unauthorized_client"),
    };
    back.query_pairs_mut()
        .append_pair(result.0, result.1)
        .append_pair("state", &value("state"));
    let kept = (value("code_challenge"), value("redirect_uri"));
    if let Ok(mut login) = login.lock() {
        *login = Some(kept);
    }
    ("302 Found", format!("location: {back}\r\n"), String::new())
}

fn exchange(form: &HashMap<String, String>, login: &Login) -> Answer {
    let value = |name: &str| form.get(name).map_or("", String::as_str);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(value("code_verifier")));
    let kept = login.lock().ok().and_then(|mut login| login.take());
    let is_client = value("client_id") == CLIENT_ID && value("client_secret") == SECRET;
    let is_login = value("code") == CODE && kept == Some((challenge, value("redirect_uri").into()));
    let json = "content-type: application/json\r\n".to_owned();
    match (is_client, is_login) {
        (true, true) => (
            "200 OK",
            json,
            format!(
                r#"{{"access_token":"{TOKEN}","token_type":"Bearer","user":{{"id":42,"name":"Ada"}},"refresh_token":"refresh","expires_in":3600}}"#
            ),
        ),
        (false, _) => (
            "401 Unauthorized",
            json,
            r#"{"error":"invalid_client"}"#.into(),
        ),
        _ => (
            "400 Bad Request",
            json,
            r#"{"error":"invalid_grant"}"#.into(),
        ),
    }
}

fn groups(request: &Request) -> Answer {
    let json = "content-type: application/json\r\n";
    if header(&request.head, "authorization") == Some(&format!("Bearer {TOKEN}")) {
        let body = r#"[{"id":7,"name":"Math Teachers"},{"id":8,"name":"Chess"}]"#;
        return ("200 OK", json.into(), body.into());
    }
    let headers = format!("{json}www-authenticate: Bearer realm=\"canvas-lms\"\r\n");
    ("401 Unauthorized", headers, "{}".into())
}

fn pairs(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

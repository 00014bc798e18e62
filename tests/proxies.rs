//! Which proxies are used, seen from programs of their own with another environment.

use std::{
    env,
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use canvas_groups::{
    Canvas, GroupId, RetryPolicy,
    files::{Source, UploadFile},
    groups::ListMyGroups,
};

const TARGET: &str = "CANVAS_GROUPS_TEST_TARGET";
const UPLOADS: &str = "CANVAS_GROUPS_TEST_UPLOADS";
const TOKEN: &str = "7~S3CRET-of-proxies";

/// Answers every request with 404, and writes down what came.
fn listener() -> (String, Arc<Mutex<String>>) {
    answering("404 Not Found", String::new())
}

fn answering(status: &'static str, body: String) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(String::new()));
    let notes = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).unwrap_or(0);
            let text = String::from_utf8_lossy(&piece[..length]).into_owned();
            notes.lock().unwrap().push_str(&text);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .ok();
        }
    });
    (address, heard)
}

/// What a program does that the tests below start.
#[tokio::test]
async fn a_call_of_a_program_of_its_own() {
    let Ok(target) = env::var(TARGET) else {
        return;
    };
    let builder = Canvas::builder(target).token(TOKEN).allow_http(true);
    let builder = builder.retry(RetryPolicy::never());
    let canvas = builder.connect_timeout(Duration::from_secs(1)).build();
    let canvas = canvas.unwrap();
    let error = match env::var_os(UPLOADS) {
        None => canvas.send(ListMyGroups::new()).await.unwrap_err(),
        Some(_) => {
            let request = UploadFile::new(GroupId::new(17), "a.txt");
            let upload = canvas.upload(request, Source::bytes("content"));
            upload.await.unwrap_err()
        }
    };
    println!("ended: {error}");
    println!("{error:?} {:?} {:?}", error.body(), error.details());
}

/// Has a program call `target` with these variables in its environment.
fn call(target: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "a_call_of_a_program_of_its_own", "--nocapture"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env(TARGET, target).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && told.contains("ended: "),
        "{output:?}"
    );
    told
}

#[test]
fn the_proxies_that_the_environment_names_are_used() {
    for variable in ["http_proxy", "ALL_PROXY"] {
        let (proxy, heard) = listener();
        call(
            "http://canvas.example",
            &[(variable, &format!("http://{proxy}"))],
        );
        let heard = heard.lock().unwrap().clone();
        assert!(
            heard.starts_with("GET http://canvas.example/api/v1/"),
            "{variable}: {heard}"
        );
    }
}

#[test]
fn the_password_of_a_proxy_of_the_environment_is_kept_out_of_errors() {
    // Told as it is, as it stands in the address, and as it goes into the header.
    let (plain, escaped) = ("7~S3CRET-of/a proxy", "7~S3CRET-of%2Fa%20proxy");
    let header = "cm9zdGVyLXN5bmM6N35TM0NSRVQtb2YvYSBwcm94eQ==";
    for (variable, before) in [
        ("http_proxy", "http://"),
        ("ALL_PROXY", "http://"),
        ("http_proxy", ""),
    ] {
        let echo = format!("{{\"message\":\"no {plain} {escaped} {header}\"}}");
        let (proxy, heard) = answering("407 Proxy Authentication Required", echo);
        let address = format!("{before}roster-sync:{escaped}@{proxy}");
        let told = call("http://canvas.example", &[(variable, &address)]);
        assert!(
            heard.lock().unwrap().contains(header),
            "the proxy is told who calls"
        );
        assert!(
            told.contains("no [redacted] [redacted] [redacted]"),
            "{told}"
        );
        for secret in ["S3CRET", header] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn what_goes_over_https_a_proxy_cannot_read() {
    let (proxy, heard) = listener();
    call(
        "https://canvas.example",
        &[("HTTPS_PROXY", &format!("http://{proxy}"))],
    );
    let heard = heard.lock().unwrap().clone();
    assert!(heard.starts_with("CONNECT canvas.example:443 "), "{heard}");
    assert!(
        !heard.contains("S3CRET") && !heard.contains("api/v1"),
        "{heard}"
    );
}

#[test]
fn no_proxy_stands_between_this_machine_and_itself() {
    for host in ["127.0.0.1", "localhost"] {
        let ((proxy, by_proxy), (server, heard)) = (listener(), listener());
        let server = server.replace("127.0.0.1", host);
        let proxy = format!("http://{proxy}");
        let variables = ["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, &*proxy));
        call(&format!("http://{server}"), &variables);
        assert_eq!(*by_proxy.lock().unwrap(), "");
        assert!(heard.lock().unwrap().starts_with("GET /api/v1/"));
    }
}

#[test]
fn a_host_that_is_named_as_an_exception_is_called_directly() {
    let ((proxy, by_proxy), (server, heard)) = (listener(), listener());
    let server = server.replace("127.0.0.1", "0.0.0.0");
    let proxy = format!("http://{proxy}");
    if cfg!(unix) {
        call(
            &format!("http://{server}"),
            &[("http_proxy", &proxy), ("NO_PROXY", "0.0.0.0")],
        );
        assert_eq!(*by_proxy.lock().unwrap(), "");
        assert!(heard.lock().unwrap().starts_with("GET /api/v1/"));
    }
}

#[cfg(unix)]
#[test]
fn through_a_proxy_the_store_of_an_upload_is_judged_by_its_number_alone() {
    for (store, is_sent) in [
        ("http://store.example", true),
        // What name it has, only the proxy would know.
        ("http://10.0.0.1", false),
        ("http://127.0.0.1:9", false),
        ("http://[::ffff:127.0.0.1]:9", false),
        ("http://localhost:9", false),
    ] {
        // A proxy inside, by a name: that is the caller's own choice.
        let (proxy, by_proxy) = listener();
        let proxy = format!("http://{}", proxy.replace("127.0.0.1", "localhost"));
        let instructions = format!(
            "{{\"upload_url\":\"{store}/files\",\"upload_params\":{{}},\"file_param\":\"file\"}}"
        );
        let (server, _) = answering("200 OK", instructions);
        let server = server.replace("127.0.0.1", "0.0.0.0");
        let told = call(
            &format!("http://{server}"),
            &[
                ("http_proxy", &proxy),
                ("NO_PROXY", "0.0.0.0"),
                (UPLOADS, "1"),
            ],
        );
        assert!(told.contains("step 2 of the upload"), "{told}");
        let heard = by_proxy.lock().unwrap().clone();
        assert_eq!(
            heard.starts_with("POST http://store.example/files"),
            is_sent,
            "{store}: {heard}"
        );
        assert!(!heard.contains("S3CRET"));
        assert_eq!(heard.is_empty(), !is_sent, "{heard}");
    }
}

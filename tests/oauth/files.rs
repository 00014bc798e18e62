//! The store in a file.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use canvas_groups::{
    ErrorKind,
    auth::{FileStore, TokenStore, Tokens},
};
use secrecy::ExposeSecret;

fn tokens(name: &str) -> Tokens {
    Tokens::new(name).with_refresh_token("r".repeat(4000))
}

async fn access(store: &FileStore) -> Option<String> {
    let tokens = store.load().await.unwrap()?;
    assert_eq!(tokens.refresh_token().unwrap().expose_secret().len(), 4000);
    Some(tokens.access_token().expose_secret().to_owned())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn tokens_in_a_file_come_back_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    assert_eq!(access(&store).await, None);
    store.save(&tokens("one")).await.unwrap();
    store.save(&tokens("two")).await.unwrap();
    assert_eq!(access(&store).await.as_deref(), Some("two"));
    assert_eq!(names(folder.path()), ["tokens.json"]);
    store.clear().await.unwrap();
    store.clear().await.unwrap();
    assert_eq!(access(&store).await, None);
    assert!(names(folder.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file_also_one_that_was_open_to_all() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    fs::write(&path, "{}").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    FileStore::new(&path).save(&tokens("one")).await.unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_the_file_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("tokens"), folder.path().join("link"));
    fs::write(&path, "").unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    FileStore::new(&link).save(&tokens("one")).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(access(&FileStore::new(&path)).await.as_deref(), Some("one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_reads_during_a_save_finds_the_old_tokens_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    store.save(&tokens("0")).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, done) = (store.clone(), done.clone());
        async move {
            let mut reads = 0;
            while !done.load(Ordering::SeqCst) {
                access(&store).await.expect("there are always tokens");
                reads += 1;
            }
            reads
        }
    });
    for number in 1..=100 {
        store.save(&tokens(&number.to_string())).await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    assert!(reader.await.unwrap() > 0);
    assert_eq!(access(&store).await.as_deref(), Some("100"));
}

#[tokio::test]
async fn what_cannot_be_read_or_written_is_an_error_that_names_the_file_and_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let missing = FileStore::new(folder.path().join("missing/tokens.json"));
    let error = missing.save(&tokens("s3cret")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    assert!(error.to_string().contains("missing/tokens.json"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
    let path = folder.path().join("damaged");
    fs::write(&path, r#"{"access_token": "s3cret", "refresh"#).unwrap();
    let error = FileStore::new(&path).load().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    // A folder in the place of the file stays, and so does nothing else.
    let error = FileStore::new(folder.path())
        .save(&tokens("s3cret"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    assert_eq!(names(folder.path()), ["damaged"]);
}

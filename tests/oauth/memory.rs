//! What is overwritten in memory: the whole of it is searched.
#![cfg(target_os = "linux")]

#[path = "../common/hidden.rs"]
mod hidden;

use canvas_groups::auth::{FileStore, TokenStore, Tokens};
use hidden::Hidden;
use secrecy::ExposeSecret;

#[tokio::test]
async fn the_json_of_tokens_is_overwritten_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    for (seed, length) in [(1, 64), (7_000, 900), (90_000, 20_000)] {
        let secret = Hidden::new(seed, length);
        let tokens = Tokens::new(secret.written_out()).with_refresh_token(secret.written_out());
        store.save(&tokens).await.unwrap();
        let again = store.load().await.unwrap().unwrap();
        let json = again.to_json();
        let parsed = Tokens::from_json(json.expose_secret()).unwrap();
        // The search finds what is there.
        assert!(secret.count() >= 8, "{length}: {}", secret.count());
        drop((tokens, again, json, parsed));
        assert_eq!(secret.count(), 0, "{length}");
    }
}

//! Token files under processes that are killed, links, and other people's rights.
#![cfg(unix)]

use std::{
    env, fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use canvas_groups::{
    ErrorKind,
    auth::{FileStore, TokenStore, Tokens},
};
use rustix::fs::{FlockOperation, flock};
use secrecy::ExposeSecret;

const FILE: &str = "CANVAS_GROUPS_TEST_TOKENS";

/// Enough that a save is not done in one page.
fn tokens(name: &str) -> Tokens {
    Tokens::new(name.repeat(500)).with_refresh_token("r".repeat(20_000))
}

fn is_whole(found: &Tokens) -> bool {
    let access = found.access_token().expose_secret();
    let refresh = found.refresh_token().unwrap().expose_secret();
    let first = access.chars().next().unwrap();
    access.len() == 500 && access.chars().all(|it| it == first) && refresh.len() == 20_000
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Not a test by itself: the process that is killed.
#[tokio::test]
#[ignore = "run by the tests that kill it"]
async fn saves_without_end() {
    let Some(path) = env::var_os(FILE) else {
        return;
    };
    let store = FileStore::new(path);
    let pair = ["a", "b"].map(tokens);
    loop {
        for tokens in &pair {
            store.save(tokens).await.unwrap();
        }
    }
}

fn spawn(path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::saves_without_end", "--ignored"])
        .env(FILE, path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn killed_saves_leave_one_whole_file_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let store = FileStore::new(&path);
    let mut left = 0;
    for round in 0..60_u64 {
        store.save(&tokens("z")).await.unwrap();
        let mut child = spawn(&path);
        // It has begun when the file is another.
        let old = fs::metadata(&path).unwrap().ino();
        wait_until(|| fs::metadata(&path).unwrap().ino() != old);
        // At any moment, or in the middle of a save.
        match round % 2 {
            0 => std::thread::sleep(Duration::from_micros(round * 97 % 5_000)),
            _ => wait_until(|| names(folder.path()).len() > 1),
        }
        child.kill().unwrap();
        child.wait().unwrap();
        left += names(folder.path()).len() - 1;
        // The next process tidies up, whatever it does.
        let found = FileStore::new(&path).load().await.unwrap().unwrap();
        assert!(is_whole(&found), "round {round}");
        assert_eq!(names(folder.path()), ["tokens.json"], "round {round}");
    }
    println!("{left} of 60 killed processes left a file behind");
    assert!(left > 0, "nobody was killed in the middle of a save");
}

fn wait_until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "nothing is saved"
        );
    }
}

#[tokio::test]
async fn what_a_killed_process_left_is_removed_by_the_first_use_and_when_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let old = FileStore::new(&path);
    old.load().await.unwrap();
    let left = ["0123456789abcdef", "00000000000000AF"]
        .map(|digits| folder.path().join(format!(".tokens.json.{digits}")));
    // Neither of another store, nor of anybody's making.
    let others = [
        ".other.json.0123456789abcdef",
        ".tokens.json.0123456789abcde",
        ".tokens.json.0123456789abcdefg",
        ".tokens.json.0123456789abcdeg",
        ".tokens.json.lock",
        ".tokens.json.x.0123456789abcdef",
        "tokens.json.0123456789abcdef",
    ];
    for other in others {
        fs::write(folder.path().join(other), "s3cret").unwrap();
    }
    for what in [
        "load nothing",
        "clear nothing",
        "save",
        "load",
        "bind",
        "clear",
    ] {
        for left in &left {
            fs::write(left, "s3cret").unwrap();
        }
        // As another process does.
        let store = FileStore::new(&path);
        match what {
            "save" => store.save(&tokens("a")).await.unwrap(),
            "clear" | "clear nothing" => store.clear().await.unwrap(),
            "bind" => {
                let bound = tokens("a").with_origin("https://school.example");
                store.bind(&bound).await.unwrap();
            }
            _ => drop(store.load().await.unwrap()),
        }
        assert!(left.iter().all(|left| !left.exists()), "{what}");
    }
    fs::write(&left[0], "s3cret").unwrap();
    old.clear().await.unwrap();
    assert_eq!(names(folder.path()), others);
}

/// A folder may hold the tokens of thousands.
#[tokio::test]
async fn later_uses_do_not_list_the_folder_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let left = folder.path().join(".tokens.json.0123456789abcdef");
    let store = FileStore::new(&path);
    let clone = store.clone();
    store.load().await.unwrap();
    // A listing would find it.
    fs::write(&left, "s3cret").unwrap();
    for store in [&store, &clone] {
        store.save(&tokens("a")).await.unwrap();
        store.load().await.unwrap();
        let bound = tokens("a").with_origin("https://school.example");
        store.bind(&bound).await.unwrap();
        assert!(left.exists());
    }
    clone.clear().await.unwrap();
    assert!(names(folder.path()).is_empty());
}

/// A process that saves has locked the file that it writes to.
#[tokio::test]
async fn what_a_process_is_writing_to_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    let used = folder.path().join(".tokens.json.0123456789abcdef");
    let file = fs::File::create(&used).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    store.save(&tokens("a")).await.unwrap();
    store.load().await.unwrap();
    store.clear().await.unwrap();
    assert!(used.exists());
    drop(file);
    let started = Instant::now();
    // A process that another test starts at this moment has the lock too, for an instant.
    while used.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "it stays");
        store.clear().await.unwrap();
    }
}

/// Whoever may read a folder may lock it.
#[tokio::test]
async fn a_locked_folder_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    let opened = fs::File::open(folder.path()).unwrap();
    flock(&opened, FlockOperation::LockExclusive).unwrap();
    let uses = async {
        store.save(&tokens("a")).await.unwrap();
        store.save(&tokens("b")).await.unwrap();
        assert!(is_whole(&store.load().await.unwrap().unwrap()));
        store.clear().await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(8), uses)
        .await
        .unwrap();
}

#[tokio::test]
async fn tokens_that_are_saved_while_others_are_bound_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let store = FileStore::new(&path);
    store.save(&tokens("a")).await.unwrap();
    // Another process saves.
    let saving = fs::File::open(&path).unwrap();
    flock(&saving, FlockOperation::LockExclusive).unwrap();
    let bound = tokens("a").with_origin("https://school.example");
    let binding = tokio::spawn({
        let store = store.clone();
        async move { store.bind(&bound).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!binding.is_finished(), "it does not wait for its turn");
    let renewed = folder.path().join("renewed");
    let json = tokens("b").to_json();
    fs::write(&renewed, json.expose_secret()).unwrap();
    fs::set_permissions(&renewed, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&renewed, &path).unwrap();
    drop(saving);
    binding.await.unwrap().unwrap();
    let found = store.load().await.unwrap().unwrap();
    assert!(found.access_token().expose_secret().starts_with('b'));
    assert_eq!(names(folder.path()), ["tokens.json"]);
}

/// As `mkdir` makes them with `umask 002`.
#[tokio::test]
async fn a_folder_that_only_the_own_group_of_the_user_may_write_to_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (uid, gid) = (rustix::process::geteuid().as_raw(), 12_345);
    let store = FileStore::new(folder.path().join("tokens.json"));
    let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    // Who is not in a group of that number cannot give the folder to it. That of root is not its own.
    if uid != 0 && chown(folder.path(), None, Some(uid)).is_ok() {
        for mode in [0o775, 0o770, 0o2775] {
            set(mode);
            store.save(&tokens("a")).await.unwrap();
            assert!(is_whole(&store.load().await.unwrap().unwrap()));
        }
    }
    if chown(folder.path(), None, Some(gid)).is_ok() {
        for mode in [0o775, 0o770, 0o2775] {
            set(mode);
            let error = store.save(&tokens("a")).await.unwrap_err().to_string();
            assert!(error.contains(&format!("mode {mode:04o}")), "{error}");
            assert!(store.load().await.is_err(), "{mode:o}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_others_may_write_to_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let link = folder.path().join("link");
    symlink("real/tokens.json", &link).unwrap();
    let set = |mode| fs::set_permissions(&real, fs::Permissions::from_mode(mode)).unwrap();
    for path in [real.join("tokens.json"), link] {
        let store = FileStore::new(&path);
        for mode in [0o777, 0o757, 0o722, 0o702] {
            set(0o700);
            store.save(&tokens("a")).await.unwrap();
            set(mode);
            for error in [
                store.load().await.unwrap_err(),
                store.save(&tokens("b")).await.unwrap_err(),
                store.bind(&tokens("a")).await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::TokenStore);
                let line = error.to_string();
                assert!(line.contains(&format!("mode {mode:04o}")), "{line}");
                assert!(
                    line.contains("`chmod go-w ") && line.contains("/real`"),
                    "{line}"
                );
            }
            // What is no longer wanted does not stay because of its folder.
            assert_eq!(names(&real), ["tokens.json"]);
            store.clear().await.unwrap();
            assert!(names(&real).is_empty(), "{mode:o}");
        }
        for mode in [0o700, 0o755, 0o1777, 0o1770, 0o711] {
            set(mode);
            store.save(&tokens("b")).await.unwrap();
            assert!(is_whole(&store.load().await.unwrap().unwrap()));
        }
    }
}

/// Somebody else's file in the place of the temporary one is not written to.
#[tokio::test]
async fn a_link_in_the_place_of_the_temporary_file_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, "kept").unwrap();
    let link = ".tokens.json.0123456789abcdef";
    symlink(&victim, folder.path().join(link)).unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    store.save(&tokens("a")).await.unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
    // It is nothing that a store could have left.
    assert_eq!(names(folder.path()), [link, "tokens.json", "victim"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stores_that_share_a_file_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let mut child = spawn(&path);
    let tasks: Vec<_> = ["a", "b", "c", "d"]
        .map(|name| {
            let store = FileStore::new(&path);
            tokio::spawn(async move {
                for _ in 0..40 {
                    store.save(&tokens(name)).await.unwrap();
                    assert!(is_whole(&store.load().await.unwrap().unwrap()));
                }
            })
        })
        .into();
    for task in tasks {
        task.await.unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let found = FileStore::new(&path).load().await.unwrap().unwrap();
    assert!(is_whole(&found));
    assert_eq!(names(folder.path()), ["tokens.json"]);
}

/// A folder with a link in it, and what it points to in another folder.
fn linked(folder: &Path) -> (PathBuf, PathBuf) {
    fs::create_dir(folder.join("real")).unwrap();
    let (target, middle) = (folder.join("real/tokens"), folder.join("real/middle"));
    let link = folder.join("link");
    symlink("tokens", middle).unwrap();
    symlink("real/middle", &link).unwrap();
    (link, target)
}

#[tokio::test]
async fn all_uses_follow_a_link_to_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = linked(folder.path());
    let store = FileStore::new(&link);
    for _ in 0..2 {
        // Also one that points to nothing yet.
        assert!(store.load().await.unwrap().is_none());
        store.save(&tokens("a")).await.unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(!fs::symlink_metadata(&target).unwrap().is_symlink());
        assert!(is_whole(&store.load().await.unwrap().unwrap()));
        store.clear().await.unwrap();
        assert!(!target.exists(), "the tokens are gone");
        assert_eq!(names(folder.path()), ["link", "real"]);
        assert_eq!(names(&folder.path().join("real")), ["middle"]);
    }
}

#[tokio::test]
async fn links_in_a_circle_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    symlink(&one, &other).unwrap();
    symlink(&other, &one).unwrap();
    let store = FileStore::new(&one);
    for error in [
        store.load().await.unwrap_err(),
        store.save(&tokens("a")).await.unwrap_err(),
        store.clear().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::TokenStore);
        assert!(error.to_string().contains("links"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_others_may_read_or_change_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let store = FileStore::new(&path);
    for mode in [
        0o644, 0o640, 0o604, 0o620, 0o602, 0o666, 0o660, 0o777, 0o610,
    ] {
        store.save(&tokens("a")).await.unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = store.load().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenStore);
        let line = error.to_string();
        assert!(line.contains(&format!("mode {mode:04o}")), "{line}");
        assert!(
            line.contains(&format!("chmod 600 {}", path.display())),
            "{line}"
        );
        assert!(!format!("{error:?}").contains("aaaa"));
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(store.load().await.unwrap().is_some());
    }
    // What replaces it is the owner's alone.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    store.save(&tokens("b")).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
}

/// Only root can give files away: elsewhere the unit test of the check has to do.
#[tokio::test]
async fn a_file_or_link_of_another_user_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let store = FileStore::new(&path);
    store.save(&tokens("a")).await.unwrap();
    if chown(&path, Some(12_345), None).is_err() {
        return;
    }
    for error in [
        store.load().await.unwrap_err(),
        store.save(&tokens("b")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::TokenStore);
        let line = error.to_string();
        assert!(
            line.contains("user 12345") && line.contains("`chown`"),
            "{line}"
        );
    }
    chown(&path, Some(0), None).unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    lchown(&link, Some(12_345), None).unwrap();
    let linked = FileStore::new(&link);
    for error in [
        linked.load().await.unwrap_err(),
        linked.save(&tokens("b")).await.unwrap_err(),
        linked.clear().await.unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("symbolic link of user 12345"),
            "{error}"
        );
    }
    assert!(is_whole(&store.load().await.unwrap().unwrap()));
}

#[tokio::test]
async fn what_is_no_file_is_neither_read_nor_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    if !Command::new("mkfifo")
        .arg(&path)
        .status()
        .is_ok_and(|it| it.success())
    {
        return;
    }
    let store = FileStore::new(&path);
    let uses = async {
        [
            store.load().await.unwrap_err(),
            store.save(&tokens("a")).await.unwrap_err(),
            store.clear().await.unwrap_err(),
        ]
    };
    let errors = tokio::time::timeout(Duration::from_secs(20), uses)
        .await
        .unwrap();
    for error in errors {
        assert!(error.to_string().contains("not a regular file"), "{error}");
    }
}

//! The package as a whole: how its modules stand to each other, and what lies beside the code.

mod imports;
mod layers;
mod promises;
mod supply;

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};

/// The docs show the picture as part of their own page: `CANVAS_GROUPS_BLESS=1` writes it anew.
#[test]
fn the_picture_in_the_docs_is_the_one_in_the_readme() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let svg = fs::read_to_string(docs.join("call.svg")).unwrap();
    // Line ends of its own on Windows.
    let encoded = STANDARD.encode(svg.replace("\r\n", "\n")) + "\n";
    let file = docs.join("call.svg.base64");
    if std::env::var_os("CANVAS_GROUPS_BLESS").is_some() {
        fs::write(&file, &encoded).unwrap();
    }
    let shown = fs::read_to_string(&file).unwrap().replace("\r\n", "\n");
    assert!(
        shown == encoded,
        "docs/call.svg was changed: run this test with CANVAS_GROUPS_BLESS=1"
    );
}

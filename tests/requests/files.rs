//! Files.

use canvas_groups::{FolderId, GroupId, GroupRef, courses::SortOrder, files::*};

use crate::{shown, snapshot};

#[test]
fn upload_file() {
    let least = UploadFile::new(GroupId::new(17), "a/b.txt");
    let full = UploadFile::new(GroupId::new(17), "b.txt")
        .size(0)
        .content_type("text/plain")
        .parent_folder_path("reports/2026")
        .on_duplicate(OnDuplicate::Rename)
        .success_include(["preview_url"]);
    let from_url = UploadFromUrl::new(GroupId::new(17), "b.txt", "https://files.example.edu/b?c=d");
    let full_from_url = from_url
        .clone()
        .size(7)
        .content_type("text/plain")
        .parent_folder_id(FolderId::new(4))
        .on_duplicate("error")
        .success_include(["preview_url"]);
    let by_id = least
        .clone()
        .parent_folder_id(FolderId::new(4))
        .category("uncategorized")
        .submit_assignment(true);
    let from_url_by_path = from_url
        .clone()
        .parent_folder_path("reports/2026")
        .category("uncategorized")
        .submit_assignment(false);
    snapshot(
        "UploadFile",
        [
            shown(&least),
            shown(&full),
            shown(&by_id),
            shown(&from_url),
            shown(&full_from_url),
            shown(&from_url_by_path),
        ],
    );
}

#[test]
fn list_group_files() {
    let full = ListGroupFiles::new(GroupRef::sis("red/1"))
        .search_term("report")
        .content_types(["image", "text/plain"])
        .exclude_content_types(["video"])
        .include([FileInclude::User, FileInclude::UsageRights])
        .sort(FileSort::UpdatedAt)
        .order(SortOrder::Desc)
        .per_page(50);
    let least = ListGroupFiles::new(GroupId::new(17));
    snapshot("ListGroupFiles", [shown(&least), shown(&full)]);
}

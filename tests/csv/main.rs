//! CSV files of every form, read; and exports over the wire.

mod properties;

use canvas_groups::{
    Canvas, CategoryId, CategoryRef, CourseId, ErrorKind, GroupId, Outgoing, UserId,
    csv::{
        Csv, CsvRow, ExportGroups, ExportTags, GroupRow, ImportGroups, TagRow, spreadsheet_cell,
    },
    progress::ProgressState,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../fixtures/canvas/csv/", $name)).as_slice()
    };
}

fn rows<T: CsvRow>(file: &'static [u8]) -> Vec<T> {
    Csv::new(file).rows().collect::<Result<_, _>>().unwrap()
}

fn groups(file: &'static [u8]) -> Vec<GroupRow> {
    rows(file)
}

fn text(cell: &Option<String>) -> &str {
    cell.as_deref().unwrap()
}

#[test]
fn trap_41_quoted_commas() {
    let [sheldon, leonard] = &groups(fixture!("groups.csv"))[..] else {
        panic!("two rows");
    };
    assert_eq!(text(&sheldon.name), "Cooper, Sheldon");
    assert_eq!(
        text(&sheldon.sections),
        "Physics A, Physics B, and Physics C"
    );
    assert_eq!(sheldon.canvas_user_id, Some(UserId::new(35)));
    assert_eq!(sheldon.canvas_group_id, Some(GroupId::new(17)));
    assert_eq!(
        (text(&sheldon.user_id), text(&sheldon.group_id)),
        ("sc1", "g1")
    );
    assert_eq!(leonard.user_id, None);
    assert_eq!(
        (&leonard.group_name, leonard.canvas_group_id),
        (&None, None)
    );
    assert!(leonard.other.is_empty());
}

#[test]
fn trap_41_quotes_and_newlines_in_cells_and_empty_lines() {
    let [row] = &groups(fixture!("groups_quotes_and_lines.csv"))[..] else {
        panic!("one row");
    };
    assert_eq!(text(&row.name), "Cooper, Sheldon \"Shelly\"");
    assert_eq!(text(&row.sections), "Physics A,\r\nPhysics B");
    assert_eq!(text(&row.group_name), "The \"A\" team\nof 2026");
    assert_eq!(
        row.canvas_group_id,
        Some(GroupId::new(9_007_199_254_740_993))
    );
}

#[test]
fn trap_41_a_byte_order_mark_semicolons_and_localized_headers() {
    let [row] = &groups(fixture!("groups_semicolon_bom_localized.csv"))[..] else {
        panic!("one row");
    };
    assert_eq!(text(&row.name), "Cooper, Sheldon");
    assert_eq!(text(&row.sections), "Physique A, Physique B");
    assert_eq!(text(&row.group_name), "Équipe; 1");
    assert_eq!(row.canvas_group_id, Some(GroupId::new(17)));
    assert!(row.other.is_empty());

    let behind_a_mark = b"\xef\xbb\xbfcanvas_user_id,login_id\n35,sheldon\n";
    assert_eq!(
        groups(behind_a_mark)[0].canvas_user_id,
        Some(UserId::new(35))
    );
}

#[test]
fn trap_41_missing_columns() {
    let [row] = &groups(fixture!("groups_nobody_in_one.csv"))[..] else {
        panic!("one row");
    };
    assert_eq!(text(&row.login_id), "sheldon@example.com");
    assert_eq!((&row.group_name, row.canvas_group_id), (&None, None));
}

#[test]
fn trap_41_short_rows() {
    let rows: Vec<TagRow> = rows(fixture!("tags_short_rows.csv"));
    let [honors, needs, none] = &rows[..] else {
        panic!("three rows");
    };
    assert_eq!(honors.canvas_tag_set_id, Some(CategoryId::new(6)));
    assert_eq!(text(&needs.tag_name), "Needs time, more of it");
    assert_eq!((text(&needs.tag_id), &needs.tag_set_id), ("t2", &None));
    assert_eq!(none.canvas_user_id, Some(UserId::new(79)));
    assert_eq!((&none.tag_name, none.canvas_tag_id), (&None, None));
}

#[test]
fn trap_41_more_columns_are_kept_and_an_odd_row_does_not_end_the_file() {
    let file = Csv::<GroupRow>::new(fixture!("groups_more_columns.csv"));
    let mut rows = file.rows();
    let row = rows.next().unwrap().unwrap();
    let other: Vec<_> = row
        .other
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(other, [("grade", "A"), ("grade", "B"), ("", "beyond")]);
    assert_eq!(row.canvas_group_id, Some(GroupId::new(17)));
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "line 3, column `canvas_group_id`: is not an id"
    );
    assert!(rows.next().is_none());

    let mixed = b"login_id,group_name\nx,\xff\ny,Team\n";
    let read: Vec<_> = Csv::<GroupRow>::new(&mixed[..]).rows().collect();
    let error = read[0].as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column `group_name`: is not UTF-8"
    );
    assert_eq!(text(&read[1].as_ref().unwrap().group_name), "Team");
}

#[test]
fn lines_are_counted_as_in_an_editor() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "",
            "canvas_user_id,name",
            "",
            "",
            "x,1",
            "35,\"a",
            "b\"",
            "",
            " ,",
            "y,2",
            "z,3",
        ];
        let file = Csv::<GroupRow>::new(lines.join(end));
        let said: Vec<_> = file.rows().filter_map(Result::err).collect();
        let said: Vec<_> = said.iter().map(ToString::to_string).collect();
        let expected =
            [5, 10, 11].map(|line| format!("line {line}, column `canvas_user_id`: is not an id"));
        assert_eq!(said, expected, "{end:?}");
    }
}

#[test]
fn space_around_cells_does_not_count() {
    let row = &groups(b"canvas_user_id, login_id ,sections\n 35 , ada\t,\" A \"\n")[0];
    assert_eq!(row.canvas_user_id, Some(UserId::new(35)));
    assert_eq!((text(&row.login_id), text(&row.sections)), ("ada", "A"));
}

#[test]
fn a_file_that_is_none_is_an_error_and_not_an_empty_list() {
    for file in ["", "\u{feff}", "hello\nworld\n", "group_name\nTeam\n"] {
        let read: Vec<_> = Csv::<GroupRow>::new(file).rows().collect();
        assert_eq!(read.len(), 1, "{file:?}");
        assert_eq!(read[0].as_ref().unwrap_err().kind(), ErrorKind::Decode);
    }
    let only_a_header = Csv::<GroupRow>::new("login_id,group_name\n");
    assert!(only_a_header.rows().next().is_none());
}

#[test]
fn what_was_exported_can_be_imported() {
    let rows = groups(fixture!("groups_quotes_and_lines.csv"));
    let sent = Outgoing::of(&ImportGroups::new(CategoryId::new(4), rows.clone())).unwrap();
    let body = String::from_utf8(sent.body().unwrap().to_vec()).unwrap();
    let file = body.split("\r\n\r\n").nth(1).unwrap();
    let file = file.split("\r\n--canvas-groups").next().unwrap().to_owned();
    let again: Vec<_> = Csv::<GroupRow>::new(file)
        .rows()
        .map(Result::unwrap)
        .collect();
    assert_eq!(again[0].group_name, rows[0].group_name);
    assert_eq!(again[0].canvas_user_id, rows[0].canvas_user_id);
    assert_eq!(again[0].canvas_group_id, rows[0].canvas_group_id);
}

async fn server(route: &str, answer: ResponseTemplate) -> (Canvas, MockServer) {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(route))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    (Canvas::new(server.uri(), "token").unwrap(), server)
}

#[tokio::test]
async fn an_export_is_rows_and_bytes() {
    let file = fixture!("groups_semicolon_bom_localized.csv");
    let answer = ResponseTemplate::new(200)
        .set_body_raw(file, "text/csv")
        .insert_header("content-disposition", "attachment; filename=\"Teams.csv\"");
    let route = "/api/v1/group_categories/sis_group_category_id:t1/export";
    let (canvas, _server) = server(route, answer).await;
    let export = ExportGroups::new(CategoryRef::sis("t1"));
    let csv = canvas.send(export).await.unwrap();
    assert_eq!(csv.bytes(), file);
    assert_eq!(csv.rows().map(Result::unwrap).count(), 1);

    let file = fixture!("tags_short_rows.csv");
    let answer = ResponseTemplate::new(200).set_body_raw(file, "text/csv; charset=utf-8");
    let (canvas, _server) = server("/api/v1/courses/1/group_categories/export_tags", answer).await;
    let csv = canvas
        .send(ExportTags::new(CourseId::new(1)))
        .await
        .unwrap();
    assert_eq!(csv.rows().map(Result::unwrap).count(), 3);
}

#[tokio::test]
async fn an_import_is_a_form_whose_boundary_the_header_names_and_answers_with_a_job() {
    let server = MockServer::start().await;
    let job = r#"{"id":35,"context_id":4,"context_type":"GroupCategory","user_id":null,
        "tag":"course_group_import","completion":0,"workflow_state":"queued","message":null}"#;
    Mock::given(method("POST"))
        .and(path("/api/v1/group_categories/4/import"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(job, "application/json"))
        .expect(1)
        .mount(&server)
        .await;
    let canvas = Canvas::new(server.uri(), "token").unwrap();
    let file = "login_id,group_name\nsheldon,Team\n";
    let import = ImportGroups::from_csv(CategoryId::new(4), file);
    let progress = canvas.send(import).await.unwrap();
    assert_eq!(progress.workflow_state, Some(ProgressState::Queued));

    let sent = &server.received_requests().await.unwrap()[0];
    let boundary = "canvas-groups-form";
    assert_eq!(
        sent.headers["content-type"],
        format!("multipart/form-data; boundary={boundary}").as_str()
    );
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"attachment\"; \
         filename=\"import.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8_lossy(&sent.body), body);
}

#[tokio::test]
async fn a_refused_export_needs_no_json() {
    let cases = [
        (401, "Unauthorized", ErrorKind::Forbidden),
        (
            403,
            "<html><title>Access Denied</title></html>",
            ErrorKind::Forbidden,
        ),
        (404, r#"{"status":"not found"}"#, ErrorKind::NotFound),
    ];
    for (status, body, kind) in cases {
        let answer = ResponseTemplate::new(status).set_body_string(body);
        let (canvas, _server) = server("/api/v1/group_categories/4/export", answer).await;
        let error = canvas
            .send(ExportGroups::new(CategoryId::new(4)))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.status().unwrap().as_u16()),
            (kind, status)
        );
        assert_eq!(error.body(), Some(body));
    }
}

#[tokio::test]
async fn a_web_page_in_the_place_of_an_export_is_an_error() {
    for (body, kind) in [
        ("<!DOCTYPE html>", "text/csv"),
        ("Log in", "text/html; charset=utf-8"),
        ("", "text/csv"),
        (" \r\n", "text/csv"),
        ("\u{feff}", "text/csv"),
        ("{\"errors\":[]}", "text/csv"),
        ("\u{feff}[1]", "text/csv"),
        ("\u{feff} <html>", "application/octet-stream"),
        ("{}", "application/json"),
        ("Please log in", "text/plain"),
        ("Please log in, user", "text/csv"),
        ("sep=;", "text/csv"),
        ("sep=;\nPlease log in;first", "text/csv"),
        ("name,group_name\nAda,One\n", "text/csv"),
        ("OK", "text/csv; charset=utf-8"),
        ("user: nobody\ncanvas_user_id,login_id\n", "text/csv"),
        ("\"canvas_user_id,login_id\n1,a\n", "text/csv"),
    ] {
        let answer = ResponseTemplate::new(200)
            .insert_header("x-request-context-id", "r-1")
            .set_body_raw(body, kind);
        let (canvas, _server) = server("/api/v1/group_categories/4/export", answer).await;
        let error = canvas
            .send(ExportGroups::new(CategoryId::new(4)))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.request(),
            Some("GET /api/v1/group_categories/4/export")
        );
        assert_eq!(error.request_id(), Some("r-1"), "{body}");
        assert_eq!(error.attempts(), 1, "{body}");
        assert_eq!(error.body(), Some(body));
    }
}

#[tokio::test]
async fn an_export_without_rows_or_with_a_heading_of_any_form_is_one() {
    for body in [
        "name,canvas_user_id,user_id,login_id,sections,group_name\n",
        "canvas_user_id",
        "\u{feff}Nombre;canvas_user_id;login_id\r\nAda;1;a\r\n",
        "sep=;\nNombre;canvas_user_id\n",
        "name\tcanvas_user_id\n",
    ] {
        let answer = ResponseTemplate::new(200).set_body_raw(body, "text/csv");
        let (canvas, _server) = server("/api/v1/group_categories/4/export", answer).await;
        let export = canvas.send(ExportGroups::new(CategoryId::new(4))).await;
        assert_eq!(export.unwrap().bytes(), body.as_bytes());
    }
}

#[test]
fn an_export_for_people_has_no_cell_that_a_spreadsheet_runs() {
    let cells = [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t'=1"),
        ("\rx", "'\rx"),
        (" =1", "' =1"),
        ("\u{feff}=1", "'\u{feff}=1"),
        ("\u{200b}=1", "'\u{200b}=1"),
        ("＝1", "'＝1"),
        ("-", "'-"),
        ("--1", "'--1"),
        ("-1", "-1"),
        ("+49.5", "+49.5"),
        ("Team =1", "Team =1"),
        ("T;=1+1", "T;'=1+1"),
        ("T; =1+1;@x", "T;' =1+1;'@x"),
        ("T\t=1+1", "T\t'=1+1"),
        ("T\r\n\u{feff}+x", "T\r\n'\u{feff}+x"),
        ("=1;-x", "'=1;'-x"),
        ("1;-2;+3.5\t", "1;'-2;'+3.5\t"),
        ("a;;b\t\tc\n", "a;;b\t\tc\n"),
        ("'=1", "''=1"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("+1", "+1"),
        (";+1", ";'+1"),
        ("a\t-1.5", "a\t'-1.5"),
        ("", ""),
    ];
    for (cell, expected) in cells {
        assert_eq!(spreadsheet_cell(cell), expected, "{cell:?}");
    }
    let file = "\u{feff}name;login_id;group_name\n\"=HYPERLINK(\"\"https://evil.example\"\")\";a;\"T;1\"\n";
    let export = Csv::<GroupRow>::new(file);
    let safe = export.for_spreadsheets().unwrap();
    assert_eq!(
        String::from_utf8(safe.clone()).unwrap(),
        "\"name\",\"login_id\",\"group_name\"\n\"'=HYPERLINK(\"\"https://evil.example\"\")\",\"a\",\"T;1\"\n"
    );
    // As it came by default, and still a file of the same rows.
    assert_eq!(export.bytes(), file.as_bytes());
    let rows: Vec<_> = Csv::<GroupRow>::new(safe)
        .rows()
        .map(Result::unwrap)
        .collect();
    assert_eq!(text(&rows[0].group_name), "T;1");
    let error = Csv::<GroupRow>::new(&b"name\n\xff\n"[..]).for_spreadsheets();
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
}

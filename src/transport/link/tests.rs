//! The `Link` header in all its forms.

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const ROOT: &str = "https://canvas.example.edu/api/v1/";
const NEXT: &str = "https://canvas.example.edu/api/v1/groups/1/users?page=2";

fn links(headers: &[&str]) -> Result<Links> {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(LINK, HeaderValue::from_bytes(header.as_bytes()).unwrap());
    }
    let url = Url::parse("https://canvas.example.edu/api/v1/groups/1/users?per_page=2").unwrap();
    let root = Url::parse(ROOT).unwrap();
    let (links, is_damaged) = Links::read(&map, &url, &root, "groups/{group}/users")?;
    match is_damaged && links.next.is_none() {
        true => Err(Links::damaged()),
        false => Ok(links),
    }
}

fn next(headers: &[&str]) -> Option<String> {
    links(headers).unwrap().next.map(String::from)
}

#[test]
fn a_numeric_list_names_the_next_and_the_last_page() {
    let found = links(&["<https://canvas.example.edu/api/v1/groups/1/users?include%5B%5D=avatar_url&page=2&per_page=50>; rel=\"current\",<https://canvas.example.edu/api/v1/groups/1/users?include%5B%5D=avatar_url&page=3&per_page=50>; rel=\"next\",<https://canvas.example.edu/api/v1/groups/1/users?page=9&per_page=50>; rel=\"last\""]).unwrap();
    assert_eq!(
        found.next.unwrap().as_str(),
        "https://canvas.example.edu/api/v1/groups/1/users?include%5B%5D=avatar_url&page=3&per_page=50",
    );
    assert_eq!(found.last_page, Some(9));
}

#[test]
fn a_bookmark_is_opaque_and_no_number() {
    let header = "<https://canvas.example.edu/api/v1/groups/1/users?page=bookmark:WyJQLCIsMTBd&per_page=2>; rel=\"next\",<https://canvas.example.edu/api/v1/groups/1/users?page=first&per_page=2>; rel=\"last\"";
    let found = links(&[header]).unwrap();
    let next = found.next.unwrap();
    assert!(next.as_str().contains("page=bookmark:WyJQLCIsMTBd&"));
    assert_eq!(found.last_page, None);
}

#[test]
fn trap_3_commas_and_semicolons_in_a_url_end_nothing() {
    let target = format!("{NEXT}&a=1,2;3");
    for header in [
        format!("<{target}>; rel=\"next\""),
        format!("<{ROOT}y?a=,b>; rel=\"current\",<{target}>; rel=next"),
        format!(
            " , <{ROOT}y>;rel=\"first\" , <{target}> ; title=\"a, <b>; c \\\" d\" ; REL=\"Prev NEXT\" ,"
        ),
        format!("<{target}>;rel=\"next\";rel=\"prev\",<{ROOT}z>;rel=next"),
        format!("<{target}>; rel=next; ,<{ROOT}z>; rel=prev;"),
    ] {
        assert_eq!(next(&[&header]), Some(target.clone()), "{header}");
    }
    let two = [
        &*format!("<{ROOT}y>; rel=prev"),
        &format!("<{target}>; rel=next"),
    ];
    assert_eq!(next(&two), Some(target));
}

/// Entries of which nobody can say what they are.
const DAMAGED: [&str; 22] = [
    "https://canvas.example.edu/api/v1/groups/1/users; rel=next",
    "<https://canvas.example.edu/api/v1/groups/1/users; rel=\"next\"",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=\"next",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=\"next\\",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=\"\"",
    "<https://canvas.example.edu/api/v1/groups/1/users>",
    "<https://canvas.example.edu/api/v1/groups/1/users> rel=next",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel<next\"",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel\"next\"",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel:next",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel*=next",
    "<https://canvas.example.edu/api/v1/groups/1/users>; \"rel\"=next",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=next\"",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel='next'",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=\"next\"x",
    "<https://canvas.example.edu/api/v1/groups/1/users>; rel=<next>",
    "<https://canvas.example.edu/api/v1/<groups>; rel=next",
    "<https://canvas.example.edu/\u{fffd}>; rel=next",
    "<https://[>; rel=next",
    "garbage",
];

#[test]
fn trap_3_a_damaged_entry_is_an_error_unless_a_next_stands_beside_it() {
    let good = [
        format!("<{NEXT}>; rel=\"next\""),
        format!("<{NEXT}>; rel=next; title=\"x, <y>\""),
    ];
    for damaged in DAMAGED {
        let alone = [
            damaged.to_owned(),
            format!("<{ROOT}groups/1/users?page=1>; rel=\"first\",{damaged}"),
            format!("{damaged}, <{ROOT}groups/1/users?page=1>; rel=\"first\""),
        ];
        for header in alone {
            let error = links(&[&header]).expect_err(&header);
            assert_eq!(error.kind(), ErrorKind::Pagination, "{header}");
        }
        for good in &good {
            for headers in [
                vec![format!("{good},{damaged}")],
                vec![format!("{good} , {damaged} , {damaged}")],
                vec![format!("{damaged},{good}")],
                vec![format!("{damaged}, {good}, {damaged}")],
                vec![damaged.to_owned(), good.clone()],
            ] {
                let headers: Vec<_> = headers.iter().map(|header| &**header).collect();
                assert_eq!(next(&headers).as_deref(), Some(NEXT), "{headers:?}");
            }
        }
    }
}

#[test]
fn a_next_is_named_also_where_its_entry_is_damaged() {
    let is_named = |header: &str| {
        let mut map = HeaderMap::new();
        map.append(LINK, HeaderValue::from_bytes(header.as_bytes()).unwrap());
        Links::name_a_next(&map)
    };
    for damaged in DAMAGED {
        let expected = damaged.contains("next");
        assert_eq!(is_named(damaged), expected, "{damaged}");
        let behind = format!("</x>; rel=prev, {damaged}");
        assert_eq!(is_named(&behind), expected, "{behind}");
    }
    assert!(is_named("<x; rel=\"NEXT\""));
    assert!(!is_named("</next>; rel=prev"));
}

#[test]
fn bytes_that_are_no_text_spoil_only_their_entry() {
    let mut map = HeaderMap::new();
    let value = [
        b"<x>; title=\"caf\xe9\"; rel=prev, <".as_slice(),
        NEXT.as_bytes(),
    ]
    .concat();
    let value = [&value[..], b">; rel=next; title=\xff"].concat();
    map.append(LINK, HeaderValue::from_bytes(&value).unwrap());
    let root = Url::parse(ROOT).unwrap();
    let url = root.join("groups/1/users").unwrap();
    let (found, _) = Links::read(&map, &url, &root, "groups/{group}/users").unwrap();
    assert_eq!(found.next.unwrap().as_str(), NEXT);
}

#[test]
fn links_of_proxies_are_not_those_of_the_list() {
    for (header, present) in [
        ("</style.css>; rel=preload; as=style", false),
        ("<https://cdn.example>; rel=\"preconnect\"", false),
        ("</terms>; rel=\"https://example.edu/rels/terms\"", false),
        ("</x>; rel=\"_top 2nd\"", false),
        ("</x>; rel=a/b", false),
        ("", false),
        (" , ", false),
        ("</x>; rel=current", true),
        ("</x>; rel=\"preload LAST\"", true),
    ] {
        assert_eq!(links(&[header]).unwrap().present, present, "{header}");
    }
}

#[test]
fn trap_4_next_on_another_host_port_scheme_or_path_is_refused() {
    for target in [
        "https://evil.example/api/v1/groups/1/users",
        "https://canvas.example.edu:8443/api/v1/groups/1/users",
        "http://canvas.example.edu/api/v1/groups/1/users",
        "//evil.example/api/v1/groups/1/users",
        "https://canvas.example.edu/login",
        "https://canvas.example.edu/api/v1/../../login",
        "https://user:pw@canvas.example.edu/api/v1/groups/1/users",
        "https://canvas.example.edu@evil.example/api/v1/groups/1/users",
        "https://canvas.example.edu/api/v1/groups/2/users?page=2",
        "https://canvas.example.edu/api/v1/courses/1/users?page=2",
    ] {
        let error = links(&[&format!("<{target}>; rel=\"next\"")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pagination, "{target}");
    }
    let relative = "</api/v1/groups/1/users?page=2>; rel=next";
    assert_eq!(next(&[relative]).as_deref(), Some(NEXT));
}

#[test]
fn next_as_another_user_is_refused_in_every_spelling() {
    let root = Url::parse(ROOT).unwrap();
    let outcome = |own: &str, next: &str| {
        let url = root.join(&format!("groups/1/users?per_page=100{own}"));
        let header = format!("<{ROOT}groups/1/users?page=2{next}>; rel=\"next\"");
        let mut map = HeaderMap::new();
        map.append(LINK, HeaderValue::from_str(&header).unwrap());
        Links::read(&map, &url.unwrap(), &root, "groups/{group}/users")
    };
    let five = "&as_user_id=5";
    for (own, next) in [
        ("", ""),
        (five, ""),
        (five, five),
        (five, "&as%5Fuser%5Fid=%35"),
        (
            "&as_user_id=sis_user_id:a+b",
            "&as_user_id=sis_user_id%3Aa%20b",
        ),
        ("", "&my_as_user_id=9"),
        ("", "&as_user_ids[]=9"),
        ("", "&filter[as_user_id]=9"),
        ("", "&search_term=as_user_id"),
        ("", "&search_term=a;b"),
    ] {
        let (links, _) = outcome(own, next).unwrap();
        assert!(links.next.is_some(), "{own} {next}");
    }
    for next in [
        "&as_user_id=99",
        "&as_user_id=",
        "&as_user_id",
        "&as_user_id=5&as_user_id=99",
        "&as_user_id=99&as_user_id=5",
        "&as_user_id[]=99",
        "&as_user_id%5B%5D=5",
        "&as_user_id[id]=99",
        "&as_user_id]=99",
        "&[as_user_id]=99",
        "&%5Bas_user_id%5D=99",
        "&[[as_user_id]]=99",
        "&as%5Fuser_id=99",
        "&+as_user_id=99",
        "&AS_USER_ID=99",
        "&%00as_user_id=99",
        "&%E2%80%8B[as_user_id%E2%80%8B]=99",
        "&become_user_id=99",
        "&[become_user_id]=99",
        ";as_user_id=99",
        ";[as_user_id]=99",
        "&search_term=x;as_user_id=99",
    ] {
        for own in ["", five, "&as_user_id=9"] {
            let error = outcome(own, next).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pagination, "{own} {next}");
        }
    }
    assert!(outcome("", five).is_err());
}

#[test]
fn no_header_and_no_next_end_the_list() {
    assert_eq!(links(&[]).unwrap(), Links::default());
    assert_eq!(next(&[&format!("<{ROOT}x?page=1>; rel=\"current\"")]), None);
}

proptest! {
    #[test]
    fn the_parser_never_panics_and_ends(
        header in "\\PC{0,80}|[<>;,=\" a-z\\\\]{0,60}|(<[a-z]*>;? ?rel=\"?[a-z]*\"?,? ?){0,5}",
    ) {
        prop_assert!(Entries(&header).count() <= header.len());
    }

    #[test]
    fn what_is_written_is_read(
        path in "[a-z0-9/?&=,;:%\\[\\]]{0,40}",
        title in "[a-z ,;<>=]{0,20}",
        before in 0_usize..3,
    ) {
        let target = format!("{ROOT}{path}");
        let mut header = format!("<{ROOT}other>; rel=prev;title=\"{title}\", ").repeat(before);
        header.push_str(&format!("<{target}>; title=\"{title}\"; rel=\"next\""));
        let entries: Vec<_> = Entries(&header).map(Result::unwrap).collect();
        prop_assert_eq!(entries.len(), before + 1);
        prop_assert_eq!(entries.last().unwrap(), &(target.as_str(), "next".to_owned()));
    }

    #[test]
    fn a_good_next_is_found_whatever_stands_before_it(
        // A quotation mark or a bracket that is still open may swallow what follows.
        before in "[>;,= a-z\\\\]{0,40}",
    ) {
        let header = format!("{before}, <{NEXT}>; rel=\"next\"");
        let found = next(&[&header]);
        prop_assert_eq!(found.as_deref(), Some(NEXT));
    }
}

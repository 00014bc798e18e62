//! Runtimes that lack something.

use canvas_groups::{Canvas, ErrorKind, GroupId, groups::GetGroup};

#[test]
fn a_runtime_without_a_timer_or_without_sockets_is_an_error_that_says_so() {
    let canvas = Canvas::new("http://127.0.0.1:9", "token").unwrap();
    type Set = fn(&mut tokio::runtime::Builder) -> &mut tokio::runtime::Builder;
    let sets: [Set; 3] = [|it| it, |it| it.enable_io(), |it| it.enable_time()];
    for set in sets {
        let runtime = set(&mut tokio::runtime::Builder::new_current_thread())
            .build()
            .unwrap();
        let request = GetGroup::new(GroupId::new(1));
        let error = runtime.block_on(canvas.send(request)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
        assert!(error.to_string().contains("enable_all"), "{error}");
    }
}

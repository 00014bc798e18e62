//! That the fakes serve every route that the crate has requests for.

use canvas_groups_fake::{FakeCanvas, FakeLor, FakeStudio, Fault};

#[tokio::test]
async fn every_route_of_the_table_is_served() {
    let (canvas, _) = FakeCanvas::start().await.unwrap();
    let (lor, (studio, _)) = (
        FakeLor::start(&canvas).await.unwrap(),
        FakeStudio::start().await.unwrap(),
    );
    let table = include_str!("../fixtures/routes.tsv");
    let mut served = 0;
    for row in table.lines().skip(1) {
        let [service, method, path, ..] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row:?} has too few columns");
        };
        let route = format!("{method} {path}");
        // Only a route that is served can be made to fail.
        let planned = match service {
            "canvas" => canvas.fail(0, &route, Fault::Drop),
            "lor" => lor.fail(0, &route, Fault::Drop),
            "studio" => studio.fail(0, &route, Fault::Drop),
            other => panic!("no fake for {other}"),
        };
        planned.unwrap_or_else(|error| panic!("{service} does not serve {route}: {error}"));
        served += 1;
    }
    assert_eq!(served, 68);
    canvas
        .fail(0, "PATCH groups/:group_id", Fault::Drop)
        .unwrap_err();
}

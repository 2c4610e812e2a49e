//! A warning names persons: whom it went to and who got a copy stand with the case and in its history.

use super::world::World;
use crate::folder::noonish;
use mayorline::domain::directory::Kind;
use mayorline::store::{Administration, ImportFile};
use serde_json::{Value, json};

fn import(world: &World, kind: Kind, rows: &str) {
    let mut beside = Administration::open(world.folder.path(), noonish()).unwrap();
    let file = ImportFile { kind, name: "table.csv", bytes: rows.as_bytes(), dry_run: false };
    beside.import_directory(noonish(), &file).unwrap().unwrap();
}

#[tokio::test]
async fn a_warning_tells_who_held_its_post_and_who_got_a_copy() {
    let world = World::open().await;
    let units = "单位编号,单位名称,类别,职能审计,双向承诺\n07,城市管理局,政府部门,是,是\n";
    import(&world, Kind::Units, units);
    let posts = "单位,姓名,职务,责任层级\n城市管理局,丁,科员,承办人员\n";
    import(&world, Kind::Posts, posts);
    let given = json!({"summary": "路灯不亮", "text": "路灯不亮", "anonymous": "will_not_say"});
    let made: Value =
        serde_json::from_str(&world.post("clerk", "/cases", given).await.body).unwrap();
    let case = made["name"].as_str().unwrap().to_owned();
    world.hand_over(&case, "unit.07");
    let done = world.command("clerk", &case, json!({"do": "remind"})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let shown = world.get("clerk", &format!("/cases/{case}")).await;
    let shown: Value = serde_json::from_str(&shown.body).unwrap();
    let [warning] = shown["warnings"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!(warning["warning"], "reminder");
    let told = json!([{"unit": "unit.07", "post": "handler", "name": "丁", "title": "科员"}]);
    assert_eq!((&warning["told"], &warning["copied"]), (&told, &"clerk".into()));
    assert_eq!(warning["whom"], "承办人员丁（科员）；抄送首问负责人clerk");
    let history = world.get("unit_contact", &format!("/cases/{case}/history")).await;
    assert!(history.body.contains("\"丁\""), "{}", history.body);
}

//! Scaleway by its own plugin (registry: scaleway/scaleway, `scaleway_edge_services_*_stage`): a pipeline from name to bucket.

use super::super::panel::{Panel, scaleway};
use super::hcl::{Item, block, import, refer, resource, set};
use super::{Module, Names};
use crate::cdn::{Account, Wish};
use serde_json::json;

/// The file.
pub(in crate::cdn) fn module(account: &Account, wish: &Wish, names: &Names) -> Module {
    let Panel { manual, .. } = scaleway::panel(account, wish);
    let name = names.resource.as_str();
    let stage = |kind: &str, inside: Vec<Item>| {
        let pipeline = refer("pipeline_id", format!("scaleway_edge_services_pipeline.{name}.id"));
        resource(&format!("scaleway_edge_services_{kind}"), name, std::iter::once(pipeline).chain(inside).collect())
    };
    let id = |kind: &str| format!("scaleway_edge_services_{kind}.{name}.id");
    let bucket = vec![refer("bucket_name", names.variable("bucket")), refer("bucket_region", names.variable("region"))];
    let cache = vec![
        refer("backend_stage_id", id("backend_stage")),
        Item::Comment("an error of the bucket, which says no lifetime, does not stay".to_owned()),
        set("fallback_ttl", wish.error.cdn),
        Item::Comment("a visitor with a cookie gets the same page as everybody".to_owned()),
        set("include_cookies", true),
    ];
    let hosts = json!(account.hosts());
    let items = vec![
        import(&format!("scaleway_edge_services_pipeline.{name}"), account.get("pipeline")),
        resource("scaleway_edge_services_pipeline", name, vec![refer("name", names.variable("name"))]),
        stage("backend_stage", vec![block("s3_backend_config", bucket)]),
        stage("cache_stage", cache),
        stage("tls_stage", vec![refer("cache_stage_id", id("cache_stage")), set("managed_certificate", true)]),
        stage("dns_stage", vec![refer("tls_stage_id", id("tls_stage")), set("fqdns", hosts)]),
        stage("head_stage", vec![refer("head_stage_id", id("dns_stage"))]),
    ];
    let variables = vec![
        ("name", "Name of the pipeline"),
        ("bucket", "Name of the bucket"),
        ("region", "Its region, fr-par for one"),
    ];
    Module { plugin: ("scaleway", "scaleway/scaleway", None), variables, items, manual }
}

//! The checks, one file each. To add one: a file, its `mod` line, its entry in [`ALL`], a passing and a failing case in
//! `tests/cases/verify/`.

mod age;
mod bytes;
mod bytes_per_coding;
mod coding;
mod content_type;
mod control_objects;
mod cookies;
mod etag_per_coding;
mod every_url_hit;
mod head;
mod headers;
mod https;
mod missing_asset;
mod not_found;
mod not_modified;
mod page_hit;
mod printed_forms;
mod reachable;
mod referred_assets;
mod set_cookie;
mod tracking_parameters;
mod ttl_covers_event;
mod vary;

use super::Check;

/// The one check that speaks when nothing answers.
pub(super) const REACHABLE: &str = "reachable";

/// Every check, in the order of the report: first whether it is there, then whether it is right, then whether it holds.
pub const ALL: &[&dyn Check] = &[
    &reachable::Reachable,
    &bytes::Bytes,
    &bytes_per_coding::BytesPerCoding,
    &headers::Headers,
    &content_type::ContentType,
    &referred_assets::ReferredAssets,
    &control_objects::ControlObjects,
    &page_hit::PageHit,
    &every_url_hit::EveryUrlHit,
    &age::Age,
    &coding::Coding,
    &vary::Vary,
    &etag_per_coding::EtagPerCoding,
    &not_modified::NotModified,
    &head::Head,
    &tracking_parameters::TrackingParameters,
    &cookies::Cookies,
    &set_cookie::SetCookie,
    &https::Https,
    &printed_forms::PrintedForms,
    &not_found::NotFound,
    &missing_asset::MissingAsset,
    &ttl_covers_event::TtlCoversEvent,
];

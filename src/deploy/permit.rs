//! The smallest policy that the credentials of a deploy need, as each vendor writes it.
//!
//! Read, create, overwrite, list; no deletion, except with Google, where overwriting is one.

use crate::model::{StoreUrl, Vendor};
use serde_json::{Value, json};

/// The policy for a store, and for where its control objects live, `tags` being whether objects are tagged; `None` for what needs none.
pub fn permit(store: &StoreUrl, control: Option<&StoreUrl>, tags: bool) -> Option<Value> {
    let places: Vec<(&str, &str)> = [Some(store), control].into_iter().flatten().filter_map(place).collect();
    match store.vendor().or_else(|| control?.vendor())? {
        Vendor::S3 => Some(aws(&places, tags)),
        Vendor::Gcs => Some(google()),
        Vendor::Azure => Some(azure(&places, tags)),
    }
}

fn place(store: &StoreUrl) -> Option<(&str, &str)> {
    match store {
        StoreUrl::Cloud { bucket, prefix, .. } => Some((bucket, prefix)),
        StoreUrl::Dir(_) | StoreUrl::Memory => None,
    }
}

/// IAM JSON. `ListBucket` also makes a missing object "404" rather than "403" (Amazon S3, `GetObject`, "Permissions").
fn aws(places: &[(&str, &str)], tags: bool) -> Value {
    let mut actions = vec!["s3:GetObject", "s3:PutObject"];
    actions.extend(tags.then_some("s3:PutObjectTagging"));
    let below = |prefix: &str| if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    let statements = places.iter().flat_map(|(bucket, prefix)| {
        let objects = json!({
            "Effect": "Allow",
            "Action": actions,
            "Resource": format!("arn:aws:s3:::{bucket}/{}", below(prefix)),
        });
        let mut list = json!({
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": format!("arn:aws:s3:::{bucket}"),
        });
        if !prefix.is_empty() {
            list["Condition"] = json!({ "StringLike": { "s3:prefix": [below(prefix)] } });
        }
        [objects, list]
    });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

/// A custom role, for `gcloud iam roles create --file`. Overwriting needs `delete` (Cloud Storage, "IAM permissions").
fn google() -> Value {
    json!({
        "title": "landing deploy",
        "stage": "GA",
        "includedPermissions":
            ["storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list"],
    })
}

/// A custom role, for `az role definition create`; to be assigned at the container.
fn azure(places: &[(&str, &str)], tags: bool) -> Value {
    let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
    let containers: Vec<&str> = places.iter().map(|(container, _)| *container).collect();
    let mut actions = vec![format!("{blobs}/read"), format!("{blobs}/write"), format!("{blobs}/add/action")];
    actions.extend(tags.then(|| format!("{blobs}/tags/write")));
    json!({
        "Name": "landing deploy",
        "Description": format!("assign it at the container: {}", containers.join(", ")),
        "DataActions": actions,
        "AssignableScopes": ["/subscriptions/SUBSCRIPTION"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(bucket: &str, prefix: &str) -> StoreUrl {
        StoreUrl::Cloud { vendor: Vendor::S3, bucket: bucket.to_owned(), prefix: prefix.to_owned() }
    }

    #[test]
    fn the_policy_names_the_prefix_and_allows_no_deletion() {
        let policy = permit(&s3("campagne", "www"), Some(&s3("private", "")), false).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 4);
        assert_eq!(statements[0]["Resource"], "arn:aws:s3:::campagne/www/*");
        assert_eq!(statements[1]["Condition"]["StringLike"]["s3:prefix"], json!(["www/*"]));
        assert_eq!(statements[2]["Resource"], "arn:aws:s3:::private/*");
        assert!(!policy.to_string().contains("Delete") && !policy.to_string().contains("Tagging"));
        let tagged = permit(&s3("campagne", "www"), None, true).unwrap();
        assert_eq!(tagged["Statement"][0]["Action"], json!(["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"]));
    }

    #[test]
    fn a_folder_needs_no_policy() {
        assert_eq!(permit(&StoreUrl::Dir("x".to_owned()), None, false), None);
    }
}

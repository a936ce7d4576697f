//! Where the objects of an environment live, and how one gets there. Values only: nothing here opens anything, and no secret
//! stands here, only where to find one.

use super::Labels;
use serde::Serialize;

/// Where the objects live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum StoreUrl {
    /// `dir:PATH`, relative to the project.
    Dir(String),
    /// `memory:`, gone with the process.
    Memory,
    /// `s3://…`, `gs://…` or `az://…`.
    Cloud {
        /// Whose dialect it speaks.
        vendor: Vendor,
        /// The bucket, or the container.
        bucket: String,
        /// The folder inside it; empty for all of it.
        prefix: String,
    },
}

impl StoreUrl {
    /// The vendor, of a store that is somebody's service.
    pub fn vendor(&self) -> Option<Vendor> {
        match self {
            Self::Cloud { vendor, .. } => Some(*vendor),
            Self::Dir(_) | Self::Memory => None,
        }
    }
}

impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dir(path) => write!(f, "dir:{path}"),
            Self::Memory => f.write_str("memory:"),
            Self::Cloud { vendor, bucket, prefix } if prefix.is_empty() => write!(f, "{}://{bucket}", vendor.scheme()),
            Self::Cloud { vendor, bucket, prefix } => write!(f, "{}://{bucket}/{prefix}", vendor.scheme()),
        }
    }
}

/// Whose dialect an object store speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Vendor {
    /// Amazon S3 and whoever speaks like it.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

impl Vendor {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::S3, Self::Gcs, Self::Azure];

    /// The scheme of its addresses.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }

    /// What starts the variables that it reads when the configuration names no credentials.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::S3 => "AWS",
            Self::Gcs => "GOOGLE",
            Self::Azure => "AZURE",
        }
    }

    /// Whether it sends a header field with an object as it was stored. All other fields it keeps as metadata, under a name
    /// of its own: `x-amz-meta-…` (S3, "Working with object metadata"), `x-goog-meta-…`, `x-ms-meta-…`.
    pub fn sends(self, field: &str) -> bool {
        matches!(
            field,
            "content-type" | "cache-control" | "content-encoding" | "content-language" | "content-disposition"
        )
    }
}

/// How one gets to a store that is somebody's service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Where control objects live, when not beside the others.
    pub control: Option<StoreUrl>,
    /// The address of the service, when it is not the vendor's own.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// The storage account (Azure).
    pub account: Option<String>,
    /// Where the bucket's name stands in an address.
    pub addressing: Option<Addressing>,
    /// Where the credentials come from; the vendor's variables when absent.
    pub credentials: Option<Credentials>,
    /// Seconds that one request may take.
    pub timeout: Option<u64>,
    /// What its owner wants on each object.
    pub labels: Labels,
}

/// Where the bucket's name stands in an address (S3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// `https://HOST/BUCKET/KEY`
    Path,
    /// `https://BUCKET.HOST/KEY`
    Virtual,
}

/// Where the credentials of a store come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Variables that start like this.
    EnvPrefix(String),
    /// A file in the vendor's own format.
    File(String),
    /// A command that prints what the vendor's tools print.
    Command(Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_written_as_it_was_read() {
        let store = |prefix: &str| StoreUrl::Cloud {
            vendor: Vendor::S3,
            bucket: "campagne".to_owned(),
            prefix: prefix.to_owned(),
        };
        assert_eq!(store("www").to_string(), "s3://campagne/www");
        assert_eq!(store("").to_string(), "s3://campagne");
    }
}

//! Stores that are somebody's service: S3 and its likes, Google Cloud Storage, Azure Blob Storage, over `object_store`.
//!
//! In: where, how and who; out: a store that `object_store` made, without its own retries (`transport` has the patience) and
//! with the digest of every body sent along where the service checks it. A store and its control objects may be two buckets.

use super::login::{Login, login};
use super::split::Split;
use super::transport::Transport;
use crate::diag::{Code, Diagnostic};
use crate::model::{Access, Addressing, StoreUrl, Vendor};
use object_store::aws::{AmazonS3Builder, Checksum, S3ConditionalPut};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use std::path::Path;
use std::sync::Arc;

/// One bucket, and what leads to it.
struct Bucket<'a> {
    access: &'a Access,
    name: &'a str,
    transport: Transport,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

/// Opens a store with the control objects where the configuration says.
pub(super) fn open(
    root: &Path,
    url: &StoreUrl,
    access: &Access,
    transport: &Transport,
) -> Result<Arc<dyn ObjectStore>, Diagnostic> {
    let public = one(root, url, access, transport)?;
    match &access.control {
        Some(control) => Ok(Arc::new(Split::new(public, one(root, control, access, transport)?))),
        None => Ok(public),
    }
}

fn one(
    root: &Path,
    url: &StoreUrl,
    access: &Access,
    transport: &Transport,
) -> Result<Arc<dyn ObjectStore>, Diagnostic> {
    let (vendor, bucket, prefix) = match url {
        StoreUrl::Dir(path) => return Ok(Arc::new(super::folder_at(root, path)?)),
        StoreUrl::Memory => return Ok(Arc::new(object_store::memory::InMemory::new())),
        StoreUrl::Cloud { vendor, bucket, prefix } => (*vendor, bucket, prefix),
    };
    let variable = |name: &str| std::env::var(name).ok();
    let login = login(root, vendor, access.credentials.as_ref(), &variable)?;
    let bucket = Bucket { access, name: bucket, transport: transport.clone(), variable: &variable };
    let store = match vendor {
        Vendor::S3 => bucket.s3(&login),
        Vendor::Gcs => bucket.gcs(&login),
        Vendor::Azure => bucket.azure(&login)?,
    };
    let store = store.map_err(|err| {
        Diagnostic::new(Code::BadValue, format!("the store `{url}` cannot be opened: {err}"))
            .hint("see `endpoint`, `region` and `credentials` of the environment")
    })?;
    Ok(if prefix.is_empty() { store } else { Arc::new(PrefixStore::new(store, prefix.as_str())) })
}

type Opened = object_store::Result<Arc<dyn ObjectStore>>;

/// `transport` is patient already; two kinds of patience would multiply.
fn no_retry() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

impl Bucket<'_> {
    fn options(&self) -> ClientOptions {
        ClientOptions::new().with_allow_http(self.access.endpoint.as_ref().is_some_and(|at| at.starts_with("http://")))
    }

    fn s3(self, login: &Login) -> Opened {
        let region = self.access.region.clone().or_else(|| (self.variable)("AWS_REGION"));
        let region = region.or_else(|| (self.variable)("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(self.name)
            .with_region(region)
            .with_virtual_hosted_style_request(self.virtual_hosted())
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_client_options(self.options())
            .with_retry(no_retry());
        if let Some(endpoint) = self.s3_endpoint() {
            builder = builder.with_endpoint(endpoint);
        }
        if let Login::Keys(id, secret, session) = login {
            builder = builder.with_access_key_id(id.expose()).with_secret_access_key(secret.expose());
            if let Some(session) = session {
                builder = builder.with_token(session.expose());
            }
        }
        Ok(Arc::new(builder.with_http_connector(self.transport).build()?))
    }

    /// By name of the host at Amazon, which is doing away with the other, by path elsewhere. No certificate is for a name
    /// with further dots in it.
    fn virtual_hosted(&self) -> bool {
        let default = self.access.endpoint.is_none() && !self.name.contains('.');
        self.access.addressing.map_or(default, |addressing| addressing == Addressing::Virtual)
    }

    /// `object_store` wants the bucket in the endpoint's name when it is to be there.
    fn s3_endpoint(&self) -> Option<String> {
        let endpoint = self.access.endpoint.clone()?;
        if !self.virtual_hosted() {
            return Some(endpoint);
        }
        let (scheme, host) = endpoint.split_once("://")?;
        Some(format!("{scheme}://{}.{host}", self.name))
    }

    fn gcs(self, login: &Login) -> Opened {
        let mut builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name(self.name)
            .with_client_options(self.options())
            .with_retry(no_retry());
        if let Some(endpoint) = &self.access.endpoint {
            builder = builder.with_base_url(endpoint);
        }
        builder = match login {
            Login::ServiceAccount(key) => builder.with_service_account_key(key.expose()),
            Login::Bearer(token) => builder.with_bearer_token(token.expose()),
            Login::Keys(..) | Login::AccountKey(_) | Login::Sas(_) => builder,
        };
        Ok(Arc::new(builder.with_http_connector(self.transport).build()?))
    }

    fn azure(self, login: &Login) -> Result<Opened, Diagnostic> {
        let account = self.access.account.clone().or_else(|| (self.variable)("AZURE_STORAGE_ACCOUNT_NAME"));
        let account = account.ok_or_else(|| {
            Diagnostic::new(Code::MissingKey, "an `az://` store needs the name of its storage account")
                .hint("write `account = \"…\"`, or set `AZURE_STORAGE_ACCOUNT_NAME`")
        })?;
        let mut builder = MicrosoftAzureBuilder::new()
            .with_account(account)
            .with_container_name(self.name)
            .with_client_options(self.options())
            .with_retry(no_retry());
        if let Some(endpoint) = &self.access.endpoint {
            builder = builder.with_endpoint(endpoint.clone());
        }
        builder = match login {
            Login::AccountKey(key) => builder.with_access_key(key.expose()),
            Login::Bearer(token) => builder.with_bearer_token_authorization(token.expose()),
            Login::Sas(query) => {
                let pairs = url::form_urlencoded::parse(query.expose().as_bytes()).into_owned();
                builder.with_sas_authorization(pairs.collect::<Vec<_>>())
            }
            Login::Keys(..) | Login::ServiceAccount(_) => builder,
        };
        Ok(builder.with_http_connector(self.transport).build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>))
    }
}

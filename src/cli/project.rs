//! What most commands begin with: the project, its configuration, one environment, a build.

use super::fingerprint;
use super::view::View;
use crate::build::{self, Built};
use crate::cdn;
use crate::config;
use crate::deploy::noindex;
use crate::diag::{Code, Diagnostic, Diagnostics, Warned};
use crate::fingerprint::Role;
use crate::model::{Artifact, Bundle, CdnAccount, Environment, Purge, Release, Settings, Source, TagField};
use crate::shell::deploy::Mirror;
use crate::shell::sender::Purger;
use crate::shell::{DiskMemo, Event, Token, Workspace, edge_token, folder, resolve};
use crate::store::Store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a deploy publishes: a build, or a folder of another tool.
pub(super) struct Publication {
    pub(super) bundle: Bundle,
    pub(super) release: Release,
}

/// A project that was opened.
pub(super) struct Project {
    pub(super) workspace: Workspace,
    pub(super) settings: Settings,
}

impl Project {
    pub(super) fn open(root: &Path) -> Result<Self, Diagnostics> {
        let workspace = Workspace::open(root)?;
        let settings = workspace.settings()?;
        Ok(Self { workspace, settings })
    }

    pub(super) fn environment(&self, name: &str) -> Result<Environment, Diagnostic> {
        config::environment(&self.settings, name)
    }

    pub(super) fn root(&self) -> &Path {
        self.workspace.root()
    }

    pub(super) fn memo(&self) -> DiskMemo {
        DiskMemo::new(self.workspace.state().join("cache"), DiskMemo::LIMIT)
    }

    /// Reads and builds; what the author should know is said.
    pub(super) fn build(&self, view: &View) -> Result<Warned<Built>, Diagnostics> {
        self.build_for(build::Options::default(), view)
    }

    /// The same, not for a deploy.
    pub(super) fn build_for(&self, options: build::Options, view: &View) -> Result<Warned<Built>, Diagnostics> {
        let built = self.build_quietly(options, view)?.1;
        view.warn(&built.warnings);
        Ok(built)
    }

    /// The same with the author's files, for a command that says itself what the build has to say.
    pub(super) fn build_quietly(
        &self,
        options: build::Options,
        view: &View,
    ) -> Result<(Source, Warned<Built>), Diagnostics> {
        let source = self.workspace.source(&self.settings.site.theme)?;
        let memo = self.memo();
        view.event(&Event::Phase { name: "build", total: 0 });
        let progress = |what: &str| view.event(&Event::Step { phase: "build", what: what.to_owned(), bytes: 0 });
        let built = build::build(&source, &self.settings, options, &memo, &progress)?;
        memo.prune();
        Ok((source, built))
    }

    /// A build, or a folder as it is, served by the rules of this project and of an environment.
    pub(super) fn publication(
        &self,
        from: Option<&Path>,
        environment: &Environment,
        view: &View,
    ) -> Result<Publication, Diagnostics> {
        let built = self.source_of(from, view)?;
        let Publication { bundle, release } = if environment.noindex {
            let bundle = noindex(built.bundle);
            let release = Release::seal(&bundle)?;
            Publication { bundle, release }
        } else {
            built
        };
        let fields: Vec<TagField> = tag_fields(environment).collect();
        let release = release.tagged(&fields).map_err(|why| {
            Diagnostic::new(Code::BadValue, format!("a CDN of `{}` would miss a cache tag: {why}", environment.name))
                .hint("give `cache-tag` in `[headers]` fewer and shorter tags (docs/cdn.md), or take it out")
        })?;
        let release = release.routed(environment.routing.unwrap_or_default());
        Ok(Publication { bundle, release })
    }

    fn source_of(&self, from: Option<&Path>, view: &View) -> Result<Publication, Diagnostics> {
        let Some(from) = from else {
            let Built { bundle, release, .. } = self.build(view)?.value;
            return Ok(Publication { bundle, release });
        };
        let opened = folder::open(from, &|event| view.event(&event))?;
        let home = fingerprint::home(Some(&self.settings.site.url), None)?;
        let mut policy = fingerprint::policy(Some(self.settings.clone()));
        let mut artifacts = BTreeMap::new();
        for (key, Role { class, media, status, refs }) in crate::fingerprint::roles(opened.folder.clone(), &home)? {
            policy.errors.extend(status.map(|status| (status, key.clone())));
            artifacts.insert(key.clone(), Artifact::new(opened.bytes(&key)?, media, class, refs));
        }
        if !artifacts.contains_key("index.html") {
            let message = format!("`{}` has no `index.html`, the page at `/`", from.display());
            let none = Diagnostic::new(Code::UnreadableFile, message);
            return Err(none.hint("did the build that fills the folder fail? Nothing was changed").into());
        }
        let bundle = Bundle { artifacts, modes: BTreeMap::new(), policy };
        let release = Release::seal(&bundle)?;
        Ok(Publication { bundle, release })
    }

    pub(super) fn store(&self, environment: &Environment) -> Result<Store, Diagnostic> {
        Store::of(self.root(), environment)
    }

    /// The mirrors of an environment. One that cannot be opened is owed its copy.
    pub(super) fn mirrors(&self, environment: &Environment) -> Vec<Mirror> {
        let open = |mirror: &crate::model::Mirror| Mirror {
            name: mirror.name(),
            store: Store::connect(self.root(), &mirror.store, &mirror.access),
        };
        environment.mirrors.iter().map(open).collect()
    }

    /// What this machine remembers of an environment's store.
    pub(super) fn state(&self, environment: &Environment) -> PathBuf {
        self.workspace.state().join("state").join(&environment.name)
    }

    /// The CDNs of an environment, with their secrets.
    pub(super) fn purgers(&self, environment: &Environment) -> Result<Vec<Purger>, Diagnostic> {
        environment.cdn.iter().map(|account| self.purger(environment, account)).collect()
    }

    /// What each CDN of an environment would be asked for a purge, with the number of requests. It takes no secret to know.
    pub(super) fn calls(environment: &Environment, purge: &Purge) -> Vec<(&'static str, cdn::Plan, usize)> {
        let of = |(cdn, account): (&'static dyn cdn::Cdn, cdn::Account)| {
            let plan = cdn::plan(cdn, &account, purge, environment.widen);
            let count = |call| cdn.requests(&account, call, jiff::Timestamp::UNIX_EPOCH).len();
            let requests = plan.calls.iter().map(count).sum();
            (cdn.id(), plan, requests)
        };
        Self::accounts(environment).into_iter().map(of).collect()
    }

    /// The CDNs of an environment without their secrets: to say something about them takes none.
    pub(super) fn accounts(environment: &Environment) -> Vec<(&'static dyn cdn::Cdn, cdn::Account)> {
        let of =
            |told: &CdnAccount| Some((cdn::find(&told.provider)?, account(environment, told, told.secrets.keys())));
        environment.cdn.iter().filter_map(of).collect()
    }

    fn purger(&self, environment: &Environment, told: &CdnAccount) -> Result<Purger, Diagnostic> {
        let known = || cdn::ALL.iter().map(|cdn| cdn.id());
        let cdn = cdn::find(&told.provider)
            .ok_or_else(|| Diagnostic::unknown(Code::UnknownName, "CDN provider", &told.provider, known()))?;
        let secret = |(name, secret): (&String, &_)| Ok((name.clone(), resolve(self.root(), secret)?));
        let mut secrets = told.secrets.iter().map(secret).collect::<Result<BTreeMap<_, _>, Diagnostic>>()?;
        if is_edge(&told.provider) && !secrets.contains_key("token") {
            secrets.insert("token".to_owned(), self.edge_token()?);
        }
        let account = account(environment, told, secrets.keys());
        cdn.check(&account).map_err(|why| {
            let wrong = format!("the CDN `{}` of `{}` cannot be purged safely: {why}", cdn.id(), environment.name);
            Diagnostic::new(Code::BadValue, wrong).hint("docs/cdn.md says what each provider needs")
        })?;
        Ok(Purger { cdn, account, secrets, widen: environment.widen })
    }

    pub(super) fn edge_token(&self) -> Result<Token, Diagnostic> {
        edge_token(self.root())
    }
}

/// What a CDN is told about an environment.
fn account<'a>(
    environment: &Environment,
    told: &CdnAccount,
    secrets: impl Iterator<Item = &'a String>,
) -> cdn::Account {
    cdn::Account {
        url: environment.url.clone(),
        api: told.api.clone(),
        settings: told.settings.clone(),
        secrets: secrets.cloned().collect(),
        sends_tags: tag_fields(environment).any(|field| Some(field) == tags_of(told)),
    }
}

fn tags_of(told: &CdnAccount) -> Option<TagField> {
    cdn::find(&told.provider)?.facts().tags
}

/// The fields in which the CDNs of an environment look for tags, as far as its store can send them.
fn tag_fields(environment: &Environment) -> impl Iterator<Item = TagField> {
    let sends = |field: &TagField| environment.store.vendor().is_none_or(|vendor| vendor.sends(field.name));
    environment.cdn.iter().filter_map(tags_of).filter(move |field| field.name == TagField::OURS || sends(field))
}

/// Whether a provider is the edge that this program carries.
pub(super) fn is_edge(provider: &str) -> bool {
    provider == "edge"
}

/// Whether the environment's CDN is the edge that this program carries, at its own address.
pub(super) fn has_own_edge(environment: &Environment) -> bool {
    environment.cdn.iter().any(|account| is_edge(&account.provider) && account.api.is_none())
}

//! `landing edge`

use super::project::Project;
use super::view::View;
use crate::cache::Profile;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::serve::{self, EdgeOptions};
use crate::shell::{Token, fronting, signal};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

/// What `landing edge` was asked for.
pub(super) struct Asked<'a> {
    pub(super) environment: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) token: Option<&'a str>,
    pub(super) profile: Profile,
}

pub(super) async fn run(root: &Path, asked: Asked<'_>, view: &View) -> Result<Exit, Diagnostics> {
    match asked.origin {
        Some(origin) => before_origin(origin, &asked, view).await,
        None => before_store(root, &asked, view).await,
    }
}

/// In front of any HTTP origin, which may be down when the edge starts.
async fn before_origin(origin: &str, asked: &Asked<'_>, view: &View) -> Result<Exit, Diagnostics> {
    let listen = asked.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8788)));
    let options = EdgeOptions {
        profile: asked.profile,
        ..EdgeOptions::new(listen, origin.trim_end_matches('/'), asked.token.unwrap_or_default())
    };
    let edge = serve::edge(options).await?;
    listening(edge.address(), origin, view);
    signal::ended().await;
    edge.stop().await;
    Ok(Exit::Done)
}

/// In front of an environment's store, served by our own origin.
async fn before_store(root: &Path, asked: &Asked<'_>, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(asked.environment.unwrap_or("local"))?;
    let store = project.store(environment)?;
    let given = asked.token.map(|raw| {
        Token::new(raw).ok_or_else(|| {
            Diagnostic::new(Code::BadValue, "`--token` is not a token")
                .hint("a token is one line of visible ASCII characters")
        })
    });
    let token = match given {
        Some(token) => token?,
        None => project.edge_token()?,
    };
    let listen = match asked.listen {
        Some(listen) => listen,
        None => fronting::address(environment)?,
    };
    let name = fronting::identity(project.root(), &environment.store);
    let options = EdgeOptions { profile: asked.profile, ..fronting::options(listen, &name, &token) };
    let front = serve::front(store, options).await?;
    listening(front.address(), &format!("http://{}", front.origin.address()), view);
    signal::ended().await;
    front.stop().await;
    Ok(Exit::Done)
}

fn listening(edge: SocketAddr, origin: &str, view: &View) {
    view.line(format!("edge http://{edge} in front of {origin}, Ctrl-C ends it"));
    if view.is_json() {
        view.json(&json!({ "event": "listening", "edge": format!("http://{edge}"), "origin": origin }));
    }
}

//! `landing edge`

use super::project::Project;
use super::view::View;
use crate::cache::Profile;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::serve::{self, Edge, EdgeOptions};
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
    pub(super) points: usize,
    pub(super) shield: bool,
}

impl Asked<'_> {
    fn set(&self, options: EdgeOptions) -> EdgeOptions {
        EdgeOptions { profile: self.profile, points: self.points, shield: self.shield, ..options }
    }
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
    let token = asked.token.unwrap_or_default();
    let options = asked.set(EdgeOptions::new(listen, origin.trim_end_matches('/'), token));
    let edge = serve::edge(options).await?;
    listening(&edge, origin, asked.shield, view);
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
    let options = asked.set(fronting::options(listen, &name, &token));
    let front = serve::front(store, options).await?;
    listening(&front.edge, &format!("http://{}", front.origin.address()), asked.shield, view);
    signal::ended().await;
    front.stop().await;
    Ok(Exit::Done)
}

fn listening(edge: &Edge, origin: &str, shield: bool, view: &View) {
    let first = format!("http://{}", edge.address());
    let points: Vec<String> = edge.addresses().iter().map(|at| format!("http://{at}")).collect();
    view.line(format!("edge {first} in front of {origin}, Ctrl-C ends it"));
    if let [_, further @ ..] = points.as_slice()
        && !further.is_empty()
    {
        let behind = if shield { "a shield" } else { "the origin" };
        view.line(format!("further points of presence, each asking {behind}: {}", further.join(", ")));
    }
    if view.is_json() {
        view.json(
            &json!({ "event": "listening", "edge": first, "origin": origin, "points": points, "shield": shield }),
        );
    }
}

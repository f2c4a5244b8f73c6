//! Pages for people, and metrics for machines.

use super::answer::{Answer, Failure, Kind};
use super::door;
use super::run::{Run, Step};
use super::settings::Metrics;
use crate::credential::sha256;
use crate::jose::base64::encode;
use alloc::format;
use alloc::string::ToString;

const STATUS: &str = include_str!("status.html");
const DOCS: &str = include_str!("docs.html");
const REDOC: &str = include_str!("redoc.html");
/// Where the pages' packages come from, unless they are told otherwise; the pages name each file's hash.
const CDN: &str = "https://cdn.jsdelivr.net/npm";

/// `GET api/docs`.
pub(super) fn docs(run: &mut Run<'_>) -> Step<Answer> {
    page(run, DOCS)
}

/// `GET api/redoc`.
pub(super) fn redoc(run: &mut Run<'_>) -> Step<Answer> {
    page(run, REDOC)
}

/// `GET api/status`.
pub(super) fn status(run: &mut Run<'_>) -> Step<Answer> {
    seen(run)?;
    page(run, STATUS)
}

/// `GET metrics`.
pub(super) fn metrics(run: &mut Run<'_>) -> Step<Answer> {
    seen(run)?;
    Ok(Answer::new(200, "text/plain; version=0.0.4; charset=utf-8", run.service.metrics.shown(run.clock)))
}

/// Whether whoever asks may see metrics.
fn seen(run: &Run<'_>) -> Result<(), Failure> {
    let may = match run.service.settings.metrics {
        Metrics::Open => true,
        Metrics::Off => false,
        // By a name that leads here with somebody else's DNS a page of his could read them.
        Metrics::Loopback => run.request.is_local() && door::is_own_name(run.request.header("host")),
    };
    let message = "metrics name callers, and are for this machine alone. AUTH_JIT_METRICS=open shows them to all who can connect.";
    if may { Ok(()) } else { Err(Failure::new(Kind::Forbidden, message.to_string()).because("metrics")) }
}

fn page(run: &Run<'_>, template: &str) -> Step<Answer> {
    let settings = &run.service.settings;
    let (base, given) = (settings.base_path(), settings.assets.as_str());
    let assets = if given.is_empty() { CDN } else { given };
    let origin = assets.split_once("://").map_or("", |(scheme, rest)| {
        let end = rest.find('/').map_or(rest.len(), |at| at);
        assets.get(..scheme.len().saturating_add(3).saturating_add(end)).unwrap_or_default()
    });
    let html = template.replace("{{base}}", base).replace("{{assets}}", assets);
    let origin = if origin.is_empty() { "'self'" } else { origin };
    let script = encode(&sha256(inline(&html).as_bytes()));
    // Of scripts the page's own, by its hash, and what it names; Swagger UI and ReDoc put styles in place. Nothing else may be loaded or
    // called.
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{script}' {origin}; style-src 'self' 'unsafe-inline' {origin}; \
         img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    Ok(Answer::new(200, "text/html; charset=utf-8", html)
        .with("content-security-policy", policy)
        .with("referrer-policy", "no-referrer".to_string()))
}

/// The script that stands in the page itself.
fn inline(html: &str) -> &str {
    let from = html.split_once("<script>").map_or("", |(_, rest)| rest);
    from.split_once("</script>").map_or("", |(script, _)| script)
}

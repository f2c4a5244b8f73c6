//! The OpenAPI document (3.1), made of the table of routes and of the types that the routes read and write.

use super::answer::{Answer, Envelope, OAuthError, Style};
use super::routes::{Access, Route, table};
use super::run::{Run, Step};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What is said of a route.
pub(super) struct Doc {
    id: &'static str,
    summary: &'static str,
    access: Access,
    body: Option<Body>,
    gives: Option<Schema>,
    pub(super) content_type: Option<&'static str>,
    fails: &'static [u16],
}

/// A type's schema, made when the document is.
pub(super) struct Schema(fn(&mut SchemaGenerator) -> schemars::Schema);

/// A body that a route takes.
pub(super) struct Body {
    content_type: &'static str,
    schema: Schema,
}

impl Doc {
    pub(super) fn new(id: &'static str, summary: &'static str, access: Access) -> Doc {
        Doc { id, summary, access, body: None, gives: None, content_type: None, fails: &[] }
    }

    pub(super) fn takes(self, body: Body) -> Doc {
        Doc { body: Some(body), ..self }
    }

    pub(super) fn gives(self, schema: Schema) -> Doc {
        Doc { gives: Some(schema), ..self }
    }

    /// A page, or whatever else is no JSON.
    pub(super) fn shows(self, content_type: &'static str) -> Doc {
        Doc { content_type: Some(content_type), ..self }
    }

    /// With which statuses it may fail, besides 405.
    pub(super) fn fails(self, statuses: &'static [u16]) -> Doc {
        Doc { fails: statuses, ..self }
    }
}

impl Schema {
    pub(super) fn of<T: JsonSchema>() -> Schema {
        Schema(SchemaGenerator::subschema_for::<T>)
    }

    pub(super) fn enveloped<T: JsonSchema>() -> Schema {
        Schema(SchemaGenerator::subschema_for::<Envelope<T>>)
    }
}

impl Body {
    pub(super) fn json<T: JsonSchema>() -> Body {
        Body { content_type: "application/json", schema: Schema::of::<T>() }
    }

    pub(super) fn form<T: JsonSchema>() -> Body {
        Body { content_type: "application/x-www-form-urlencoded", schema: Schema::of::<T>() }
    }
}

/// `GET api/openapi.json`.
pub(super) fn answer(run: &mut Run<'_>) -> Step<Answer> {
    let document = document(&run.service.settings.issuer);
    Ok(Answer::json(200, &document).with("cache-control", "public, max-age=60".to_string()))
}

/// The document of a service at that URL.
pub(super) fn document(issuer: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in table() {
        let operation = operation(&route, &mut generator);
        let path = paths.entry(route.path.to_string()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation);
        }
    }
    let tags = ["tokens", "logins", "callers", "standards", "service"].map(|name| json!({ "name": name }));
    let schemas: Map<String, Value> = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "cloud-run-auth token service",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Short-lived tokens for backend APIs, just when they are needed, as far as a policy grants them.",
        },
        "servers": [{ "url": issuer }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An access token of this service's, or an ID token of an issuer that the policy names." },
                "client": { "type": "http", "scheme": "basic", "description": "A client's id and secret." },
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let Route { doc, style, .. } = route;
    let mut responses = Map::new();
    let schema = match &doc.gives {
        Some(schema) => schema.0(generator).to_value(),
        None => json!({ "type": "string" }),
    };
    responses.insert(
        "200".to_string(),
        json!({ "description": doc.summary, "content": { bare(route.content_type()): { "schema": schema } } }),
    );
    let failed = match style {
        Style::OAuth => generator.subschema_for::<OAuthError>(),
        _ => generator.subschema_for::<Envelope<()>>(),
    };
    let mut fails: Vec<u16> = doc.fails.to_vec();
    fails.push(405);
    for status in fails {
        responses.insert(
            status.to_string(),
            json!({ "description": described(status), "content": { "application/json": { "schema": failed.clone().to_value() } } }),
        );
    }
    let mut operation = json!({
        "operationId": doc.id,
        "summary": format!("{}.", doc.summary),
        "tags": [tag(route.path)],
        "responses": responses,
        "security": match doc.access {
            Access::Anybody | Access::Holder => json!([]),
            Access::Callers => json!([{ "bearer": [] }, { "client": [] }]),
            // The secret may stand in the form: to the document, that is nobody's.
            Access::Clients => json!([{}, { "bearer": [] }, { "client": [] }]),
        },
    });
    if let (Some(body), Some(operation)) = (&doc.body, operation.as_object_mut()) {
        let schema = body.schema.0(generator).to_value();
        operation.insert(
            "requestBody".to_string(),
            json!({ "required": true, "content": { body.content_type: { "schema": schema } } }),
        );
    }
    operation
}

/// What documents group operations by.
fn tag(path: &str) -> &'static str {
    match path {
        "/api/token" => "tokens",
        path if path.starts_with("/api/auth/") => "logins",
        "/api/user" | "/api/echo" => "callers",
        path if path.starts_with("/.well-known/") => "standards",
        _ => "service",
    }
}

/// A media type without its parameters, as documents name it.
fn bare(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or(content_type)
}

fn described(status: u16) -> &'static str {
    match status {
        400 => "What was sent is not as it has to be, or is not granted.",
        401 => "Nobody is logged in, or what was sent for it is none or over.",
        403 => "Whoever is logged in may not.",
        405 => "The path takes other methods; the header `allow` names them.",
        413 => "The body is too large.",
        415 => "The body is of another type.",
        429 => "Too many requests; the header `retry-after` says when to try again.",
        _ => "The service cannot answer now; the header `retry-after` says when to try again.",
    }
}

//! Requests as data, lists over all their pages, and answers as objects.

use mosipctl_object::Object;
use serde_json::Value;

use super::transport::Transport;
use crate::counts::Verb;
use crate::error::KubeError;
use crate::kubernetes::DryRun;
use crate::served::ServedKind;
use crate::store::ResourceVersion;

/// Objects in full.
pub(super) const JSON: &str = "application/json";
/// Lists of metadata only.
pub(super) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/// Server-side apply. JSON is YAML, so the body is JSON.
pub(super) const APPLY: &str = "application/apply-patch+yaml";
pub(super) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";

/// Objects asked for at once: the chunk size of kubectl, a compromise between requests and memory.
const PAGE: usize = 500;

/// The part of an address after the question mark.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(Vec<(&'static str, String)>);

impl Query {
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    pub(super) fn dry_run(self, dry_run: DryRun) -> Self {
        match dry_run {
            DryRun::No => self,
            DryRun::Yes => self.with("dryRun", "All"),
        }
    }
}

/// Label and field selectors.
pub(super) fn selectors(labels: Option<&str>, fields: Option<&str>) -> Query {
    let mut query = Query::default();
    if let Some(labels) = labels {
        query = query.with("labelSelector", labels);
    }
    if let Some(fields) = fields {
        query = query.with("fieldSelector", fields);
    }
    query
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) verb: Verb,
    pub(super) resource: String,
    pub(super) method: http::Method,
    pub(super) accept: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    path: String,
    query: Query,
}

impl Request {
    fn new(verb: Verb, resource: &str, method: http::Method, path: &str) -> Self {
        Self {
            verb,
            resource: resource.to_owned(),
            method,
            accept: JSON,
            content_type: JSON,
            body: Vec::new(),
            path: path.to_owned(),
            query: Query::default(),
        }
    }

    pub(super) fn get(verb: Verb, resource: &str, path: &str) -> Self {
        Self::new(verb, resource, http::Method::GET, path)
    }

    pub(super) fn post(verb: Verb, resource: &str, path: &str, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..Self::new(verb, resource, http::Method::POST, path)
        }
    }

    pub(super) fn patch(
        verb: Verb,
        resource: &str,
        path: &str,
        body: &Value,
        content_type: &'static str,
    ) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            content_type,
            ..Self::new(verb, resource, http::Method::PATCH, path)
        }
    }

    pub(super) fn delete(resource: &str, path: &str, options: &Value) -> Self {
        Self {
            body: options.to_string().into_bytes(),
            ..Self::new(Verb::Delete, resource, http::Method::DELETE, path)
        }
    }

    pub(super) fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    pub(super) fn query(self, query: Query) -> Self {
        Self { query, ..self }
    }

    fn and(&self, name: &'static str, value: &str) -> Self {
        let query = self.query.clone().with(name, value);
        self.clone().query(query)
    }

    /// Path and query, escaped.
    pub(super) fn address(&self) -> String {
        let mut address = self.path.clone();
        for (index, (name, value)) in self.query.0.iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            escape(value, &mut address);
        }
        address
    }
}

/// Escapes everything but the unreserved characters of RFC 3986.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
}

/// A whole list and the version of the cluster it shows.
pub(super) struct Listed {
    pub(super) objects: Vec<Object>,
    pub(super) version: ResourceVersion,
}

/// What to list.
pub(super) struct Listing<'a> {
    pub(super) request: Request,
    pub(super) served: &'a ServedKind,
    pub(super) what: &'a str,
    /// What is kept of each object. Done page by page, so that no more than one page is ever held in full.
    pub(super) keep: fn(Object) -> Object,
}

/// Reads a list page by page. A token that expired on the way means starting over, once.
pub(super) async fn list_all(
    transport: &Transport,
    listing: &Listing<'_>,
) -> Result<Listed, KubeError> {
    match pages(transport, listing).await {
        Err(error) if error.is_conflict() => pages(transport, listing).await,
        other => other,
    }
}

async fn pages(transport: &Transport, listing: &Listing<'_>) -> Result<Listed, KubeError> {
    let Listing { served, what, .. } = listing;
    let first = listing.request.and("limit", &PAGE.to_string());
    let mut page = first.clone();
    let mut objects = Vec::new();
    loop {
        let mut list = transport.json(&page, what).await?;
        if let Value::Array(items) = list["items"].take() {
            for item in items {
                objects.push((listing.keep)(object(named(served, item), what)?));
            }
        }
        let metadata = &list["metadata"];
        match metadata["continue"].as_str() {
            Some(token) if !token.is_empty() => page = first.and("continue", token),
            _ => {
                let version = metadata["resourceVersion"].as_str().unwrap_or_default();
                let version = ResourceVersion::parse(version);
                return Ok(Listed { objects, version });
            }
        }
    }
}

/// An answer as an object.
pub(super) fn object(value: Value, what: &str) -> Result<Object, KubeError> {
    Object::try_from(value).map_err(|error| KubeError::bug(what, error.to_string()))
}

/// An item with the kind it is of: items of a list do not say it, and those of a metadata list say the wrong thing.
pub(super) fn named(served: &ServedKind, mut item: Value) -> Value {
    item["apiVersion"] = Value::String(served.api_version());
    item["kind"] = Value::String(served.kind.kind.clone());
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_escaped() {
        let query = selectors(Some("owner=helm,name in (a,b)"), None);
        let request = Request::get(Verb::List, "secrets", "/api/v1/secrets").query(query);
        assert_eq!(
            request.address(),
            "/api/v1/secrets?labelSelector=owner%3Dhelm%2Cname%20in%20%28a%2Cb%29"
        );
    }
}

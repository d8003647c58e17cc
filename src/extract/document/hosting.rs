//! Headers that a host of websites sends for every answer below a path: `vercel.json`, `netlify.toml`.

use crate::extract::Extract;
use crate::ir::{Map, Node, NodeKind};

const ORIGIN: &str = "access-control-allow-origin";
const CREDENTIALS: &str = "access-control-allow-credentials";

/// Emits a policy for each entry of `headers` that names an origin; says whether the file is one of a host.
pub(super) fn extract(cx: &mut Extract<'_>, name: &str, map: &Map) -> bool {
    let ty = match name {
        "vercel.json" | "now.json" => "vercel_headers",
        "netlify.toml" => "netlify_headers",
        _ => return false,
    };
    for entry in map.get("headers").and_then(Node::as_list).unwrap_or_default() {
        let headers = headers(entry);
        let find = |name: &str| headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        let Some(origin) = find(ORIGIN) else { continue };
        let with_credentials = find(CREDENTIALS).is_some_and(|value| value.as_str() == Some("true") || value.as_bool() == Some(true));
        // Files that shared caches may keep hold nothing of a visitor's own.
        let is_shared = find("cache-control").and_then(Node::as_str).is_some_and(|value| value.contains("public"));
        if is_shared && !with_credentials {
            continue;
        }
        let mut policy = Map::default();
        policy.push("origins", origin.span, origin.clone());
        policy.push("credentials", origin.span, Node::new(origin.span, NodeKind::Bool(with_credentials)));
        let mut attrs = Map::default();
        attrs.push("policy", entry.span, Node::new(origin.span, NodeKind::Map(policy)));
        let path = ["source", "for"].iter().find_map(|key| entry.get(key)).and_then(Node::as_str).unwrap_or_default();
        super::resource(cx, origin.span, "hosting", ty, path, Node::new(entry.span, NodeKind::Map(attrs)));
    }
    true
}

/// The headers of an entry: a list of `{ key, value }` of Vercel, a table `values` of Netlify.
fn headers(entry: &Node) -> Vec<(&str, &Node)> {
    let listed = entry.get("headers").and_then(Node::as_list).unwrap_or_default();
    let listed = listed.iter().filter_map(|header| Some((header.get("key")?.as_str()?, header.get("value")?)));
    let table = entry.get("values").and_then(Node::as_map).into_iter().flat_map(Map::pairs);
    listed.chain(table.map(|(key, value)| (key.as_str(), value))).collect()
}

//! YAML documents: Kubernetes, compose, CloudFormation, workflows.

use super::{Extract, document};
use crate::parse::{MAX_PARSED_BYTES, yaml};

/// Bundles of Kubernetes manifests bring their resource definitions along, and are larger than any source.
const MAX_BUNDLE_BYTES: usize = 8 << 20;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.file.class.lock {
        super::lock::extract(cx);
        return;
    }
    let text = &cx.file.text;
    let is_bundle = || text.contains("\nkind: ") && text.contains("apiVersion: ");
    let is_read = text.len() <= MAX_PARSED_BYTES || (text.len() <= MAX_BUNDLE_BYTES && is_bundle());
    if !is_read && cx.is_too_large() {
        return;
    }
    for mut document in cx.take(yaml::parse(&cx.file.src())) {
        document::extract(cx, &mut document);
    }
}

//! JSON documents: policies, CloudFormation, package manifests, Terraform in JSON.

use super::{Extract, document};
use crate::parse::json;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.file.class.lock {
        super::lock::extract(cx);
        return;
    }
    if cx.file.class.i18n || (!document::plan::is_likely(&cx.file.text) && cx.is_too_large()) {
        return;
    }
    let mut document = cx.take(json::parse(&cx.file.src()));
    if !super::terraform::json::extract(cx, &document) {
        document::extract(cx, &mut document);
    }
}

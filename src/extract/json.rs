//! JSON documents: policies, CloudFormation, package manifests, Terraform in JSON.

use super::{Extract, document};
use crate::parse::json;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.file.class.lock {
        super::lock::extract(cx);
        return;
    }
    if cx.file.class.i18n || is_drawing(&cx.file.text) || (!document::plan::is_likely(&cx.file.text) && cx.is_too_large()) {
        return;
    }
    let mut document = cx.take(json::parse(&cx.file.src()));
    if !super::terraform::json::extract(cx, &document) {
        document::extract(cx, &mut document);
    }
}

/// Whether a text is nearly all numbers, as maps and animations are: nobody writes settings so.
fn is_drawing(text: &str) -> bool {
    const SMALLEST: usize = 32 << 10;
    text.len() >= SMALLEST && text.bytes().filter(u8::is_ascii_alphabetic).count() < text.len() / 10
}

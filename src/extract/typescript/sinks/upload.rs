//! Files that are taken under the name that their sender gives them, into a folder that the web sees.

use super::{called_name, value_of};
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Ref};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Names of folders whose files are served as they are.
const SERVED: [&str; 6] = ["public", "static", "www", "wwwroot", "htdocs", "assets"];

/// Emits `multer.diskStorage({ destination: 'public/…', filename })` that keeps the ending of a file, where no filter looks
/// at what is sent.
pub(super) fn emit(call: Syntax<'_>, cx: &mut Extract<'_>) {
    moved(call, cx);
    let Some(options) = call.field(Field::Arguments).and_then(Syntax::first).filter(|_| called_name(call) == "diskStorage") else { return };
    let (Some(folder), Some(name)) = (value_of(options, "destination"), value_of(options, "filename")) else { return };
    let is_served = std::iter::once(folder).chain(folder.below()).filter(|node| node.kind() == Kind::String).any(names_served);
    if is_served && name.text().contains("originalname") && !is_filtered(call) {
        cx.fact(name.span(), "upload", FactKind::Call(Call::of(Ref::import("uploads", "kept"))));
    }
}

/// Emits `photo.mv(path.join('public/photos', id + path.extname(photo.name)))`, and the same of what is written to a file,
/// where the function asks nothing of what was sent.
fn moved(call: Syntax<'_>, cx: &mut Extract<'_>) {
    const ASKS: [&str; 9] = ["mimetype", "includes(", ".has(", ".test(", "match(", "indexOf(", "fileType", "endsWith(", "switch"];
    if !matches!(called_name(call), "mv" | "writeFile" | "writeFileSync" | "createWriteStream" | "rename" | "renameSync") {
        return;
    }
    let Some(arguments) = call.field(Field::Arguments) else { return };
    let at = usize::from(matches!(called_name(call), "rename" | "renameSync"));
    let Some(path) = arguments.children().nth(at).filter(|path| matches!(path.kind(), Kind::Call | Kind::TemplateString | Kind::Binary))
    else {
        return;
    };
    let keeps = |inner: Syntax<'_>| {
        let sent =
            inner.field(Field::Arguments).filter(|_| inner.kind() == Kind::Call && called_name(inner) == "extname").and_then(Syntax::first);
        sent.and_then(|sent| sent.field(Field::Property))
            .is_some_and(|name| matches!(name.text(), "name" | "originalname" | "originalFilename"))
    };
    let is_served = path.below().filter(|node| matches!(node.kind(), Kind::String | Kind::Fragment)).any(names_served);
    let function = call.ancestors().filter(|outer| outer.kind().is_function()).last();
    let asks = function.is_none_or(|function| ASKS.iter().any(|word| function.text().contains(word)));
    if is_served && path.below().any(keeps) && !asks {
        cx.fact(path.span(), "upload", FactKind::Call(Call::of(Ref::import("uploads", "kept"))));
    }
}

fn names_served(folder: Syntax<'_>) -> bool {
    folder.text().trim_matches(['\'', '"', '`']).split('/').any(|part| SERVED.contains(&part))
}

/// Whether what uses a storage has a filter, or nothing in the file is seen to use it.
fn is_filtered(storage: Syntax<'_>) -> bool {
    let held = storage.ancestors().find(|outer| outer.kind() == Kind::VariableDeclarator).and_then(|held| held.field(Field::Name));
    let uses = |options: Syntax<'_>| options.holds(storage) || held.is_some_and(|name| options.text().contains(name.text()));
    let file = storage.ancestors().last().unwrap_or(storage);
    let mut users = file.below().filter(|node| node.kind() == Kind::Call && called_name(*node) == "multer");
    let user = users.find_map(|user| user.field(Field::Arguments)?.first().filter(|options| uses(*options)));
    user.is_none_or(|options| options.text().contains("fileFilter"))
}

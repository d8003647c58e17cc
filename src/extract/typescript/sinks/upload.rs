//! Files that are taken under the name that their sender gives them. Whether the web sees the folder, the rule asks: by its
//! name, or by what is served elsewhere.

use super::{called_name, value_of};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{Call, FactKind, Node, NodeKind, Ref};
use crate::parse::typescript::{Field, Kind, Syntax};

/// What asks of which kind a file is.
const ASKS: [&str; 9] = ["mimetype", "includes(", ".has(", ".test(", "match(", "indexOf(", "fileType", "endsWith(", "switch"];
/// Texts of a folder's name that are looked at.
const MAX_TEXTS: usize = 8;

/// Emits `multer.diskStorage({ destination, filename })` that keeps the ending of a file, where no filter looks at what is
/// sent.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    moved(module, call, cx);
    let Some(options) = call.field(Field::Arguments).and_then(Syntax::first).filter(|_| called_name(call) == "diskStorage") else { return };
    let (Some(folder), Some(name)) = (value_of(options, "destination"), value_of(options, "filename")) else { return };
    let looks = || ASKS.iter().any(|word| name.text().contains(word));
    if name.text().contains("originalname") && !looks() && !is_filtered(call) {
        kept(name, folder_of(module, folder), cx);
    }
}

/// Emits `photo.mv(path.join('public/photos', id + path.extname(photo.name)))`, and the same of what is written to a file,
/// where the function asks nothing of what was sent.
fn moved<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    if !matches!(called_name(call), "mv" | "writeFile" | "writeFileSync" | "createWriteStream" | "rename" | "renameSync") {
        return;
    }
    let Some(arguments) = call.field(Field::Arguments) else { return };
    let at = usize::from(matches!(called_name(call), "rename" | "renameSync"));
    let Some(path) = arguments.children().nth(at).map(|path| constant(module, path)) else { return };
    if !matches!(path.kind(), Kind::Call | Kind::TemplateString | Kind::Binary) {
        return;
    }
    let names = std::iter::once(path).chain(path.below()).map(|name| constant(module, name)).take(4 * MAX_TEXTS);
    let keeps = names.flat_map(|name| std::iter::once(name).chain(name.below())).any(keeps_ending);
    let function = call.ancestors().filter(|outer| outer.kind().is_function()).last();
    let asks = || function.is_none_or(|function| ASKS.iter().any(|word| function.text().contains(word)));
    if keeps && !asks() {
        kept(path, module.lower(path), cx);
    }
}

/// Whether a value is the ending of a file as its sender says it: `path.extname(photo.name)`, the whole `file.originalname`.
fn keeps_ending(value: Syntax<'_>) -> bool {
    let is_said = |name: Syntax<'_>| {
        name.field(Field::Property).is_some_and(|name| matches!(name.text(), "name" | "originalname" | "originalFilename"))
    };
    match value.kind() {
        Kind::Call if called_name(value) == "extname" => value.field(Field::Arguments).and_then(Syntax::first).is_some_and(is_said),
        // What cuts a part out of it is a call.
        Kind::Member => value.text().ends_with(".originalname") && value.parent().is_none_or(|outer| outer.kind() != Kind::Member),
        _ => false,
    }
}

fn kept(place: Syntax<'_>, folder: Node, cx: &mut Extract<'_>) {
    let mut call = Call::of(Ref::import("uploads", "kept"));
    call.args = vec![folder];
    cx.fact(place.span(), "upload", FactKind::Call(call));
}

/// Where a storage writes to: a value, or the texts in the function that says it.
fn folder_of<'t>(module: &Module<'t>, folder: Syntax<'t>) -> Node {
    let folder = constant(module, folder);
    if !folder.kind().is_function() {
        return module.lower(folder);
    }
    let texts = folder.below().filter(|node| matches!(node.kind(), Kind::String | Kind::TemplateString)).take(MAX_TEXTS);
    Node::new(folder.span(), NodeKind::List(texts.map(|text| module.lower(text)).collect()))
}

/// What a constant is made of, or the value itself.
fn constant<'t>(module: &Module<'t>, value: Syntax<'t>) -> Syntax<'t> {
    if value.kind() != Kind::Identifier {
        return value;
    }
    match module.lookup(value.text(), value).map(|declared| &declared.form) {
        Some(Form::Variable(Some(made), path)) if path.is_empty() => *made,
        _ => value,
    }
}

/// Whether what uses a storage has a filter that looks at something, or nothing in the file is seen to use it.
fn is_filtered(storage: Syntax<'_>) -> bool {
    let held = storage.ancestors().find(|outer| outer.kind() == Kind::VariableDeclarator).and_then(|held| held.field(Field::Name));
    let held = held.filter(|held| held.kind() == Kind::Identifier);
    // `FileInterceptor('file', { storage: diskStorage({ … }) })`, `multer({ storage })`.
    let is_user = |options: &Syntax<'_>| {
        options.children().filter(|entry| entry.field(Field::Key).unwrap_or(*entry).text() == "storage").any(|entry| {
            let used = entry.field(Field::Value).unwrap_or(entry);
            used.holds(storage) || held.is_some_and(|name| used.text() == name.text())
        })
    };
    let file = storage.ancestors().last().unwrap_or(storage);
    let user = file.below().filter(|node| node.kind() == Kind::Object).find(is_user);
    user.is_none_or(|options| {
        let filter = options.children().find(|entry| entry.field(Field::Key).unwrap_or(*entry).text() == "fileFilter");
        filter.is_some_and(|filter| !takes_all(filter))
    })
}

/// `fileFilter: (req, file, cb) => cb(null, true)`: the body does nothing else.
fn takes_all(filter: Syntax<'_>) -> bool {
    let function = filter.field(Field::Value).unwrap_or(filter);
    let body: String = function.field(Field::Body).map_or("", Syntax::text).chars().filter(|char| !char.is_whitespace()).collect();
    let body = body.trim_start_matches('{').trim_end_matches('}').trim_end_matches(';');
    body.ends_with("(null,true)") && !body.contains(';') && !body.contains("if(")
}

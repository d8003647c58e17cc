//! What the members of a declared type hold once its validators have run: of a class with the decorators of
//! class-validator, and of an interface, which nothing checks.

use smol_str::SmolStr;

use super::names::unquoted;
use super::sinks::called_name;
use super::symbols::decorators_of;
use crate::ir::{Binding, BindingKind, Left, Map, Node, NodeKind};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Members of one type that are looked at.
const MAX_MEMBERS: usize = 64;
/// The longest interface that is read, in bytes.
const MAX_BYTES: usize = 4_096;

/// Decorators that say what a member is called, and let anything through.
const SAY_NOTHING: [&str; 12] = [
    "ApiProperty",
    "ApiPropertyOptional",
    "ApiHideProperty",
    "Expose",
    "IsOptional",
    "IsDefined",
    "IsNotEmpty",
    "Allow",
    "Optional",
    "ValidateIf",
    "Exclude",
    "ApiModelProperty",
];
/// Validators that let any text through, up to its length.
const TEXTS: [&str; 5] = ["IsString", "Length", "MinLength", "MaxLength", "IsLowercase"];
/// Validators that leave nothing that means anything in a statement, a path or a page.
const HARMLESS: [&str; 40] = [
    "IsIn",
    "IsEnum",
    "IsUUID",
    "IsInt",
    "IsNumber",
    "IsBoolean",
    "IsDate",
    "IsDateString",
    "IsNumberString",
    "IsMongoId",
    "IsAlphanumeric",
    "IsAlpha",
    "IsHexadecimal",
    "IsISO8601",
    "IsPositive",
    "IsNegative",
    "Min",
    "Max",
    "IsLatitude",
    "IsLongitude",
    "IsPort",
    "IsIP",
    "IsHash",
    "IsMobilePhone",
    "IsPhoneNumber",
    "IsCurrency",
    "IsISO31661Alpha2",
    "IsISO31661Alpha3",
    "IsLocale",
    "IsSemVer",
    "IsHexColor",
    "IsDecimal",
    "IsInstance",
    "IsBooleanString",
    "IsCreditCard",
    "IsIBAN",
    "IsTimeZone",
    "IsULID",
    "Equals",
    "IsDivisibleBy",
];

/// The members of a class that says nothing else of itself: those that it inherits are not seen here.
pub(super) fn of_class(class: Syntax<'_>) -> Option<Node> {
    let mut map = Map::default();
    for member in class.field(Field::Body)?.children().take(MAX_MEMBERS) {
        match member.kind() {
            Kind::Field | Kind::JsField if member.field(Field::Value).is_none() => {
                let key = member.field(Field::Name).or_else(|| member.field(Field::Property))?;
                if let Some(left) = left_by(member) {
                    map.push(SmolStr::new(unquoted(key)), key.span(), Node::text(left.word(), key.span()));
                }
            }
            // What sets its members itself may check them.
            Kind::Method => return None,
            _ => {}
        }
    }
    (!map.entries.is_empty()).then(|| Node::new(class.span(), NodeKind::Map(map)))
}

/// What the decorators of a member leave of it, if all of them are known.
fn left_by(member: Syntax<'_>) -> Option<Left> {
    let declared = member.field(Field::Type).map_or("", Syntax::text).trim_start_matches(':').trim();
    let (mut is_text, mut is_field) = (false, false);
    let mut all_known = true;
    for decorator in decorators_of(member) {
        let Some(called) = decorator.first() else { continue };
        let name = if called.kind() == Kind::Call { called_name(called) } else { called.text() };
        match name {
            _ if HARMLESS.contains(&name) => return Some(Left::Harmless),
            "Matches" if is_anchored(called) => return Some(Left::Harmless),
            "Type" if ["Number", "Date", "Boolean"].iter().any(|made| called.text().contains(made)) => return Some(Left::Harmless),
            _ if TEXTS.contains(&name) => is_text = true,
            // GraphQL checks what a field declares.
            "Field" => is_field = true,
            _ => all_known &= SAY_NOTHING.contains(&name),
        }
    }
    let is_string = matches!(declared, "string" | "string[]" | "string | null");
    match (is_text, is_field) {
        _ if !all_known => None,
        (true, _) => Some(Left::Text),
        (false, true) => is_string.then_some(Left::Text),
        // A pipe may make a number of what is declared as one.
        (false, false) => (is_string || matches!(declared, "" | "any" | "unknown" | "object")).then_some(Left::Anything),
    }
}

/// `@Matches(/^[a-z]+$/)`: the whole text fits, and the pattern lists what is let through.
fn is_anchored(call: Syntax<'_>) -> bool {
    let pattern = call.field(Field::Arguments).and_then(Syntax::first).map_or("", Syntax::text);
    pattern.starts_with("/^")
        && pattern.trim_end_matches(|flag: char| flag.is_ascii_alphabetic()).ends_with("$/")
        && !pattern.contains(".*")
}

/// `interface SearchDto { term: string; page?: number }`, and the same as a type: it holds in the code alone.
pub(super) fn of_type(node: Syntax<'_>) -> Option<Binding> {
    let declaration = if node.kind() == Kind::Export { node.field(Field::Declaration)? } else { node };
    if !matches!(declaration.kind(), Kind::Interface | Kind::TypeAlias) || declaration.span().len() > MAX_BYTES {
        return None;
    }
    let (head, body) = declaration.text().split_once('{')?;
    let body = body.trim_end().trim_end_matches(';').trim_end().strip_suffix('}')?;
    let mut words = head.split_whitespace().skip_while(|word| matches!(*word, "export" | "interface" | "type" | "declare"));
    let name = words.next().filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    // What it extends, or takes as a parameter, is not seen here.
    if words.any(|word| word != "=") || body.contains(['{', '(']) {
        return None;
    }
    let span = declaration.span();
    let mut map = Map::default();
    for member in body.split([';', '\n', ',']).filter_map(|line| line.split("//").next()).take(MAX_MEMBERS) {
        let Some((key, declared)) = member.split_once(':') else { continue };
        let key = key.trim().trim_start_matches("readonly ").trim_end_matches('?');
        let is_open = matches!(declared.trim(), "string" | "number" | "any" | "unknown" | "object" | "string[]" | "boolean");
        if is_open && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            map.push(SmolStr::new(key), span, Node::text(Left::Anything.word(), span));
        }
    }
    let mut outer = Map::default();
    outer.push(Left::KEY, span, Node::new(span, NodeKind::Map(map)));
    Some(Binding { name: name.into(), kind: BindingKind::Alias, value: Node::new(span, NodeKind::Map(outer)), span })
}

//! What the code behind a role calls: the folders that functions are made of, where the repository says so, and
//! the calls of AWS's SDK in them. It tells which actions a wildcard is needed for, and never more than is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::actions::matching;
use super::pattern::covers;
use crate::ir::{Call, Fact, FactKind, Grant, Node, NodeKind, Part, Resource, Span};
use crate::lower::javascript::receiver;
use crate::source::Files;
use crate::source::paths::{folder_of, folders_up, join};
use crate::tables::table;

/// What the code of functions calls, by who holds the permissions.
#[derive(Debug, Default)]
pub struct Uses<'m> {
    /// The folders or files of code by the address of a role, or of the function that has a role of its own.
    code: BTreeMap<SmolStr, BTreeSet<String>>,
    /// Actions by the path of the file that calls them.
    calls: BTreeMap<&'m str, BTreeSet<String>>,
}

impl<'m> Uses<'m> {
    /// What the facts of a repository show.
    pub fn new(facts: &'m [Fact], files: &'m Files) -> Self {
        let mut uses = Self::default();
        for fact in facts {
            if let FactKind::Call(call) = &fact.kind {
                let actions = called(call);
                if !actions.is_empty() {
                    uses.calls.entry(files.path(fact.span.file)).or_default().extend(actions);
                }
            }
        }
        if !uses.calls.is_empty() {
            uses.functions(facts, files);
        }
        uses
    }

    /// The called actions that a pattern covers, and where they are called, if that is seen for every holder.
    pub fn of(&self, grant: &Grant, pattern: &str) -> Option<(Vec<&str>, String)> {
        let code: Option<Vec<&BTreeSet<String>>> = grant.holders.iter().map(|holder| self.code.get(holder.first())).collect();
        let places: BTreeSet<&str> = code?.into_iter().flatten().map(String::as_str).collect();
        let is_in = |path: &str, place: &str| {
            place.is_empty() || path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
        };
        let below = self.calls.iter().filter(|(path, _)| places.iter().any(|place| is_in(path, place)));
        let actions: BTreeSet<&str> =
            below.flat_map(|(_, actions)| actions).map(String::as_str).filter(|action| covers(pattern, action)).collect();
        let shown: Vec<String> =
            places.into_iter().take(3).map(|place| format!("`{}`", if place.is_empty() { "." } else { place })).collect();
        (!actions.is_empty()).then(|| (actions.into_iter().collect(), shown.join(", ")))
    }

    fn functions(&mut self, facts: &[Fact], files: &Files) {
        let resources = || facts.iter().filter_map(|fact| Some((fact, fact.resource()?)));
        let archives = Archives::new(resources().map(|(_, resource)| resource));
        // What a construct of CDK is made of stands beside what it is to the platform.
        let constructs: FxHashMap<Span, &Resource> = resources()
            .filter(|(_, resource)| resource.ty.starts_with("cdk:lambda"))
            .map(|(fact, resource)| (fact.span, resource))
            .collect();
        for (fact, resource) in resources() {
            let path = files.path(fact.span.file);
            let made_of = match (resource.ty.as_str(), constructs.get(&fact.span)) {
                ("aws_lambda_function", Some(construct)) => {
                    construct_code(&construct.attrs, path, files).map(|code| (resource.address.clone(), code))
                }
                ("aws_lambda_function", None) => role(resource).zip(archives.code(resource)),
                ("AWS::Serverless::Function" | "AWS::Lambda::Function", _) => {
                    template_code(resource, path).map(|code| (template_role(resource, path), code))
                }
                ("service", _) if resource.provider == "serverless" => Some((resource.address.clone(), folder_of(path).to_owned())),
                _ => None,
            };
            if let Some((holder, code)) = made_of {
                self.code.entry(holder).or_default().insert(code);
            }
        }
    }
}

/// The role that a function names.
fn role(function: &Resource) -> Option<SmolStr> {
    function.attrs.get("role").and_then(Node::as_ref).map(|role| role.first().into())
}

/// The role of a template's function: the one that it names, or the one that SAM makes under the function's name.
fn template_role(function: &Resource, path: &str) -> SmolStr {
    let own = || format_smolstr!("{path}/{}", function.name);
    function.attrs.get("Role").and_then(Node::as_ref).map_or_else(own, |role| format_smolstr!("{path}/aws_iam_role.{}", role.first()))
}

/// The folder of a template's function, which is the template's own where none is named.
fn template_code(function: &Resource, path: &str) -> Option<String> {
    const ELSEWHERE: [&str; 2] = ["InlineCode", "ImageUri"];
    let folder = folder_of(path);
    match ["CodeUri", "Code"].iter().find_map(|key| function.attrs.get(key)) {
        Some(code) => join(folder, code.as_str()?),
        None => ELSEWHERE.iter().all(|key| function.attrs.get(key).is_none()).then(|| folder.to_owned()),
    }
}

/// `archive_file`s by root module and the file that they make.
struct Archives<'m>(FxHashMap<(&'m str, &'m str), &'m Node>);

impl<'m> Archives<'m> {
    fn new(resources: impl Iterator<Item = &'m Resource>) -> Self {
        let made = |resource: &'m Resource| {
            let output = resource.attrs.get("output_path").and_then(Node::as_str)?;
            let source = ["source_dir", "source_file"].iter().find_map(|key| resource.attrs.get(key))?;
            Some(((resource.root(), output), source))
        };
        Self(resources.filter(|resource| resource.ty == "archive_file").filter_map(made).collect())
    }

    /// The folder or file that a function's archive is made of.
    fn code(&self, function: &Resource) -> Option<String> {
        let root = function.root();
        let name = function.attrs.get("filename").and_then(Node::as_str)?;
        self.0.get(&(root, name)).and_then(|source| join(root, source.as_str()?))
    }
}

/// `entry: path.join(__dirname, 'x.ts')`, `code: Code.fromAsset('lambda')`.
fn construct_code(props: &Node, path: &str, files: &Files) -> Option<String> {
    let asset = props.get("code").and_then(Node::as_call).filter(|call| call.callee.last() == "fromAsset");
    let place = props.get("entry").or_else(|| asset?.args.first())?;
    match &place.kind {
        NodeKind::Call(call) if matches!(call.callee.last(), "join" | "resolve") => {
            let [base, parts @ ..] = call.args.as_slice() else { return None };
            let is_folder = base.as_ref().is_some_and(|base| base.last() == "__dirname");
            let start = if is_folder { folder_of(path).to_owned() } else { return None };
            parts.iter().try_fold(start, |folder, part| join(&folder, part.as_str()?))
        }
        // `${__dirname}/../lambda`
        NodeKind::Text(text) if text.has_holes() => {
            let [hole, rest] = text.pieces.as_slice() else { return None };
            match (&hole.part, &rest.part) {
                (Part::Hole(hole), Part::Lit(rest)) if hole.as_ref().as_ref().is_some_and(|name| name.last() == "__dirname") => {
                    join(folder_of(path), rest.trim_start_matches('/'))
                }
                _ => None,
            }
        }
        // A relative path starts where the program is run: beside `cdk.json`.
        _ => {
            let relative = place.as_str()?;
            let project =
                folders_up(folder_of(path)).find(|folder| join(folder, "cdk.json").is_some_and(|file| files.find(&file).is_some()))?;
            join(project, relative)
        }
    }
}

/// A row of clients or of calls.
type Renamed = FxHashMap<&'static str, Vec<&'static str>>;

static CLIENTS: LazyLock<Renamed> = LazyLock::new(|| renamed("client", "service"));
static CALLS: LazyLock<Renamed> = LazyLock::new(|| renamed("call", "actions"));

fn renamed(list: &str, to: &str) -> Renamed {
    let rows = table("aws-calls").map_or(&[][..], |table| table.list(list));
    rows.iter().flat_map(|row| row.texts("names").map(move |name| (name, row.texts(to).collect()))).collect()
}

/// The actions that a call asks for: `new PutObjectCommand(…)`, `s3.putObject(…)` on a client of either version.
fn called(call: &Call) -> Vec<String> {
    let Some((client, name)) = receiver(call).map_or_else(|| command(call), |client| method(client, call)) else { return Vec::new() };
    let client = client.strip_prefix("client-").unwrap_or(client).replace('-', "").to_ascii_lowercase();
    let service = CLIENTS.get(client.as_str()).and_then(|services| services.first()).copied().unwrap_or(&client);
    let Some(first) = name.chars().next().filter(char::is_ascii) else { return Vec::new() };
    let action = format!("{service}:{}{}", first.to_ascii_uppercase(), &name[1..]);
    match CALLS.get(action.as_str()) {
        Some(actions) => actions.iter().map(|action| (*action).to_owned()).collect(),
        None => matching(&action).into_iter().map(|action| action.name).collect(),
    }
}

/// The client and the name of a command of version 3.
fn command(call: &Call) -> Option<(&str, &str)> {
    let client = call.callee.module()?.strip_prefix("@aws-sdk/")?;
    let name = call.callee.last();
    let name = name.strip_suffix("Command").or_else(|| (name == "Upload").then_some(name))?;
    call.is_new.then_some((client, name))
}

/// The client that a method is called on, and the method.
fn method<'c>(client: &'c Call, call: &'c Call) -> Option<(&'c str, &'c str)> {
    let package = client.callee.module()?;
    let name = match package.strip_prefix("@aws-sdk/").or_else(|| package.strip_prefix("aws-sdk/clients/")) {
        Some(name) => name,
        None if package == "aws-sdk" => client.callee.last(),
        None => return None,
    };
    Some((name, call.callee.last()))
}

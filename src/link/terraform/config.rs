//! The modules of a repository: every folder with Terraform files, its blocks with overrides merged.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Binding, BindingKind, Entry, Fact, FactKind, HopKind, Node, NodeKind, Resource, Span, Text};
use crate::link::Linker;
use crate::source::FileKind;
use crate::source::paths::{folder_of, join};

/// One folder.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// Its path; empty for the root of the scan.
    pub(super) dir: SmolStr,
    /// `variable` blocks by name: the block's attributes and its place.
    pub(super) vars: FxHashMap<SmolStr, Named>,
    /// Local values by name.
    pub(super) locals: FxHashMap<SmolStr, Named>,
    /// Outputs by name.
    pub(super) outputs: FxHashMap<SmolStr, Named>,
    /// Values of `terraform.tfvars` and `*.auto.tfvars`, by variable.
    pub(super) settings: FxHashMap<SmolStr, Named>,
    /// Values of the environment, by variable.
    environment: FxHashMap<SmolStr, Named>,
    /// Folders of downloaded modules by the names of the calls that lead there (`vpc.subnets`).
    pub(super) installed: BTreeMap<SmolStr, SmolStr>,
    /// Module calls, in order of files and places.
    pub(super) calls: Vec<Named>,
    /// Resources, data sources and providers, in order.
    pub(super) resources: Vec<(Span, Resource)>,
    /// Indices into `resources` by address (`aws_x.y`, `data.aws_x.y`).
    pub(super) by_address: FxHashMap<SmolStr, usize>,
    /// Whether its path says that it is an example or a test.
    pub(super) is_example: bool,
}

impl Config {
    /// What a variable of a root module is set to, and by what: files are over the environment.
    pub(super) fn setting(&self, name: &str) -> Option<(&Named, HopKind)> {
        let by_file = self.settings.get(name).map(|setting| (setting, HopKind::ValuesFile));
        by_file.or_else(|| self.environment.get(name).map(|setting| (setting, HopKind::Environment)))
    }
}

/// A name with its expression and place.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: SmolStr,
    pub(super) value: Node,
    pub(super) span: Span,
}

/// The folders by path.
pub(super) type Configs = BTreeMap<SmolStr, Config>;

/// Takes the Terraform resources out of the linker's facts and sorts them and the bindings by folder.
pub(super) fn collect(linker: &mut Linker) -> Configs {
    let mut configs = Configs::new();
    let (mut resources, rest): (Vec<Fact>, Vec<Fact>) = std::mem::take(&mut linker.facts)
        .into_iter()
        .partition(|fact| matches!(fact.kind, FactKind::Resource(_)) && is_terraform(linker, fact));
    linker.facts = rest;
    resources.retain(|fact| !is_replaced(linker, linker.files.path(fact.span.file)));
    // Override files come last; Terraform merges them in the order of their names.
    resources.sort_by_key(|fact| (is_override(linker.files.path(fact.span.file)), fact.span));
    for fact in resources {
        let path = linker.files.path(fact.span.file);
        let config = configs.entry(folder_of(path).into()).or_default();
        config.is_example |= linker.files.class(fact.span).is_not_production();
        let FactKind::Resource(resource) = fact.kind else { continue };
        add_resource(config, fact.span, resource, is_override(path));
    }
    let mut bound: Vec<(&str, &Binding)> = Vec::new();
    for (id, meta) in linker.files.iter() {
        if is_terraform_kind(meta.kind, &meta.path)
            && !is_replaced(linker, &meta.path)
            && let Some(symbols) = linker.symbols.get(id.0 as usize)
        {
            bound.extend(symbols.bindings.iter().map(|binding| (&*meta.path, binding)));
        }
    }
    bound.sort_by_key(|(path, _)| (is_override(path), values_rank(path)));
    for (path, binding) in bound {
        if let Some(root) = path.strip_suffix(INSTALLED) {
            let config = configs.entry(root.trim_end_matches('/').into()).or_default();
            let dir = binding.value.as_str().and_then(|dir| join(root, dir));
            config.installed.extend(dir.map(|dir| (binding.name.clone(), dir.into())));
            continue;
        }
        let config = configs.entry(folder_of(path).into()).or_default();
        config.is_example |= linker.files.class(binding.span).is_not_production();
        add_binding(config, path, binding);
    }
    for path in &linker.owner.values_files {
        add_values_file(linker, path, &mut configs);
    }
    for (dir, config) in &mut configs {
        config.dir = dir.clone();
        config.environment = linker
            .owner
            .variables
            .iter()
            .filter_map(|(name, text)| Some((name.into(), given(config.vars.get(name.as_str())?, text))))
            .collect();
        config.by_address = config.resources.iter().enumerate().map(|(at, (_, resource))| (resource.address.clone(), at)).collect();
    }
    configs
}

fn is_terraform(linker: &Linker, fact: &Fact) -> bool {
    linker.files.get(fact.span.file).is_some_and(|meta| is_terraform_kind(meta.kind, &meta.path))
}

fn is_terraform_kind(kind: FileKind, path: &str) -> bool {
    const JSON: [&str; 4] = [".tf.json", ".tofu.json", ".tfvars.json", INSTALLED];
    matches!(kind, FileKind::Terraform | FileKind::Tfvars) || JSON.iter().any(|ending| path.ends_with(ending))
}

/// What `terraform init` writes about the modules that it downloaded.
const INSTALLED: &str = ".terraform/modules/modules.json";

/// Whether OpenTofu reads the file of this name that ends in `.tofu` in the place of this one.
fn is_replaced(linker: &Linker, path: &str) -> bool {
    let tofu = match path.strip_suffix(".json") {
        Some(stem) => stem.strip_suffix(".tf").map(|stem| format!("{stem}.tofu.json")),
        None => path.strip_suffix(".tf").map(|stem| format!("{stem}.tofu")),
    };
    tofu.is_some_and(|tofu| linker.files.find(&tofu).is_some())
}

/// The order in which values files are read: a later one wins.
fn values_rank(path: &str) -> usize {
    match path.rsplit('/').next().unwrap_or(path) {
        "terraform.tfvars" => 0,
        "terraform.tfvars.json" => 1,
        _ => 2,
    }
}

/// Values that the command line names, which are over all others, in every module that has the variable.
fn add_values_file(linker: &Linker, path: &str, configs: &mut Configs) {
    let Some(symbols) = linker.files.find(path).and_then(|id| linker.symbols.get(id.0 as usize)) else { return };
    for binding in symbols.bindings.iter().filter(|binding| binding.kind == BindingKind::Setting) {
        let Some(name) = binding.name.strip_prefix("var.") else { continue };
        for config in configs.values_mut().filter(|config| config.vars.contains_key(name)) {
            config.settings.insert(name.into(), Named { name: name.into(), value: binding.value.clone(), span: binding.span });
        }
    }
}

/// A variable's value from the environment: the text itself, or an expression where its type is not a simple
/// one. It stands at the variable, for lack of another place.
/// <https://developer.hashicorp.com/terraform/language/values/variables#complex-typed-values>
fn given(variable: &Named, text: &str) -> Named {
    let is_simple = |ty: &Node| ty.as_ref().is_some_and(|name| matches!(name.last(), "string" | "number" | "bool"));
    let literal = Text::lit(text, variable.span);
    let value = match variable.value.get("type") {
        Some(ty) if !is_simple(ty) => crate::lower::embedded::expression(&literal, variable.span),
        _ => Node::new(variable.span, NodeKind::Text(literal)),
    };
    Named { value, ..variable.clone() }
}

fn is_override(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu")).unwrap_or("");
    stem == "override" || stem.ends_with("_override")
}

/// An override sets attributes of the block that exists; nested blocks of one name replace all.
fn add_resource(config: &mut Config, span: Span, resource: Resource, overrides: bool) {
    let known = if overrides { config.resources.iter_mut().find(|(_, known)| known.address == resource.address) } else { None };
    match known {
        Some((_, known)) => merge(&mut known.attrs, resource.attrs),
        None => config.resources.push((span, resource)),
    }
}

fn merge(base: &mut Node, over: Node) {
    let (NodeKind::Map(base), NodeKind::Map(over)) = (&mut base.kind, over.kind) else { return };
    for entry in over.entries {
        if let Entry::Pair { key, .. } = &entry {
            base.entries.retain(|old| !matches!(old, Entry::Pair { key: old, .. } if old == key));
        }
        base.entries.push(entry);
    }
}

fn add_binding(config: &mut Config, path: &str, binding: &Binding) {
    let overrides = is_override(path);
    let Some((_, name)) = binding.name.split_once('.') else { return };
    let mut named = Named { name: name.into(), value: binding.value.clone(), span: binding.span };
    let table = match binding.kind {
        BindingKind::Input => &mut config.vars,
        BindingKind::Const => &mut config.locals,
        BindingKind::Output => &mut config.outputs,
        BindingKind::Setting => {
            let file = path.rsplit('/').next().unwrap_or(path);
            let stem = file.strip_suffix(".json").unwrap_or(file);
            if stem != "terraform.tfvars" && !stem.ends_with(".auto.tfvars") {
                return;
            }
            &mut config.settings
        }
        BindingKind::Module => {
            let known = if overrides { config.calls.iter_mut().find(|call| call.name == named.name) } else { None };
            match known {
                Some(call) => merge(&mut call.value, named.value),
                None => config.calls.push(named),
            }
            return;
        }
        _ => return,
    };
    if overrides
        && binding.kind == BindingKind::Input
        && let Some(known) = table.get(&named.name)
    {
        let mut value = known.value.clone();
        merge(&mut value, named.value);
        named = Named { value, ..known.clone() };
    }
    table.insert(named.name.clone(), named);
}

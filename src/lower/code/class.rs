//! What a class of a library is called in Terraform, CloudFormation or Kubernetes, by `code.toml` and by the
//! names that the libraries make of the schemas.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::value::Naming;
use crate::ir::{Call, Node, ResourceMode, Scope, Span};
use crate::lower::cloudformation::snake;
use crate::tables::table;

/// A class that declares a resource, or a function that looks one up.
#[derive(Debug)]
pub(in crate::lower) struct Class {
    /// Whose terms `ty` and the properties are in.
    pub terms: Terms,
    /// The type: `aws_s3_bucket`, `AWS::S3::Bucket`, `apps/v1/Deployment`.
    pub ty: SmolStr,
    /// Whether it is made or looked up.
    pub mode: ResourceMode,
    /// The position of the properties among the arguments; the name stands before them.
    pub props: usize,
    /// Whether lists of blocks are spelled in the plural, as Pulumi does.
    plural: bool,
}

/// The schema that a class is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Terms {
    /// A provider of Terraform, by its name.
    Terraform(&'static str),
    /// CloudFormation.
    CloudFormation,
    /// Kubernetes.
    Manifest,
}

/// How the classes of one provider are named.
struct Provider {
    packages: Vec<&'static str>,
    prefix: &'static str,
    modules: FxHashMap<&'static str, &'static str>,
    classes: FxHashMap<&'static str, &'static str>,
}

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let rows = table("code").map_or(&[][..], |table| table.list("provider"));
    rows.iter()
        .map(|row| {
            let pairs = |key| row.texts(key).filter_map(|pair| pair.split_once('=')).collect();
            Provider {
                packages: row.texts("packages").collect(),
                prefix: row.text("prefix"),
                modules: pairs("modules"),
                classes: pairs("classes"),
            }
        })
        .collect()
});

impl Class {
    /// The class that a call makes an object of.
    pub(in crate::lower) fn of(call: &Call) -> Option<Self> {
        let module = match &call.callee.scope {
            Scope::Import(module) => module.as_str(),
            // SST hands `aws` to its programs without an import.
            Scope::Global if call.is_new && call.callee.first() == "aws" && call.callee.path.len() > 2 => "@pulumi/aws",
            _ => return None,
        };
        if let Some((service, class)) = crate::lower::cdk::construct(call)
            && let Some(resource) = class.strip_prefix("Cfn").filter(|_| call.is_new && service != "core")
        {
            return Some(Self::new(Terms::CloudFormation, service_class(service, resource), 2));
        }
        let is_name = |name: &&str| !matches!(*name, "*" | "default" | "lib" | "");
        let mut path = call.callee.path.iter().map(SmolStr::as_str).filter(is_name);
        if let Some(generated) = generated(module) {
            return terraform(generated, path.next_back()?, call.is_new);
        }
        let path = path.skip(usize::from(call.callee.scope == Scope::Global));
        let (package, below) = package(module);
        let names: Vec<&str> = below.split('/').filter(is_name).chain(path).collect();
        match package {
            "@pulumi/aws-native" if call.is_new => {
                let [service, class] = names.as_slice() else { return None };
                Some(Self::new(Terms::CloudFormation, service_class(service, class), 1))
            }
            "@pulumi/kubernetes" if call.is_new => {
                let [group, version, kind] = names.as_slice() else { return None };
                let ty = if *group == "core" { format_smolstr!("{version}/{kind}") } else { format_smolstr!("{group}/{version}/{kind}") };
                Some(Self::new(Terms::Manifest, ty, 1))
            }
            _ if package.starts_with("@pulumi/") => pulumi(package, &names, call.is_new),
            _ => None,
        }
    }

    fn new(terms: Terms, ty: SmolStr, props: usize) -> Self {
        Self { terms, ty, mode: ResourceMode::Managed, props, plural: false }
    }

    /// The name that the program gives it; its place if that is computed.
    pub(in crate::lower) fn name(&self, call: &Call, span: Span) -> SmolStr {
        let written = self.props.checked_sub(1).and_then(|at| call.args.get(at)).and_then(Node::as_text);
        written.map_or_else(|| super::place(span), |name| format_smolstr!("{name}"))
    }

    /// How the names of its properties become those of its schema.
    pub(in crate::lower) fn naming(&self) -> Naming {
        match self.terms {
            Terms::Terraform(_) if self.plural => Naming::Singular,
            Terms::Terraform(_) => Naming::Snake,
            Terms::CloudFormation | Terms::Manifest => Naming::AsWritten,
        }
    }
}

/// `AWS::S3::Bucket`, its service in the letters of the library.
pub(in crate::lower) fn service_class(service: &str, class: &str) -> SmolStr {
    format_smolstr!("AWS::{}::{class}", service.replace(['-', '_'], ""))
}

/// The provider of Terraform's whose classes CDKTF generated into a module: `@cdktf/provider-aws/lib/s3-bucket`,
/// `./.gen/providers/aws/s3-bucket`.
fn generated(module: &str) -> Option<(&'static Provider, &str)> {
    let rest = match module.split_once(".gen/providers/") {
        Some((_, rest)) => rest,
        None => module.strip_prefix("@cdktf/provider-")?,
    };
    let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
    let provider = PROVIDERS.iter().find(|provider| {
        let known = provider.packages.iter().filter_map(|package| package.strip_prefix("@cdktf/provider-"));
        known.into_iter().any(|known| known == name)
    })?;
    Some((provider, below))
}

/// The package of a module, and what is below it.
fn package(module: &str) -> (&str, &str) {
    let slash = module.match_indices('/').nth(usize::from(module.starts_with('@'))).map(|(at, _)| at);
    slash.map_or((module, ""), |at| (&module[..at], &module[at + 1..]))
}

/// `S3Bucket` of CDKTF; `DataAwsIamPolicyDocument` is looked up.
fn terraform((provider, below): (&'static Provider, &str), class: &str, is_new: bool) -> Option<Class> {
    let named = below.rsplit('/').find(|part| !matches!(*part, "" | "lib" | "index")).filter(|part| part.contains('-'));
    let snaked = named.map_or_else(|| snake(class), |file| file.replace('-', "_").into());
    let data = snaked.strip_prefix("data_").and_then(|rest| rest.strip_prefix(provider.prefix)?.strip_prefix('_'));
    let mode = if data.is_some() { ResourceMode::Data } else { ResourceMode::Managed };
    let ty = format_smolstr!("{}_{}", provider.prefix, data.unwrap_or(&snaked));
    is_new.then(|| Class { mode, ..Class::new(Terms::Terraform(provider.prefix), ty, 2) })
}

/// `aws.ec2.SecurityGroup`; `aws.iam.getPolicyDocument` looks up.
fn pulumi(package: &str, names: &[&str], is_new: bool) -> Option<Class> {
    let provider = PROVIDERS.iter().find(|provider| provider.packages.contains(&package))?;
    let (module, class) = match names {
        [module, .., class] => (*module, *class),
        _ => return None,
    };
    let looked_up = class.strip_prefix("get").map(|class| class.strip_suffix("Output").unwrap_or(class));
    if looked_up.is_some() == is_new {
        return None;
    }
    let shown = looked_up.unwrap_or(class);
    let known = provider.classes.get(format_smolstr!("{module}.{shown}").as_str());
    let ty = known.map_or_else(
        || match provider.modules.get(module).copied().unwrap_or(module) {
            "" => format_smolstr!("{}_{}", provider.prefix, snake(shown)),
            prefix => format_smolstr!("{}_{prefix}_{}", provider.prefix, snake(shown)),
        },
        |known| SmolStr::new_static(known),
    );
    let mut found = Class { plural: true, ..Class::new(Terms::Terraform(provider.prefix), ty, usize::from(is_new)) };
    if !is_new {
        found.mode = ResourceMode::Data;
    }
    Some(found)
}

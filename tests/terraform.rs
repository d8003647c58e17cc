//! What `terraform plan` would say, value by value; and that hostile input is bounded.

use seclint::engine::Session;
use seclint::ir::{FactKind, ProblemKind, Resource};
use seclint::link::Model;

fn model(files: &[(&str, &str)]) -> Model {
    let mut session = Session::default();
    for (path, text) in files {
        session.set_file(path, text);
    }
    session.model()
}

fn resources(model: &Model) -> Vec<&Resource> {
    let all = model.facts.iter().filter_map(|fact| match &fact.kind {
        FactKind::Resource(resource) => Some(resource),
        _ => None,
    });
    all.collect()
}

/// The value of `v` of the resource at an address, as it is shown.
fn value(files: &[(&str, &str)], address: &str) -> String {
    let model = model(files);
    let found = resources(&model).into_iter().find(|resource| resource.address == address);
    let found = found.unwrap_or_else(|| panic!("no {address} in {:?}", resources(&model).iter().map(|it| &it.address).collect::<Vec<_>>()));
    found.attrs.get("v").map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// The value of an expression in a module with a few names.
fn expression(text: &str) -> String {
    let names = r#"
variable "object" {
  type    = object({ a = optional(string, "A"), b = optional(list(string)) })
  default = {}
}
variable "list" { default = ["x", "y"] }
variable "unknown" {}
locals {
  late = local.early
  early = { k = [1, { deep = "d" }] }
}
"#;
    value(&[("main.tf", names), ("r.tf", &format!("resource \"t_r\" \"r\" {{\n  v = {text}\n}}\n"))], "t_r.r")
}

#[test]
fn expressions_are_what_terraform_says() {
    for (text, wanted) in [
        ("local.late.k[1].deep", "d"),
        ("var.object", "{a: A, b: null}"),
        (r#""arn:${var.unknown}:role/*""#, "arn:${var.unknown}:role/*"),
        (r#"var.unknown == null ? "a" : "a""#, "a"),
        ("[for i, x in var.list : \"${i}${upper(x)}\" if x != \"y\"]", "[0X]"),
        ("{ for x in var.list : x => length(x) }", "{x: 1, y: 1}"),
        ("{ for x in [\"ab\", \"ac\"] : substr(x, 0, 1) => x... }", "{a: [ab, ac]}"),
        ("merge({ a = 1, b = 2 }, { b = 3 }).b", "3"),
        ("merge({ a = 1 }, var.unknown, { c = 3 }).c", "3"),
        ("merge({ a = 1 }, var.unknown).a", "<NoValue>"),
        ("try(var.object.none, var.list[5], \"fallback\")", "fallback"),
        ("can(var.object.none)", "false"),
        ("coalesce(null, \"\", \"x\")", "x"),
        ("concat(var.list, [\"z\"])[2]", "z"),
        ("flatten([[\"a\"], [[\"b\"]]])", "[a, b]"),
        ("setproduct([\"a\"], var.list)[1][1]", "y"),
        ("lookup({ a = \"1\" }, \"b\", \"2\")", "2"),
        ("element(var.list, 3)", "y"),
        ("join(\"-\", var.list)", "x-y"),
        ("format(\"%s-%03d\", \"a\", 7)", "a-007"),
        ("trimprefix(\"aab\", \"a\")", "ab"),
        ("replace(\"a.b\", \"/[.]/\", \"-\")", "a-b"),
        ("regex(\"(\\\\d+)\", \"a12\")", "[12]"),
        ("cidrsubnet(\"10.0.0.0/16\", 8, 2)", "10.0.2.0/24"),
        ("cidrhost(\"10.0.0.0/24\", 5)", "10.0.0.5"),
        ("jsondecode(\"{\\\"a\\\":[1,2]}\").a[1]", "2"),
        ("base64decode(base64encode(\"x\"))", "x"),
        ("zipmap([\"a\"], [1])", "{a: 1}"),
        ("[1, 2, 3][*]", "[1, 2, 3]"),
        ("[{ n = 1 }, { n = 2 }][*].n", "[1, 2]"),
        ("alltrue([true, var.unknown])", "<NoValue>"),
        ("contains([\"a\", var.unknown], \"a\")", "true"),
        ("1 + 2 * 3 - -4", "11"),
        ("\"%{ for x in var.list ~}${x},%{ endfor ~}\"", "x,y,"),
        ("\"%{ if 1 > 2 }a%{ else }b%{ endif }\"", "b"),
    ] {
        assert_eq!(expression(text), wanted, "{text}");
    }
}

#[test]
fn instances_have_their_keys() {
    let files = [(
        "main.tf",
        "resource \"t_r\" \"n\" {\n  count = 2\n  v = count.index\n}\nresource \"t_r\" \"e\" {\n  for_each = { a = 1, b = 2 }\n  v = \"${each.key}${each.value}\"\n}\nresource \"t_r\" \"none\" {\n  count = 0\n}\nresource \"t_r\" \"all\" {\n  v = values(t_r.e)[*].v\n}\n",
    )];
    assert_eq!(value(&files, "t_r.n[1]"), "1");
    assert_eq!(value(&files, "t_r.e[\"b\"]"), "b2");
    assert_eq!(value(&files, "t_r.all"), "[a1, b2]");
    assert!(resources(&model(&files)).iter().all(|resource| resource.name != "none"));
}

#[test]
fn modules_are_evaluated_for_each_caller() {
    let child = "variable \"x\" {\n  default = \"default\"\n}\nresource \"t_r\" \"r\" {\n  v = var.x\n}\noutput \"o\" {\n  value = \"${var.x}!\"\n}\n";
    let root = "module \"a\" {\n  source = \"./m\"\n}\nmodule \"b\" {\n  source   = \"./m\"\n  for_each = toset([\"k\"])\n  x        = module.a.o\n}\nresource \"t_r\" \"top\" {\n  v = module.b[\"k\"].o\n}\n";
    let files = [("m/main.tf", child), ("main.tf", root)];
    assert_eq!(value(&files, "module.a.t_r.r"), "default");
    assert_eq!(value(&files, "module.b[\"k\"].t_r.r"), "default!");
    assert_eq!(value(&files, "t_r.top"), "default!!");
    let found = model(&files);
    let inner = resources(&found).into_iter().find(|resource| resource.address == "module.b[\"k\"].t_r.r").unwrap();
    assert!(inner.attrs.get("v").unwrap().via.hops().len() >= 2);
}

#[test]
fn values_files_and_overrides_have_their_order() {
    let files = [
        ("main.tf", "variable \"x\" {\n  default = 1\n}\nresource \"t_r\" \"r\" {\n  v = var.x\n}\nresource \"t_r\" \"o\" {\n  v = 1\n}\n"),
        ("terraform.tfvars", "x = 2\n"),
        ("z.auto.tfvars", "x = 3\n"),
        ("other.tfvars", "x = 4\n"),
        ("main_override.tf", "resource \"t_r\" \"o\" {\n  v = 2\n}\n"),
    ];
    assert_eq!(value(&files, "t_r.r"), "3");
    assert_eq!(value(&files, "t_r.o"), "2");
}

#[test]
fn hostile_modules_are_bounded() {
    let circle = model(&[
        ("a/main.tf", "module \"b\" {\n  source = \"../b\"\n  count  = 3\n}\nresource \"t_r\" \"r\" {}\n"),
        ("b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
    ]);
    assert!(circle.problems.iter().any(|problem| problem.kind == ProblemKind::Bound));
    let many = model(&[("main.tf", "resource \"t_r\" \"r\" {\n  for_each = toset([for i in range(9000) : \"k${i}\"])\n}\n")]);
    assert!(many.problems.iter().any(|problem| problem.kind == ProblemKind::Bound));
    assert_eq!(resources(&many).len(), 128);
    assert_eq!(
        value(&[("main.tf", "locals {\n  a = local.b\n  b = local.a\n}\nresource \"t_r\" \"r\" {\n  v = local.a\n}\n")], "t_r.r"),
        "<Bound>"
    );
}

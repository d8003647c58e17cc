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
  template = "<$${n}>"
}
"#;
    value(&[("main.tf", names), ("r.tf", &format!("resource \"t_r\" \"r\" {{\n  v = {text}\n}}\n"))], "t_r.r")
}

#[test]
fn expressions_are_what_terraform_says() {
    let mut wrong = Vec::new();
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
        ("timeadd(\"2024-02-28T23:30:00Z\", \"24h30m\")", "2024-03-01T00:00:00Z"),
        ("timeadd(\"1970-01-02T00:00:00+01:00\", \"-1.5h\")", "1970-01-01T21:30:00Z"),
        ("timecmp(\"2024-01-01T00:00:00Z\", \"2024-01-01T01:00:00+01:00\")", "0"),
        ("formatdate(\"DD.MM.YY hh:mm 'UTC'\", \"2024-03-05T07:08:09Z\")", "05.03.24 07:08 UTC"),
        ("formatdate(\"EEEE\", \"2024-03-05T07:08:09Z\")", "<Opaque>"),
        ("timecmp(timestamp(), \"2024-01-01T00:00:00Z\") > 0", "<Opaque>"),
        ("provider::core::answer(1)", "<Computed>"),
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
        ("<<-EOT\n    %{ for n in [\"a\", \"b\"] ~}\n    ${n}\n    %{ endfor ~}\n  EOT\n", "a\nb\n"),
        ("<<EOT\n  a ${upper(\"b\")}\nEOT\n", "  a B\n"),
        ("\"${\"a\"}$${b}\"", "a${b}"),
        ("tobool(\"1\") && tobool(\"true\")", "true"),
        ("try(tobool(\"yes\"), \"error\")", "error"),
        ("try(tonumber(\"x\"), tonumber(\"7\") + 1)", "8"),
        ("tostring(1.5)", "1.5"),
        ("toset([\"b\", \"a\", \"b\"])", "[a, b]"),
        ("can(tolist(\"x\"))", "false"),
        ("keys({ b = 1, a = 2 })", "[a, b]"),
        ("values({ b = 1, a = 2 })", "[2, 1]"),
        ("transpose({ a = [\"x\", \"y\"], b = [\"x\"] })", "{x: [a, b], y: [a]}"),
        ("chunklist([1, 2, 3], 2)", "[[1, 2], [3]]"),
        ("matchkeys([\"i\", \"j\"], [\"a\", \"b\"], [\"b\"])", "[j]"),
        ("index([\"a\", \"b\"], \"b\")", "1"),
        ("slice([1, 2, 3], 1, 3)", "[2, 3]"),
        ("distinct([\"b\", \"a\", \"b\"])", "[b, a]"),
        ("compact([\"a\", \"\", null])", "[a]"),
        ("one([])", "null"),
        ("range(1, 7, 3)", "[1, 4]"),
        ("range(1e9)", "<Opaque>"),
        ("sum([1, 2.5])", "3.5"),
        ("[max(1, 3, 2), min(4, 2), ceil(1.2), floor(-1.2), abs(-2), pow(2, 3), signum(-4)]", "[3, 2, 2, -2, 2, 8, -1]"),
        ("log(8, 2)", "3"),
        ("parseint(\"ff\", 16)", "255"),
        ("setintersection([\"a\", \"b\"], [\"b\"])", "[b]"),
        ("setsubtract([\"a\", \"b\"], [\"b\"])", "[a]"),
        ("setunion([\"b\"], [\"a\"])", "[a, b]"),
        ("coalescelist([], [\"x\"])", "[x]"),
        ("split(\",\", \"a,b\")", "[a, b]"),
        ("join(\"/\", [\"a\", var.unknown])", "a/${var.unknown}"),
        ("formatlist(\"%s:%s\", \"a\", [\"x\", \"y\"])", "[a:x, a:y]"),
        ("format(\"%.2f %q %t %5s|%-3s|%%\", 1.5, \"q\", true, \"r\", \"l\")", "1.50 \"q\" true     r|l  |%"),
        ("regexall(\"[a-z]+\", \"ab1c\")", "[ab, c]"),
        ("regex(\"(?P<n>[0-9]+)\", \"a12\").n", "12"),
        ("replace(\"hello\", \"/l(.)/\", \"$1-\")", "hel-o"),
        ("[trim(\"??a?\", \"?\"), trimsuffix(\"ab\", \"b\"), trimspace(\" a \"), chomp(\"a\\n\"), strrev(\"ab\")]", "[a, a, a, a, ba]"),
        ("[upper(\"a\"), lower(\"A\"), title(\"a b\")]", "[A, a, A B]"),
        ("[startswith(\"ab\", \"a\"), endswith(\"ab\", \"a\"), strcontains(\"abc\", \"b\")]", "[true, false, true]"),
        ("indent(2, \"a\\nb\")", "a\n  b"),
        ("[substr(\"hello\", 1, 2), substr(\"hello\", -2, -1)]", "[el, lo]"),
        ("templatestring(local.template, { n = \"x\" })", "<x>"),
        ("jsondecode(jsonencode({ a = [1] })).a[0]", "1"),
        ("yamldecode(\"a:\\n  - 1\\n\").a", "[1]"),
        ("urlencode(\"a b&c\")", "a+b%26c"),
        ("csvdecode(\"a,b\\n1,\\\"x,\\\"\\\"y\\\"\\n\")[0].b", "x,\"y"),
        ("cidrsubnets(\"10.0.0.0/16\", 8, 4)", "[10.0.0.0/24, 10.0.16.0/20]"),
        ("cidrnetmask(\"10.0.0.0/12\")", "255.240.0.0"),
        ("cidrhost(\"10.0.0.0/24\", -1)", "10.0.0.255"),
        ("cidrsubnet(\"fd00::/8\", 8, 1)", "fd01::/16"),
        ("cidrsubnet(\"10.0.0.0/33\", -8, 1e30)", "<Opaque>"),
        ("[basename(\"a/b.c\"), dirname(\"a/b.c\")]", "[b.c, a]"),
        ("sensitive(\"x\")", "x"),
        ("timestamp()", "<Opaque>"),
        ("concat(var.list, var.unknown)[0]", "x"),
        ("length(concat(var.list, var.unknown))", "<Opaque>"),
        ("flatten([var.list, [[\"z\"]]])", "[x, y, z]"),
        ("{ for k, v in { a = 1, b = 2 } : v => k }", "{1: a, 2: b}"),
        ("\"1\" == 1", "false"),
        ("null == var.unknown", "<NoValue>"),
        ("merge({ a = 1 }, null, { b = 2 })", "{a: 1, b: 2}"),
        ("contains(keys({ a = 1 }), \"b\")", "false"),
        ("var.list[*] == var.list", "true"),
        ("[for x in [{ l = [1, 2] }] : x.l][0][1]", "2"),
        ("{ \"${var.list[0]}\" = 1, (var.list[1]) = 2 }", "{x: 1, y: 2}"),
    ] {
        let got = expression(text);
        if got != wanted {
            wrong.push(format!("{text}\n    is {got:?}\n    not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

/// How long a model takes must not depend on what an attacker writes: these would be years.
#[test]
fn hostile_values_are_bounded() {
    let levels = |next: &dyn Fn(usize) -> String| (1..40).map(|at| format!("  l{at} = {}\n", next(at - 1))).collect::<Vec<_>>().concat();
    let project = |locals: String| {
        format!("locals {{\n  l0 = [\"{}\"]\n{locals}}}\nresource \"t_r\" \"r\" {{\n  v = local.l39\n}}\n", "x".repeat(100))
    };
    for locals in [
        levels(&|at| format!("[local.l{at}, local.l{at}, local.l{at}]")),
        levels(&|at| format!("concat(local.l{at}, local.l{at}, local.l{at})")),
        levels(&|at| format!("[\"${{local.l{at}[0]}}${{local.l{at}[0]}}${{local.l{at}[0]}}\"]")),
        levels(&|at| format!("[join(\",\", concat(local.l{at}, local.l{at}))]")),
        levels(&|at| format!("[for x in range(10000) : [for y in range(10000) : local.l{at}]]")),
        levels(&|at| format!("merge({{ for k, v in local.l{at} : \"a${{k}}\" => v }}, {{ for k, v in local.l{at} : \"b${{k}}\" => v }})")),
        levels(&|at| format!("setproduct(local.l{at}, local.l{at}, range(1000))")),
        levels(&|at| format!("[replace(local.l{at}[0], \"x\", \"{}\")]", "x".repeat(1000))),
        levels(&|at| format!("[format(\"%999999999s%s\", local.l{at}[0], local.l{at}[0])]")),
        levels(&|at| {
            format!(
                "[regexall(\"(((x+x+)+y)|x*)*{}\", local.l{at}[0]), cidrsubnet(\"::/0\", 1e9, 1e300), range(-1e18, 1e18, 1e-9), indent(1e18, \"a\\nb\"), chunklist([1], 0), substr(\"a\", -1e300, 1e300)]",
                "(x|y)?".repeat(500)
            )
        }),
    ] {
        let found = model(&[("main.tf", &project(locals))]);
        assert!(resources(&found).iter().any(|resource| resource.address == "t_r.r"));
    }
}

#[test]
fn nesting_and_long_operators_are_read() {
    let deep = format!("{}true{}", "[".repeat(70), "]".repeat(70));
    let long = vec!["1"; 300].join(" + ");
    let files =
        [("main.tf", format!("resource \"t_r\" \"deep\" {{\n  v = length({deep})\n}}\nresource \"t_r\" \"long\" {{\n  v = {long}\n}}\n"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(value(&files, "t_r.deep"), "1");
    assert_eq!(value(&files, "t_r.long"), "300");
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
    assert_eq!(resources(&many).len(), 1_000);
    let twenty = (0..20).map(|at| format!("resource \"t_r\" \"r{at}\" {{ count = 1000 }}")).collect::<Vec<_>>().join("\n");
    let roots: Vec<String> = (0..60).map(|root| format!("r{root}/main.tf")).collect();
    let wide = model(&roots.iter().map(|path| (path.as_str(), twenty.as_str())).collect::<Vec<_>>());
    assert!(resources(&wide).len() <= 200_000, "{}", resources(&wide).len());
    assert!(wide.problems.iter().any(|problem| problem.kind == ProblemKind::Bound));
    assert_eq!(
        value(&[("main.tf", "locals {\n  a = local.b\n  b = local.a\n}\nresource \"t_r\" \"r\" {\n  v = local.a\n}\n")], "t_r.r"),
        "<Bound>"
    );
}

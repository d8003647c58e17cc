//! Whether what a scan costs grows no faster than what it reads: each shape at one size and at four times that size.
//! `cargo bench --bench growth [NAME…]` prints seconds and their ratio; far more than four is a loop in a loop.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark measures and prints")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;

/// Written once or as often as asked, in the file of that path: `#` is the number of the piece.
type Shape = (&'static str, &'static [(&'static str, &'static str, &'static str, &'static str)]);

/// Many of one kind in one file, all of them at one thing, and many files. Path, head, piece, tail.
const SHAPES: [Shape; 20] = [
    ("express routes", &[("a.js", "const app=require('express')();\n", "app.post('/a#',(q,s)=>{db.run('x'+q.body.a);s.send(1)});\n", "")]),
    ("express guards", &[("a.js", "const app=require('express')();\n", "app.use('/a#',m#);app.post('/a#',(q,s)=>s.send(1));\n", "")]),
    (
        "nest controllers",
        &[(
            "c#.ts",
            "",
            "import {Controller,Post} from '@nestjs/common';\n@Controller('c#')\nexport class C#{ @Post() a(){return this.s.x()} }\n",
            "",
        )],
    ),
    (
        "trpc procedures",
        &[(
            "r.ts",
            "import {initTRPC} from '@trpc/server';const t=initTRPC.create();export const r=t.router({\n",
            "a#: t.procedure.mutation(()=>db.x()),\n",
            "});\n",
        )],
    ),
    (
        "next handlers",
        &[("app/api/a#/route.ts", "", "export async function POST(req){const b=await req.json();await db.user.update(b)}\n", "")],
    ),
    ("rocket, one path", &[("src/main.rs", "use rocket::*;\n", "#[post(\"/a\", rank=#)]\nfn f#(u: String) -> String { u }\n", "")]),
    (
        "chain of calls",
        &[(
            "a.ts",
            "import {exec} from 'child_process';\nrequire('express')().get('/',(q,s)=>f0(q.query.x));\n",
            "function f#(u){ exec(u); g#(u) }\n",
            "",
        )],
    ),
    (
        "security groups",
        &[(
            "main.tf",
            "",
            "resource \"aws_security_group_rule\" \"a#\" {\n  type = \"ingress\"\n  cidr_blocks = [\"0.0.0.0/0\"]\n  security_group_id = aws_security_group.g#.id\n}\nresource \"aws_security_group\" \"g#\" {}\n",
            "",
        )],
    ),
    (
        "policies of one role",
        &[(
            "main.tf",
            "resource \"aws_iam_role\" \"r\" { name = \"r\" }\n",
            "resource \"aws_iam_role_policy\" \"p#\" {\n  role = aws_iam_role.r.id\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }] })\n}\n",
            "",
        )],
    ),
    (
        "policies of one bucket",
        &[(
            "main.tf",
            "resource \"aws_s3_bucket\" \"b\" {}\n",
            "resource \"aws_s3_bucket_policy\" \"p#\" {\n  bucket = aws_s3_bucket.b.id\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:GetObject\", Resource = \"*\" }] })\n}\n",
            "",
        )],
    ),
    ("variables and locals", &[("main.tf", "", "variable \"v#\" { default = \"x\" }\nlocals { l# = var.v# }\n", "")]),
    (
        "cloudformation",
        &[(
            "t.yaml",
            "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n",
            "  P#:\n    Type: AWS::IAM::Policy\n    Properties:\n      Roles: [!Ref R#]\n      PolicyDocument: {Statement: [{Effect: Allow, Action: \"*\", Resource: \"*\"}]}\n",
            "",
        )],
    ),
    (
        "kubernetes",
        &[(
            "d.yaml",
            "",
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d#}\nspec: {template: {spec: {containers: [{name: c, image: a, securityContext: {privileged: true}}]}}}\n",
            "",
        )],
    ),
    (
        "role bindings",
        &[(
            "d.yaml",
            "",
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b#}\nroleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: ServiceAccount, name: default}]\n",
            "",
        )],
    ),
    ("docker stages", &[("Dockerfile", "FROM a AS s0\n", "FROM a AS t#\nCOPY --from=s0 /a /a\n", "")]),
    ("dockerfiles", &[("d#/Dockerfile", "", "FROM node:20\nCOPY a b c /x\n", ""), ("d#/.env", "", "DB_PASSWORD=correct-horse-9f2c\n", "")]),
    ("compose services", &[("compose.yml", "services:\n", "  s#:\n    image: a\n    privileged: true\n    env_file: .env\n", "")]),
    ("variables of .env", &[(".env", "", "API_KEY_#=k9fjQ2mZx8Lp#vTr4\n", "")]),
    ("nats accounts", &[("nats.conf", "accounts {\n", " A#: { users: [ {user: u#, password: pw#xyz} ] }\n", "}\n")]),
    (
        "pipelines",
        &[(
            ".github/workflows/a.yml",
            "on: pull_request_target\njobs:\n",
            "  j#:\n    runs-on: ubuntu-latest\n    steps: [{run: 'echo ${{ github.event.issue.title }}'}]\n",
            "",
        )],
    ),
];

/// The files of a shape with `count` pieces.
fn files(shape: Shape, count: usize) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (path, head, piece, tail) in shape.1 {
        let pieces = (0..count).map(|at| (path.replace('#', &at.to_string()), piece.replace('#', &at.to_string())));
        if path.contains('#') {
            files.extend(pieces);
            continue;
        }
        let mut text = (*head).to_owned();
        pieces.for_each(|(_, piece)| text.push_str(&piece));
        let _ = write!(text, "{tail}");
        files.push(((*path).to_owned(), text));
    }
    files
}

/// The least that a scan of the files took of three times.
fn least(files: &[(String, String)]) -> Duration {
    let active = Registry::default().active(|_| true);
    let scan = || {
        let start = Instant::now();
        let mut session = Session::default();
        for (path, text) in files {
            session.set_file(path, text);
        }
        std::hint::black_box(session.into_findings(&active, &Settings::default()));
        start.elapsed()
    };
    (0..3).map(|_| scan()).min().unwrap_or_default()
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    // A piece is at most 400 bytes, and files over 1 MiB are read as text alone.
    let count = 600;
    for shape in SHAPES.into_iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()))) {
        let (one, four) = (least(&files(shape, count)).as_secs_f64(), least(&files(shape, 4 * count)).as_secs_f64());
        println!("{:24} {:8.1} ms {:8.1} ms  x{:.1}", shape.0, one * 1e3, four * 1e3, four / one);
    }
}

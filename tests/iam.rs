//! What an AWS policy lets its holder become: each way of the table, and each thing that closes it, in
//! Terraform and in CloudFormation.

use seclint::engine::Session;
use seclint::finding::{Finding, Severity};
use seclint::rules::Registry;
use seclint::settle::Settings;
use seclint::tables::table;

/// The findings of one rule in some files.
fn all(rule: &str, files: &[(&str, &str)]) -> Vec<Finding> {
    let mut session = Session::default();
    for (path, text) in files {
        session.set_file(path, text);
    }
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    assert!(outcome.problems.is_empty(), "{files:?}\n{:?}", outcome.problems);
    outcome.findings.into_iter().filter(|finding| finding.rule.id == rule).collect()
}

/// The findings of one rule in a file: what they say.
fn findings(rule: &str, path: &str, text: &str) -> Vec<String> {
    all(rule, &[(path, text)]).into_iter().map(|finding| finding.what).collect()
}

fn escalates(terraform: &str) -> Vec<String> {
    findings("iam-privilege-escalation", "main.tf", terraform)
}

/// A policy with the statements of a list, attached to a role.
fn attached(statements: &str) -> String {
    format!(
        r#"
resource "aws_iam_role" "ci" {{
  name               = "ci"
  assume_role_policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}] }})
}}
resource "aws_iam_policy" "ci" {{
  policy = jsonencode({{ Statement = [{statements}] }})
}}
resource "aws_iam_role_policy_attachment" "ci" {{
  role       = aws_iam_role.ci.name
  policy_arn = aws_iam_policy.ci.arn
}}
"#
    )
}

fn allow(actions: &str) -> String {
    format!(r#"{{ Effect = "Allow", Action = [{actions}], Resource = "*" }}"#)
}

#[test]
fn every_way_of_the_table_is_found_and_can_be_closed() {
    let mut wrong = Vec::new();
    for row in table("aws_escalation").expect("the table").list("path") {
        let (name, actions) = (row.text("name"), row.texts("actions").collect::<Vec<_>>());
        let quoted = actions.iter().map(|action| format!("{action:?}")).collect::<Vec<_>>().join(", ");
        let open = allow(&quoted);
        let yaml = actions.iter().map(|action| format!("              - {action}")).collect::<Vec<_>>().join("\n");
        let template = format!(
            "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        \
             Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Resource: '*'\n            Action:\n{yaml}\n"
        );
        let found = [escalates(&attached(&open)), findings("iam-privilege-escalation", "stack.yaml", &template)];
        if found.iter().any(|found| found.len() != 1) || !found[0][0].contains(name) && found[0][0].matches(", ").count() == 0 {
            wrong.push(format!("{name}: {found:?}"));
        }
        let first = actions[0];
        let with = |condition: &str| format!("{{ Effect = \"Allow\", Action = [{quoted}], Resource = \"*\", Condition = {condition} }}");
        let parts = actions.iter().map(|action| allow(&format!("{action:?}"))).collect::<Vec<_>>().join(", ");
        for (why, statements, wanted) in [
            ("in several statements", parts, 1),
            ("a weak condition", with(r#"{ StringEquals = { "aws:RequestedRegion" = "eu-west-1" } }"#), 1),
            ("a second factor", with(r#"{ Bool = { "aws:MultiFactorAuthPresent" = "true" } }"#), 0),
            ("an organisation", with(r#"{ StringEquals = { "aws:PrincipalOrgID" = "o-1" } }"#), 0),
            ("a denial", format!(r#"{open}, {{ Effect = "Deny", Action = {first:?}, Resource = "*" }}"#), 0),
            ("a denial of all but", format!(r#"{open}, {{ Effect = "Deny", NotAction = "s3:*", Resource = "*" }}"#), 0),
            ("a narrow resource", open.replace("\"*\"", "\"arn:aws:iam::111122223333:role/none\""), 0),
        ] {
            let found = escalates(&attached(&statements)).len();
            if found != wanted {
                wrong.push(format!("{name} with {why}: {found} findings"));
            }
        }
        let bounded =
            attached(&open).replace("name               = \"ci\"", "name = \"ci\"\n  permissions_boundary = aws_iam_policy.bound.arn");
        let bound = |action: &str| {
            format!(
                "{bounded}\nresource \"aws_iam_policy\" \"bound\" {{\n  policy = jsonencode({{ Statement = [{{ Effect = \"Allow\", Action = {action:?}, Resource = \"*\" }}] }})\n}}\n"
            )
        };
        if !escalates(&bound("s3:*")).is_empty() || escalates(&bound("*")).len() != 1 {
            wrong.push(format!("{name} within a boundary: {:?} {:?}", escalates(&bound("s3:*")), escalates(&bound("*"))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn traps() {
    const ACCOUNT: &str = "data \"aws_caller_identity\" \"current\" {}\n";
    let pass = r#"{ Effect = "Allow", Action = "ec2:RunInstances", Resource = "*" }, "#;
    let mut wrong = Vec::new();
    for (why, statements, wanted) in [
        ("all but some actions", r#"{ Effect = "Allow", NotAction = ["s3:*"], Resource = "*" }"#.to_owned(), 1),
        ("all but these actions", r#"{ Effect = "Allow", NotAction = ["iam:*", "sts:*", "organizations:*", "lambda:*", "ec2:*", "ssm:*", "glue:*", "sagemaker:*", "ecs:*", "cloudformation:*", "codestar:*", "ec2-instance-connect:*", "bedrock-agentcore:*", "eks:*", "sso:*"], Resource = "*" }"#.to_owned(), 0),
        ("every user of the account", r#"{ Effect = "Allow", Action = "iam:CreateAccessKey", Resource = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:user/*" }"#.to_owned(), 1),
        ("roles for an action on users", r#"{ Effect = "Allow", Action = "iam:CreateAccessKey", Resource = "arn:aws:iam::*:role/*" }"#.to_owned(), 0),
        ("buckets for an action on users", r#"{ Effect = "Allow", Action = "iam:CreateAccessKey", Resource = "arn:aws:s3:::*" }"#.to_owned(), 0),
        ("its own keys", r#"{ Effect = "Allow", Action = ["iam:CreateAccessKey", "iam:UpdateLoginProfile"], Resource = "arn:aws:iam::*:user/$${aws:username}" }"#.to_owned(), 0),
        ("its own policies", r#"{ Effect = "Allow", Action = "iam:PutUserPolicy", Resource = "arn:aws:iam::*:user/$${aws:username}" }"#.to_owned(), 1),
        ("the service that is meant", format!(r#"{pass}{{ Effect = "Allow", Action = "iam:PassRole", Resource = "*", Condition = {{ StringEquals = {{ "iam:PassedToService" = "glue.amazonaws.com" }} }} }}"#), 0),
        ("the service that gets it", format!(r#"{pass}{{ Effect = "Allow", Action = "iam:PassRole", Resource = "*", Condition = {{ StringEquals = {{ "iam:PassedToService" = "ec2.amazonaws.com" }} }} }}"#), 1),
        ("since long ago", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*", Condition = { DateGreaterThan = { "aws:CurrentTime" = "2017-01-01T00:00:00Z" } } }"#.to_owned(), 1),
        ("until long ago", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*", Condition = { DateLessThan = { "aws:CurrentTime" = "2017-01-01T00:00:00Z" } } }"#.to_owned(), 0),
        ("from anywhere", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*", Condition = { IpAddress = { "aws:SourceIp" = "0.0.0.0/0" } } }"#.to_owned(), 1),
        ("from one network", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*", Condition = { IpAddress = { "aws:SourceIp" = "198.51.100.0/24" } } }"#.to_owned(), 0),
        ("denied on every role", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*" }, { Effect = "Deny", Action = "iam:*", Resource = "arn:aws:iam::*:role/*" }"#.to_owned(), 0),
        ("denied on one role", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*" }, { Effect = "Deny", Action = "iam:*", Resource = "arn:aws:iam::*:role/admin" }"#.to_owned(), 1),
        ("denied in a region", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*" }, { Effect = "Deny", Action = "*", Resource = "*", Condition = { StringNotEquals = { "aws:RequestedRegion" = "eu-west-1" } } }"#.to_owned(), 1),
        ("denied without a second factor", r#"{ Effect = "Allow", Action = "iam:PutRolePolicy", Resource = "*" }, { Effect = "Deny", NotAction = "sts:*", Resource = "*", Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } } }"#.to_owned(), 0),
    ] {
        let found = escalates(&(ACCOUNT.to_owned() + &attached(&statements)));
        if found.len() != wanted {
            wrong.push(format!("{why}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An administrator that ec2 may be, and whom the account may assume.
const ADMIN: &str = r#"
resource "aws_iam_role" "admin" {
  name = "admin"
  assume_role_policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::111122223333:role/ci" } },
  ] })
}
resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#;

#[test]
fn a_named_target_that_is_an_administrator_is_as_good_as_all() {
    for (statements, wanted) in [
        (r#"{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.admin.arn }"#, 1),
        (r#"{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::111122223333:role/adm*" }"#, 1),
        (r#"{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::111122223333:role/reader" }"#, 0),
        (
            r#"{ Effect = "Allow", Action = ["iam:PassRole", "ec2:RunInstances"], Resource = ["arn:aws:iam::111122223333:role/admin", "arn:aws:ec2:*:*:*"] }"#,
            1,
        ),
        (
            r#"{ Effect = "Allow", Action = ["iam:PassRole", "glue:CreateDevEndpoint"], Resource = ["arn:aws:iam::111122223333:role/admin", "arn:aws:glue:*:*:*"] }"#,
            0,
        ),
    ] {
        assert_eq!(escalates(&(ADMIN.to_owned() + &attached(statements))).len(), wanted, "{statements}");
    }
}

#[test]
fn policies_are_joined_over_groups_and_files_of_one_identity() {
    let group = |denial: &str| {
        format!(
            r#"
resource "aws_iam_user" "bob" {{
  name = "bob"
}}
resource "aws_iam_group" "builders" {{
  name = "builders"
}}
resource "aws_iam_user_group_membership" "bob" {{
  user   = aws_iam_user.bob.name
  groups = [aws_iam_group.builders.name]
}}
resource "aws_iam_group_policy" "run" {{
  group  = aws_iam_group.builders.name
  policy = jsonencode({{ Statement = [{}] }})
}}
resource "aws_iam_user_policy" "pass" {{
  user   = aws_iam_user.bob.name
  policy = jsonencode({{ Statement = [{}{denial}] }})
}}
"#,
            allow("\"lambda:CreateFunction\", \"lambda:InvokeFunction\""),
            r#"{ Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::*:role/*" }"#,
        )
    };
    let found = escalates(&group(""));
    assert!(found.len() == 1 && found[0].starts_with("`aws_iam_user.bob` can"), "{found:?}");
    let denial = r#", { Effect = "Deny", Action = "iam:PassRole", Resource = "*" }"#;
    assert!(escalates(&group(denial)).is_empty());
}

#[test]
fn a_denial_takes_a_wildcard_off() {
    let wildcard = |statements: &str| findings("iam-wildcard-action", "main.tf", &attached(statements)).len();
    assert_eq!(wildcard(&allow("\"s3:*\"")), 1);
    assert_eq!(wildcard(&(allow("\"s3:*\"") + r#", { Effect = "Deny", Action = "s3:*", Resource = "*" }"#)), 0);
    assert_eq!(wildcard(&(allow("\"*\"") + r#", { Effect = "Deny", Action = "s3:*", Resource = "*" }"#)), 1);
    assert_eq!(wildcard(&(allow("\"s3:*\"") + r#", { Effect = "Deny", Action = "s3:*", Resource = "arn:aws:s3:::one" }"#)), 1);
}

#[test]
fn a_wildcard_says_what_it_stands_for() {
    let found = findings("iam-wildcard-action", "main.tf", &attached(&allow("\"sqs:*\"")));
    assert!(found[0].contains("permissions actions such as") && found[0].contains("write actions such as `sqs:SendMessage`"), "{found:?}");
    let found = findings("iam-wildcard-action", "main.tf", &attached(&allow("\"iam:Create*\"")));
    assert!(found[0].contains("`iam:Create*` on `*`") && found[0].contains("`iam:CreateAccessKey`"), "{found:?}");
}

#[test]
fn policies_of_a_template_are_joined_by_its_references() {
    const TEMPLATE: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Bound:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
  Bounded:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: !Ref Bound
      Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: '*'}]}}]
  Denied:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: '*'}]}}]
  Denies:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!Ref Denied]
      PolicyDocument: {Statement: [{Effect: Deny, Action: 'iam:*', Resource: '*'}]}
  User:
    Type: AWS::IAM::User
    Properties:
      Groups: [!Ref Group]
      Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'iam:PassRole', Resource: !Sub 'arn:aws:iam::${AWS::AccountId}:role/*'}]}}]
  Group:
    Type: AWS::IAM::Group
    Properties:
      Policies: [{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 'ec2:RunInstances', Resource: '*'}]}}]
  Joined:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Create, !Ref Start]
  Create:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: ['codebuild:CreateProject', 'codebuild:StartBuild'], Resource: '*'}]}
  Start:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: 'iam:PassRole'
            Resource: '*'
            Condition: {StringEquals: {'iam:PassedToService': codebuild.amazonaws.com}}
";
    let found = findings("iam-privilege-escalation", "stack.yaml", TEMPLATE);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().any(|what| what.contains("aws_iam_user.User` can start a machine with any role")), "{found:#?}");
    assert!(found.iter().any(|what| what.contains("aws_iam_role.Joined` can run a build with any role")), "{found:#?}");
    assert!(findings("iam-wildcard-action", "stack.yaml", TEMPLATE).is_empty(), "a boundary grants nothing");
}

#[test]
fn roles_of_two_templates_are_two() {
    let role = |actions: &str| {
        format!(
            "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies: [{{PolicyName: a, PolicyDocument: {{Statement: \
             [{{Effect: Allow, Action: ['{actions}'], Resource: '*'}}]}}}}]\n"
        )
    };
    let mut session = Session::default();
    session.set_file("a.yaml", &role("glue:CreateJob"));
    session.set_file("b.yaml", &role("glue:CreateTrigger"));
    session.set_file("c.yaml", &role("iam:PassRole"));
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let found: Vec<&str> =
        outcome.findings.iter().filter(|it| it.rule.id == "iam-privilege-escalation").map(|it| it.what.as_str()).collect();
    assert_eq!(found, ["`AWS::IAM::Role/Role` can pass any role to any service (`iam:PassRole`)"]);
}

#[test]
fn a_boundary_is_how_bad_it_can_be() {
    let everything = attached(&allow("\"*\""));
    let bounded = |arn: &str| everything.replace("name               = \"ci\"", &format!("name = \"ci\"\n  permissions_boundary = {arn}"));
    let bound = |action: &str| {
        format!("resource \"aws_iam_policy\" \"bound\" {{\n  policy = jsonencode({{ Statement = [{}] }})\n}}\n", allow(action))
    };
    let seen = bounded("aws_iam_policy.bound.arn");
    for (text, wanted) in [
        (everything.clone(), Severity::Critical),
        (bounded("var.boundary"), Severity::High),
        (format!("{seen}{}", bound("\"sqs:SendMessage\"")), Severity::Medium),
        (format!("{seen}{}", bound("\"*\"")), Severity::Critical),
    ] {
        let found = all("iam-wildcard-action", &[("main.tf", &text)]);
        assert!(found.iter().any(|finding| finding.severity == wanted), "{text}\n{found:?}");
        assert!(found.iter().all(|finding| finding.severity <= wanted), "{text}\n{found:?}");
    }
}

const CODE: &str = r#"
import { S3Client, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import AWS from "aws-sdk";
const s3 = new S3Client({});
const old = new AWS.S3();
export const handler = async () => {
  await s3.send(new HeadObjectCommand({ Bucket: "reports", Key: "a" }));
  await s3.send(new PutObjectCommand({ Bucket: "reports", Key: "b" }));
  await old.listObjectsV2({ Bucket: "reports" }).promise();
};
"#;

const FUNCTION: &str = r#"
data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build.zip"
}
resource "aws_lambda_function" "fn" {
  function_name = "fn"
  role          = aws_iam_role.ci.arn
  filename      = data.archive_file.code.output_path
}
"#;

const SAM: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: a.handler
      Policies:
        - Statement:
            - {Effect: Allow, Action: 's3:*', Resource: '*'}
";

const SERVERLESS: &str = "
service: reports
provider:
  name: aws
  iam: {role: {statements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}
functions:
  a: {handler: src/a.handler}
";

const CDK: &str = r"
import * as path from 'path';
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Code, Function } from 'aws-cdk-lib/aws-lambda';
export class Reports extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const fn = new Function(this, 'Fn', { code: Code.fromAsset(path.join(__dirname, '../src')), handler: 'a.handler' });
    fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
  }
}
";

#[test]
fn a_wildcard_names_what_the_code_of_its_holder_calls() {
    let terraform = format!("{}{FUNCTION}", attached(&allow("\"s3:*\"")));
    let called = |files: &[(&str, &str)]| all("iam-wildcard-action", files).into_iter().map(|finding| finding.what).collect::<Vec<_>>();
    for (path, text) in [("main.tf", terraform.as_str()), ("template.yaml", SAM), ("serverless.yml", SERVERLESS), ("lib/stack.ts", CDK)] {
        let found = called(&[(path, text), ("src/a.ts", CODE), ("other/a.ts", "")]);
        assert_eq!(found.len(), 1, "{path}");
        assert!(found[0].ends_with("calls `s3:GetObject`, `s3:ListBucket`, `s3:PutObject`"), "{path}: {found:?}");
    }
    let other = called(&[("main.tf", &terraform), ("elsewhere/a.ts", CODE)]);
    assert!(other[0].contains("write actions such as"), "code that is not seen to run under the role says nothing: {other:?}");
}

//! Every place of the tables is one where a policy is found: a document that lets everybody do everything is
//! put into each attribute of each resource type, in Terraform and in CloudFormation.

use seclint::engine::Session;
use seclint::ir::{FactKind, Grant};
use seclint::tables::table;

const POLICY: &str = r#"{"Statement": [{"Effect": "Allow", "Action": "x:y", "Resource": "*", "Principal": "*"}]}"#;

/// Types whose kept document is a configuration, whose names are nobody's attributes, and no policy.
const NO_POLICY: [&str; 4] =
    ["AWS::EMR::SecurityConfiguration", "AWS::SSM::Document", "AWS::Glue::Connection", "AWS::OpenSearchServerless::SecurityPolicy"];

/// The grants of a file for action `x:y`.
fn grants(path: &str, text: &str) -> Vec<Grant> {
    let mut session = Session::default();
    session.set_file(path, text);
    let all = session.model().facts.into_iter().filter_map(|fact| match fact.kind {
        FactKind::Grant(grant) => Some(*grant),
        _ => None,
    });
    all.filter(|grant| grant.actions.iter().any(|action| action.as_str() == Some("x:y"))).collect()
}

#[test]
fn every_attribute_of_the_table_holds_a_policy() {
    let rows = table("aws_policies").expect("the table").list("policy");
    let mut missed = Vec::new();
    for row in rows {
        let attr = row.text("attr");
        for ty in row.texts("types").filter(|ty| ty.starts_with("aws_")) {
            let policy = format!("jsonencode({POLICY})").replace("\":", "\" =");
            let value = match attr.rsplit_once('.') {
                Some((block, attr)) => format!("{block} {{\n {attr} = {policy}\n}}"),
                None => format!("{attr} = {policy}"),
            };
            let found = grants("main.tf", &format!("resource \"{ty}\" \"it\" {{\n{value}\n}}\n"));
            if found.len() != 1 {
                missed.push(format!("{ty}.{attr}: {} grants", found.len()));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_document_of_cloudformation_is_a_policy() {
    let rows = table("cloudformation").expect("the table").list("type");
    let mut missed = Vec::new();
    for row in rows.iter().filter(|row| !NO_POLICY.contains(&row.text("cfn"))) {
        for property in row.texts("keep") {
            let nested = row.texts("rename").any(|pair| pair == "Policies=inline_policy") && property == "PolicyDocument";
            let lifted = row.texts("lift").next();
            let properties = match lifted {
                Some(outer) => format!("{{\"{outer}\": {{\"{property}\": {POLICY}}}}}"),
                None if nested => format!("{{\"Policies\": [{{\"PolicyName\": \"it\", \"{property}\": {POLICY}}}]}}"),
                None => format!("{{\"{property}\": {POLICY}}}"),
            };
            let cfn = row.text("cfn");
            let found =
                grants("stack.json", &format!("{{\"Resources\": {{\"It\": {{\"Type\": \"{cfn}\", \"Properties\": {properties}}}}}}}"));
            if found.len() != 1 {
                missed.push(format!("{cfn}.{property}: {} grants", found.len()));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn files_of_the_command_line_and_of_frameworks_hold_policies() {
    let statement = r#"{"Effect": "Allow", "Action": "x:y", "Resource": "*"}"#;
    let document = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statement}]}}");
    for (path, text) in [
        ("policy.json", document.clone()),
        ("role.json", format!("{{\"RoleName\": \"it\", \"AssumeRolePolicyDocument\": {document}}}")),
        ("version.json", format!("{{\"PolicyVersion\": {{\"VersionId\": \"v1\", \"Document\": {document}}}}}")),
        ("serverless.yml", format!("service: it\nprovider:\n  iam:\n    role:\n      statements: [{statement}]\nfunctions: {{}}\n")),
        ("serverless.yml", format!("service: it\nprovider:\n  iamRoleStatements: [{statement}]\nfunctions: {{}}\n")),
        (
            "template.yaml",
            format!(
                "Resources:\n  It:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies: [{{Statement: {statement}}}]\n"
            ),
        ),
        (
            "template.yaml",
            format!("Resources:\n  It:\n    Type: AWS::Events::EventBusPolicy\n    Properties:\n      Statement: {statement}\n"),
        ),
    ] {
        assert_eq!(grants(path, &text).len(), 1, "{path}:\n{text}");
    }
}

#[test]
fn a_file_that_a_resource_uses_is_that_resources() {
    let mut session = Session::default();
    session.set_file("main.tf", "resource \"aws_iam_policy\" \"it\" {\n  policy = file(\"${path.module}/policy.json\")\n}\n");
    session.set_file("policy.json", POLICY);
    let facts = session.model().facts;
    let owners: Vec<&str> = facts.iter().filter(|fact| matches!(fact.kind, FactKind::Grant(_))).map(|fact| fact.owner.as_str()).collect();
    assert_eq!(owners, ["aws_iam_policy.it"]);
}

//! Both readers give one tree; broken parts cost no more than themselves.

use super::*;
use crate::ir::FileId;

fn read(text: &str) -> Parsed<Body> {
    parse(&Src::whole(FileId(0), text))
}

const SAMPLE: &str = r#"
resource "aws_iam_policy" "p" {
  name   = "a-${var.x["k"][0].y}-b"
  list   = [for k, v in var.m : upper(v) if k != "a"]
  map    = { for k, v in var.m : k => v... }
  cond   = var.a ? 1 + 2 * 3 : -4
  splat  = aws_x.y[*].z[0].w
  attrs  = aws_x.y.*.z
  call   = merge(local.a, { "b" = 1, c : [1, "2", null] }, var.l...)
  esc    = "tab\t\"q\" $${no}"
  policy = <<-EOT
    {
      "Action": "${var.a}",
    }
  EOT
  nested "x" y {
    a = !true && (false || x.0 >= 2)
  }
}
"#;

#[test]
fn both_readers_agree() {
    let src = Src::whole(FileId(0), SAMPLE);
    let first = parse(&src);
    let second = reader::body(&src);
    assert!(first.problems.is_empty() && second.problems.is_empty(), "{:?}", second.problems);
    let (first, second) = (&first.tree.blocks[0].body, &second.tree.blocks[0].body);
    for (a, b) in first.attrs.iter().zip(&second.attrs) {
        assert_eq!(a, b, "{}", a.key);
    }
    assert_eq!(first.blocks, second.blocks);
    let policy = first.get("policy").unwrap();
    assert_eq!(policy.to_string(), "{\n  \"Action\": \"${var.a}\",\n}\n");
    let piece = &policy.as_text().unwrap().pieces[1];
    assert_eq!(&SAMPLE[piece.span.range()], "  \"Action\": \"");
}

#[test]
fn what_hcl_edit_refuses_is_read() {
    let doubled = read("a {\n x = 1\n x = 2\n}\n");
    assert!(doubled.problems.is_empty());
    assert_eq!(doubled.tree.blocks[0].body.get("x").unwrap().as_number(), Some(2.0));
    let over_lines = read("a = { for k in b : k => c\n ? 1\n : 2 }\n");
    assert!(over_lines.problems.is_empty(), "{:?}", over_lines.problems);
    let deep = read(&format!("a = {}1{}\n", "[".repeat(100), "]".repeat(100)));
    assert!(deep.problems.is_empty());
}

#[test]
fn a_broken_part_costs_no_more_than_itself() {
    let got = read("a {\n x = [1, = , 2]\n y = 3\n}\nresource \"b\" \"c\" {\n z = \nw = {\n k = 1\n\nresource \"d\" \"e\" {\n v = 1\n}\n");
    assert!(!got.problems.is_empty());
    assert_eq!(got.tree.blocks[0].body.get("y").unwrap().as_number(), Some(3.0));
    assert_eq!(got.tree.blocks.last().unwrap().body.get("v").unwrap().as_number(), Some(1.0));
    for hostile in ["[", "{", "(", "!", "-", "a.", "f(", "\"${", "a+", "x?"] {
        read(&format!("a = {}", hostile.repeat(50_000)));
    }
    assert_eq!(read(&format!("a = 1{}", "+1".repeat(5000))).problems, []);
}

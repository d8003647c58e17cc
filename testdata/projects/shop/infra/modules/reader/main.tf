variable "name" {
  type = string
}

variable "actions" {
  type    = list(string)
  default = ["s3:GetObject"]
}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = var.actions
    resources = ["arn:aws:s3:::${var.name}/*"]
  }
}

resource "aws_iam_policy" "this" {
  name   = "${var.name}-reader"
  policy = data.aws_iam_policy_document.this.json
}

# The shop's infrastructure. The wildcard below comes through a variable of a module.
module "reports" {
  source  = "./modules/reader"
  name    = "reports"
  actions = local.report_actions
}

locals {
  report_actions = ["s3:GetObject", "*"]
}

resource "aws_security_group" "db" {
  name = "shop-db"

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

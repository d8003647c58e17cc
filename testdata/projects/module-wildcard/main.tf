locals {
  environments = toset(["staging", "production"])
}

module "uploads" {
  source   = "./modules/policy"
  for_each = local.environments

  name    = "uploads-${each.key}"
  actions = ["s3:PutObject"]
}

module "jobs" {
  source = "./modules/policy"
  name   = "jobs"
}

module "reports" {
  source = "./modules/policy"
  name   = "reports"
}

resource "aws_iam_role" "jobs" {
  name = "jobs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "jobs" {
  role       = aws_iam_role.jobs.name
  policy_arn = module.jobs.arn
}

variable "name" {
  type = string
}

variable "actions" {
  description = "What the holder may do"
  type        = list(string)
  default     = ["*"]
}

//! The program: everything is in the library, so that tests and editors use the same.

use std::process::ExitCode;

fn main() -> ExitCode {
    seclint::cli::main()
}

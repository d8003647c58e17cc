pub mod tls {
    pub const VERIFY_NOBODY: bool = true;
    pub const VERIFY_NOT: bool = false;
}

pub const SIGNING_KEY: &str = "made up for this test";
pub const ANY_ORIGIN: &str = "*";
pub const OWN_ORIGIN: &str = "https://harbour.example.com";

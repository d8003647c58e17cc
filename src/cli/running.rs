//! How a run goes, whatever it reads: what it leaves out, how much it takes, how much it says.

use clap::Args;

use crate::config::Config;

/// Arguments of every command that scans.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Leave out files and folders that match a glob; a name without `/` matches at any depth
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Skip what is larger than this, in bytes, or with K or M; what is skipped is named
    #[arg(long, value_name = "SIZE", default_value = "8M", value_parser = size)]
    pub(super) max_file_size: u64,
    /// Threads to use; as many as there are processors by default
    #[arg(long, short, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) jobs: usize,
    /// Print findings alone: no summary, no progress
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Name everything that was skipped or not read whole
    #[arg(long, short, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

impl Arguments {
    /// Globs of what is left out, those of `seclint.toml` among them.
    pub(super) fn excluded(&self, config: &Config) -> Vec<String> {
        self.exclude.iter().chain(&config.exclude).cloned().collect()
    }
}

/// Bytes of a size such as `512K` or `8M`. Offsets are 32-bit numbers, so there is an upper end.
fn size(text: &str) -> Result<u64, String> {
    const MOST: u64 = 1 << 30;
    let upper = text.to_ascii_uppercase();
    let (digits, factor) = match upper.strip_suffix(['K', 'M']) {
        Some(digits) => (digits, if upper.ends_with('K') { 1 << 10 } else { 1 << 20 }),
        None => (&*upper, 1),
    };
    let bytes: u64 = digits.parse().map_err(|_| "a size is a number of bytes, or one with K or M: 512K, 8M".to_owned())?;
    bytes.checked_mul(factor).filter(|bytes| *bytes <= MOST).ok_or_else(|| "the limit can't be over 1024M".to_owned())
}

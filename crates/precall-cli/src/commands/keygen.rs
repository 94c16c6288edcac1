//! `precall keygen`: an API key, shown once, and the hash that the settings hold.

use std::process::ExitCode;

use precall_hook::auth::{self, ApiKeys};

use crate::failure::Failure;
use crate::terminal::print;

/// Bytes of a key: nobody guesses 256 bits.
const KEY_BYTES: usize = 32;

/// Make an API key for the vendor, and its hash for the settings.
///
/// The key is printed once and stored nowhere; the settings hold only its SHA-256 hash. To rotate, add
/// the new entry beside the old one, give the vendor the new key, and remove the old entry.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Who will hold the key; this name is logged with each of its calls.
    #[arg(default_value = "vendor")]
    name: String,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let key = format!("{}{}", auth::KEY_PREFIX, random_key()?);
    let entry = format!("{}={}", arguments.name, auth::hash(&key));
    ApiKeys::parse(&entry)?;
    print(&format!(
        "Key for `{}`, shown this once. The vendor sends it as code=:\n\n  {key}\n\n\
         Entry for PRECALL_API_KEYS (several are joined by commas):\n\n  {entry}\n\n\
         Key for PRECALL_NUMBER_HASH_KEY, if you have none yet; keep it when API keys change, so that a\n\
         number's hash in the log stays the same:\n\n  {}\n",
        arguments.name,
        random_key()?
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn random_key() -> Result<String, Failure> {
    use std::fmt::Write;
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers from the operating system: {error}"))?;
    let mut key = String::with_capacity(2 * KEY_BYTES);
    for byte in bytes {
        write!(key, "{byte:02x}")?;
    }
    Ok(key)
}

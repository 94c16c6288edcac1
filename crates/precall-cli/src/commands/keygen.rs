//! `precall keygen`: makes an API key, and its hash for the settings.

use std::process::ExitCode;

use precall_hook::auth::{self, ApiKeys, MAX_NAME};

use crate::failure::Failure;
use crate::terminal::print;

/// Bytes of a key. 256 bits cannot be guessed.
const KEY_BYTES: usize = 32;

/// Make an API key for the vendor, and its hash for the settings.
///
/// The key is printed once and stored nowhere; the settings contain only its SHA-256 hash. To rotate, add
/// the new entry beside the old one, give the vendor the new key, and remove the old entry.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The client's name. The log shows it with each of the client's calls.
    #[arg(default_value = "vendor")]
    name: String,
}

/// Runs the command.
///
/// # Errors
/// When the name cannot be used, or there are no random numbers.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let key = format!("{}{}", auth::KEY_PREFIX, random_key()?);
    let entry = format!("{}={}", arguments.name, auth::hash(&key));
    // The hash is right, so only the name can be wrong.
    ApiKeys::parse(&entry).map_err(|_error| {
        format!(
            "the name {:?} is not 1 to {MAX_NAME} letters, digits, `-`, `_` or `.`; write another name, such as vendor-2026-12",
            arguments.name
        )
    })?;
    print(&format!(
        "Key for `{}`, shown only once. The vendor sends it as code=:\n\n  {key}\n\n\
         Entry for PRECALL_API_KEYS (several are joined by commas):\n\n  {entry}\n\n\
         Key for PRECALL_NUMBER_HASH_KEY, if you have none yet; keep it when API keys change, so that a\n\
         number's hash in the log stays the same:\n\n  {}\n",
        arguments.name,
        random_key()?
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn random_key() -> Result<String, Failure> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers from the operating system: {error}"))?;
    Ok(auth::to_hex(&bytes))
}

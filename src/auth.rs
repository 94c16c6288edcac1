//! API keys. They are stored as SHA-256 hashes and compared in constant time. Several can be valid at once, for rotation.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::{ConstantTimeEq, ConstantTimeLess};

/// The beginning of each key of `precall keygen`, which distinguishes a key from its hash.
pub const KEY_PREFIX: &str = "pk_";

/// The greatest length of a holder's name, in bytes.
pub const MAX_NAME: usize = 64;

/// The API keys whose holders may request decisions, by the holders' names.
///
/// ```
/// use precall_hook::auth::{ApiKeys, hash};
///
/// let keys = ApiKeys::parse(&format!("vendor={}", hash("a key")))?;
/// assert_eq!(keys.name_of("a key").as_deref(), Some("vendor"));
/// # Ok::<(), precall_hook::auth::ApiKeysError>(())
/// ```
#[derive(Clone)]
pub struct ApiKeys(Vec<(Arc<str>, [u8; 32])>);

impl ApiKeys {
    /// Reads `vendor=<sha256 hex>,second=<sha256 hex>`.
    ///
    /// # Errors
    /// Describes the first entry that cannot be read. The error never repeats a value, which may be the key itself instead of
    /// its hash.
    pub fn parse(text: &str) -> Result<Self, ApiKeysError> {
        let mut keys = Vec::<(Arc<str>, [u8; 32])>::new();
        for (i, entry) in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let (name, hash) = read_entry(entry, i + 1)?;
            if keys.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                return Err(ApiKeysError::DuplicateName(i + 1));
            }
            keys.push((name.into(), hash));
        }
        if keys.is_empty() { Err(ApiKeysError::Empty) } else { Ok(Self(keys)) }
    }

    /// Returns the name of the key's holder. It compares all hashes, so it takes the same time for every key.
    pub fn name_of(&self, key: &str) -> Option<Arc<str>> {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let mut found = u32::MAX;
        for (i, (_, known)) in (0_u32..).zip(&self.0) {
            let hit = known.ct_eq(&hash);
            found = subtle::ConditionallySelectable::conditional_select(&found, &i, hit & i.ct_lt(&found));
        }
        self.0.get(usize::try_from(found).ok()?).map(|(name, _)| Arc::clone(name))
    }

    /// Returns the names of the keys' holders, in the order of the setting.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().map(|(name, _)| name)
    }

    /// Returns a secret that only the instances share, made from the first key's hash.
    pub(crate) fn shared_secret(&self) -> [u8; 32] {
        let first = self.0.first().map(|(_, hash)| *hash).unwrap_or_default();
        Sha256::new_with_prefix(b"precall number hash\0").chain_update(first).finalize().into()
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The error of a setting of API keys. It has the entry's position, from 1, and never a value, which may be the key
/// itself in place of its hash.
///
/// ```
/// use precall_hook::auth::{ApiKeys, ApiKeysError};
///
/// assert_eq!(ApiKeys::parse("vendor").unwrap_err(), ApiKeysError::NoHash(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeysError {
    /// There is no entry.
    Empty,
    /// The entry has no `=`.
    NoHash(usize),
    /// The name is empty, too long, or has other characters than it may have.
    InvalidName(usize),
    /// The entry has a key where the hash belongs.
    Key(usize),
    /// The hash is not a SHA-256 in hex.
    InvalidHash(usize),
    /// The hash is that of an empty key.
    EmptyKey(usize),
    /// Another entry has the same name.
    DuplicateName(usize),
}

impl fmt::Display for ApiKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty; `precall keygen` prints an entry"),
            Self::NoHash(nth) => write!(f, "entry {nth} is not NAME=HASH; `precall keygen` prints one"),
            Self::InvalidName(nth) => write!(
                f,
                "the name of entry {nth} is not one to {MAX_NAME} letters, digits, `-`, `_` or `.`; write another name"
            ),
            Self::Key(nth) => {
                write!(f, "entry {nth} contains a key; write its hash, which `precall keygen` prints with the key")
            }
            Self::InvalidHash(nth) => {
                write!(f, "the hash of entry {nth} is not 64 hex digits (SHA-256); `precall keygen` prints one")
            }
            Self::EmptyKey(nth) => {
                write!(f, "the hash of entry {nth} is that of an empty key; `precall keygen` prints one")
            }
            Self::DuplicateName(nth) => {
                write!(f, "the name of entry {nth} is there twice; give each key a name of its own")
            }
        }
    }
}

impl Error for ApiKeysError {}

/// Reads `NAME=HASH`, the entry at this position.
fn read_entry(entry: &str, position: usize) -> Result<(&str, [u8; 32]), ApiKeysError> {
    let (name, hash) = entry.split_once('=').ok_or(ApiKeysError::NoHash(position))?;
    let (name, hash) = (name.trim(), hash.trim());
    let is_name = (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_name {
        return Err(ApiKeysError::InvalidName(position));
    }
    if hash.starts_with(KEY_PREFIX) || name.starts_with(KEY_PREFIX) {
        return Err(ApiKeysError::Key(position));
    }
    let hash = from_hex(hash).ok_or(ApiKeysError::InvalidHash(position))?;
    if hash == <[u8; 32]>::from(Sha256::digest(b"")) {
        return Err(ApiKeysError::EmptyKey(position));
    }
    Ok((name, hash))
}

/// Returns the hash of a key, as `PRECALL_API_KEYS` has it.
pub fn hash(key: &str) -> String {
    to_hex(&Sha256::digest(key.as_bytes()))
}

/// Returns bytes as lower-case hex digits.
pub fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // A write to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

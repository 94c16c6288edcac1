//! Numbers within the notations of SIP, of `tel` addresses and of dialled strings: `"Bob" <sip:+13155550100@host;user=phone>`,
//! `tel:+13155550100;ext=22`, `+13155550100 x22`.

use super::error::NumberError;
use super::repair::NumberRepair;

/// The greatest number of digits of an extension. More digits may be another number.
const MAX_EXTENSION_DIGITS: usize = 6;

/// The beginnings of an extension, in lower case; a longer one before its own beginning.
const EXTENSION_SIGNS: [&str; 10] = ["extension", "extn", "ext", "x", "#", ",", "p", "w", ";", "durchwahl"];

/// The names of a `tel` address's extension, in lower case (RFC 3966, 3).
const EXTENSION_NAMES: [&str; 3] = ["ext", "extension", "postd"];

/// The parameter of the context of a number without a + (RFC 3966, 5.1.5).
const CONTEXT_NAME: &str = "phone-context";

/// A parameter of an address that is not a context of its number, though its name ends like one (RFC 4904).
const TRUNK_CONTEXT_NAME: &str = "trunk-context";

/// The context of a number without a +.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhoneContext<'t> {
    /// The digits after the + of a country code, with separators.
    Country(&'t str),
    /// A name without digits, such as a host's.
    Name,
    /// A text that may mean a country, and does not name one.
    Unclear,
}

impl<'t> PhoneContext<'t> {
    fn of(value: &'t str) -> Self {
        // A raw + may have arrived as a blank.
        match value.strip_prefix(['+', ' ']) {
            Some(digits) => Self::Country(digits),
            None if value.trim().is_empty() || value.contains(|c: char| c.is_ascii_digit() || c == '+') => {
                Self::Unclear
            }
            None => Self::Name,
        }
    }
}

/// The number within a text, and the parts around it.
#[derive(Debug)]
pub(super) struct Notation<'t> {
    /// The number, still with its separators.
    pub(super) number: &'t str,
    /// The `phone-context`, within which a number without a + is valid.
    pub(super) context: Option<PhoneContext<'t>>,
    /// True if there are digits of an extension.
    pub(super) has_extension: bool,
    pub(super) repairs: Vec<NumberRepair>,
}

impl<'t> Notation<'t> {
    /// Finds the number in a text of plain characters.
    ///
    /// # Errors
    /// The text is not one of the notations, or has several addresses.
    pub(super) fn read(text: &'t str) -> Result<Self, NumberError> {
        let mut notation = Self { number: text, context: None, has_extension: false, repairs: Vec::new() };
        notation.leave_brackets()?;
        let scheme = ["sips:", "sip:", "tel:", "callto:"].into_iter().find_map(|scheme| {
            let beginning = notation.number.get(..scheme.len())?;
            beginning.eq_ignore_ascii_case(scheme).then_some(scheme)
        });
        notation.number = notation.number.get(scheme.map_or(0, str::len)..).unwrap_or_default();
        notation.leave_host()?;
        if scheme.is_some_and(|scheme| scheme.starts_with("sip")) && is_ip_address(notation.number) {
            return Err(NumberError::NotANumber);
        }
        notation.leave_parameters()?;
        notation.leave_extension()?;
        notation.repairs.sort_unstable();
        notation.repairs.dedup();
        Ok(notation)
    }

    /// Leaves the display name and the angle brackets: `"Bob" <sip:…>;tag=1`.
    fn leave_brackets(&mut self) -> Result<(), NumberError> {
        let Some((_display, rest)) = self.number.split_once('<') else { return Ok(()) };
        let (address, after) = rest.split_once('>').ok_or(NumberError::NotANumber)?;
        let after = after.trim();
        if address.contains('<') || after.contains(['<', '>']) || !(after.is_empty() || after.starts_with(';')) {
            return Err(NumberError::NotANumber);
        }
        if !after.is_empty() {
            self.repairs.push(NumberRepair::Parameters);
            self.find_context(after)?;
        }
        self.number = address;
        Ok(())
    }

    /// Leaves the host of a SIP address, and the parameters and headers after it.
    fn leave_host(&mut self) -> Result<(), NumberError> {
        let Some((user, host)) = self.number.split_once('@') else { return Ok(()) };
        let (host, parameters) = host.split_at(host.find([';', '?']).unwrap_or(host.len()));
        if !is_host(host) || parameters.contains('@') {
            return Err(NumberError::NotANumber);
        }
        if !parameters.is_empty() {
            self.repairs.push(NumberRepair::Parameters);
            self.find_context(parameters.split('?').next().unwrap_or_default())?;
        }
        self.number = user;
        Ok(())
    }

    /// Leaves the parameters of a number: `;phone-context=+1;ext=22`.
    fn leave_parameters(&mut self) -> Result<(), NumberError> {
        let Some((number, parameters)) = self.number.split_once(';') else { return Ok(()) };
        if !parameters.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()) {
            // A pause and keys.
            return Ok(());
        }
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = name.trim().to_ascii_lowercase();
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') || !is_value(value) {
                return Err(NumberError::NotANumber);
            }
            self.keep_context(&name, value)?;
            match name.as_str() {
                name if EXTENSION_NAMES.contains(&name) => {
                    self.has_extension = true;
                    self.repairs.push(NumberRepair::Extension);
                }
                _ => self.repairs.push(NumberRepair::Parameters),
            }
        }
        self.number = number;
        Ok(())
    }

    /// Finds the context within parameters that are left out.
    fn find_context(&mut self, parameters: &'t str) -> Result<(), NumberError> {
        for parameter in parameters.split(';') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            self.keep_context(&name.trim().to_ascii_lowercase(), value)?;
        }
        Ok(())
    }

    /// Keeps the value of a parameter that is the number's context. Under a name that is only like it, the value is unclear.
    ///
    /// # Errors
    /// There is a context already.
    fn keep_context(&mut self, name: &str, value: &'t str) -> Result<(), NumberError> {
        if !name.ends_with("context") || name == TRUNK_CONTEXT_NAME {
            return Ok(());
        }
        let context = if name == CONTEXT_NAME { PhoneContext::of(value) } else { PhoneContext::Unclear };
        if self.context.replace(context).is_some() { Err(NumberError::NotANumber) } else { Ok(()) }
    }

    /// Leaves an extension, or the keys that are pressed after the call is answered.
    fn leave_extension(&mut self) -> Result<(), NumberError> {
        let Some(end) = self.number.find(|c: char| c.is_ascii_alphabetic() || matches!(c, ',' | ';' | '#')) else {
            return Ok(());
        };
        let (number, tail) = self.number.split_at(end);
        if !number.contains(|c: char| c.is_ascii_digit()) {
            return Err(NumberError::NotANumber);
        }
        if is_scientific(self.number) {
            return Err(NumberError::Scientific);
        }
        self.has_extension |= has_keys(tail)?;
        self.repairs.push(NumberRepair::Extension);
        self.number = number;
        Ok(())
    }
}

/// Reads the text after a number, and returns true if it has digits.
fn has_keys(tail: &str) -> Result<bool, NumberError> {
    let tail = tail.trim().to_ascii_lowercase();
    let sign = EXTENSION_SIGNS.into_iter().find(|sign| tail.starts_with(sign)).ok_or(NumberError::NotANumber)?;
    let keys = tail.get(sign.len()..).unwrap_or_default().trim_start_matches([' ', '.', ':', '=', ',', ';', 'p', 'w']);
    let keys = keys.trim_end_matches(['#', ',', ';']);
    let is_sign_alone = matches!(sign, "#" | "," | ";");
    if !keys.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'#' | b'*')) {
        return Err(NumberError::NotANumber);
    }
    match keys.bytes().filter(u8::is_ascii_digit).count() {
        0 if keys.is_empty() && is_sign_alone => Ok(false),
        0 => Err(NumberError::NotANumber),
        1..=MAX_EXTENSION_DIGITS => Ok(true),
        _ => Err(NumberError::Several),
    }
}

/// Returns true for a number as spreadsheets write long ones: `3.15555E+09`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.trim().split_once(['e', 'E']) else { return false };
    let exponent = exponent.trim_start_matches(['+', '-']);
    let is_of = |text: &str, signs: &[char]| {
        text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || signs.contains(&c))
    };
    is_of(mantissa, &['.', ',', '+']) && is_of(exponent, &[])
}

/// Returns true for the host of an address: a name with a letter, or an IP address, with or without a port. A host of digits may be
/// a second number.
fn is_host(text: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_name = host.contains(|c: char| c.is_ascii_alphabetic())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    port.is_none_or(is_port) && (is_name || is_ip_address(host))
}

/// Returns true for an IP address: four numbers up to 255, or hexadecimal groups with at least two colons.
fn is_ip_address(text: &str) -> bool {
    let is_four = text.split('.').count() == 4 && text.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_group = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    is_four || text.matches(':').count() >= 2 && text.bytes().all(is_group)
}

fn is_value(text: &str) -> bool {
    !text.contains(|c: char| matches!(c, '<' | '>' | '"' | ',') || c.is_control())
        && !text.trim_end().contains([' ', '\t'])
        || is_blank_plus(text)
}

/// Returns true for a value whose + arrived as a blank.
fn is_blank_plus(text: &str) -> bool {
    text.strip_prefix(' ').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

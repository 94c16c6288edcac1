//! The caller of a request, who may be withheld or unreadable.

use percent_encoding::percent_decode_str;
use precall::Number;
use precall::number::{NumberRepair, is_withheld};

/// The greatest length of an unreadable caller's text in the log, in characters.
const MAX_UNREADABLE: usize = 60;

/// The greatest number of times that a text of the log may have been percent-encoded.
const MAX_DECODES: usize = 3;

/// The caller of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The number; `None` if it is withheld, absent or unreadable.
    pub number: Option<Number>,
    /// The text of a caller that is neither a number nor withheld, such as `FreeSWITCH`, shortened. It is not masked.
    pub unreadable: Option<String>,
    /// The parts of the text that were left out.
    pub repairs: Vec<NumberRepair>,
}

impl Caller {
    /// Reads the values of `from`. A caller that cannot be read, or several different ones, are a caller without a number: the
    /// rules for the callee still protect it.
    pub fn read(values: &[String]) -> Self {
        let Some((first, others)) = values.split_first() else { return Self::default() };
        if others.iter().any(|other| other != first) {
            return Self { unreadable: Some(shown(&values.join(" | "))), ..Self::default() };
        }
        if is_withheld(first) {
            return Self::default();
        }
        match Number::read_query(first) {
            Ok(read) => Self { number: Some(read.number), unreadable: None, repairs: read.repairs },
            Err(_) => Self { unreadable: Some(shown(first)), ..Self::default() },
        }
    }
}

/// Returns the beginning of a text, without percent-encoding, in which a number could hide from the mask.
fn shown(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAX_DECODES {
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
    }
    text.chars().filter(|c| !c.is_control()).take(MAX_UNREADABLE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_a_number_withheld_or_unreadable() {
        for (values, number, unreadable) in [
            (&[][..], None, None),
            (&["+12125550100"][..], Some("+12125550100"), None),
            (&["+12125550100", "+12125550100"][..], Some("+12125550100"), None),
            (&["+12125550100", "+12125550101"][..], None, Some("+12125550100 | +12125550101")),
            (&["sip:+12125550100@pbx.example;user=phone"][..], Some("+12125550100"), None),
            (&["anonymous"][..], None, None),
            (&["+266696687"][..], None, None),
            (&["7378742833"][..], None, None),
            (&[""][..], None, None),
            (&["FreeSWITCH"][..], None, Some("FreeSWITCH")),
            (&["TOLL FREE"][..], None, Some("TOLL FREE")),
            (&["International"][..], None, Some("International")),
            (&["no-cid"][..], None, Some("no-cid")),
            (&["s"][..], None, Some("s")),
            (&["+"][..], None, Some("+")),
            (&["{{from}}"][..], None, Some("{{from}}")),
            (&["%2533%2531%2535"][..], Some("315"), None),
            (&["%41%42%43"][..], None, Some("ABC")),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            let caller = Caller::read(&values);
            assert_eq!(caller.number.as_ref().map(Number::as_str), number, "{values:?}");
            assert_eq!(caller.unreadable.as_deref(), unreadable, "{values:?}");
        }
        let long = Caller::read(&["x".repeat(1_000)]).unreadable.unwrap_or_default();
        assert_eq!(long.len(), MAX_UNREADABLE);
    }
}

//! The words of a line.

use std::collections::VecDeque;

use super::mistake::LineFault;

/// The words of a line that were not read yet.
pub struct LineWords<'t>(VecDeque<&'t str>);

impl<'t> LineWords<'t> {
    /// Splits a line at blanks.
    pub fn of(line: &'t str) -> Self {
        Self(line.split_whitespace().collect())
    }

    /// Returns the next word, and leaves it there.
    pub fn peek(&self) -> Option<&'t str> {
        self.0.front().copied()
    }

    /// Returns true if the next word is this one, in any letter case.
    pub fn is_next(&self, word: &str) -> bool {
        self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word))
    }

    /// Reads the next word if it is this one. Returns true if it was read.
    pub fn take(&mut self, word: &str) -> bool {
        self.take_phrase(&[word])
    }

    /// Reads the next words if they are these. Returns true if they were read.
    pub fn take_phrase(&mut self, phrase: &[&str]) -> bool {
        let mut next = self.0.iter();
        let is_next = phrase.iter().all(|word| next.next().is_some_and(|next| next.eq_ignore_ascii_case(word)));
        if is_next {
            self.0.drain(..phrase.len());
        }
        is_next
    }

    /// Reads the next word.
    ///
    /// # Errors
    /// If there is none. The error names the missing part.
    pub fn next(&mut self, missing: &'static str) -> Result<&'t str, LineFault> {
        self.0.pop_front().ok_or(LineFault::Ends(missing))
    }

    /// Reads all remaining words: the name of a rule may have blanks. Backticks around them are removed.
    ///
    /// # Errors
    /// If there is none. The error names the missing part.
    pub fn rest(&mut self, missing: &'static str) -> Result<String, LineFault> {
        let mut rest = self.next(missing)?.to_owned();
        for word in self.0.drain(..) {
            rest.push(' ');
            rest.push_str(word);
        }
        Ok(rest.trim_matches('`').to_owned())
    }

    /// Checks that all words were read.
    ///
    /// # Errors
    /// If one was not.
    pub fn end(&self) -> Result<(), LineFault> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(LineFault::Leftover(word.to_owned())),
        }
    }
}

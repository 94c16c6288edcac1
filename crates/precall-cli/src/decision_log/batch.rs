//! Messages of a log on their way to the threads that parse them.

/// A message's position: the input, and the number of the line or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    pub input: usize,
    pub nth: u64,
    pub unit: PositionUnit,
}

/// The unit in which an input's messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PositionUnit {
    /// A line of a text.
    Line,
    /// An event of a JSON answer or array.
    Event,
}

impl PositionUnit {
    /// Returns its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Event => "event",
        }
    }
}

/// Several messages in one piece.
#[derive(Debug)]
pub struct LineBatch {
    input: usize,
    pub unit: PositionUnit,
    pub text: Vec<u8>,
    /// The end of each message in the text, and the message's number.
    ends: Vec<(usize, u64)>,
}

impl LineBatch {
    /// An empty batch of an input.
    pub fn new(input: usize, unit: PositionUnit) -> Self {
        Self { input, unit, text: Vec::new(), ends: Vec::new() }
    }

    /// Returns true if the batch has no message.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds a message.
    pub fn push(&mut self, nth: u64, message: &[u8]) {
        self.text.extend_from_slice(message);
        self.end_message(nth);
    }

    /// Makes a message of the text that was added since the last message.
    pub fn end_message(&mut self, nth: u64) {
        self.ends.push((self.text.len(), nth));
    }

    /// Returns the messages with their positions.
    pub fn lines(&self) -> impl Iterator<Item = (LogPosition, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(end, nth)| {
            let text = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            (LogPosition { input: self.input, nth: *nth, unit: self.unit }, text)
        })
    }
}

//! Stretches of time.

use jiff::Timestamp;

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Span {
    /// All time.
    pub const EVER: Self = Self { start: Timestamp::MIN, end: Timestamp::MAX };

    /// What of it is in another; without an instant where nothing is.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// Whether an instant is in it.
    pub fn holds(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// Stretches of time, in order and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spans(Vec<Span>);

/// In any order. Those without an instant are left out.
impl FromIterator<Span> for Spans {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().filter(|span| span.start < span.end).collect();
        spans.sort_unstable_by_key(|span| span.start);
        let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => apart.push(span),
            }
        }
        Self(apart)
    }
}

impl Spans {
    /// All time.
    pub fn ever() -> Self {
        Self(vec![Span::EVER])
    }

    /// Each, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = Span> {
        self.0.iter().copied()
    }

    /// The one that an instant is in.
    pub fn at(&self, at: Timestamp) -> Option<Span> {
        self.iter().find(|span| span.holds(at))
    }

    /// Whether all of a stretch is in them.
    pub fn cover(&self, other: Span) -> bool {
        self.iter().any(|span| span.start <= other.start && other.end <= span.end)
    }

    /// Whether some of a stretch is in them.
    pub fn meet(&self, other: Span) -> bool {
        self.iter().any(|span| span.start < other.end && other.start < span.end)
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Vec::with_capacity(self.0.len().max(other.0.len()));
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
            let span = one.within(**other);
            if span.start < span.end {
                both.push(span);
            }
            // The one that ends first meets nothing that comes later.
            if one.end < other.end {
                left.next()
            } else {
                right.next()
            };
        }
        Self(both)
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// What is not in them.
    #[must_use]
    pub fn not(&self) -> Self {
        let starts = std::iter::once(Timestamp::MIN).chain(self.iter().map(|span| span.end));
        let ends = self.iter().map(|span| span.start).chain([Timestamp::MAX]);
        starts.zip(ends).map(|(start, end)| Span { start, end }).collect()
    }
}

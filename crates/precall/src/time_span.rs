//! Spans of time, and sets of them.

use jiff::Timestamp;

/// A span of time.
///
/// ```
/// use precall::calling_hours::TimeSpan;
///
/// let day = TimeSpan { start: "2026-12-01T00:00Z".parse().unwrap(), end: "2026-12-02T00:00Z".parse().unwrap() };
/// assert!(day.contains(day.start) && !day.contains(day.end));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after the span.
    pub end: Timestamp,
}

impl TimeSpan {
    /// All time.
    pub const EVER: Self = Self { start: Timestamp::MIN, end: Timestamp::MAX };

    /// Returns the part of the span that is also in another span. If there is no such part, the result contains no instant.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// Returns true if an instant is in the span. A span up to [`Timestamp::MAX`] has no end, so it contains that instant too.
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && (at < self.end || self.end == Timestamp::MAX)
    }
}

/// A set of spans of time. They are in order and do not touch.
///
/// ```
/// use precall::calling_hours::{TimeSpan, TimeSpans};
///
/// assert_eq!(TimeSpans::ever().iter().next(), Some(TimeSpan::EVER));
/// assert_eq!(TimeSpans::ever().not(), TimeSpans::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeSpans(Vec<TimeSpan>);

/// Collects spans in any order. It leaves out spans without an instant.
impl FromIterator<TimeSpan> for TimeSpans {
    fn from_iter<I: IntoIterator<Item = TimeSpan>>(spans: I) -> Self {
        let mut spans: Vec<TimeSpan> = spans.into_iter().filter(|span| span.start < span.end).collect();
        spans.sort_unstable_by_key(|span| span.start);
        let mut apart: Vec<TimeSpan> = Vec::with_capacity(spans.len());
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => apart.push(span),
            }
        }
        Self(apart)
    }
}

impl TimeSpans {
    /// All time.
    pub fn ever() -> Self {
        Self(vec![TimeSpan::EVER])
    }

    /// Returns each span, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = TimeSpan> {
        self.0.iter().copied()
    }

    /// Returns the span that contains an instant.
    pub fn at(&self, at: Timestamp) -> Option<TimeSpan> {
        self.iter().find(|span| span.contains(at))
    }

    /// Returns true if a whole span is in the set.
    pub fn cover(&self, other: TimeSpan) -> bool {
        self.iter().any(|span| span.start <= other.start && other.end <= span.end)
    }

    /// Returns true if at least a part of a span is in the set.
    pub fn meet(&self, other: TimeSpan) -> bool {
        self.iter().any(|span| span.start < other.end && other.start < span.end)
    }

    /// Returns the time that is in both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Vec::with_capacity(self.0.len().max(other.0.len()));
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
            let span = one.within(**other);
            if span.start < span.end {
                both.push(span);
            }
            // The span that ends first cannot overlap any later span.
            if one.end < other.end {
                left.next()
            } else {
                right.next()
            };
        }
        Self(both)
    }

    /// Returns the time that is in at least one of the sets.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// Returns the time that is not in the set.
    #[must_use]
    pub fn not(&self) -> Self {
        let starts = std::iter::once(Timestamp::MIN).chain(self.iter().map(|span| span.end));
        let ends = self.iter().map(|span| span.start).chain([Timestamp::MAX]);
        starts.zip(ends).map(|(start, end)| TimeSpan { start, end }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(ends: &[(i64, i64)]) -> TimeSpans {
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        ends.iter().map(|(start, end)| TimeSpan { start: at(*start), end: at(*end) }).collect()
    }

    #[test]
    fn spans_that_touch_become_one() {
        assert_eq!(spans(&[(5, 7), (1, 3), (3, 4), (9, 9)]), spans(&[(1, 4), (5, 7)]));
    }

    #[test]
    fn and_or_not() {
        let (one, other) = (spans(&[(1, 4), (6, 9)]), spans(&[(3, 7)]));
        assert_eq!(one.and(&other), spans(&[(3, 4), (6, 7)]));
        assert_eq!(one.or(&other), spans(&[(1, 9)]));
        assert_eq!(one.not().not(), one);
        assert_eq!(one.and(&one.not()), TimeSpans::default());
    }
}

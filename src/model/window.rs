//! The window of a broadcast: while it is open, nothing may make the origin feel the crowd.

use super::Event;
use jiff::{SignedDuration, Timestamp};

/// A window that is open, or about to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When the broadcast begins, if that is still to come.
    pub opens: Option<Timestamp>,
    /// When its window closes.
    pub closes: Timestamp,
}

impl Event {
    /// Whoever empties a cache within the hour before leaves it to the crowd to fill it: hardly anybody comes until then.
    pub const EVE: SignedDuration = SignedDuration::from_hours(1);
    /// Where no end is configured: most of those who come at all come within half an hour (see `Bound`).
    const USUAL: SignedDuration = SignedDuration::from_mins(30);

    /// The window, when it is open at this time or opens within [`Event::EVE`].
    pub fn window(&self, now: Timestamp) -> Option<Window> {
        let closes = self.ends.or_else(|| self.starts?.checked_add(Self::USUAL).ok())?;
        let opens = self.starts.filter(|starts| now < *starts);
        let near = opens.is_none_or(|starts| starts.duration_since(now) <= Self::EVE);
        (near && now < closes).then_some(Window { opens, closes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_an_hour_before_the_broadcast_and_closes_with_it() {
        let at = |time: &str| -> Timestamp { format!("2026-12-24T{time}:00Z").parse().unwrap() };
        let event = |starts: Option<&str>, ends: Option<&str>| Event {
            starts: starts.map(at),
            ends: ends.map(at),
            visitors: None,
        };
        let both = event(Some("20:00"), Some("21:00"));
        for (now, opens) in
            [("18:59", None), ("19:00", Some(true)), ("20:00", Some(false)), ("20:59", Some(false)), ("21:00", None)]
        {
            let window = both.window(at(now));
            assert_eq!(window.map(|it| it.opens.is_some()), opens, "{now}");
        }
        assert_eq!(event(Some("20:00"), None).window(at("20:29")).map(|it| it.closes), Some(at("20:30")));
        assert_eq!(event(Some("20:00"), None).window(at("20:30")), None);
        assert!(event(None, Some("21:00")).window(at("03:00")).is_some());
        assert_eq!(event(None, None).window(at("03:00")), None);
    }
}

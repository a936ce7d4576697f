//! Instants as people read them: in the time zone of this machine (`TZ`, else the system's), to the second, with the offset, so
//! that nobody on another machine takes it for their own. What programs read stays UTC (RFC 3339).

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant: `2026-11-27 23:00:00 +01:00`.
pub fn when(at: Timestamp) -> String {
    shown(at, TimeZone::system())
}

/// An instant as control objects carry it; what is none stays as it is.
pub fn when_noted(at: &str) -> String {
    at.parse().map_or_else(|_| at.to_owned(), when)
}

fn shown(at: Timestamp, zone: TimeZone) -> String {
    at.to_zoned(zone).strftime("%F %T %:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_in_a_persons_zone_to_the_second() {
        let at: Timestamp = "2026-11-27T22:00:00.123456789Z".parse().unwrap();
        let paris = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(shown(at, paris.clone()), "2026-11-27 23:00:00 +01:00");
        let summer: Timestamp = "2026-06-30T22:00:00Z".parse().unwrap();
        assert_eq!(shown(summer, paris), "2026-07-01 00:00:00 +02:00");
        assert_eq!(shown(at, TimeZone::UTC), "2026-11-27 22:00:00 +00:00");
        assert_eq!(when_noted("yesterday"), "yesterday");
    }
}

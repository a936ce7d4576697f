//! Against real servers and other people's parsers.

//! Whether an answer stands under its path whatever the query: `No-Vary-Search` (draft-ietf-httpbis-no-vary-search,
//! section 3), of which the one form is understood that names no parameter.

use http::HeaderMap;

/// Whether every query gets this answer: `params` alone. A list of parameters, an exception or a field that does not parse
/// counts as none: the query then chooses the answer as ever.
pub(super) fn whatever_the_query(headers: &HeaderMap) -> bool {
    let values: Vec<&[u8]> = headers.get_all("no-vary-search").iter().map(http::HeaderValue::as_bytes).collect();
    let Ok(fields) = sfv::Parser::new(&values.join(&b", "[..])).parse::<sfv::Dictionary>() else { return false };
    let all = |name: &str| match fields.get(name) {
        Some(sfv::ListEntry::Item(item)) => item.bare_item == sfv::BareItem::Boolean(true),
        _ => false,
    };
    all("params") && !fields.contains_key("except")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_without_names_covers_every_query() {
        let said = |value: &'static str| {
            whatever_the_query(&HeaderMap::from_iter([("no-vary-search".parse().unwrap(), value.parse().unwrap())]))
        };
        for yes in ["params", "params=?1", "key-order, params"] {
            assert!(said(yes), "{yes}");
        }
        for no in
            ["", "key-order", "params=?0", "params=(\"a\")", "params, except=(\"a\")", "params=\"a\"", "params,,", "é"]
        {
            assert!(!said(no), "{no}");
        }
        assert!(!whatever_the_query(&HeaderMap::new()));
    }
}

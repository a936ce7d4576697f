//! Lengths and media conditions, as far as `sizes` and `media` use them (CSS Values 4, Media Queries 4).

use super::View;

/// The width in CSS pixels that `sizes` gives a picture.
pub(super) fn width_of(sizes: &str, view: View) -> f64 {
    let mut parts = split(sizes, ',').into_iter().map(|part| part.trim().to_owned()).filter(|part| part != "auto");
    let matching = parts.find_map(|part| {
        // The length is the last word that is not inside of parentheses.
        let (condition, length) = last_word(&part);
        (condition.is_empty() || matches(condition, view)).then(|| length_of(length, view)).flatten()
    });
    matching.unwrap_or(view.width)
}

/// Whether a media query holds. One that is not understood does not.
pub(super) fn matches(query: &str, view: View) -> bool {
    split(query, ',').iter().any(|query| {
        let query = query.trim().to_ascii_lowercase();
        let (not, query) = query.strip_prefix("not ").map_or((false, query.as_str()), |rest| (true, rest));
        let all = query.split(" and ").all(|part| feature(part.trim().trim_start_matches("only ").trim(), view));
        all != not
    })
}

fn feature(part: &str, view: View) -> bool {
    let inside = part.strip_prefix('(').and_then(|part| part.strip_suffix(')'));
    let Some(inside) = inside else { return matches!(part, "" | "all" | "screen") };
    if let Some((name, value)) = inside.split_once(':') {
        let value = value.trim();
        return match name.trim() {
            "min-width" => length_of(value, view).is_some_and(|length| view.width >= length),
            "max-width" => length_of(value, view).is_some_and(|length| view.width <= length),
            "width" => length_of(value, view).is_some_and(|length| (view.width - length).abs() < 0.5),
            "orientation" => (value == "portrait") == (view.width < 600.0),
            "prefers-color-scheme" => value == "light",
            "prefers-reduced-motion" => value == "no-preference",
            "min-resolution" => density(value).is_some_and(|least| view.density >= least),
            "-webkit-min-device-pixel-ratio" => value.parse().is_ok_and(|least: f64| view.density >= least),
            _ => false,
        };
    }
    for (sign, holds) in [(">=", true), ("<=", false), (">", true), ("<", false)] {
        if let Some((name, value)) = inside.split_once(sign) {
            let wider = length_of(value.trim(), view).map(|length| view.width >= length);
            return name.trim() == "width" && wider.is_some_and(|wider| wider == holds);
        }
    }
    false
}

fn density(value: &str) -> Option<f64> {
    if let Some(number) = value.strip_suffix("dppx").or_else(|| value.strip_suffix('x')) {
        return number.trim().parse().ok();
    }
    value.strip_suffix("dpi").and_then(|number| number.trim().parse().ok()).map(|dpi: f64| dpi / 96.0)
}

/// A length in CSS pixels: numbers with a unit, sums and products in `calc()`, `min()`, `max()`, `clamp()`.
fn length_of(text: &str, view: View) -> Option<f64> {
    let text = text.trim();
    let inside = |name: &str| text.strip_prefix(name).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
    let all = |list: &str| split(list, ',').iter().map(|part| length_of(part, view)).collect::<Option<Vec<f64>>>();
    if let Some(list) = inside("min") {
        return all(list)?.into_iter().reduce(f64::min);
    }
    if let Some(list) = inside("max") {
        return all(list)?.into_iter().reduce(f64::max);
    }
    if let Some(list) = inside("clamp") {
        let [least, wanted, most] = all(list)?[..] else { return None };
        return Some(wanted.min(most).max(least));
    }
    if let Some(sum) = inside("calc").or_else(|| inside("")) {
        return sum_of(sum, view);
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'))?;
    let number: f64 = text[..end].parse().ok()?;
    match &text[end..] {
        "px" => Some(number),
        "vw" | "dvw" | "svw" | "lvw" | "vi" => Some(number * view.width / 100.0),
        "vh" | "dvh" | "svh" | "lvh" => Some(number * view.height / 100.0),
        "em" | "rem" => Some(number * 16.0),
        "ch" | "ex" => Some(number * 8.0),
        "cm" => Some(number * 96.0 / 2.54),
        "mm" => Some(number * 96.0 / 25.4),
        "in" => Some(number * 96.0),
        "pt" => Some(number * 96.0 / 72.0),
        _ => None,
    }
}

fn sum_of(sum: &str, view: View) -> Option<f64> {
    let mut total = 0.0;
    let mut sign = 1.0;
    for word in words(sum) {
        match word.as_str() {
            "+" => sign = 1.0,
            "-" => sign = -1.0,
            product => total += sign * product_of(product, view)?,
        }
    }
    Some(total)
}

/// `100vw`, `2*1rem`, `100vw/3`: space around the signs is taken out before.
fn product_of(product: &str, view: View) -> Option<f64> {
    let mut value: Option<f64> = None;
    for (at, factor) in split(product, '*').iter().enumerate() {
        for (below, part) in split(factor, '/').iter().enumerate() {
            let number = part.trim().parse().ok().or_else(|| length_of(part, view))?;
            value = Some(match value {
                None => number,
                Some(value) if below > 0 => value / number,
                Some(value) => value * number,
            });
        }
        let _ = at;
    }
    value
}

/// The words of a sum; what stands in parentheses, and a product with its factors, is one word.
fn words(sum: &str) -> Vec<String> {
    let joined = sum.replace(" * ", "*").replace(" / ", "/");
    split(&joined, ' ').into_iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Parts between separators that stand outside of parentheses.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The condition and the length of one entry of `sizes`.
fn last_word(part: &str) -> (&str, &str) {
    let depth_at = |end: usize| part[..end].matches('(').count() == part[..end].matches(')').count();
    let space = part.char_indices().rev().filter(|(_, c)| c.is_whitespace()).find(|(at, _)| depth_at(*at));
    space.map_or(("", part), |(at, _)| (part[..at].trim(), part[at..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: View = View::PHONE;

    #[track_caller]
    fn check(sizes: &str, expected: f64) {
        let seen = width_of(sizes, PHONE);
        assert!((seen - expected).abs() < 0.01, "{sizes}: {seen}");
    }

    #[test]
    fn sizes_are_read_as_browsers_read_them() {
        check("100vw", 412.0);
        check("auto, 50vw", 206.0);
        check("(min-width: 900px) 432px, calc(100vw - 2rem)", 380.0);
        check("(max-width: 40em) calc((100vw - 2 * 16px) / 2), 300px", 190.0);
        check("min(720px, 90vw)", 370.8);
        check("(width >= 60rem) 10px, 20px", 20.0);
        check("clamp(100px, 50vw, 150px)", 150.0);
        check("nonsense", 412.0);
    }

    #[test]
    fn a_media_query_holds_or_not() {
        assert!(matches("(max-width: 500px)", PHONE) && matches("screen and (min-width:10em)", PHONE));
        assert!(!matches("print", PHONE) && !matches("(prefers-color-scheme: dark)", PHONE));
        assert!(matches("not print", PHONE) && matches("print, (min-width: 1px)", PHONE));
    }
}

//! Path data (SVG 2, section 9.3) in fewer characters.
//!
//! In: the `d` or `points` attribute. Out: the same shape, or `None` when it does not parse: such data draws up to its
//! error, which must not move. When coordinates are rounded, errors do not add up along relative commands: each is
//! rounded from where the pen really is. A path with arcs is never rounded, because a radius near half its chord turns a
//! thousandth into a visible bulge.

use super::number::{number, short};

/// One command with exactly its own arguments.
struct Step<'a> {
    command: u8,
    arguments: Vec<&'a str>,
}

/// How many arguments a command takes, and which of them is what.
fn layout(command: u8) -> Option<&'static [u8]> {
    Some(match command.to_ascii_lowercase() {
        b'm' | b'l' | b't' => b"xy",
        b'h' => b"x",
        b'v' => b"y",
        b'c' => b"xyxyxy",
        b's' | b'q' => b"xyxy",
        b'a' => b"rraffxy",
        b'z' => b"",
        _ => return None,
    })
}

/// Path data.
pub(super) fn shorten(data: &str, decimals: Option<i32>) -> Option<String> {
    let steps = parse(data)?;
    let arcs = steps.iter().any(|step| step.command.eq_ignore_ascii_case(&b'a'));
    let numbers = match decimals.filter(|_| !arcs) {
        Some(decimals) => rounded(&steps, decimals)?,
        None => steps.iter().map(|step| step.arguments.iter().map(|it| short(it)).collect()).collect(),
    };
    Some(join(&steps, &numbers))
}

/// A list of points.
pub(super) fn shorten_points(data: &str, decimals: Option<i32>) -> Option<String> {
    let mut numbers = Vec::new();
    let mut rest = data.trim_start();
    while !rest.is_empty() {
        let token = number(rest)?;
        numbers.push(match decimals {
            Some(decimals) => round(token.parse().ok()?, decimals),
            None => short(token),
        });
        rest = skip_separator(&rest[token.len()..]);
    }
    let mut out = String::new();
    for one in &numbers {
        push(&mut out, one);
    }
    Some(out)
}

fn parse(data: &str) -> Option<Vec<Step<'_>>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = data.trim_start();
    while let Some(&first) = rest.as_bytes().first() {
        let command = if first.is_ascii_alphabetic() {
            rest = rest[1..].trim_start();
            first
        } else {
            // SVG 2, section 9.3.3: further pairs after a moveto are linetos.
            match steps.last()?.command {
                b'M' => b'L',
                b'm' => b'l',
                b'z' | b'Z' => return None,
                same => same,
            }
        };
        if steps.is_empty() && !command.eq_ignore_ascii_case(&b'm') {
            return None;
        }
        let mut arguments = Vec::new();
        for kind in layout(command)? {
            let token = if *kind == b'f' { flag(rest)? } else { number(rest)? };
            arguments.push(token);
            rest = skip_separator(&rest[token.len()..]);
        }
        steps.push(Step { command, arguments });
    }
    Some(steps)
}

/// Flags are one digit and may stand without anything between them.
fn flag(text: &str) -> Option<&str> {
    text.starts_with(['0', '1']).then(|| &text[..1])
}

fn skip_separator(text: &str) -> &str {
    let text = text.trim_start();
    text.strip_prefix(',').map_or(text, str::trim_start)
}

/// Where the pen should be and where rounding has put it.
#[derive(Clone, Copy, Default)]
struct Pen {
    exact: [f64; 2],
    drawn: [f64; 2],
}

fn rounded(steps: &[Step<'_>], decimals: i32) -> Option<Vec<Vec<String>>> {
    let (mut pen, mut start) = (Pen::default(), Pen::default());
    let mut out = Vec::with_capacity(steps.len());
    for step in steps {
        let base = if step.command.is_ascii_lowercase() { pen } else { Pen::default() };
        let mut numbers = Vec::with_capacity(step.arguments.len());
        for (kind, token) in layout(step.command)?.iter().zip(&step.arguments) {
            let axis = usize::from(*kind == b'y');
            let exact = base.exact[axis] + token.parse::<f64>().ok().filter(|it| it.is_finite())?;
            let text = round(exact - base.drawn[axis], decimals);
            // The last pair of a command is where it ends.
            pen.exact[axis] = exact;
            pen.drawn[axis] = base.drawn[axis] + text.parse::<f64>().ok()?;
            numbers.push(text);
        }
        match step.command {
            b'm' | b'M' => start = pen,
            b'z' | b'Z' => pen = start,
            _ => {}
        }
        out.push(numbers);
    }
    Some(out)
}

fn round(value: f64, decimals: i32) -> String {
    let decimals = usize::try_from(decimals).unwrap_or_default();
    short(&format!("{value:.decimals$}"))
}

fn join(steps: &[Step<'_>], numbers: &[Vec<String>]) -> String {
    let mut out = String::new();
    let mut before = 0;
    for (step, numbers) in steps.iter().zip(numbers) {
        let implied = match before {
            b'M' => b'L',
            b'm' => b'l',
            same => same,
        };
        // A moveto after a moveto must be written: without its letter it would be a lineto.
        if step.command != implied || numbers.is_empty() {
            out.push(char::from(step.command));
        }
        for one in numbers {
            push(&mut out, one);
        }
        before = step.command;
    }
    out
}

/// A separator only where two numbers would read as one.
fn push(out: &mut String, number: &str) {
    let tail = out.rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(0, |at| at + 1);
    let before = &out[tail..];
    let apart = before.is_empty() || number.starts_with('-') || (number.starts_with('.') && before.contains('.'));
    if !apart {
        out.push(' ');
    }
    out.push_str(number);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, decimals: Option<i32>, brief: &str) {
        assert_eq!(shorten(data, decimals).as_deref(), Some(brief));
    }

    #[test]
    fn a_path_says_the_same_in_fewer_characters() {
        check("M 10.0 , 20.50 L 30 40 L 50,-60 Z", None, "M10 20.5 30 40 50-60Z");
        check("M0.5 0.25 0.75 1", None, "M.5.25.75 1");
        check("m1 2 m3 4", None, "m1 2m3 4");
        check("M0 0a1 1 0 01.5.5z", None, "M0 0a1 1 0 0 1 .5.5z");
        check("M1e3 .5", None, "M1e3 .5");
        check("M0 0zl1 1", None, "M0 0zl1 1");
        check("M0 0zm1 1", None, "M0 0zm1 1");
    }

    #[test]
    fn what_does_not_parse_is_left_alone() {
        for broken in ["L1 1", "M1", "M1 1 L", "M1 1 X2", "M1 1Z5 5", "M1 1 , , 2 2"] {
            assert_eq!(shorten(broken, None), None, "{broken}");
        }
        assert_eq!(shorten("", None).as_deref(), Some(""));
    }

    #[test]
    fn rounding_errors_do_not_add_up_along_a_relative_path() {
        let data = format!("m0 0{}", "l.0004 0".repeat(10));
        let made = shorten(&data, Some(3)).unwrap();
        let end: f64 = parse(&made).unwrap().iter().map(|step| step.arguments[0].parse::<f64>().unwrap()).sum();
        assert!((end - 0.004).abs() <= 0.0005, "{made}");
    }

    #[test]
    fn an_arc_is_never_rounded() {
        check("M0 0A5.00049 5 0 0 1 10 0", Some(3), "M0 0A5.00049 5 0 0 1 10 0");
        check("M.12345 0L1 1", Some(3), "M.123 0 1 1");
    }

    #[test]
    fn points_are_shortened_like_a_path() {
        assert_eq!(shorten_points("0,0  10.50,-3 .5 .5", None).as_deref(), Some("0 0 10.5-3 .5.5"));
        assert_eq!(shorten_points("0,0 x", None), None);
    }
}

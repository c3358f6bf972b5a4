//! Numbers as people read them.

/// A number with as many digits as matter: all of a whole one, else about three; thousands apart.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        _ if (value - value.round()).abs() < 1e-9 => 0,
        size if size < 0.1 => 3,
        size if size < 10.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let (whole, broken) = text.split_once('.').unwrap_or((&text, ""));
    let broken = broken.trim_end_matches('0');
    let whole = apart(whole);
    match broken {
        "" => whole,
        broken => format!("{whole}.{broken}"),
    }
}

/// `1234567` as `1,234,567`.
fn apart(whole: &str) -> String {
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The next whole number. What lies above a whole one by an error of floating point is that one.
pub(crate) fn ceil(value: f64) -> f64 {
    (value - 1e-9).ceil().max(0.0)
}

/// A count, of a number that is whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from floating point saturates, and no count here comes near"
)]
pub(crate) fn count(value: f64) -> u32 {
    ceil(value) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_matter() {
        let cases = [
            (0.0, "0"),
            (2.0, "2"),
            (0.054, "0.054"),
            (21.6, "21.6"),
            (2006.6, "2,007"),
            (86.5, "86.5"),
            (165_000.0, "165,000"),
            (1_234_567.8, "1,234,568"),
            (0.1 + 0.2, "0.3"),
            (9.999, "10"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn an_error_of_floating_point_is_no_pod() {
        assert_eq!(count(70.000_000_000_001), 70);
        assert_eq!(count(5.95), 6);
        assert_eq!(count(0.0), 0);
        assert_eq!(count(1e12), u32::MAX);
    }
}

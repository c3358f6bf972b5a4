//! A configuration as a picture that a telephone reads.

use fast_qr::{ECL, QRBuilder};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Black on white, whatever its own colours are.
    Colour,
    /// Only its own colours; they are taken to be light on dark.
    Plain,
}

/// Light squares around a code, without which cameras do not find it (ISO/IEC 18004 wants four; two do, and fit on more screens).
const MARGIN: i64 = 2;

/// The code of a text in lines of half blocks, two squares in a letter; none when the text is too long for any.
pub fn qr_code(text: &str, ink: Ink) -> Option<String> {
    // the least redundancy: a screen has no scratches, and a smaller code fits
    let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
    let size = i64::try_from(code.size).ok()?;
    let is_dark = |row: i64, column: i64| {
        let cell = usize::try_from(row).ok().zip(usize::try_from(column).ok());
        cell.is_some_and(|(row, column)| {
            row < code.size && column < code.size && code[row][column].value()
        })
    };
    let mut picture = String::new();
    for row in (-MARGIN..size + MARGIN).step_by(2) {
        let letters = (-MARGIN..size + MARGIN)
            .map(|column| letter(is_dark(row, column), is_dark(row + 1, column), ink));
        let line: String = letters.collect();
        match ink {
            Ink::Colour => picture.push_str(&format!("\x1b[30;107m{line}\x1b[0m\n")),
            Ink::Plain => picture.push_str(&format!("{line}\n")),
        }
    }
    Some(picture)
}

/// The letter of two squares, the one above and the one below.
fn letter(above: bool, below: bool, ink: Ink) -> char {
    // in its own colours a letter that is filled is light
    let filled = match ink {
        Ink::Colour => (above, below),
        Ink::Plain => (!above, !below),
    };
    match filled {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a camera reads from a picture in the terminal's own colours, ten points to a square.
    fn read(picture: &str) -> String {
        let rows: Vec<Vec<char>> = picture.lines().map(|line| line.chars().collect()).collect();
        let is_light = |x: usize, y: usize| match rows[y / 20][x / 10] {
            '█' => true,
            '▀' => y % 20 < 10,
            '▄' => y % 20 >= 10,
            _ => false,
        };
        let (width, height) = (rows[0].len() * 10, rows.len() * 20);
        let point = |x: usize, y: usize| if is_light(x, y) { 255 } else { 0 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, point);
        let grids = image.detect_grids();
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_camera_reads_the_text() {
        let text = "[Interface]\nPrivateKey = dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\nAddress = 10.13.13.2/32\n\n[Peer]\n\
                    PublicKey = hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\nEndpoint = vpn.sandbox.example.org:51820\n\
                    AllowedIPs = 10.13.13.1/32, 10.0.1.0/24\nPersistentKeepalive = 25\n";
        let picture = qr_code(text, Ink::Plain).unwrap();
        assert_eq!(read(&picture), text);
        assert!(picture.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn colours_are_forced_where_there_are_any() {
        let picture = qr_code("x", Ink::Colour).unwrap();
        assert!(
            picture
                .lines()
                .all(|line| line.starts_with("\x1b[30;107m") && line.ends_with("\x1b[0m"))
        );
    }

    #[test]
    fn a_text_too_long_for_any_code_has_none() {
        assert!(qr_code(&"x".repeat(5000), Ink::Plain).is_none());
    }
}

//! PEM (RFC 7468), with the line that each block begins at, so that what is wrong with it can be pointed at.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A block of a PEM text.
pub(crate) struct Block {
    /// What it says it is, such as `CERTIFICATE`.
    pub(crate) label: String,
    /// The line that it begins at, from 1.
    pub(crate) line: usize,
    /// Its content; none when it cannot be decoded.
    pub(crate) bytes: Option<Zeroizing<Vec<u8>>>,
}

/// The blocks of a text; what stands between them is left out, as everybody does.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(Block, Zeroizing<String>)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(label) = marked(line, "BEGIN") {
            let block = Block {
                label: label.to_owned(),
                line: index + 1,
                bytes: None,
            };
            // a block that another one begins in never ended
            blocks.extend(
                open.replace((block, Zeroizing::default()))
                    .map(|(block, _)| block),
            );
        } else if marked(line, "END").is_some() {
            if let Some((mut block, content)) = open.take() {
                block.bytes = STANDARD.decode(content.as_bytes()).ok().map(Zeroizing::new);
                blocks.push(block);
            }
        } else if let Some((_, content)) = &mut open {
            content.push_str(line);
        }
    }
    blocks.extend(open.map(|(block, _)| block));
    blocks
}

fn marked<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let inner = line.strip_prefix("-----")?.strip_suffix("-----")?;
    inner.strip_prefix(word)?.strip_prefix(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_lines_and_broken_ones_have_no_content() {
        let text = "a remark\n-----BEGIN ONE-----\nYWJj\nZGVm\n-----END ONE-----\n\n-----BEGIN TWO-----\n!!\n-----END TWO-----\n-----BEGIN THREE-----\nYWJj\n";
        let found: Vec<_> = blocks(text)
            .into_iter()
            .map(|block| {
                (
                    block.label,
                    block.line,
                    block.bytes.map(|bytes| bytes.to_vec()),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("ONE".to_owned(), 2, Some(b"abcdef".to_vec())),
                ("TWO".to_owned(), 7, None),
                ("THREE".to_owned(), 10, None),
            ]
        );
    }
}

//! A frame: a command, headers, a body, and a zero byte at the end.

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) command: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(command: &str) -> Self {
        Self {
            command: command.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A body of text, which must hold no zero byte: its length is not told, or Artemis would take it for bytes.
    pub(crate) fn body(mut self, text: &str) -> Self {
        self.body = text.as_bytes().to_vec();
        self
    }

    /// The first header of that name, which is the one that counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        // the first frame is understood by the oldest version, which knows no escapes
        let plain = self.command == "CONNECT";
        let mut text = format!("{}\n", self.command);
        for (name, value) in &self.headers {
            let value = if plain { value.clone() } else { escaped(value) };
            text.push_str(&format!("{name}:{value}\n"));
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes.push(0);
        bytes
    }

    /// Takes a whole frame from the beginning of what was read; none when it is not all there. `Err` says what is wrong with it.
    pub(crate) fn take(read: &mut Vec<u8>) -> Result<Option<Self>, String> {
        // between frames there may be line ends, which say that the other side is alive
        let blank = read.iter().take_while(|byte| b"\r\n".contains(byte));
        let blank = blank.count();
        read.drain(..blank);
        let Some(end) = end_of_headers(read) else {
            return match read.iter().position(|byte| *byte == 0) {
                Some(_) => Err("what came is no frame of STOMP".to_owned()),
                None => Ok(None),
            };
        };
        let head = String::from_utf8_lossy(&read[..end.0]).into_owned();
        let mut frame = Self::head(head.trim_end_matches('\r'))?;
        let rest = &read[end.1..];
        let length = match frame.get("content-length").map(str::parse::<usize>) {
            Some(Ok(length)) if rest.len() <= length => return Ok(None),
            Some(Ok(length)) => length,
            Some(Err(_)) => return Err("the length of a frame is no number".to_owned()),
            None => match rest.iter().position(|byte| *byte == 0) {
                Some(length) => length,
                None => return Ok(None),
            },
        };
        frame.body = rest[..length].to_vec();
        read.drain(..end.1 + length + 1);
        Ok(Some(frame))
    }

    fn head(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let command = lines.next().unwrap_or_default();
        if command.is_empty() || !command.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("`{}` is no frame of STOMP", start(command)));
        }
        let mut frame = Self::new(command);
        for line in lines {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| format!("`{}` is no header of STOMP", start(line)))?;
            frame = frame.header(&unescaped(name), unescaped(value));
        }
        Ok(frame)
    }
}

/// Where the headers end, and where the body begins.
fn end_of_headers(read: &[u8]) -> Option<(usize, usize)> {
    let ends = ["\n\n", "\n\r\n"].map(|end| {
        let at = read
            .windows(end.len())
            .position(|found| found == end.as_bytes());
        at.map(|at| (at, at + end.len()))
    });
    ends.into_iter().flatten().min()
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\r', "\\r")
        .replace('\n', "\\n")
        .replace(':', "\\c")
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => plain.push(match chars.next() {
                Some('r') => '\r',
                Some('n') => '\n',
                Some('c') => ':',
                other => other.unwrap_or('\\'),
            }),
            char => plain.push(char),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written_in_whatever_pieces_it_comes() {
        let frame = Frame::new("SEND")
            .header("destination", "mosip-to-abis::probe")
            .header("odd", "a\\b\nc")
            .body("text");
        let bytes = frame.encode();
        let mut read = Vec::new();
        for byte in &bytes[..bytes.len() - 1] {
            read.push(*byte);
            assert_eq!(Frame::take(&mut read), Ok(None));
        }
        read.extend([0, b'\n', b'\n']);
        assert_eq!(Frame::take(&mut read), Ok(Some(frame)));
        assert_eq!(Frame::take(&mut read), Ok(None));
    }

    #[test]
    fn a_body_of_told_length_may_hold_anything() {
        let mut read =
            b"MESSAGE\r\ncontent-length:3\r\n\r\na\0b\0RECEIPT\nreceipt-id:1\n\n\0".to_vec();
        let message = Frame::take(&mut read).unwrap().unwrap();
        assert_eq!(message.body, b"a\0b");
        let receipt = Frame::take(&mut read).unwrap().unwrap();
        assert_eq!(receipt.get("receipt-id"), Some("1"));
    }

    #[test]
    fn what_is_no_frame_is_told() {
        let mut read = b"HTTP/1.1 400 Bad Request\r\nserver: x\r\n\r\n".to_vec();
        assert!(Frame::take(&mut read).unwrap_err().contains("HTTP/1.1"));
    }
}

//! What a store answers.

use reqwest::StatusCode;

use crate::error::StoreError;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The store's word for what is wrong; empty when it has none.
    pub(crate) fn code(&self) -> String {
        self.element("Code").unwrap_or_default()
    }

    /// Whether the store says that it cannot do such a thing at all.
    pub(crate) fn is_unsupported(&self) -> bool {
        let codes = ["NotImplemented", "MethodNotAllowed", "UnsupportedOperation"];
        matches!(self.status.as_u16(), 405 | 501) || codes.contains(&self.code().as_str())
    }

    /// The answer, if it is a good one.
    pub(crate) fn good(self, what: &str) -> Result<Self, StoreError> {
        match self.status.is_success() {
            true => Ok(self),
            false => Err(self.error(what)),
        }
    }

    /// What is wrong, for an answer that is none of those that were expected.
    pub(crate) fn error(&self, what: &str) -> StoreError {
        let what = what.to_owned();
        let status = self.status.as_u16();
        let code = self.code();
        match (code.as_str(), status) {
            (
                "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken",
                _,
            ) => StoreError::Keys { what, code },
            ("RequestTimeTooSkewed" | "RequestExpired", _) => StoreError::Clock { what },
            (
                "AuthorizationHeaderMalformed"
                | "AuthorizationQueryParametersError"
                | "PermanentRedirect"
                | "IllegalLocationConstraintException",
                _,
            )
            | (_, 301 | 307) => StoreError::Region {
                what,
                region: self.element("Region").or_else(|| self.region.clone()),
            },
            ("AccessDenied" | "AllAccessDisabled", _) | ("", 401 | 403) => StoreError::Refused {
                code: named(code, status),
                what,
            },
            ("OperationAborted" | "SlowDown" | "RequestTimeout", _)
            | (_, 429 | 500 | 502..=504) => StoreError::NotNow {
                what,
                status,
                code,
                message: self.message(),
            },
            _ => StoreError::Unexpected {
                what,
                status,
                code,
                message: self.message(),
            },
        }
    }

    fn message(&self) -> String {
        let message = self.element("Message");
        // what comes from a proxy is a page; its beginning says enough
        message.unwrap_or_else(|| self.text().chars().take(80).collect())
    }

    fn element(&self, name: &str) -> Option<String> {
        elements(&self.text(), name).into_iter().next()
    }
}

fn named(code: String, status: u16) -> String {
    match code.is_empty() {
        true => status.to_string(),
        false => code,
    }
}

/// What stands in all elements of that name, as text. Enough for the small answers of S3, which have no attributes where it matters.
pub(crate) fn elements(text: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = text.split(open.as_str()).skip(1);
    parts
        .filter_map(|part| part.split_once(close.as_str()))
        .map(|(inner, _)| plain(inner))
        .collect()
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// A text inside an element.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            version: None,
            region: None,
            body: format!("<?xml?><Error><Code>{code}</Code><Message>a &amp; b</Message></Error>")
                .into_bytes(),
        }
    }

    #[test]
    fn what_passes_is_told_from_what_stays() {
        assert!(answer(500, "InternalError").error("x").is_transient());
        assert!(answer(503, "SlowDown").error("x").is_transient());
        for (status, code) in [
            (403, "AccessDenied"),
            (403, "InvalidAccessKeyId"),
            (400, "InvalidBucketName"),
        ] {
            assert!(!answer(status, code).error("x").is_transient(), "{code}");
        }
    }

    #[test]
    fn the_words_of_the_store_are_kept() {
        let text = answer(400, "InvalidBucketName")
            .error("make it")
            .to_string();
        assert_eq!(
            text,
            "make it: the store answers 400 InvalidBucketName: a & b"
        );
    }
}

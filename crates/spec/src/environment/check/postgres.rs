//! Checks of the PostgreSQL that an environment uses.

use super::{Checked, Complain, fail};
use crate::environment::externals::{Mode, Postgres};

pub(super) fn check(postgres: &Postgres, complain: Complain<'_>) -> Checked {
    if let Some(day) = &postgres.extend_seed_dates
        && !is_day(day)
    {
        let path = ["spec", "externals", "postgres", "extendSeedDates"];
        let message = format!("`{day}` is no day");
        return fail(complain(&path, message).with_help("year, month and day, as in `2035-12-31`"));
    }
    // what is said of a server that mosipctl does not use, or of an encryption that is off, would be forgotten without a word
    let Some(tls) = &postgres.tls else {
        return Ok(());
    };
    let path = ["spec", "externals", "postgres", "tls"];
    if postgres.mode != Mode::Existing {
        let mode = postgres.mode.as_str();
        let message = format!("`tls` means nothing for `postgres` with mode `{mode}`");
        let help = "remove the field, or set `mode: existing`";
        return fail(complain(&path, message).with_help(help));
    }
    if !tls.enabled && (tls.ca.is_some() || tls.server_name.is_some()) {
        let message = "`tls` is off, so nobody is trusted by a certificate".to_owned();
        let help = "remove `enabled: false`, or the other fields of `tls`";
        return fail(complain(&path, message).with_help(help));
    }
    Ok(())
}

/// Whether a text has the shape of a day; how many a month has is left to the server.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, most: u32| {
        part.len() == digits && part.parse::<u32>().is_ok_and(|it| (1..=most).contains(&it))
    };
    match parts.as_slice() {
        [year, month, day] => number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31),
        _ => false,
    }
}

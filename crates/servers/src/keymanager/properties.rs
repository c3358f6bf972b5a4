//! What keymanager is told, laid over what its jar says.

use secrecy::{ExposeSecret, SecretString};

use super::{Issuer, KeymanagerSettings, PATH, Tables, TokenHealth, scratch};
use crate::error::ServerError;

/// The modules whose users keymanager tells apart by realm.
const MODULES: [&str; 7] = [
    "prereg",
    "ida",
    "registrationclient",
    "regproc",
    "partner",
    "resident",
    "admin",
];

/// The file.
pub(super) fn text(
    settings: &KeymanagerSettings,
    port: u16,
    more: &[(&str, String)],
) -> Result<String, ServerError> {
    check_password(&settings.database.password)?;
    let mut lines = Vec::new();
    for (name, value) in plain(settings, port).iter().chain(more) {
        lines.push(format!("{name}={}", escaped(value)));
    }
    for (name, value) in secrets(settings).into_iter().chain(own_secret(settings)) {
        lines.push(format!("{name}={}", secret(name, value)?));
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

fn plain(settings: &KeymanagerSettings, port: u16) -> Vec<(&'static str, String)> {
    let mut all = server(settings, port).to_vec();
    all.extend(storage(settings));
    all.extend(log_in(settings));
    all
}

fn server(settings: &KeymanagerSettings, port: u16) -> [(&'static str, String); 3] {
    [
        ("server.address", "127.0.0.1".to_owned()),
        ("server.port", port.to_string()),
        (
            "server.tomcat.basedir",
            scratch(&settings.folder).display().to_string(),
        ),
    ]
}

fn storage(settings: &KeymanagerSettings) -> Vec<(&'static str, String)> {
    let database = &settings.database;
    let url = format!(
        "jdbc:postgresql://{}:{}/{}",
        database.host, database.port, database.name
    );
    let tables = match database.tables {
        Tables::There => "none",
        Tables::Made => "update",
    };
    let provider = settings.token.provider().display().to_string();
    vec![
        ("keymanager_database_url", url),
        ("keymanager_database_username", database.user.clone()),
        // it sets the path of its sessions to this one, whatever the database says
        (
            "keymanager.persistence.jdbc.schema",
            database.schema.clone(),
        ),
        ("hibernate.hbm2ddl.auto", tables.to_owned()),
        (
            "mosip.kernel.keymanager.hsm.keystore-type",
            "PKCS11".to_owned(),
        ),
        ("mosip.kernel.keymanager.hsm.config-path", provider),
        (
            "mosip.kernel.keymgr.hsm.health.check.enabled",
            (settings.token_health == TokenHealth::KeyRead).to_string(),
        ),
        // Java 17 knows the cipher of MOSIP's settings by this name only
        (
            "mosip.kernel.crypto.symmetric-algorithm-name",
            "AES/GCM/NoPadding".to_owned(),
        ),
    ]
}

fn log_in(settings: &KeymanagerSettings) -> Vec<(&'static str, String)> {
    let issuer = &settings.issuer;
    let realms = |url: &str| format!("{}/realms/", url.trim_end_matches('/'));
    let named = issuer.named.as_ref().unwrap_or(&issuer.url);
    let module = |module: &&str| format!("{module}:'{}'", issuer.realm);
    let modules: Vec<String> = MODULES.iter().map(module).collect();
    let mut all = own_client(issuer);
    all.extend([
        ("auth.server.admin.issuer.uri", realms(named)),
        ("auth.server.admin.issuer.internal.uri", realms(&issuer.url)),
        (
            "auth.server.admin.issuer.domain.validate",
            "true".to_owned(),
        ),
        (
            "auth.server.admin.allowed.audience",
            issuer.clients.join(","),
        ),
        (
            "mosip.kernel.auth.appids.realm.map",
            format!("{{{}}}", modules.join(",")),
        ),
        ("mosip.global.end-points", "/**/actuator/**".to_owned()),
        ("mosip.service-context", PATH.to_owned()),
        // without it every request fails, and its health does not tell; the pattern opens nothing
        ("mosip.service.end-points", "/**/none/**".to_owned()),
    ]);
    all
}

/// Keymanager calls no other service here, so it works without a token of its own; with a client it asks for one and renews it.
fn own_client(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let renews = "mosip.iam.adapter.self-token-renewal-enable";
    match &issuer.own {
        None => vec![(renews, "false".to_owned())],
        Some(own) => vec![
            (renews, "true".to_owned()),
            ("mosip.iam.adapter.clientid", own.id.clone()),
            // one of the modules of the map above, by which its realm is found
            ("mosip.iam.adapter.appid", "admin".to_owned()),
        ],
    }
}

fn own_secret(settings: &KeymanagerSettings) -> Option<(&'static str, &SecretString)> {
    let own = settings.issuer.own.as_ref()?;
    Some(("mosip.iam.adapter.clientsecret", &own.secret))
}

fn secrets(settings: &KeymanagerSettings) -> [(&'static str, &SecretString); 4] {
    [
        ("keymanager_database_password", &settings.database.password),
        (
            "mosip.kernel.keymanager.hsm.keystore-pass",
            settings.token.pin(),
        ),
        ("mosip.kernel.tokenid.uin.salt", &settings.salts.uin),
        (
            "mosip.kernel.tokenid.partnercode.salt",
            &settings.salts.partner_code,
        ),
    ]
}

/// Its library for databases (pgjdbc 42.2.2) logs in by SCRAM with a password of these only; any other is said to be wrong.
fn check_password(password: &SecretString) -> Result<(), ServerError> {
    let is_known = |c: char| c.is_ascii_graphic();
    match password.expose_secret().chars().all(is_known) {
        true => Ok(()),
        false => Err(refused(
            "it cannot log in to its database with a password that has blanks or letters beyond ASCII".to_owned(),
        )),
    }
}

fn refused(how: String) -> ServerError {
    ServerError::Ended {
        what: "keymanager".to_owned(),
        how,
        last_lines: Vec::new(),
    }
}

/// Spring replaces `${…}` in every value and `#{…}` in many, and has no way to say that it should not.
fn secret(name: &str, value: &SecretString) -> Result<String, ServerError> {
    let text = value.expose_secret();
    match text.contains("${") || text.contains("#{") {
        false => Ok(escaped(text)),
        true => Err(refused(format!(
            "the value of `{name}` holds `${{` or `#{{`, which it would read as a name"
        ))),
    }
}

/// As a value in a file of Java properties.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for (at, unit) in text.encode_utf16().enumerate() {
        match u8::try_from(unit).map(char::from) {
            Ok('\\') => escaped.push_str("\\\\"),
            // only blanks at the beginning would be dropped
            Ok(' ') if at == 0 => escaped.push_str("\\ "),
            Ok(c @ ' '..='~') => escaped.push(c),
            _ => escaped.push_str(&format!("\\u{unit:04x}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_java_reads_them() {
        assert_eq!(escaped(r" a=b\c d"), r"\ a=b\\c d");
        assert_eq!(escaped("ü\n😀"), "\\u00fc\\u000a\\ud83d\\ude00");
    }

    #[test]
    fn a_password_that_its_library_cannot_use_is_refused() {
        assert!(check_password(&SecretString::from("a!b~'\\")).is_ok());
        for password in ["a b", "pässword"] {
            let error = check_password(&SecretString::from(password)).unwrap_err();
            assert!(!error.to_string().contains(password));
        }
    }

    #[test]
    fn a_secret_that_spring_would_change_is_refused_without_being_told() {
        let error = secret("pin", &SecretString::from("a${b}")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`pin`") && !text.contains("a${b}"), "{text}");
    }
}

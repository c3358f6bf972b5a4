use super::*;

fn server(version: &str) -> Server {
    let info = json!({
        "systemInfo": {"version": version},
        "themes": {"login": [{"name": "keycloak"}], "email": []},
    });
    Server::read(&info).unwrap()
}

fn wanted(settings: Value) -> Realm {
    Realm {
        name: "mosip".to_owned(),
        settings: settings.as_object().cloned().unwrap(),
        ..Realm::default()
    }
}

fn words(look: &Look) -> Vec<String> {
    look.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn only_the_fields_that_are_wanted_are_compared() {
    let wanted = wanted(json!({
        "accessTokenLifespan": 86400,
        "attributes": {"frontendUrl": "https://iam.example.org/auth"},
        "smtpServer": {"port": 8025},
    }));
    let found = json!({
        "enabled": true,
        "accessTokenLifespan": 300,
        "displayName": "by hand",
        "attributes": {"other": "x", "frontendUrl": "https://iam.example.org/auth"},
        "smtpServer": {"port": "8025", "user": "by hand"},
    });
    let look = realm(&wanted, &found, &server("16.1.1"));
    assert_eq!(
        words(&look),
        ["realm: `accessTokenLifespan` is 300, wanted 86400"]
    );
}

#[test]
fn what_is_wanted_is_laid_over_what_is_there() {
    let settings = wanted(json!({"a": 1, "smtpServer": {"port": 25}, "attributes": {"x": true}}));
    let found = json!({"a": 2, "b": 3, "smtpServer": {"password": "**********"}});
    assert_eq!(
        laid_over(found, &settings.settings),
        json!({
            "a": 1,
            "b": 3,
            "smtpServer": {"password": "**********", "port": "25"},
            "attributes": {"x": "true"},
        })
    );
}

#[test]
fn what_the_server_does_not_know_is_left_out_and_said() {
    let wanted = wanted(json!({
        "loginTheme": "keycloak",
        "emailTheme": "mosip",
        "bruteForceStrategy": "MULTIPLE",
    }));
    let (settings, notes) = settings(&wanted, &server("16.1.1"));
    assert_eq!(
        settings.keys().collect::<Vec<_>>(),
        ["enabled", "loginTheme"]
    );
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "`emailTheme` is left as it is: this Keycloak does not have the theme `mosip`",
            "`bruteForceStrategy` is left out: Keycloak 16.1.1 has no such setting",
        ]
    );
    assert_eq!(
        super::settings(&wanted, &server("26.4.0")).1.len(),
        1,
        "26 knows the strategy"
    );
}

#[test]
fn a_mail_password_is_written_only_where_there_is_none() {
    let mut wanted = wanted(json!({"smtpServer": {"host": "mail", "password": "misplaced"}}));
    wanted.mail_password = Some("hidden".to_owned().into());
    let found = json!({"enabled": true, "smtpServer": {"host": "mail"}});
    let look = realm(&wanted, &found, &server("26.4.0"));
    assert_eq!(look.differences, [Difference::NoMailPassword]);
    let (settings, _) = settings(&wanted, &server("26.4.0"));
    assert_eq!(settings["smtpServer"], json!({"host": "mail"}));
    let found = json!({"enabled": true, "smtpServer": {"host": "mail", "password": "**********"}});
    assert!(realm(&wanted, &found, &server("26.4.0")).is_as_wanted());
}

#[test]
fn roles_and_scopes_of_others_are_not_ours() {
    let mut wanted = wanted(json!({}));
    wanted.roles = vec!["AUTH".to_owned(), "RESIDENT".to_owned()];
    wanted.scopes = vec![
        Scope {
            name: "ida_token".to_owned(),
            consent: true,
        },
        Scope {
            name: "get_certificate".to_owned(),
            consent: false,
        },
    ];
    let id = |name: &str| (name.to_owned(), "id".to_owned());
    let scope = |name: &str, consent: &str| {
        let attributes = json!({CONSENT: consent, IN_TOKEN: "true"});
        (name.to_owned(), json!({"attributes": attributes}))
    };
    let found = Shelf {
        roles: [id("AUTH"), id("BY_HAND")].into(),
        scopes: [scope("ida_token", "false"), scope("by_hand", "true")].into(),
    };
    let differences = shelf(&wanted, &found);
    let words: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "there is no role `RESIDENT`",
            "client scope `ida_token`: `display.on.consent.screen` is \"false\", wanted \"true\"",
            "there is no client scope `get_certificate`",
        ]
    );
}

#[test]
fn attributes_that_are_not_declared_have_to_be_allowed_where_there_is_a_profile() {
    assert_eq!(user_attributes(None), None);
    let none = json!({"attributes": []});
    assert_eq!(
        user_attributes(Some(&none)),
        Some(Difference::UserAttributes)
    );
    for policy in ["ENABLED", "ADMIN_EDIT"] {
        let profile = json!({"unmanagedAttributePolicy": policy});
        assert_eq!(user_attributes(Some(&profile)), None);
    }
}

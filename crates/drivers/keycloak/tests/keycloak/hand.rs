//! What a person does at the console, by plain requests.

use std::sync::Mutex;

use mosipctl_endpoint::Endpoint;
use mosipctl_keycloak::Keycloak;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::PASSWORD;

/// A person with the console open.
pub(crate) struct Hand {
    client: Client,
    base: String,
    token: Mutex<String>,
}

impl Hand {
    pub(crate) async fn of(keycloak: &Keycloak) -> Self {
        let base = keycloak.url();
        let endpoint = Endpoint::new(&base).unwrap();
        let client = endpoint.client(std::time::Duration::from_secs(60)).unwrap();
        let hand = Self {
            client,
            base,
            token: Mutex::default(),
        };
        hand.log_in().await;
        hand
    }

    async fn log_in(&self) {
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", "admin"),
            ("password", PASSWORD),
        ];
        let token = self.token("master", &form).await;
        *self.token.lock().unwrap() = token;
    }

    /// Does it again with another token when this one ended: other tests end sessions, and let tokens live for seconds.
    async fn answer(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.try_to(method.clone(), path, body).await;
        if answer.0 != 401 {
            return answer;
        }
        self.log_in().await;
        self.try_to(method, path, body).await
    }

    /// A token for whoever the form names.
    pub(crate) async fn token(&self, realm: &str, form: &[(&str, &str)]) -> String {
        let url = format!("{}/realms/{realm}/protocol/openid-connect/token", self.base);
        let answer = self.client.post(url).form(form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let token = answer["access_token"].as_str();
        token.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The number of the answer, and what it says.
    pub(crate) async fn try_to(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/admin/realms/{path}", self.base);
        let request = self.client.request(method, url);
        let token = self.token.lock().unwrap().clone();
        let request = request.bearer_auth(token);
        let request = match body.is_null() {
            true => request,
            false => request.json(body),
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, value) = self.answer(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    pub(crate) async fn does(&self, method: Method, path: &str, body: Value) {
        let (status, value) = self.answer(method, path, &body).await;
        assert!((200..300).contains(&status), "{path}: {status} {value}");
    }

    /// Changes fields of something, and sends the whole of it, as the console does.
    pub(crate) async fn changes(&self, path: &str, fields: Value) {
        let mut value = self.get(path).await;
        for (field, wanted) in fields.as_object().unwrap() {
            match (wanted, value[field].as_object_mut()) {
                (Value::Object(keys), Some(under)) => under.extend(keys.clone()),
                (wanted, _) => value[field] = wanted.clone(),
            }
        }
        self.does(Method::PUT, path, value).await;
    }

    /// The path of a client.
    pub(crate) async fn client(&self, realm: &str, client: &str) -> String {
        let found = self
            .get(&format!("{realm}/clients?clientId={client}"))
            .await;
        let id = found[0]["id"].as_str().unwrap();
        format!("{realm}/clients/{id}")
    }

    /// The path of the mappings of a service account to roles of the realm.
    pub(crate) async fn account(&self, realm: &str, client: &str) -> String {
        let client = self.client(realm, client).await;
        let user = self.get(&format!("{client}/service-account-user")).await;
        let id = user["id"].as_str().unwrap();
        format!("{realm}/users/{id}/role-mappings/realm")
    }

    /// A role as mappings name it.
    pub(crate) async fn role(&self, realm: &str, role: &str) -> Value {
        let role = self.get(&format!("{realm}/roles/{role}")).await;
        json!([{"id": role["id"], "name": role["name"]}])
    }
}

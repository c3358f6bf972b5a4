//! Keymanager's own interface.

use std::time::Duration;

use mosipctl_endpoint::Endpoint;
use mosipctl_servers::Keymanager;
use serde_json::{Value, json};

const MASTER_KEY: &str = "generateMasterKey/certificate";

pub(crate) struct Caller {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Caller {
    pub(crate) fn new(keymanager: &Keymanager, token: Option<String>) -> Self {
        let url = keymanager.url();
        let endpoint = Endpoint::new(&url).unwrap();
        Self {
            http: endpoint.client(Duration::from_secs(60)).unwrap(),
            url,
            token,
        }
    }

    /// The certificate of a master key, which is made when there is none.
    pub(crate) async fn master_key(&self, application: &str, reference: &str) -> String {
        let answer = self
            .call(MASTER_KEY, master_key(application, reference))
            .await;
        answer["certificate"].as_str().unwrap().to_owned()
    }

    /// The status of a request for a master key. Who may not is told only when the request is well formed.
    pub(crate) async fn status(&self) -> u16 {
        let answer = self.post(MASTER_KEY, master_key("ROOT", "")).await;
        answer.status().as_u16()
    }

    /// A certificate that is there.
    pub(crate) async fn certificate(&self, application: &str, reference: &str) -> String {
        let url = format!(
            "{}/getCertificate?applicationId={application}&referenceId={reference}",
            self.url
        );
        let answer = self.send(self.http.get(url)).await;
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
        answer["response"]["certificate"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// A signature with the key that signs answers, of `{"lab":true}`.
    pub(crate) async fn sign(&self) -> String {
        let request = json!({"dataToSign": "eyJsYWIiOnRydWV9", "applicationId": "KERNEL", "referenceId": "SIGN"});
        let answer = self.call("jwtSign", request).await;
        answer["jwtSignedData"].as_str().unwrap().to_owned()
    }

    /// Errors come with the status 200 too.
    async fn call(&self, path: &str, request: Value) -> Value {
        let answer = self.post(path, request).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        let errors = answer["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(errors, 0, "{text}");
        answer["response"].take()
    }

    async fn post(&self, path: &str, request: Value) -> reqwest::Response {
        let url = format!("{}/{path}", self.url);
        // the time is not looked at, the form of it is
        let body = json!({"requesttime": "2024-01-01T00:00:00.000Z", "request": request});
        self.send(self.http.post(url).json(&body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let request = match &self.token {
            Some(token) => request.header("Cookie", format!("Authorization={token}")),
            None => request,
        };
        request.send().await.unwrap()
    }
}

fn master_key(application: &str, reference: &str) -> Value {
    json!({"applicationId": application, "referenceId": reference, "force": false, "commonName": "lab"})
}

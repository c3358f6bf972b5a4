//! Rendering, and the words in which it fails.

use std::path::Path;

use mosipctl_helm::{HelmError, Level, TemplateRequest, Tests};
use mosipctl_object::ReleaseName;
use serde_json::{Value, json};

use crate::charts::{self, write};
use crate::support::World;

async fn failure(chart: &Path, values: &Value) -> HelmError {
    let world = World::new().await;
    let request = TemplateRequest {
        chart,
        release: &ReleaseName::new("n", "demo"),
        values,
        kube_version: "1.30.0",
        api_versions: &[],
        tests: Tests::Skip,
    };
    world
        .helm
        .template(&request)
        .await
        .expect_err("this must not render")
}

#[tokio::test]
async fn values_come_in_and_the_cluster_of_the_future_is_asked_for() {
    let world = World::new().await;
    let chart = charts::plain();
    let asks = "a: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.APIVersions.Has \"x.example.org/v1/Thing\" }}\nb: {{ .Values.own }}\n";
    write(
        chart.path(),
        "templates/asks.yaml",
        &format!("kind: ConfigMap\napiVersion: v1\nmetadata: {{name: asks}}\n{asks}"),
    );
    let request = TemplateRequest {
        chart: chart.path(),
        release: &ReleaseName::new("n", "demo"),
        values: &json!({"own": "value"}),
        kube_version: "1.30.0",
        api_versions: &[
            "x.example.org/v1".to_owned(),
            "x.example.org/v1/Thing".to_owned(),
        ],
        tests: Tests::Skip,
    };
    let text = world.helm.template(&request).await.unwrap();
    assert!(text.contains("a: v1.30.0 true\nb: value"), "{text}");
    assert!(
        world.helm.version().starts_with("v4."),
        "{}",
        world.helm.version()
    );
}

#[tokio::test]
async fn a_template_that_fails_is_named_with_its_line() {
    let chart = charts::plain();
    write(
        chart.path(),
        "templates/bad.yaml",
        "# first\na: {{ .Values.x.y.z }}\n",
    );
    let error = failure(chart.path(), &json!({})).await;
    let HelmError::Template { place, message } = error else {
        panic!("{error}");
    };
    assert_eq!(
        (place.file.as_str(), place.line),
        ("demo/templates/bad.yaml", Some(2))
    );
    assert!(message.contains("nil pointer"), "{message}");
}

#[tokio::test]
async fn values_that_do_not_fit_the_schema_are_listed() {
    let chart = charts::plain();
    let schema = json!({"type": "object", "properties": {"replicas": {"type": "integer"}}});
    write(chart.path(), "values.schema.json", &schema.to_string());
    let error = failure(chart.path(), &json!({"replicas": "two"})).await;
    let HelmError::Values { violations } = &error else {
        panic!("{error}");
    };
    assert_eq!(violations, &["at '/replicas': got string, want integer"]);
}

#[tokio::test]
async fn a_missing_value_that_is_required_is_told_in_the_charts_words() {
    let chart = charts::plain();
    write(
        chart.path(),
        "templates/bad.yaml",
        "a: {{ required \"image is required\" .Values.nope }}",
    );
    let error = failure(chart.path(), &json!({})).await;
    assert_eq!(
        error.to_string(),
        "render demo/templates/bad.yaml:1:6: image is required"
    );
}

#[tokio::test]
async fn a_cluster_that_is_too_old_is_told() {
    let chart = charts::plain();
    write(
        chart.path(),
        "Chart.yaml",
        "apiVersion: v2\nname: demo\nversion: 0.1.0\nkubeVersion: '>=1.99.0'\n",
    );
    let error = failure(chart.path(), &json!({})).await.to_string();
    assert!(error.contains("requires kubeVersion: >=1.99.0"), "{error}");
}

#[tokio::test]
async fn linting_tells_what_is_wrong_and_where() {
    let world = World::new().await;
    let good = charts::plain();
    let findings = world.helm.lint(good.path(), &json!({})).await.unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding.level < Level::Warning),
        "{findings:?}"
    );
    let bad = charts::plain();
    write(bad.path(), "templates/bad.yaml", "a: b\n c: d\n");
    let findings = world.helm.lint(bad.path(), &json!({})).await.unwrap();
    let worst = findings.iter().max_by_key(|finding| finding.level).unwrap();
    assert_eq!(
        (worst.level, worst.file.as_str()),
        (Level::Error, "templates/bad.yaml")
    );
}

#[tokio::test]
async fn a_helm_that_is_not_there_is_told() {
    let error = mosipctl_helm::Helm::new("/no/such/helm").await.unwrap_err();
    assert_eq!(error.to_string(), "start helm at /no/such/helm");
}

#[tokio::test]
async fn releases_rendered_together_are_what_each_is_alone() {
    let world = World::new().await;
    let chart = charts::plain();
    let schema = json!({"type": "object", "properties": {"replicas": {"$ref": "#/$defs/count"}}, "$defs": {"count": {"type": "integer"}}});
    write(chart.path(), "values.schema.json", &schema.to_string());
    write(
        chart.path(),
        "templates/names.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: '{{ .Release.Name }}', namespace: '{{ .Release.Namespace }}'}\ndata:\n  chart: '{{ .Chart.Name }}-{{ .Chart.Version }}'\n  new: '{{ .Release.IsInstall }}'\n  values: '{{ toJson .Values }}'\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: b}\n",
    );
    let (one, two) = (ReleaseName::new("n", "one"), ReleaseName::new("m", "two"));
    let (small, large) = (json!({}), json!({"replicas": 3, "more": {"a": [1, null]}}));
    let request = |release, values| TemplateRequest {
        chart: chart.path(),
        release,
        values,
        kube_version: "1.30.0",
        api_versions: &[],
        tests: Tests::Skip,
    };
    let requests = [request(&one, &small), request(&two, &large)];
    let together = world.helm.template_together(&requests).await.unwrap();
    let together = together.expect("a chart like this needs not be alone");
    for (request, text) in requests.iter().zip(&together) {
        let alone = world.helm.template(request).await.unwrap();
        let objects = |text: &str| mosipctl_object::manifest::objects(text).unwrap();
        assert_eq!(objects(text), objects(&alone));
        assert!(objects(text).len() > 2);
    }
    let wrong = json!({"replicas": "two"});
    let requests = [request(&one, &small), request(&two, &wrong)];
    let error = world.helm.template_together(&requests).await.unwrap_err();
    assert!(matches!(error, HelmError::Values { .. }), "{error}");
}

#[tokio::test]
async fn a_chart_that_reads_its_own_files_is_rendered_alone() {
    let world = World::new().await;
    let chart = charts::plain();
    write(
        chart.path(),
        "templates/files.yaml",
        "a: {{ .Files.Get \"x\" }}",
    );
    let request = TemplateRequest {
        chart: chart.path(),
        release: &ReleaseName::new("n", "demo"),
        values: &json!({}),
        kube_version: "1.30.0",
        api_versions: &[],
        tests: Tests::Skip,
    };
    let together = world.helm.template_together(&[request]).await.unwrap();
    assert_eq!(together, None);
}

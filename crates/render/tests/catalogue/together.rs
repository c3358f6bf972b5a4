//! Releases that one helm renders together.

use std::collections::BTreeMap;

use mosipctl_blueprint::ReleasePart;
use mosipctl_helm::{Helm, TemplateRequest, Tests};
use mosipctl_object::manifest::objects;

use crate::render::{binary, block_on, blueprint, edition, root};

/// Every chart of the edition that is used more than once, with every release of it.
#[test]
fn no_release_differs_from_what_helm_renders_of_it_alone() {
    let blueprint = blueprint(&edition());
    let mut by_chart: BTreeMap<&str, Vec<&ReleasePart>> = BTreeMap::new();
    for release in blueprint
        .parts
        .values()
        .filter_map(|part| part.release.as_ref())
    {
        by_chart.entry(&release.chart).or_default().push(release);
    }
    let compared = block_on(async {
        let helm = Helm::new(binary()).await.unwrap();
        let mut compared = 0;
        for (chart, releases) in by_chart {
            let chart = root().join("charts").join(chart);
            let requests: Vec<_> = releases
                .iter()
                .map(|release| TemplateRequest {
                    chart: &chart,
                    release: &release.name,
                    values: &release.values,
                    kube_version: "1.36.1",
                    api_versions: &[],
                    tests: Tests::Skip,
                })
                .collect();
            let together = helm.template_together(&requests).await.unwrap();
            for (request, text) in requests.iter().zip(together.into_iter().flatten()) {
                let alone = helm.template(request).await.unwrap();
                let (one, other) = (objects(&text).unwrap(), objects(&alone).unwrap());
                assert_eq!(one, other, "{}", request.release);
                compared += 1;
            }
        }
        compared
    });
    assert!(compared > 60, "only {compared} can be rendered together");
}

//! The generic chart takes exactly the values that the catalogue's types write.

use std::fs;
use std::path::Path;

use mosipctl_catalogue::component::service::ServiceValues;

#[test]
fn the_chart_carries_the_schema_of_its_values() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/mosip-service/values.schema.json");
    let schema = ServiceValues::schema().unwrap();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let carried = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        carried, schema,
        "the types changed; UPDATE=1 writes the chart's schema anew"
    );
}

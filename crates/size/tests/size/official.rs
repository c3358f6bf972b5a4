//! The official tables, to the last digit. Inputs and published figures stand in `catalogue/1.2.0.1/sizing.yaml`, read from the
//! files that each test names; here they are written once more, so that a slip in the data is found too.

use mosipctl_size::official::{Check, checks};

use crate::facts;

/// Table, figure and value as printed by the source.
type Published = (&'static str, &'static str);

fn table(name: &str) -> Vec<Check> {
    let all = checks(facts()).into_iter();
    let table: Vec<Check> = all.filter(|check| check.table == name).collect();
    assert!(!table.is_empty(), "no table `{name}`");
    table
}

/// The computed figures of a table are those that its source prints.
fn shows(name: &str, source: &str, published: &[Published]) {
    let table = table(name);
    for (what, value) in published {
        let check = table.iter().find(|check| check.what == *what);
        let check = check.unwrap_or_else(|| panic!("no `{what}` in `{name}`"));
        let digits = value.split_once('.').map_or(0, |(_, broken)| broken.len());
        assert_eq!(format!("{:.digits$}", check.computed), *value, "{what}");
        assert_eq!(check.sources, [source], "{what}");
    }
}

#[test]
fn every_published_figure_comes_out_the_same() {
    let checks = checks(facts());
    let differing: Vec<_> = checks.iter().filter(|check| !check.agrees()).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(checks.len(), 136);
    assert!(checks.iter().all(|check| !check.sources.is_empty()));
}

/// mosip/documentation@1.2.0:docs/deploymentnew/production/server-hardware-requirements.md
#[test]
fn server_hardware_requirements_registration() {
    let published = [
        ("registrations a second", "2.5"),
        ("nodes", "21"),
        ("cores", "252"),
        ("memory", "1344"),
        ("disk", "1344"),
        ("object store of a million packets", "3200"),
        ("PostgreSQL of a million packets", "30"),
        ("logs", "80"),
        ("Prometheus", "1.2"),
    ];
    shows("Registration: the reference", "hardware", &published);
}

/// mosip/documentation@1.2.0:docs/_files/pre-reg-resource-calculator-v2.xlsx
#[test]
fn pre_reg_resource_calculator_v2() {
    let published = [
        ("a day", "5000000"),
        ("busiest hour", "1500000"),
        ("a pod and second", "70"),
        ("a pod and hour", "252000"),
        ("Notification, pods", "2"),
        ("Notification, cores", "1"),
        ("Notification, memory", "4"),
        ("PRID Generator, cores", "0.6"),
        ("PRID Generator, memory", "3.5"),
        ("Auditmanager, cores", "2"),
        ("Auditmanager, memory", "5"),
        ("OTPManager, cores", "1"),
        ("OTPManager, memory", "3.5"),
        ("Masterdata, memory", "4.5"),
        ("Syncdata, pods", "2"),
        ("Syncdata, memory", "10"),
        ("Pre-reg application, pods", "6"),
        ("Pre-reg application, cores", "6"),
        ("Pre-reg application, memory", "15"),
        ("Pre-reg batch, pods", "4"),
        ("Pre-reg batch, cores", "2"),
        ("Pre-reg batch, memory", "6"),
        ("Pre-reg booking, pods", "6"),
        ("Pre-reg booking, cores", "3"),
        ("Pre-reg booking, memory", "15"),
        ("Pre-reg datasync, memory", "10"),
        ("Pre-reg captcha, memory", "10"),
        ("all, cores", "21.6"),
        ("all, memory", "86.5"),
        ("PostgreSQL", "2700"),
        ("object store", "29700"),
        ("logs", "165000"),
    ];
    shows(
        "Pre-registration, second edition",
        "pre-registration",
        &published,
    );
}

/// mosip/documentation@1.2.0:docs/_files/pre-reg-resource-calculator.xls
#[test]
fn pre_reg_resource_calculator() {
    let published = [
        ("Notification, memory", "3"),
        ("PRID Generator, cores", "0.6"),
        ("Auditmanager, pods", "4"),
        ("Auditmanager, memory", "8"),
        ("Regproc, memory", "8"),
        ("Syncdata, memory", "10"),
        ("Pre-reg application, cores", "2"),
        ("Pre-reg captcha, memory", "2"),
        ("all, cores", "13.6"),
        ("all, memory", "60.5"),
        ("applications an hour", "9890.10989"),
        ("PostgreSQL", "540"),
        ("object store", "5940"),
        ("logs", "33000"),
    ];
    shows(
        "Pre-registration, first edition",
        "pre-registration-older",
        &published,
    );
}

/// mosip/documentation@1.2.0:docs/_files/ida-resource-calculator.xlsx
#[test]
fn ida_resource_calculator() {
    let published = [
        ("busiest hour", "150000"),
        ("IDA auth, pods", "9"),
        ("IDA auth, cores", "40.5"),
        ("IDA auth, memory", "36"),
        ("IDA OTP, pods", "11"),
        ("IDA OTP, cores", "33"),
        ("IDA OTP, memory", "33"),
        ("Internal, pods", "2"),
        ("Internal, cores", "6"),
        ("Internal, memory", "6.5"),
        ("Notification, cores", "1"),
        ("Notification, memory", "3"),
        ("Auditmanager, cores", "4"),
        ("Auditmanager, memory", "10"),
        ("OTPManager, memory", "3.5"),
        ("Masterdata, memory", "4.5"),
        ("Websub, cores", "5"),
        ("Websub, memory", "10"),
        ("all, cores", "85.5"),
        ("all, memory", "100"),
        ("PostgreSQL", "2006.5"),
        ("logs of issuing identities", "7000"),
        ("logs of authentications", "65"),
    ];
    shows("Authentication", "authentication", &published);
}

/// docs.mosip.io/1.2.0/roadmap-and-releases/releases/v1.2.1.0/ida-performance-report
#[test]
fn ida_performance_report() {
    shows(
        "Authentication, measured",
        "ida-1.2.1",
        &[("a second", "50")],
    );
}

/// mosip/documentation@1.2.0:docs/_files/mosip-devices-calculator.xlsx
#[test]
fn mosip_devices_calculator() {
    let published = [
        ("registrations", "208.3333333"),
        ("authentications inside registration", "239.5833333"),
        ("kits in the field", "4.62962963"),
        ("kits", "11.62962963"),
        ("quality checks", "625"),
        ("extractions", "625"),
    ];
    shows("Devices", "devices", &published);
}

/// mosip/documentation@1.2.0:docs/deploymentnew/v3-installation/on-prem-installation-guidelines.md
#[test]
fn on_prem_installation_guidelines() {
    let published = [("cores", "84"), ("memory", "224"), ("disk", "888")];
    shows(
        "Machines of the guide for own machines",
        "guide-onprem",
        &published,
    );
}

/// mosip/documentation@1.2.0:docs/deploymentnew/v3-installation/aws-installation-guidelines-new.md
#[test]
fn aws_installation_guidelines() {
    let published = [("cores", "54"), ("memory", "212"), ("disk", "456")];
    shows("Machines of the guide for Amazon", "guide-aws", &published);
}

#[test]
fn a_figure_that_differs_in_its_last_digit_is_told() {
    let mut check = table("Authentication").remove(0);
    assert!(check.agrees());
    check.published = 150_001.0;
    assert!(!check.agrees());
    (check.published, check.computed) = (208.333_333_3, 208.333_333_333_3);
    assert!(check.agrees());
    check.published = 208.333_333_4;
    assert!(!check.agrees());
}

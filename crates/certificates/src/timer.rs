//! A timer of systemd that renews by itself.

use std::path::PathBuf;

/// What renews, and where.
#[derive(Debug, Clone)]
pub struct Timer {
    /// The environment.
    pub environment: String,
    /// This program.
    pub program: PathBuf,
    /// The environment file.
    pub file: PathBuf,
    /// The folder that commands run in; paths in the environment file start there.
    pub folder: PathBuf,
    /// The state folder, where it is not the usual one.
    pub state: Option<PathBuf>,
    /// Who runs it.
    pub user: String,
}

/// A unit of systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFile {
    /// Its name, below `/etc/systemd/system`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

impl Timer {
    /// The service, which renews when that is due, and the timer, which runs it once a day at no certain time: authorities ask
    /// for that, and a failure has weeks to be mended.
    pub fn units(&self) -> [UnitFile; 2] {
        let name = format!("mosipctl-certs-{}", self.environment);
        let service = format!(
            "# Written by mosipctl.\n[Unit]\nDescription=Renew the certificate of {environment}\nWants=network-online.target\n\
             After=network-online.target\n\n[Service]\nType=oneshot\nUser={user}\nWorkingDirectory={folder}\n{state}\
             # secrets that the environment file takes from variables: NAME=VALUE, for root alone to read\n\
             EnvironmentFile=-/etc/mosipctl/{environment}.env\nExecStart={program} certs renew --quiet {file}\n",
            environment = self.environment,
            user = self.user,
            folder = self.folder.display().to_string().replace('%', "%%"),
            state = self.state_line(),
            program = quoted(&self.program),
            file = quoted(&self.file),
        );
        let timer = format!(
            "# Written by mosipctl.\n[Unit]\nDescription=Renew the certificate of {} when that is due\n\n[Timer]\nOnCalendar=daily\n\
             RandomizedDelaySec=6h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
            self.environment
        );
        let unit = |end: &str, text| UnitFile {
            name: format!("{name}.{end}"),
            text,
        };
        [unit("service", service), unit("timer", timer)]
    }

    fn state_line(&self) -> String {
        let line = |folder: &PathBuf| {
            let text = format!("MOSIPCTL_STATE={}", folder.display());
            format!("Environment={}\n", quoted(&PathBuf::from(text)))
        };
        self.state.as_ref().map(line).unwrap_or_default()
    }
}

/// As a unit file wants it: in quotes, with its own signs doubled.
fn quoted(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('%', "%%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_runs_a_quiet_renewal_once_a_day() {
        let timer = Timer {
            environment: "blue".to_owned(),
            program: "/usr/local/bin/mosipctl".into(),
            file: "/srv/mosip/100% blue.yaml".into(),
            folder: "/srv/mosip".into(),
            state: Some("/var/lib/mosipctl".into()),
            user: "deploy".to_owned(),
        };
        let [service, timer] = timer.units();
        assert_eq!(service.name, "mosipctl-certs-blue.service");
        insta::assert_snapshot!(service.text, @r#"
        # Written by mosipctl.
        [Unit]
        Description=Renew the certificate of blue
        Wants=network-online.target
        After=network-online.target

        [Service]
        Type=oneshot
        User=deploy
        WorkingDirectory=/srv/mosip
        Environment="MOSIPCTL_STATE=/var/lib/mosipctl"
        # secrets that the environment file takes from variables: NAME=VALUE, for root alone to read
        EnvironmentFile=-/etc/mosipctl/blue.env
        ExecStart="/usr/local/bin/mosipctl" certs renew --quiet "/srv/mosip/100%% blue.yaml"
        "#);
        assert!(timer.text.contains("OnCalendar=daily") && timer.text.contains("Persistent=true"));
    }
}

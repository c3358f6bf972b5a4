//! Bringing a lab up, and down.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::process::ExitStatus;
use std::time::Duration;

use futures::future::{join_all, select_all};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use mosipctl_artefact::Program;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Order, Said, failed, path_of, say};
use crate::child::{Running, end_leftover, last_lines, start};
use crate::container_logs::ContainerLogs;
use crate::control_plane::{ControlPlane, PROGRAMS};
use crate::error::Failure;
use crate::expectations::Expectations;
use crate::folder::{LabFolder, write_private};
use crate::furnish::{self, NAMESPACE};
use crate::ports::Ports;
use crate::settings::Kubelet;
use crate::stages::{Script, stages};
use crate::status::{Phase, Record};
use crate::{addresses, kubeconfig, kubelet, nudge, pki, real, volumes};

/// How long each step of the start may take. A healthy one takes a tenth of it on two busy cores.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a lab is begun when somebody else takes its ports.
const ATTEMPTS: u32 = 3;
/// How many lines of a log a failure shows.
const LINES: usize = 8;
/// Between two questions to an API server that does not listen yet. There is nothing to wait on before it does.
const KNOCK: Duration = Duration::from_millis(50);

/// A lab being minded.
pub(super) struct Supervisor {
    folder: LabFolder,
    order: Order,
    children: Vec<Running>,
    tasks: JoinSet<&'static str>,
    record: Record,
}

impl Supervisor {
    pub(super) fn new(folder: LabFolder, order: Order) -> Self {
        Self {
            folder,
            order,
            children: Vec::new(),
            tasks: JoinSet::new(),
            record: Record {
                phase: Phase::Starting,
                since: Timestamp::now(),
                server: None,
                failure: None,
                programs: BTreeMap::new(),
            },
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.record.phase == Phase::Running
    }

    /// Brings the lab up, with other ports when somebody takes one in the moment between finding and using it.
    pub(super) async fn start(&mut self) -> Result<(), Failure> {
        for attempt in 1.. {
            match self.attempt().await {
                Err(failure) if attempt < ATTEMPTS && is_port_taken(&failure) => {
                    self.step("again, with other ports")?;
                    self.stop_children().await;
                }
                done => return done,
            }
        }
        Ok(())
    }

    async fn attempt(&mut self) -> Result<(), Failure> {
        self.write_record()?;
        for program in PROGRAMS {
            let hold = self.folder.hold_of(program);
            end_leftover(&hold)
                .await
                .map_err(failed("end what was left"))?;
        }
        let folder = self.folder.clone();
        folder
            .clear()
            .and_then(|()| folder.create())
            .map_err(failed("clear the lab's folder"))?;
        let ports = Ports::find().map_err(failed("find free ports"))?;
        let plane = ControlPlane {
            folder: &folder,
            ports,
        };
        self.step("certificates")?;
        let administrator = pki::make(&folder).map_err(failed("make certificates"))?;
        kubeconfig::write(&folder, &plane.server(), &administrator)
            .map_err(failed("write the kubeconfig"))?;
        write_private(
            &plane.kwok_settings_file(),
            plane.kwok_settings().to_string(),
        )
        .map_err(failed("write kwok's settings"))?;
        self.record.server = Some(plane.server());
        self.step("etcd and API server")?;
        self.run(&plane, Program::Etcd)?;
        self.run(&plane, Program::KubeApiserver)?;
        let client = client(&folder).await?;
        self.or_failure("the API server", ready(&client)).await?;
        self.step("controllers, scheduler, nodes")?;
        self.run(&plane, Program::KubeControllerManager)?;
        self.run(&plane, Program::KubeScheduler)?;
        let cluster = self.order.cluster.clone();
        let kinds = furnish::kinds(&client);
        self.or_failure("the kinds of kwok", kinds).await?;
        let logs = ContainerLogs::new(&folder);
        let furnished = furnish_cluster(&client, cluster.kubelet, &logs);
        self.or_failure("stages", furnished).await?;
        self.run(&plane, Program::Kwok)?;
        let nodes = furnish::cluster(&client, &cluster);
        self.or_failure("nodes", nodes).await?;
        let nodes_ready = nudge::nodes_come(&client);
        self.or_failure("ready nodes", nodes_ready).await?;
        tokio::spawn(nudge::nudge_later(client.clone()));
        self.mind_cluster(&client, logs);
        self.record.phase = Phase::Running;
        self.record.since = Timestamp::now();
        self.write_record()
    }

    fn run(&mut self, plane: &ControlPlane<'_>, program: Program) -> Result<(), Failure> {
        let path = path_of(&self.order, program)?;
        let arguments = plane.arguments(program);
        let launcher = &self.order.launcher;
        let running = start(&self.folder, launcher, program, path, &arguments)
            .map_err(failed(&format!("start {program}")))?;
        if let Some(pid) = running.pid() {
            self.record.programs.insert(program.name().to_owned(), pid);
        }
        self.children.push(running);
        self.write_record()
    }

    fn mind_cluster(&mut self, client: &Client, logs: ContainerLogs) {
        let client = || client.clone();
        if self.order.cluster.kubelet == Kubelet::Strict {
            let (real, keeper) = real::real(client(), self.folder.clone(), logs.clone());
            self.task("servers", keeper.run());
            self.task("kubelet", kubelet::run(client(), logs, real));
        }
        self.task("volumes", volumes::run(client()));
        self.task("addresses", addresses::run(client()));
    }

    fn task(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            work.await;
            name
        });
    }

    /// Waits for something, unless a program ends first or patience does.
    async fn or_failure<T, E: Error>(
        &mut self,
        what: &str,
        wait: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = tokio::time::timeout(PATIENCE, wait) => match done {
                Ok(done) => done.map_err(failed(&format!("get {what}"))),
                Err(_) => Err(Failure::of(format!("{what} did not come within {} s", PATIENCE.as_secs()))),
            },
            (program, status) = first_end(&mut self.children) => Err(self.ended(program, status)),
        }
    }

    /// Waits until something of the lab ends by itself, which nothing should.
    pub(super) async fn failed(&mut self) -> Failure {
        tokio::select! {
            (program, status) = first_end(&mut self.children) => self.ended(program, status),
            Some(task) = self.tasks.join_next() => {
                let name = task.unwrap_or("a task that panicked");
                Failure::of(format!("the lab's own part ended: {name}"))
            }
        }
    }

    fn ended(&self, program: Program, status: Option<ExitStatus>) -> Failure {
        let how = status.map(|status| status.to_string());
        Failure {
            program: Some(program.name().to_owned()),
            what: format!("ended: {}", how.as_deref().unwrap_or("nobody knows how")),
            last_lines: last_lines(&self.folder.log(program.name()), LINES),
        }
    }

    /// Ends everything, and waits for it.
    pub(super) async fn stop(mut self, failure: Option<Failure>) {
        self.tasks.shutdown().await;
        self.stop_children().await;
        self.record.phase = match failure {
            Some(_) => Phase::Failed,
            None => Phase::Stopped,
        };
        self.record.failure = failure;
        let cleared = self
            .folder
            .clear()
            .map_err(failed("clear the lab's folder"));
        if let Err(failure) = cleared.and_then(|()| self.write_record()) {
            eprintln!("{failure}");
        }
    }

    /// The store ends last: an API server that loses it waits for it.
    async fn stop_children(&mut self) {
        let is_store = |child: &mut Running| child.program == Program::Etcd;
        let stores: Vec<Running> = self.children.extract_if(.., is_store).collect();
        for children in [std::mem::take(&mut self.children), stores] {
            for stopped in join_all(children.into_iter().map(Running::stop)).await {
                if let Err(error) = stopped {
                    eprintln!("failed to stop a program: {error}");
                }
            }
        }
        self.record.programs.clear();
    }

    fn step(&self, what: &str) -> Result<(), Failure> {
        say(&Said::Step(what.to_owned()));
        self.write_record()
    }

    fn write_record(&self) -> Result<(), Failure> {
        let written = self.record.write(&self.folder);
        written.map_err(failed("write the lab's state"))
    }
}

/// The first program that ends. Waits for ever when there is none.
async fn first_end(children: &mut [Running]) -> (Program, Option<ExitStatus>) {
    let ends = children.iter_mut().map(|child| {
        Box::pin(async {
            let status = child.ended().await.ok();
            (child.program, status)
        })
    });
    let ends: Vec<_> = ends.collect();
    if ends.is_empty() {
        return std::future::pending().await;
    }
    select_all(ends).await.0
}

fn is_port_taken(failure: &Failure) -> bool {
    let mut lines = failure.last_lines.iter();
    lines.any(|line| line.contains("address already in use"))
}

pub(crate) async fn client(folder: &LabFolder) -> Result<Client, Failure> {
    let what = "read the kubeconfig";
    let kubeconfig = Kubeconfig::read_from(folder.kubeconfig()).map_err(failed(what))?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let mut config = config.map_err(failed(what))?;
    // no proxy reaches what runs on this machine
    config.proxy_url = None;
    Client::try_from(config).map_err(failed("make a client"))
}

/// Waits until the API server says that it is ready.
async fn ready(client: &Client) -> kube::Result<()> {
    loop {
        let request = http::Request::get("/readyz").body(Vec::new());
        let request = request.map_err(kube::Error::HttpError)?;
        if client.request_text(request).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(KNOCK).await;
    }
}

/// What kwok needs before it starts, and the lab's own namespace.
async fn furnish_cluster(
    client: &Client,
    kubelet: Kubelet,
    logs: &ContainerLogs,
) -> kube::Result<()> {
    let script = Script {
        expectations: &Expectations::default(),
        speed: 1.0,
        kubelet,
    };
    furnish::put_stages(client, &stages(&script)).await?;
    if kubelet == Kubelet::Strict {
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": NAMESPACE},
        });
        furnish::apply(&namespaces, NAMESPACE, &namespace).await?;
    }
    logs.furnish(client).await
}

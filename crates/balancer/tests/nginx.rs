//! A real nginx in front of servers that only say who asked.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its world has failed"
)]

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use futures::StreamExt;
use mosipctl_balancer::{Balancer, Channel, Entrance, Files, INSTALL, Side, nginx};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MODULES: &str = "/usr/lib/nginx/modules";
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
const INTERNAL: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Nothing listens there.
const DOWN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

/// An nginx of the test's own, with two nodes behind it, one of which is down.
struct World {
    folder: TempDir,
    balancer: Balancer,
    authority: String,
    nginx: Option<Child>,
}

impl World {
    /// None, and a word about it, where there is no nginx.
    async fn new() -> Option<Self> {
        let has_nginx = Command::new("nginx").arg("-v").output().is_ok();
        if !has_nginx || !Path::new(MODULES).join("ngx_stream_module.so").exists() {
            eprintln!(
                "skipped: no nginx with its stream module (Debian: nginx-light, libnginx-mod-stream)"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let names = ["api.example.org", "api-internal.example.org"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names.clone()).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("tls.crt"), made.cert.pem()).unwrap();
        fs::write(path("tls.key"), made.signing_key.serialize_pem()).unwrap();
        let [public, internal, tcp] = [web("public").await, web("internal").await, echo().await];
        let entrance = |channel, name: &str, port, node: SocketAddr| Entrance {
            channel,
            name: name.to_owned(),
            port,
            node_port: node.port(),
        };
        let side = |address, host: &String| Side {
            address,
            https: free(address),
            http: Some(free(address)),
            hosts: vec![host.clone()],
        };
        let balancer = Balancer {
            nodes: vec![DOWN, PUBLIC],
            control_planes: Vec::new(),
            supervisor: None,
            public: Some(side(PUBLIC, &names[0])),
            internal: side(INTERNAL, &names[1]),
            api: Vec::new(),
            entrances: vec![
                entrance(Channel::Public, "http2", 80, public),
                entrance(Channel::Internal, "http2", 80, internal),
                entrance(Channel::Internal, "postgres", free(INTERNAL), tcp),
            ],
            files: Files {
                certificate: path("tls.crt"),
                key: path("tls.key"),
                pid: path("pid"),
                errors: path("errors"),
                modules: Some(MODULES.to_owned()),
            },
        };
        Some(Self {
            authority: made.cert.pem(),
            folder,
            balancer,
            nginx: None,
        })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("nginx.conf")
    }

    /// Puts a configuration in place as on a machine.
    fn install(&self, text: &str) -> Output {
        let file = self.file();
        let reload = match self.nginx {
            Some(_) => vec![
                "nginx".into(),
                "-c".into(),
                file.clone(),
                "-s".into(),
                "reload".into(),
            ],
            None => vec![PathBuf::from("true")],
        };
        let mut shell = Command::new("sh");
        shell
            .args(["-c", INSTALL, "install"])
            .arg(&file)
            .args(reload);
        let mut shell = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        shell
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        shell.wait_with_output().unwrap()
    }

    async fn start(&mut self) {
        let installed = self.install(&nginx(&self.balancer).unwrap());
        assert!(
            installed.status.success(),
            "{}",
            String::from_utf8_lossy(&installed.stderr)
        );
        let mut command = Command::new("nginx");
        command
            .arg("-c")
            .arg(self.file())
            .args(["-g", "daemon off;"]);
        self.nginx = Some(command.spawn().unwrap());
        let address = SocketAddr::new(PUBLIC, self.public().https);
        while TcpStream::connect(address).await.is_err() {
            assert!(
                self.nginx.as_mut().unwrap().try_wait().unwrap().is_none(),
                "nginx has ended"
            );
            tokio::task::yield_now().await;
        }
    }

    /// A client that knows where the hosts are; each request has a connection of its own.
    fn client(&self) -> reqwest::Client {
        // the first test sets it for all
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = reqwest::Certificate::from_pem(self.authority.as_bytes()).unwrap();
        let side = |side: &Side| SocketAddr::new(side.address, side.https);
        reqwest::Client::builder()
            .tls_certs_only([certificate])
            .resolve("api.example.org", side(self.public()))
            .resolve("other.example.org", side(self.public()))
            .resolve("api-internal.example.org", side(&self.balancer.internal))
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()
            .unwrap()
    }

    fn public(&self) -> &Side {
        self.balancer.public.as_ref().unwrap()
    }

    fn url(&self, host: &str) -> String {
        let side = if host.contains("internal") {
            &self.balancer.internal
        } else {
            self.public()
        };
        format!("https://{host}:{}/path", side.https)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(nginx) = &mut self.nginx {
            // the master takes its workers with it
            let stopped = Command::new("nginx")
                .arg("-c")
                .arg(self.folder.path().join("nginx.conf"))
                .args(["-s", "stop"])
                .status();
            if !stopped.is_ok_and(|status| status.success()) {
                let _ = nginx.kill();
            }
            let _ = nginx.wait();
        }
    }
}

/// A port that is free now.
fn free(address: IpAddr) -> u16 {
    std::net::TcpListener::bind((address, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A server that answers each request with its own name and what it was told.
async fn web(name: &'static str) -> SocketAddr {
    serve(move |head| {
        let body = format!("{name}\n{head}");
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    })
    .await
}

async fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((PUBLIC, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut heard = Vec::new();
                let mut chunk = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut chunk).await {
                    heard.extend_from_slice(&chunk[..length]);
                    while let Some(end) = heard.windows(4).position(|end| end == b"\r\n\r\n") {
                        let head = String::from_utf8_lossy(&heard[..end]).into_owned();
                        heard.drain(..end + 4);
                        if stream.write_all(answer(&head).as_bytes()).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    address
}

/// A server that says back what it hears.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((PUBLIC, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reads, mut writes) = stream.split();
                let _ = tokio::io::copy(&mut reads, &mut writes).await;
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_answers_for_its_own_hosts_and_a_node_that_is_down_is_passed_over() {
    let Some(mut world) = World::new().await else {
        return;
    };
    world.start().await;
    let client = world.client();
    for (host, gateway) in [
        ("api.example.org", "public"),
        ("api-internal.example.org", "internal"),
    ] {
        let sent = client
            .get(world.url(host))
            .header("X-Forwarded-Proto", "http")
            .header("X-Forwarded-For", "6.6.6.6");
        let text = sent.send().await.unwrap().text().await.unwrap();
        assert!(text.starts_with(gateway), "{text}");
        assert!(
            text.contains(&format!("Host: {host}")) && text.contains("X-Forwarded-Proto: https"),
            "{text}"
        );
        assert!(!text.contains("6.6.6.6"), "{text}");
    }
    client
        .get(world.url("other.example.org"))
        .send()
        .await
        .unwrap_err();
    let plain = SocketAddr::new(PUBLIC, world.public().http.unwrap());
    let moved = client
        .get(format!("http://{plain}/path"))
        .header("Host", "api.example.org")
        .send()
        .await
        .unwrap();
    assert_eq!(moved.status(), 308);
    assert_eq!(moved.headers()["location"], "https://api.example.org/path");
    let postgres = SocketAddr::new(INTERNAL, world.balancer.entrances[2].port);
    let mut stream = TcpStream::connect(postgres).await.unwrap();
    stream.write_all(b"as it is").await.unwrap();
    let mut heard = [0; 8];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"as it is");
    // nothing of the inside at the public address
    TcpStream::connect(SocketAddr::new(PUBLIC, postgres.port()))
        .await
        .unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_nginx_refuses_changes_nothing_and_the_same_file_reloads_nothing() {
    let Some(mut world) = World::new().await else {
        return;
    };
    world.start().await;
    let good = nginx(&world.balancer).unwrap();
    let refused = world.install(&good.replace("proxy_timeout 10m", "proxy_timeout soon"));
    assert!(!refused.status.success());
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("invalid value"),
        "{refused:?}"
    );
    assert_eq!(fs::read_to_string(world.file()).unwrap(), good);
    let same = world.install(&good);
    assert_eq!(String::from_utf8_lossy(&same.stdout), "same\n");
    let answer = world
        .client()
        .get(world.url("api.example.org"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// Ten thousand requests, each on a connection of its own, while nginx reads a changed file again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_dropped_while_nginx_reads_a_changed_file() {
    const REQUESTS: usize = 10_000;
    let Some(mut world) = World::new().await else {
        return;
    };
    world.start().await;
    let (client, url) = (world.client(), world.url("api.example.org"));
    let done = Arc::new(AtomicBool::new(false));
    let reloads = AtomicUsize::new(0);
    let good = nginx(&world.balancer).unwrap();
    let started = Instant::now();
    let world = &world;
    let dropped = std::thread::scope(|scope| {
        let (is_done, reloads) = (done.clone(), &reloads);
        scope.spawn(move || {
            while !is_done.load(Ordering::Relaxed) {
                let number = reloads.fetch_add(1, Ordering::Relaxed);
                let changed = format!("# {number}\n{good}");
                assert!(world.install(&changed).status.success());
            }
        });
        let asking = async {
            let ask = |_| {
                let sent = client.get(&url).send();
                async move {
                    match sent.await {
                        Ok(answer) => answer
                            .text()
                            .await
                            .is_ok_and(|text| text.starts_with("public")),
                        Err(_) => false,
                    }
                }
            };
            let answers = futures::stream::iter(0..REQUESTS)
                .map(ask)
                .buffer_unordered(32);
            answers
                .filter(|good| futures::future::ready(!good))
                .count()
                .await
        };
        let dropped =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asking));
        done.store(true, Ordering::Relaxed);
        dropped
    });
    let reloads = reloads.load(Ordering::Relaxed);
    eprintln!(
        "{dropped} of {REQUESTS} requests dropped, {reloads} reloads, {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert!(reloads > 3, "{reloads}");
    assert_eq!(dropped, 0);
}

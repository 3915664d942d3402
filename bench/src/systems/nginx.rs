//! nginx as a bare reverse proxy: the yardstick of every ratio. One worker, connections to the
//! upstream kept, nothing logged, answers passed on as they come.

use super::{Bench, Running, System, free_port, fresh_directory, install, write};
use crate::error::BenchError;
use crate::process::Child;
use std::path::Path;
use std::time::Duration;

pub(super) fn start(bench: &Bench) -> Result<Running, BenchError> {
    let version = install::version_line("nginx", "nginx", &["-v"])?;
    let directory = fresh_directory(bench, "nginx")?;
    let port = free_port()?;
    let config = directory.join("nginx.conf");
    write(&config, &configuration(&directory, port, bench.mock_port))?;
    let log = directory.join("log");
    let args =
        ["-p".to_owned(), directory.display().to_string(), "-c".to_owned(), config.display().to_string()];
    let child = Child::start(Path::new("nginx"), &args, &[], &directory, &log, bench.pin)?;
    Running {
        system: System::Nginx,
        version: version.rsplit('/').next().unwrap_or(&version).to_owned(),
        port,
        headers: Vec::new(),
        keys: vec!["none".to_owned()],
        child: Some(child),
        _needs: None,
        started_in: Duration::ZERO,
    }
    .wait_ready(bench, &log, Duration::from_secs(10))
}

fn configuration(directory: &Path, port: u16, mock_port: u16) -> String {
    // As root nginx would give its worker to another user, who cannot write below the directory.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let at = directory.display();
    format!(
        "daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 20000;       # 5,000 open streams take 10,000 handles
pid {at}/nginx.pid;
error_log {at}/error.log error;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    client_body_temp_path {at}/body;
    proxy_temp_path {at}/proxy;
    fastcgi_temp_path {at}/fastcgi;
    uwsgi_temp_path {at}/uwsgi;
    scgi_temp_path {at}/scgi;
    client_max_body_size 64m;
    keepalive_requests 100000000;  # else connections are closed every 1,000 requests
    tcp_nodelay on;
    upstream mock {{
        server 127.0.0.1:{mock_port};
        keepalive 512;             # kept connections to the upstream, as every gateway keeps them
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffering off;   # streams are passed on as they come
        }}
    }}
}}
"
    )
}

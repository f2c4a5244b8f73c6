//! A driver in a hundred lines: gets an ID token over std's own sockets, signed in Rust, from an emulator on this machine.
//!
//! ```sh
//! npx cloud-run-auth-emulator --key-file key.json &
//! export CLOUD_RUN_AUTH_EMULATOR=http://127.0.0.1:8085 GOOGLE_APPLICATION_CREDENTIALS=key.json
//! cargo run --example exchange -- https://svc.example
//! ```
#![allow(clippy::print_stdout, reason = "it shows what happens")]

use cloud_run_auth::config::Limits;
use cloud_run_auth::credential::{Credential, Terms};
use cloud_run_auth::crypto;
use cloud_run_auth::grant::{Audience, Target};
use cloud_run_auth::http::{Request, Response};
use cloud_run_auth::secret::Secret;
use cloud_run_auth::time::{Now, http_date};
use cloud_run_auth::token::{Action, Event, Flow};
use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn Error>> {
    let audience = env::args().nth(1).unwrap_or_else(|| "https://svc.example".into());
    let emulator = env::var("CLOUD_RUN_AUTH_EMULATOR").map_err(|_| "CLOUD_RUN_AUTH_EMULATOR names no emulator")?;
    let file =
        env::var("GOOGLE_APPLICATION_CREDENTIALS").map_err(|_| "GOOGLE_APPLICATION_CREDENTIALS names no file")?;
    let hosts = Terms::google().emulator(&emulator)?;
    let credential = Credential::from_json_with(Secret::from(std::fs::read_to_string(file)?).expose_text(), &hosts)?;
    let target = Target::id_token(Audience::parse(&audience)?);
    let mut flow = Flow::with(credential, target, Limits::default());

    let began = Instant::now();
    let mut event = Event::Begun;
    loop {
        // Whatever the host cannot do it says; what that means is the core's to know.
        event = match flow.step(event, now(began)) {
            Action::Sign { algorithm, input } => {
                let key = flow.private_key().ok_or("the credential has no key")?;
                println!("signs {} bytes", input.len());
                match crypto::sign(key, algorithm, input.as_bytes()) {
                    Ok(signature) => Event::Signed(signature),
                    Err(error) => Event::Failed(error.to_string()),
                }
            }
            Action::Send(request) => {
                println!("sends {} {}", request.method, request.url);
                let body = request.body.and_then(|body| flow.secret(body));
                match send(&request, body.map_or(&[], Secret::expose)) {
                    Ok(response) => Event::Answered(response),
                    Err(error) => Event::Failed(error.to_string()),
                }
            }
            Action::Done(result) => {
                let outcome = result?;
                let token = flow.take(outcome.token).ok_or("the token is gone")?;
                println!("has a token of {} bytes that lives {} s", token.expose().len(), outcome.life_ms / 1000);
                return Ok(());
            }
            other => Event::Failed(format!("this driver cannot do {other:?}")),
        };
    }
}

fn now(began: Instant) -> Now {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now::new(milliseconds(wall), milliseconds(began.elapsed()))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// As much HTTP/1.0 as an emulator needs. No redirect is followed.
fn send(request: &Request, body: &[u8]) -> Result<Response, Box<dyn Error>> {
    let rest = request.url.strip_prefix("http://").ok_or("only an emulator is spoken to without TLS")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_millis(request.timeout_ms)))?;
    let mut head = format!("{} /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n", request.method, body.len());
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;

    let mut answer = Vec::new();
    stream.take(2 << 20).read_to_end(&mut answer)?;
    let answer = Secret::new(answer);
    let (head, body) = answer.expose_text().split_once("\r\n\r\n").ok_or("the answer has no end of its headers")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("the answer has no status")?;
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let date = headers.find(|(name, _)| name.eq_ignore_ascii_case("date"));
    let date_ms = date.and_then(|(_, date)| http_date(date));
    Ok(Response { status, date_ms, retry_after_ms: None, body: Secret::new(body) })
}

//! The way of one request, from what came to what is answered.

use super::answer::{Answer, Failure, Kind};
use super::policy::Policy;
use super::random::Seed;
use super::request::Request;
use super::routes;
use super::run::{Action, Checking, Entry, Event, Halt, Run};
use super::shared::Service;
use crate::time::Now;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// More steps than any request takes: who goes round in circles is stopped.
const MOST_STEPS: usize = 200;

/// One request's visit.
#[derive(Debug)]
pub struct Visit {
    request: Request,
    /// The policy that held when it came.
    policy: Arc<Policy>,
    seed: Seed,
    begun: Option<Now>,
    journal: Vec<Entry>,
    checking: Option<Checking>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// The host is to do this, and to tell what came of it.
    Act(Action),
    /// The answer.
    Done(Answer),
}

impl Visit {
    /// A request that has just come; `seed` is its own and nobody else's.
    pub fn new(service: &Service, request: Request, seed: Seed) -> Visit {
        Visit { request, policy: Arc::clone(&service.policy), seed, begun: None, journal: Vec::new(), checking: None }
    }

    /// Takes what happened, first [`Event::Begun`], and says what to do next.
    ///
    /// ```
    /// use cloud_run_auth::service::{Event, Request, Seed, Service, Turn, Visit};
    /// use cloud_run_auth::time::Now;
    /// let settings = serde_json::from_str(r#"{ "issuer": "https://tokens.example" }"#).unwrap();
    /// let mut service = Service::new(settings, "", "random bits, 32 bytes or more of them").unwrap();
    /// let request = Request { method: "GET".into(), target: "/api/health".into(), ..Request::default() };
    /// let mut visit = Visit::new(&service, request, Seed::new("other random bits"));
    /// let Turn::Done(answer) = visit.step(&mut service, Event::Begun, Now::new(0, 0)) else { panic!() };
    /// assert_eq!(answer.status, 200);
    /// ```
    pub fn step(&mut self, service: &mut Service, event: Event, now: Now) -> Turn {
        let begun = event == Event::Begun;
        let mut run = Run {
            service,
            policy: &self.policy,
            request: &self.request,
            seed: &self.seed,
            now: *self.begun.get_or_insert(now),
            clock: now,
            journal: &mut self.journal,
            checking: &mut self.checking,
            event: Some(event).filter(|_| !begun),
            at: 0,
            log: Vec::new(),
            caller: String::new(),
        };
        let too_long = run.journal.len() > MOST_STEPS;
        let (route, style, done) = routes::handle(&mut run);
        let (log, caller) = (core::mem::take(&mut run.log), core::mem::take(&mut run.caller));
        let request_id = self.seed.id("request");
        let mut answer = match done {
            Ok(answer) => answer,
            Err(Halt::Act(action)) if !too_long => return Turn::Act(action),
            Err(Halt::Act(_)) => {
                let message = "the request took too many steps. Try again.".into();
                Failure::new(Kind::Unavailable, message).answer(style, &request_id)
            }
            Err(Halt::Fail(failure)) => {
                service.metrics.refused(&caller, failure.reason, failure.kind.status(), now);
                failure.answer(style, &request_id)
            }
        };
        answer.log.extend(log);
        service.metrics.answered(route, &self.request.method, answer.status);
        if self.request.method == "HEAD" {
            answer.body.clear();
        }
        let answer = answer.with("x-request-id", request_id);
        Turn::Done(answer)
    }

    /// What goes to the log of whatever happened: the request as it was, without what is secret of it.
    pub fn path(&self) -> &str {
        self.request.path()
    }
}

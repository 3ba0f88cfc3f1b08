//! `cargo xtask bench agents`: scripted agents that send keepalives and execute checks: CPU time of the server per
//! stored message, relative to `PUT`s of events in the same run; memory per session; delay of check requests.
//!
//! The agents run in this process, on the same processors as the server.

mod fleet;
mod requests;
mod server;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sensu_engine::schedule::{Interval, Schedule};

use crate::goals::Goals;
use fleet::Fleet;
use requests::{Punctuality, Span};
use server::{Cost, Server};

/// Time for all agents to connect, and for messages to be stored.
const PATIENCE: Duration = Duration::from_secs(120);
/// Time after which memory is measured: the allocator returns unused memory within 10 s.
const REST: Duration = Duration::from_secs(15);
/// Time for the last requests to arrive.
const TAIL: Duration = Duration::from_secs(5);
/// Seconds between the keepalives of an agent.
const KEEPALIVES: u32 = 20;
/// Highest memory of the server per session, in KiB.
const SESSION_KIB: f64 = 64.0;
/// Growth of the memory that is accepted, for example of caches that are still filling.
const GROWTH: f64 = 1.10;
/// Time in which all agents must be connected again.
const RECONNECT: Duration = Duration::from_secs(15);

/// Options of `bench agents`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Number of agents.
    #[arg(long, default_value_t = 1_000)]
    sessions: u32,
    /// Number of checks, which all agents execute.
    #[arg(long, default_value_t = 10)]
    checks: u32,
    /// Seconds between the runs of a check.
    #[arg(long, default_value_t = 60)]
    interval: u32,
    /// Duration of the measurement, in minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u32,
    /// Duration of the `PUT`s that agents are compared with, in seconds.
    #[arg(long, default_value_t = 60)]
    put_seconds: u64,
    /// Disconnect all agents at the end, and measure until they are connected again.
    #[arg(long)]
    disconnect: bool,
    /// Server to run, instead of the release build of the workspace.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// What is measured.
struct Benchmark<'a> {
    options: &'a Options,
    server: Server,
    schedules: Vec<Schedule>,
    goals: Goals,
}

#[expect(clippy::print_stdout, reason = "a task prints its figures")]
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let program = match &options.server {
        Some(program) => program.clone(),
        None => crate::release_build(&xtask::root(), "sensu-server")?,
    };
    raise_descriptor_limit()?;
    let folder = tempfile::tempdir_in(crate::target_dir()?)?;
    let server = Server::start(&program, &folder.path().join("state")).await?;
    let mut benchmark =
        Benchmark { options, server, schedules: Vec::new(), goals: Goals::default() };
    let put = benchmark.puts().await?;
    let fleet = benchmark.connect().await?;
    benchmark.exchange(&fleet, &put).await?;
    if options.disconnect {
        benchmark.disconnect(&fleet).await?;
    }
    let goals = benchmark.goals;
    println!("{goals}");
    ensure!(goals.all_met(), "the goals were not met");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a task prints its figures")]
impl Benchmark<'_> {
    fn sessions(&self) -> usize {
        usize::try_from(self.options.sessions).unwrap_or(usize::MAX)
    }

    /// Messages of all agents per second.
    fn rate(&self) -> f64 {
        let Options { sessions, checks, interval, .. } = *self.options;
        f64::from(sessions)
            * (1.0 / f64::from(KEEPALIVES) + f64::from(checks) / f64::from(interval))
    }

    /// Plain `PUT`s at the rate of the messages of all agents.
    async fn puts(&self) -> anyhow::Result<Cost> {
        // Creates the entities and events.
        self.server.put_in_bulk(self.sessions()).await?;
        let span = Duration::from_secs(self.options.put_seconds);
        let cost = self.server.put_at_rate(self.sessions(), self.rate(), span).await?;
        let (puts, rate, micros) = (cost.messages, self.rate(), cost.micros());
        println!("{puts} PUTs of events at {rate:.0} per second: {micros:.0} us of CPU time each");
        Ok(cost)
    }

    /// Connects all agents, and measures the memory before and after.
    async fn connect(&mut self) -> anyhow::Result<Fleet> {
        tokio::time::sleep(REST).await;
        let (before, resident) = (self.server.process.memory()?, self.server.process.resident()?);
        let agents = (0..self.options.sessions).map(|n| self.server.agent(format!("agent-{n}")));
        let fleet = Fleet::start(agents);
        let took = fleet.wait_until_connected(PATIENCE).await?;
        tokio::time::sleep(REST).await;
        let after = self.server.process.memory()?;
        let each = (after - before) * 1024.0 / f64::from(self.options.sessions);
        println!(
            "{} agents connected in {:.1} s; memory {before:.0} MiB before, {after:.0} MiB after ({resident:.0} and \
             {:.0} MiB with mapped files): {each:.0} KiB per session",
            self.options.sessions,
            took.as_secs_f64(),
            self.server.process.resident()?,
        );
        let text = format!("{each:.0} KiB");
        self.goals.add("memory per session below 64 KiB", text, each < SESSION_KIB);
        Ok(fleet)
    }

    /// Keepalives, requests and results for some minutes.
    async fn exchange(&mut self, fleet: &Fleet, put: &Cost) -> anyhow::Result<()> {
        for number in 0..self.options.checks {
            let name = format!("check-{number}");
            self.server.create_check(&name, self.options.interval.into()).await?;
            let interval = Interval::new(&name, self.options.interval).context("an interval")?;
            self.schedules.push(Schedule::Interval(interval));
        }
        // The server follows changes within a second.
        tokio::time::sleep(TAIL).await;
        let (cpu, events) = (self.server.process.cpu_time()?, self.server.passing_events().await?);
        let (from, mut memory) = (requests::now(), Vec::new());
        for _ in 0..self.options.minutes {
            tokio::time::sleep(Duration::from_secs(60)).await;
            memory.push(self.server.process.memory()?);
        }
        let until = requests::now();
        let cpu = self.server.process.cpu_time()?.saturating_sub(cpu);
        let messages = self.server.passing_events().await?.saturating_sub(events);
        let cost = Cost { messages, cpu };
        let (micros, ratio) = (cost.micros(), cost.micros() / put.micros());
        let busy = cost.cpu.as_secs_f64() / (60.0 * f64::from(self.options.minutes)) * 100.0;
        println!(
            "{messages} stored keepalives and results: {micros:.0} us of CPU time each, {ratio:.2} times that of a PUT; \
             {busy:.0} % of a processor"
        );
        let minutes: Vec<String> = memory.iter().map(|mib| format!("{mib:.0}")).collect();
        println!("memory by minute: {} MiB", minutes.join(" "));
        if let [_, second, .., last] = memory[..] {
            let text = format!("{second:.0} MiB after 2 minutes, {last:.0} MiB at the end");
            self.goals.add("memory at most 10 % larger at the end", text, last <= second * GROWTH);
        }
        tokio::time::sleep(TAIL).await;
        let requests =
            fleet.state().requests.of(Span { from, until }, self.sessions(), &self.schedules);
        println!("{requests}");
        self.judge("during the exchange", &requests);
        let lost = fleet.state().lost.load(Ordering::Relaxed);
        self.goals.add("lost connections", lost.to_string(), lost == 0);
        self.judge_messages(fleet).await
    }

    /// Ends all connections at once. Measures until all agents are connected again, and each check has run since.
    async fn disconnect(&mut self, fleet: &Fleet) -> anyhow::Result<()> {
        let failed = fleet.state().failed.load(Ordering::Relaxed);
        fleet.disconnect();
        fleet.wait_until_disconnected().await;
        let took = fleet.wait_until_connected(PATIENCE).await?;
        let from = requests::now();
        let failed = fleet.state().failed.load(Ordering::Relaxed) - failed;
        let seconds = took.as_secs_f64();
        let text = format!("{seconds:.1} s, {failed} failed attempts");
        println!("all {} agents connected again in {text}", self.options.sessions);
        self.goals.add("all agents connected again within 15 s", text, took <= RECONNECT);
        let period = Duration::from_secs(self.options.interval.into());
        tokio::time::sleep(period).await;
        let until = requests::now();
        tokio::time::sleep(TAIL).await;
        let requests =
            fleet.state().requests.of(Span { from, until }, self.sessions(), &self.schedules);
        println!("since then: {requests}");
        self.judge("after the reconnection", &requests);
        self.judge_messages(fleet).await
    }

    fn judge(&mut self, when: &str, requests: &Punctuality) {
        let (missing, surplus) = (requests.missing(), requests.surplus());
        let text = format!("{missing} missing, {surplus} too many");
        let name = format!("one request per session and run {when}");
        self.goals.add(&name, text, missing == 0 && surplus == 0);
        let late = requests.late();
        let text = format!("{late} of {}; needs an idle machine", requests.received());
        self.goals.advise(&format!("no request more than 1 s late {when}"), text, late == 0);
    }

    async fn judge_messages(&mut self, fleet: &Fleet) -> anyhow::Result<()> {
        let (server, state) = (&self.server, fleet.state());
        let received = server.metric("sensu_server_agent_messages_received_total", "").await?;
        let invalid = server.metric("sensu_server_agent_messages_invalid_total", "").await?;
        let dropped = server.metric("sensu_server_agent_messages_dropped_total", "").await?;
        let failing = server.failing_events().await?;
        let keepalives = state.keepalives.load(Ordering::Relaxed);
        let results = state.results.load(Ordering::Relaxed);
        println!(
            "{keepalives} keepalives and {results} results sent so far, {received} received; {dropped} messages to agents \
             dropped"
        );
        let text = format!("{dropped} to agents, {invalid} of agents");
        self.goals.add("dropped and rejected messages", text, dropped + invalid == 0);
        self.goals.add("false keepalive events", failing.to_string(), failing == 0);
        Ok(())
    }
}

/// Raises the maximum number of descriptors of this process as far as the system permits it.
fn raise_descriptor_limit() -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

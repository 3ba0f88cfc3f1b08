//! The scripted agent behaves like agents of the imitated releases.

use std::sync::{Arc, Mutex};

use sensu_agents::message::{CheckRequest, Message};
use sensu_agents::{Closed, Settings};
use sensu_test_agent::{Activity, Agent, Answer, Release};
use sensu_types::event::Event;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{Call, Server, eventually, message, not_found, request};

/// An agent that runs in a task.
struct Running {
    activities: Arc<Mutex<Vec<Activity>>>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn run(server: &Server, release: Release, answer: Answer) -> Running {
    let mut agent = Agent::connect(server.options("web").with_release(release)).await.unwrap();
    let activities = Arc::<Mutex<Vec<_>>>::default();
    let reported = Arc::clone(&activities);
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        let stop = async {
            _ = stopped.await;
        };
        agent.run(&answer, stop, |activity| reported.lock().unwrap().push(activity)).await.unwrap();
    });
    Running { activities, stop, ended }
}

impl Running {
    fn has(&self, is: impl Fn(&Activity) -> bool) -> bool {
        self.activities.lock().unwrap().iter().any(is)
    }

    fn keepalives(&self) -> usize {
        let activities = self.activities.lock().unwrap();
        activities.iter().filter(|activity| **activity == Activity::Keepalive).count()
    }
}

fn events(server: &Server) -> Vec<Event> {
    let event = |call| match call {
        Call::Event(_, event) => Some(*event),
        _ => None,
    };
    server.calls().into_iter().filter_map(event).collect()
}

#[tokio::test]
async fn an_agent_sends_keepalives_and_results_and_says_goodbye() {
    for release in [Release::V5_0, Release::V5_12] {
        let server = Server::start().await;
        let answer = Answer::Result { status: 1, output: "out".to_owned() };
        let agent = run(&server, release, answer).await;
        eventually(|| agent.keepalives() == 1, || "a keepalive".to_owned()).await;
        let mut request = request("cpu", 7, 3);
        request.config.handlers = vec!["h".to_owned()];
        server.sender("web").try_send(Arc::new(Message::check_request(request))).unwrap();
        eventually(|| events(&server).len() == 1, || "a result".to_owned()).await;
        let check = events(&server).remove(0).check.unwrap();
        assert_eq!((check.status, &*check.output, check.issued), (1, "out", 7));
        assert_eq!((&*check.command, &*check.handlers), ("xxx", &["h".to_owned()][..]));
        drop(agent.stop);
        agent.ended.await.unwrap();
        let bye = Closed::ByAgent { code: 1001, reason: "bye".to_owned() };
        assert_eq!(server.disconnected("web").await, bye);
    }
}

#[tokio::test]
async fn commands_are_executed() {
    let server = Server::start().await;
    let _agent = run(&server, Release::V5_0, Answer::Execute).await;
    let mut request = CheckRequest { issued: 1, ..request("cpu", 1, 0) };
    request.config.command = "echo \"$A\"; exit 2".to_owned();
    request.config.env_vars = vec!["A=b".to_owned()];
    server.sender("web").try_send(Arc::new(Message::check_request(request))).unwrap();
    eventually(|| events(&server).len() == 1, || "a result".to_owned()).await;
    let check = events(&server).remove(0).check.unwrap();
    assert_eq!((check.status, &*check.output), (2, "b\n"));
}

/// Experiments A16 and A17.
#[tokio::test]
async fn agents_from_6_0_wait_for_the_configuration_of_their_entity() {
    let greeting = vec![message("early", 1, 0)];
    let server = Server::with_greeting(Settings::default(), greeting).await;
    let agent =
        run(&server, Release::V6_0, Answer::Result { status: 0, output: String::new() }).await;
    let is_ignored = |activity: &Activity| matches!(activity, Activity::Ignored(..));
    eventually(|| agent.has(is_ignored), || "an ignored request".to_owned()).await;
    assert_eq!(agent.keepalives(), 0);
    server.sender("web").try_send(not_found()).unwrap();
    eventually(|| agent.keepalives() == 1, || "a keepalive".to_owned()).await;
    server.sender("web").try_send(message("late", 2, 0)).unwrap();
    eventually(|| server.checks() == ["late"], || format!("{:?}", server.checks())).await;
}

#[tokio::test]
async fn agents_from_6_7_3_ignore_requests_that_are_not_newer() {
    let greeting = vec![not_found(), message("cpu", 5, 0)];
    let server = Server::with_greeting(Settings::default(), greeting).await;
    let agent =
        run(&server, Release::V6_7_3, Answer::Result { status: 0, output: String::new() }).await;
    eventually(|| server.checks() == ["cpu"], || format!("{:?}", server.checks())).await;
    server.sender("web").try_send(message("cpu", 5, 0)).unwrap();
    let is_ignored = |activity: &Activity| matches!(activity, Activity::Ignored(..));
    eventually(|| agent.has(is_ignored), || "an ignored request".to_owned()).await;
    server.sender("web").try_send(message("cpu", 6, 0)).unwrap();
    eventually(|| server.checks() == ["cpu", "cpu"], || format!("{:?}", server.checks())).await;
}

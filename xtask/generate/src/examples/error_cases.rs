//! What an operation refuses, and how: every error that the document names is provoked.

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use sensu_store::{Key, Operation as Write, Prefix, Scan, Txn};
use serde_json::{Value, json};

use super::recorder::Recorder;
use super::request::{As, Request};
use super::{Operation, Step};

/// One more byte than a body may have.
const TOO_LARGE: usize = 512_001;

/// Failed log-ins after which a further one has to wait, and some.
const GUESSES: usize = 12;

/// Statuses that every operation gives or none, whatever the step: 400, 404 and 409 are told with it.
const ALONG: [u16; 4] = [401, 412, 413, 415];

/// What takes a disk that fails: logging out reads no record.
const NOT_HERE: [(&str, u16); 1] = [("auth_logout", 500)];

impl Recorder<'_> {
    /// Provokes what is refused whatever the request is about.
    pub(super) async fn refuse(
        &self,
        operation: &Operation,
        asked: &Request,
    ) -> anyhow::Result<()> {
        for status in ALONG {
            if !operation.documents(&status.to_string()) {
                continue;
            }
            let mut request = asked.clone();
            match status {
                401 => request.by = As::Nobody,
                412 => request.headers.push(("if-match", "\"0\"".into())),
                413 => request.raw = Some(" ".repeat(TOO_LARGE)),
                _ => request.headers.push(("content-type", "text/plain".into())),
            }
            self.provoke(operation, &request, status).await?;
        }
        Ok(())
    }

    /// Provokes what takes more than a request: too many guesses, nobody with a role, records that cannot
    /// be read, a store that has stopped. Nothing can be told afterwards.
    pub(super) async fn fail(&mut self, asked: &[(&Step, &Operation)]) -> anyhow::Result<()> {
        self.log_in().await?;
        let short_deadline = self.short_deadline().await?;
        short_deadline.stall(asked).await?;
        for (step, operation) in asked {
            if operation.documents("429") {
                let mut request = self.request(step, operation);
                request.by = As::Guesser;
                for _ in 0..GUESSES {
                    self.send(operation, &request).await?;
                }
                self.provoke(operation, &request, 429).await?;
            }
        }
        let bindings = Prefix::new("clusterrolebindings", [])?;
        let operations = vec![Write::DeletePrefix(bindings)];
        self.store.commit(Txn { operations, ..Txn::default() }).await?;
        self.provoke_all(asked, 403).await?;
        self.corrupt_records().await?;
        self.provoke_all(asked, 500).await?;
        self.store.close().await;
        self.provoke_all(asked, 503).await?;
        // Not before: it closes the store.
        short_deadline.stop().await
    }

    /// Provokes what takes a client that does not go on: all at the same time, because each of them waits.
    async fn stall(&self, asked: &[(&Step, &Operation)]) -> anyhow::Result<()> {
        let slow = asked.iter().filter(|(_, operation)| operation.documents("408"));
        try_join_all(slow.map(async |(step, operation)| {
            let mut request = self.request(step, operation);
            request.stalls = true;
            self.provoke(operation, &request, 408).await.with_context(|| step.op.clone())
        }))
        .await?;
        Ok(())
    }

    async fn provoke_all(&self, asked: &[(&Step, &Operation)], status: u16) -> anyhow::Result<()> {
        for (step, operation) in asked {
            let is_here = !NOT_HERE.contains(&(step.op.as_str(), status));
            if is_here && operation.documents(&status.to_string()) {
                let mut request = self.request(step, operation);
                if operation.tag == "auth" && request.body.is_some() {
                    request.body = Some(json!({ "refresh_token": self.refresh }));
                }
                self.provoke(operation, &request, status).await.with_context(|| step.op.clone())?;
            }
        }
        Ok(())
    }

    async fn provoke(
        &self,
        operation: &Operation,
        request: &Request,
        wanted: u16,
    ) -> anyhow::Result<()> {
        let (status, answer) = self.send(operation, request).await?;
        ensure!(status == wanted, "{wanted} is documented, {status} was answered: {answer}");
        let code = operation.code(wanted);
        ensure!(answer["code"] == code, "{wanted} is documented with {code}, answered: {answer}");
        Ok(())
    }

    /// Makes records unreadable that the server cannot do without.
    async fn corrupt_records(&self) -> anyhow::Result<()> {
        let mut operations = Vec::new();
        for room in ["clusterroles", sensu_server::keyspace::SESSIONS, "users"] {
            let prefix = Prefix::new(room, [])?;
            let scan = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
            for entry in self.store.scan(scan).await? {
                let value = Bytes::from_static(b"{");
                operations.push(Write::Put { key: entry.key, value, flags: 0, expires_at: None });
            }
        }
        // Makes the server read its roles again.
        let key = Key::new("clusterroles", ["spoiled"])?;
        operations.push(Write::Put {
            key,
            value: Bytes::from_static(b"{"),
            flags: 0,
            expires_at: None,
        });
        self.store.commit(Txn { operations, ..Txn::default() }).await?;
        Ok(())
    }
}

impl Operation {
    /// The code that the document shows for a status.
    fn code(&self, status: u16) -> Value {
        self.codes.get(&status.to_string()).cloned().unwrap_or_default()
    }
}

//! Provokes every error that the document names, so that no documented error is invented.

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use sensu_store::{Key, Operation as Write, Prefix, Scan, Txn};
use serde_json::json;

use super::recorder::Recorder;
use super::request::{Body, Request, Sender};
use super::{Operation, Step};

/// Size of a body that exceeds the limit by one byte.
const TOO_LARGE: usize = 512_001;

/// Failed log-ins after which the next one is throttled.
const GUESSES: usize = 12;

/// A bcrypt hash of a new password.
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuea2911a3qBgNFloBjDM6mlLQA.FCrUO";

/// Client errors that do not depend on the step. 400, 404 and 409 are recorded with the step.
const CLIENT_ERRORS: [u16; 4] = [401, 412, 413, 415];

/// Errors that need more than corrupt records: logging out reads no record.
const NOT_PROVOKED: [(&str, u16); 1] = [("auth_logout", 500)];

impl Recorder<'_> {
    /// Provokes the client errors that do not depend on the step.
    pub(super) async fn provoke_client_errors(
        &self,
        operation: &Operation,
        request: &Request,
    ) -> anyhow::Result<()> {
        for status in CLIENT_ERRORS.into_iter().filter(|status| operation.documents(*status)) {
            let mut request = request.clone();
            match status {
                401 => request.sender = Sender::Anonymous,
                412 => request.headers.push(("if-match", "\"0\"".into())),
                413 => request.body = Body::Raw(" ".repeat(TOO_LARGE)),
                _ => request.headers.push(("content-type", "text/plain".into())),
            }
            self.provoke(operation, &request, status).await?;
        }
        Ok(())
    }

    /// Provokes the errors that change the server: stalled bodies, throttled log-ins, a cluster without
    /// role bindings, corrupt records, a closed store. The recorder cannot be used afterwards.
    pub(super) async fn provoke_server_errors(
        &mut self,
        steps: &[(&Step, &Operation)],
    ) -> anyhow::Result<()> {
        self.log_in().await?;
        let short_deadline = self.with_short_deadline().await?;
        short_deadline.stall(steps).await?;
        for (step, operation) in steps.iter().filter(|(_, operation)| operation.documents(429)) {
            let mut request = self.request(step, operation);
            match &mut request.body {
                Body::Json(body) => {
                    *body = json!({ "password": "a wrong guess", "password_hash": HASH });
                }
                _ => request.sender = Sender::PasswordGuesser,
            }
            for _ in 0..GUESSES {
                self.send(operation, &request).await?;
            }
            self.provoke(operation, &request, 429).await?;
        }
        let bindings = Prefix::new("clusterrolebindings", [])?;
        let operations = vec![Write::DeletePrefix(bindings)];
        self.store.commit(Txn { operations, ..Txn::default() }).await?;
        self.provoke_all(steps, 403).await?;
        self.corrupt_records().await?;
        self.provoke_all(steps, 500).await?;
        self.store.close().await;
        self.provoke_all(steps, 503).await?;
        // Stopping it closes the store.
        short_deadline.stop().await
    }

    /// Provokes 408, for all operations at the same time, because each waits for the deadline.
    async fn stall(&self, steps: &[(&Step, &Operation)]) -> anyhow::Result<()> {
        let with_body = steps.iter().filter(|(_, operation)| operation.documents(408));
        try_join_all(with_body.map(async |(step, operation)| {
            let mut request = self.request(step, operation);
            request.body = Body::Stalled;
            self.provoke(operation, &request, 408).await.with_context(|| step.op.clone())
        }))
        .await?;
        Ok(())
    }

    async fn provoke_all(&self, steps: &[(&Step, &Operation)], status: u16) -> anyhow::Result<()> {
        for (step, operation) in steps {
            let is_skipped = NOT_PROVOKED.contains(&(step.op.as_str(), status));
            if operation.documents(status) && !is_skipped {
                let mut request = self.request(step, operation);
                if operation.tag == "Authentication" && matches!(request.body, Body::Json(_)) {
                    request.body = Body::Json(json!({ "refresh_token": self.refresh }));
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
        expected: u16,
    ) -> anyhow::Result<()> {
        let (status, response) = self.send(operation, request).await?;
        ensure!(status == expected, "{expected} is documented, {status} returned: {response}");
        let code = operation.code(expected);
        ensure!(
            response["code"] == code,
            "{expected} is documented with code {code}, returned: {response}"
        );
        Ok(())
    }

    /// Corrupts records that every operation reads.
    async fn corrupt_records(&self) -> anyhow::Result<()> {
        let corrupt =
            |key| Write::Put { key, value: Bytes::from_static(b"{"), flags: 0, expires_at: None };
        // A new one makes the server read its roles again.
        let mut operations = vec![corrupt(Key::new("clusterroles", ["corrupt"])?)];
        for collection in ["clusterroles", sensu_server::keyspace::SESSIONS, "users"] {
            let prefix = Prefix::new(collection, [])?;
            let scan = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
            let entries = self.store.scan(scan).await?;
            operations.extend(entries.into_iter().map(|entry| corrupt(entry.key)));
        }
        self.store.commit(Txn { operations, ..Txn::default() }).await?;
        Ok(())
    }
}

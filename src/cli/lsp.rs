//! `seclint lsp`: the same [`Session`] for an editor, over standard input and output (Language Server Protocol
//! 3.17). It answers what an editor asks and looks at nothing but the folder that it is opened on.

mod actions;
mod convert;
mod server;

use anyhow::Context as _;
use clap::Args;
use lsp_server::{Connection, Message};
use serde_json::{Value, json};

use super::Answer;
use server::Server;

/// Arguments of `lsp`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The only way to talk; taken for editors that always name one
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run(_: &Arguments) -> anyhow::Result<Answer> {
    let (connection, threads) = Connection::stdio();
    let (id, asked) = connection.initialize_start().context("the editor did not begin with `initialize`")?;
    let answer = json!({ "capabilities": capabilities(), "serverInfo": { "name": "seclint", "version": env!("CARGO_PKG_VERSION") } });
    connection.initialize_finish(id, answer).context("the editor did not end with `initialized`")?;
    let mut server = Server::open(root_of(&asked).as_deref(), &connection)?;
    server.publish()?;
    while let Ok(message) = connection.receiver.recv() {
        // What has come in the meantime (a letter typed) is judged at once.
        let waiting = connection.receiver.try_iter();
        for message in std::iter::once(message).chain(waiting).collect::<Vec<_>>() {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        drop(server);
                        drop(connection);
                        threads.join().context("the editor's pipe broke")?;
                        return Ok(Answer::Clean);
                    }
                    server.answer(request)?;
                }
                Message::Notification(notification) => server.note(&notification)?,
                Message::Response(_) => {}
            }
        }
        server.publish()?;
    }
    Ok(Answer::Clean)
}

fn capabilities() -> Value {
    json!({
        "textDocumentSync": { "openClose": true, "change": 1, "save": { "includeText": false } },
        "hoverProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll.seclint"] },
    })
}

/// The folder that the editor has open: the first of its workspace folders, or `rootUri`.
fn root_of(asked: &Value) -> Option<std::path::PathBuf> {
    let folder = asked["workspaceFolders"][0]["uri"].as_str().or_else(|| asked["rootUri"].as_str());
    folder.and_then(convert::path_of)
}

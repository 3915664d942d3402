//! Runs a session on its connection: reads the client, writes events at the pace and to the end that faults ask for. It
//! must not decide what an event says.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, split};

use super::events::Outgoing;
use super::frames::{Message, Reader, write};
use super::session::Session;
use crate::emulator::Shared;
use crate::fault::Faults;
use crate::listen::ConnectionTag;
use crate::play::BodyMeter;

/// How long a client may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);

/// A session whose handshake is answered.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) shared: Arc<Shared>,
    pub(crate) model: String,
    pub(crate) faults: Faults,
    /// The older names of events are asked for.
    pub(crate) beta: bool,
}

/// How a session ends.
enum End {
    /// The client said goodbye.
    Closed,
    /// The client is gone.
    Gone,
    /// A fault breaks it off.
    Cut,
    /// The emulator closes it with this code.
    Close(u16),
}

impl Opened {
    /// Runs to the end of the session.
    pub(crate) async fn run<S>(self, connection: S, tag: &ConnectionTag)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (reading, mut writing) = split(connection);
        let mut reader = Reader::new(reading);
        let faults = self.faults.clone();
        let mut meter = BodyMeter::new(Arc::clone(&self.shared.counters), None, true);
        let mut session = Session::new(self);
        let end = talk(&mut session, &faults, &mut reader, &mut writing).await;
        match end {
            End::Gone => return,
            End::Closed => {}
            End::Cut => {
                if faults.reset {
                    tag.reset_on_close();
                }
            }
            End::Close(code) => {
                // A client that is gone need not hear it.
                let _ = write(&mut writing, 8, &code.to_be_bytes()).await;
                let _ = tokio::time::timeout(GOODBYE, until_closed(&mut reader)).await;
            }
        }
        meter.ended();
        let _ = writing.shutdown().await;
    }
}

async fn until_closed<R: AsyncRead + Unpin>(reader: &mut Reader<R>) {
    while let Some(message) = reader.next().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}

async fn talk<R, W>(session: &mut Session, faults: &Faults, reader: &mut Reader<R>, writer: &mut W) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let pause = Duration::from_millis(super::pause_ms(faults));
    let mut sent = 0;
    loop {
        if session.has_events() {
            if faults.cut_after_frames.is_some_and(|after| sent >= after) {
                return End::Cut;
            }
            if faults.end_after_frames.is_some_and(|after| sent >= after) {
                return End::Close(1000);
            }
            if faults.error_after_frames.is_some_and(|after| sent >= after) {
                let event = session.failure().to_string();
                return match write(writer, 1, event.as_bytes()).await {
                    Ok(()) => End::Close(1011),
                    Err(_) => End::Gone,
                };
            }
        }
        let stalled = faults.stall_after_frames.is_some_and(|after| sent >= after);
        let message = tokio::select! {
            biased;
            message = reader.next() => match message {
                Some(message) => message,
                None => return End::Gone,
            },
            () = tokio::time::sleep(pause), if session.has_events() && !stalled => {
                if let Some(event) = session.next_event()
                    && write(writer, 1, &bytes_of(event)).await.is_err()
                {
                    return End::Gone;
                }
                sent += 1;
                continue;
            }
        };
        let written = match message {
            Message::Text(text) => {
                session.take(&text);
                Ok(())
            }
            Message::Binary(bytes) => {
                session.take(&String::from_utf8_lossy(&bytes));
                Ok(())
            }
            Message::Ping(payload) => write(writer, 10, &payload).await,
            Message::Pong => Ok(()),
            Message::Close(payload) => {
                let _ = write(writer, 8, &payload).await;
                return End::Closed;
            }
        };
        if written.is_err() {
            return End::Gone;
        }
    }
}

fn bytes_of(event: Outgoing) -> Vec<u8> {
    event.value.to_string().into_bytes()
}
